"""Regular expressions against Python's own, on patterns that both can match."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import _patterns as patterns
from mlpy.stdlib import regex

import mlpy
from mlpy.errors import MLError
from mlpy.runtime.values import display

PATTERNS = [
    r"$[\W1]{2}", r"[\W1]\W$", r"[\S1]\b", r"[^\D1]$",
    r"\bcafé\b", r"\b\w+\b", r"\w+", r"[^\W\d_]+", r"[\s\S]+", r"a$", r"^\w", r"(?m)^\w+$", r"\B.\B", r"(\w)(\d)?", r"[a-f\d]+", r"\S+", r"[]a]+", r"[^]a]+",
    r"x*", r"(?i)É", r"\$\d+", r"a{,2}b", r"a{2}", r"{", r"a{x", r"(?P<n>a)|b", r"(?:ab)+?", r".", r"(?s).+", r"\d+\b", r"\x41", r"[\x41-\x43]", r"\Aun\Z",
    r"a|", r"(a|b)*", r"\W+", r"[\W]+", r"[\Dx]", r"\s+$", r"(?a)\w+", r"(?a)\b\w", r"(?i:A)b", r"(?x) a b # c", r"\t|\n", r"[\b]", r"(?:\b|x)a", r"(\bfoo\b ?)+", r"\.\*", r"é{2,}", r"[à-ü]+",
    r"(?#c)a", r"\u00e9", r"\141", r"(a)|(b)", r"((a)b?)+", r"$", r"^", r"\b", r"\B", r"(?m)$", r"(?im)^É", r"a\Z", r"\$$", r"[.$^]", r"[a\-z]+", r"(?s:.)a", r"\w\b$", r"(?i)[\W]+", r"(?i)[^a\W]+", r"(?i)[\W\d]+", r"(?ia)[\W_]+", r"(?a)[\W\D]+",
]  # fmt: skip
TEXTS = [
    "un café noir", "", "a", "a\n", "abc 12 é3\nfoo\n", "[a]]", "xaxx", "ÉCOLE école", "$12 aab ab", "{a{x", "été. b\n", "ABC", "x\u2028y z", "\n", "a\n\n", "foo foo", "éé a-z\n", "😀 a😀b", "٣ 3²", "kiss 12", "Kiss ι é",
]  # fmt: skip


def of_python(pattern, text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [(found.span(), [found.span(at) for at in range(1, found.re.groups + 1)]) for found in re.finditer(pattern, text)]


def of_ours(pattern, text):
    return [(spans[0], spans[1:]) for spans in regex.program_of(pattern, 0).spans(text)]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_matches_are_those_of_python(pattern):
    for text in TEXTS:
        assert of_ours(pattern, text) == of_python(pattern, text), text
        for anchor in ("match", "fullmatch"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = getattr(re, anchor)(pattern, text)
            found = regex.program_of(pattern, 0).first(text, anchor)
            assert (found and found[0]) == (expected and expected.span()), (anchor, text)


LETTERS = st.sampled_from("ab1_ é\n")
ATOMS = st.sampled_from(["a", "b", "1", "é", " ", ".", r"\w", r"\d", r"\s", r"\W", r"\S", "[ab]", "[^a]", "[a-c1]", r"[^\s]", r"[\W1]"])
ASSERTIONS = st.sampled_from([r"\b", r"\B", "^", "$", r"\Z"])
REPEATS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?", "??"])


@st.composite
def written(draw):
    """A pattern whose repeated parts take at least one character: what follows an empty match is a documented difference."""
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.integers(0, 5))
        if kind == 0:
            parts.append(draw(ASSERTIONS))
        elif kind == 1:
            inner = "".join(draw(st.lists(ATOMS, min_size=1, max_size=2)))
            other = draw(ATOMS)
            parts.append(f"({inner}|{other})" + draw(REPEATS))
        else:
            parts.append(draw(ATOMS) + draw(REPEATS))
    return "".join(parts)


@given(written(), st.text(LETTERS, max_size=12))
@settings(max_examples=1500, deadline=None)
def test_search_is_that_of_python(pattern, text):
    expected = re.search(pattern, text)
    found = regex.program_of(pattern, 0).first(text, "search")
    assert (found and found[0]) == (expected and expected.span())


@given(written(), st.text(LETTERS, max_size=12))
@settings(max_examples=800, deadline=None)
def test_fullmatch_is_that_of_python(pattern, text):
    expected = re.fullmatch(pattern, text)
    found = regex.program_of(pattern, 0).first(text, "fullmatch")
    assert (found and found[0]) == (expected and expected.span())


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"\b\w*?\b", "É\n²"), (r"1??\B\D??\B", " é Éaa\nÉ"), (r"\b(?:a|)\b", "é"), (r"(?a)\B", "ébé1"), (r"(?a)\B$", ""), (r"(?a)\B.\B", "ééé"), (r"$\b\b\b", "é\n")],
)
def test_assertions_that_meet_are_those_of_python(pattern, text):
    expected = re.search(pattern, text)
    found = regex.program_of(pattern, 0).first(text, "search")
    assert (found and found[0]) == (expected and expected.span())


@given(st.text(max_size=20).filter(lambda text: text.isprintable()))
def test_an_escaped_text_matches_itself(text):
    assert regex.escape(text) == re.escape(text)
    assert (regex.program_of(regex.escape(text), 0).first(text, "fullmatch") or [None])[0] == (0, len(text))


@given(st.text("ab()[]{}|*+?\\^$.-,1:=!<>P#dwsbZ\n", max_size=12).filter(lambda text: "\\P" not in text))
@settings(max_examples=1500, deadline=None)
def test_any_text_is_a_pattern_or_an_error(pattern):
    try:
        regex.program_of(pattern, 0).first("ab 1", "search")
    except MLError as error:
        assert error.type == "ValueError"  # noqa: PT017
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        re.compile(pattern)  # what is a pattern here is one for Python


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        (r"(a)\1", "the backreference `\\1` needs backtracking"),
        (r"(?P<x>a)(?P=x)", "a backreference `(?P=…)` needs backtracking"),
        ("a(?=b)", "a lookahead needs backtracking"),
        ("a(?!b)", "a lookahead needs backtracking"),
        ("(?<=a)b", "a lookbehind needs backtracking"),
        ("(?<!a)b", "a lookbehind needs backtracking"),
        ("(a)?(?(1)b|c)", "a conditional group needs backtracking"),
        ("(?>a)", "an atomic group needs backtracking"),
        ("a++", "a possessive repetition needs backtracking"),
    ],
)
def test_f10_backtracking_is_refused(pattern, says):
    with pytest.raises(MLError) as caught:
        regex.compile(pattern)
    assert says in caught.value.message
    assert caught.value.hint.endswith(", or run the program in a sandbox (`mlpy run --sandbox`, `mlpy.Sandbox`)")
    assert not regex.is_linear(pattern)
    assert not regex.is_valid(pattern)


def test_f10_nothing_backtracks_in_process(environment):
    program = """
import sys
import mlpy

assert mlpy.run('import regex; [regex.test("a+", "caat"), regex.isValid(r"(a)\\\\1"), regex.isLinear(r"(a)\\\\1")]') == [True, False, False]
from mlpy.stdlib import _patterns

assert _patterns.backtracking is None
assert "mlpy.stdlib._backtracking" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        ")",
        "*",
        "a**",
        "[a",
        "\\",
        "[b-a]",
        r"[\w-z]",
        "(?P<1>a)",
        "(?P<a>x)(?P<a>y)",
        "(?z)",
        r"\q",
        r"\x1",
        r"\ud800",
        "a{1001}",
        "(a{1000}){1000}",
        "(" * 200,
        "a(?i)b",
        "x" * 20_000,
        "a{3,2}",
        r"\p{Nonsense}",
        "^*",
    ],
)
def test_what_is_no_pattern(pattern):
    with pytest.raises(MLError) as caught:
        regex.compile(pattern)
    assert caught.value.type == "ValueError"
    assert not regex.is_valid(pattern)
    with pytest.raises(MLError):
        regex.is_linear(pattern)


def test_f10_no_pattern_hangs():
    started = time.perf_counter()
    for pattern in (r"(a+)+b", r"(a|aa)+$", r"(.*a){20}b", r"(x+x+)+y", r"\b(\w+\s?)*\b!"):
        regex.program_of(pattern, 0).first("a" * 50_000 + "é", "search")
    assert time.perf_counter() - started < 10


def test_a_text_that_is_too_long_for_its_pattern_is_refused():
    with pytest.raises(MLError) as caught:
        regex.search("((a?){50})((a|b)*){20}(c)?$", "a" * 5_000_000)
    assert "too long for this pattern" in caught.value.message


def test_a_text_with_the_marks_of_the_engine():
    with pytest.raises(MLError):
        regex.search(r"\bé", patterns.MARK["start"] + "é")
    assert regex.search("é", patterns.MARK["start"] + "é").host.spans == [(1, 2)]


@pytest.mark.parametrize(
    ("pattern", "replacement", "text", "count"),
    [
        (r"(\w+) (\w+)", r"\2 \1", "hello world", 0),
        (r"(?P<x>a)", r"<\g<x>>", "banana", 2),
        ("a", r"\\", "banana", 0),
        ("a", r"\n\t", "ba", 0),
        ("x*", "-", "abc", 0),
        ("(a)|(b)", r"[\1\2]", "ab", 0),
        ("b", r"\g<0>\g<0>", "abc", 0),
        ("é", "e", "été", 1),
        ("", "-", "ab", 0),
    ],
)
def test_replacements_are_those_of_python(pattern, replacement, text, count):
    assert regex.subn(pattern, replacement, text, count) == [*re.subn(pattern, replacement, text, count=count)]


@pytest.mark.parametrize("template", [r"\9", r"\g<z>", r"\g<", r"\q", "\\", r"\g<99>"])
def test_a_template_that_means_nothing(template):
    with pytest.raises(MLError):
        regex.sub("(a)", template, "a")


@pytest.mark.parametrize(
    ("pattern", "text", "most"), [(",", "a,b,c", 0), ("(,)", "a,b,c", 1), ("x*", "axbc", 0), ("(a)|b", "cadbe", 0), (",", "", 0), (",", "é,é", 0), (",", "a,b", -1)]
)
def test_split_is_that_of_python(pattern, text, most):
    assert regex.split(pattern, text, most) == re.split(pattern, text, maxsplit=most)


@pytest.mark.parametrize("pattern", ["a", "(a)", "(a)(n)?", "(x)?a"])
def test_findall_is_that_of_python(pattern):
    expected = [list(one) if isinstance(one, tuple) else one for one in re.findall(pattern, "bananaé")]
    assert regex.findall(pattern, "bananaé") == expected


@pytest.mark.parametrize(("pattern", "text"), [("(?P<a>x)|(?P<b>y)", "y"), ("(?P<o>(?P<i>x))", "x"), ("(?P<a>x)(?P<b>)", "x"), ("(x)?", ""), ("(?P<a>x)?(y)", "xy")])
def test_the_last_group_is_that_of_python(pattern, text):
    found = regex.search(pattern, text)
    assert found.get("lastGroup")() == re.search(pattern, text).lastgroup


def test_a_match_tells_all_about_itself():
    found = regex.search(r"(?P<year>\d+)-(\d+)(x)?", "é in 2024-05")
    read = found.get
    assert read("value")() == "2024-05"
    assert (read("group")("year"), read("group")(2), read("group")(3)) == ("2024", "05", None)
    assert (read("groups")(), read("groups")("?")) == (["2024", "05", None], ["2024", "05", "?"])
    assert read("groupDict")() == {"year": "2024"}
    assert (read("start")(), read("end")(), read("span")(2), read("start")(3)) == (5, 12, [10, 12], -1)
    assert (read("groupCount")(), read("expand")(r"\2/\g<year>")) == (3, "05/2024")
    assert display(found) == '<Match "2024-05">'
    for group in (4, -1, "month", None, 1.0, True):
        with pytest.raises(MLError) as caught:
            read("group")(group)
        assert caught.value.type == "IndexError"


def test_a_function_makes_the_replacement():
    assert mlpy.run(r'import regex; regex.sub("\d+", fn(m) => str(int(m.value()) * 2), "1 and 20")') == "2 and 40"
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run('import regex; regex.sub("a", fn(m) => 1, "a")')
    assert "must give a string" in caught.value.message


def test_flags_add_up():
    assert regex.findall("^A.", "ab\na\n", regex.ignore_case() + regex.multi_line() + regex.dot_all()) == ["ab", "a\n"]
    for flags in (4, 1024, -1):
        with pytest.raises(MLError):
            regex.compile("a", flags)
    with pytest.raises(MLError):
        regex.search(regex.compile("a"), "a", 2)


def test_the_documented_difference_behind_an_empty_match():
    assert of_ours("a??", "a") == [((0, 0), []), ((1, 1), [])]
    assert of_python("a??", "a") == [((0, 0), []), ((0, 1), []), ((1, 1), [])]


@pytest.mark.parametrize("call", ['search("a", 1)', 'search(1, "a")', 'sub("a", 1, "a")', 'split("a", "a", "1")', 'compile("a", "i")', "escape(1)", "isValid(null)"])
def test_arguments_of_another_type(call):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import regex;\nregex.{call}")
    assert caught.value.type == "TypeError"


def test_patterns_are_kept_but_not_too_many():
    for number in range(200):
        regex.compile(f"a{number}")
    assert len(regex.cache) <= regex.CACHED

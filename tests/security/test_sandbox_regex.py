"""What only a worker takes: patterns that need backtracking, on an engine that is that of all others, and sources of up to 1 MB (F10, T1, T2)."""

from __future__ import annotations

import random
import re
import threading
import time

import pytest
from mlpy.stdlib import _patterns

import mlpy
from mlpy.errors import CheckFailed, MLError
from mlpy.sandbox import lockdown, pool
from mlpy.sandbox.pool import Sandbox
from mlpy.syntax import parser

REACHED = lockdown.status().level
LIMITS = mlpy.Limits(time=60, memory="512MB")
HANGING = r'import regex; regex.search(r"(a+)+\1b", "a" * 40)'
PATIENCE = 30
LARGEST = 1 << 20


@pytest.fixture(scope="module")
def sandbox():
    if not REACHED:
        pytest.skip("this machine has no level of the sandbox")
    with Sandbox(1, limits=LIMITS, level=REACHED) as made:
        yield made


def fails(sandbox, text, **options):
    with pytest.raises(MLError) as caught:
        sandbox.run(text, **options)
    return caught.value


# ── both engines give the same ──

BOTH = r"""
import regex;

function spans(m) { return m == null ? null : [m.span(), m.groups(), m.lastGroup(), m.groupDict(), m.groupCount()]; }

function seen(pattern, text) {
  p = regex.compile(pattern);
  return [
    regex.finditer(p, text).map(spans), spans(regex.search(p, text)), spans(regex.match(p, text)), spans(regex.fullmatch(p, text)), regex.test(p, text), regex.count(p, text),
    regex.findall(p, text), regex.split(p, text), regex.split(p, text, 1), regex.sub(p, r"<\g<0>>", text), regex.subn(p, "-", text, 1), regex.sub(p, fn(m) => m.value() + "!", text),
  ];
}

wrong = [];
for (one in cases) {
  linear = one[0] + "(?:" + one[1] + ")";
  other = linear + "(?=)";
  if (!regex.isLinear(linear) || regex.isLinear(other) || seen(linear, one[2]) != seen(other, one[2])) { wrong.append(one); }
}
wrong
"""
LETTERS = "ab1_ é\nBÉ²"
ATOMS = [
    "a", "b", "1", "é", r"\ ", ".", r"\w", r"\d", r"\s", r"\W", r"\S", r"\D", "[ab]", "[^a]", "[a-c1]", r"[^\s]", r"[\W1]", r"[^\W\d]", r"\x61", r"\p{L}", r"[\p{Lu}_]", r"\P{N}",
    "[]^-]",
]  # fmt: skip
ASSERTIONS = [r"\b", r"\B", "^", "$", r"\Z", r"\A"]
REPEATS = ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{,2}", "*?", "+?", "??"]
FLAGS = ["", "", "(?i)", "(?m)", "(?s)", "(?a)", "(?x)", "(?ims)", "(?ia)"]


def random_pattern(chance):
    """A pattern whose repeated parts take at least one character, as a round that takes nothing counts differently."""
    parts = []
    for number in range(chance.randint(1, 4)):
        kind = chance.random()
        if kind < 0.15:
            parts.append(chance.choice(ASSERTIONS))
        elif kind < 0.4:
            name = chance.choice(("", "?:", f"?P<n{number}>", "?i:", "?s-i:"))
            parts.append(f"({name}{''.join(chance.choices(ATOMS, k=chance.randint(1, 2)))}|{chance.choice(ATOMS)}){chance.choice(REPEATS)}")
        else:
            parts.append(chance.choice(ATOMS) + chance.choice(REPEATS))
    return "".join(parts)


@pytest.mark.parametrize("seed", range(4))
def test_both_engines_give_the_same(seed, sandbox):
    chance = random.Random(seed)
    cases = [[chance.choice(FLAGS), random_pattern(chance), "".join(chance.choices(LETTERS, k=chance.randint(0, 12)))] for _ in range(1000)]
    assert sandbox.run(BOTH, inputs={"cases": cases}).value == []


# ── backtracking ──

# A pattern, a text, and what `re` finds in it, which is what it has to be.
PATTERNS = [
    (r"(\w)\1", "hello aab é éé"), (r"(?P<q>['\"]).*?(?P=q)", "say 'a' and \"b'c\""), (r"a(?=b)", "ab ac aab"), (r"a(?!b)", "ab ac aab"), (r"(?<=a)b", "ab cb aab"), (r"(?<!a)b", "ab cb b"),
    (r"(<)?\w+(?(1)>|$)", "<a> b <c"), (r"(?P<o>\()?a(?(o)\))", "(a) a (a"), (r"(?>a+)b", "aab ab b"), (r"(?>a|ab)c", "abc ac"), (r"a++b", "aab"), (r"a{1,2}+a", "aaa aa"), (r"a?+a", "a aa"),
    (r"(?:(?(2)b|a)|(c))+(x)?", "aac"), (r"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10", "abcdefghijj"), (r"(a)\1(?#x)0", "aa0"), (r"(?i)(a)\1", "aA"), (r"(?m)^(.)(?=.*\1$)", "abca\nxyx"),
    (r"(?x) (a) \1 # twice", "aa"), (r"(?a)\b(\w)(?=\W)", "é a é"), (r"(?s)(?<=\n).", "a\nb\n"), (r"(?=(a))", "aba"), (r"(?i:(?<=A))b", "aB ab AB"), (r"[\w.]+(?<![.])", "a.b. c."), (r"(a)|b(?=\b)", "ab a"),
    (r"(?=(?P<a>abc))(?P<b>a)", "xabc"), (r"(?<=\d{3})(?=x)", "12x123x"), (r"([\]\-^a])\1", "]]--^^aa"), (r"(?=\.)\W", "a.b"),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text"), PATTERNS)
def test_a_pattern_that_backtracks(pattern, text, sandbox):
    program = """
import regex;
p = regex.compile(pattern);
found = regex.finditer(p, text);
[found.map(fn(m) => [m.span(), m.groups()]), found.map(fn(m) => m.lastGroup()), regex.sub(p, r"<\\g<0>>", text), regex.test(p, text), regex.isLinear(pattern), regex.isLinear(p), regex.isValid(pattern)]
"""
    matches = [*re.finditer(pattern, text)]
    assert matches
    expected = [[[*one.span()], [*one.groups()]] for one in matches], [one.lastgroup for one in matches], re.sub(pattern, r"<\g<0>>", text), True, False, False, True
    assert sandbox.run(program, inputs={"pattern": pattern, "text": text}).value == [*expected]


def test_behind_an_empty_match_the_search_goes_on_as_ever(sandbox):
    assert sandbox.run(r'import regex; [regex.finditer("a??(?=)", "a").map(fn(m) => m.span()), regex.finditer("a??", "a").map(fn(m) => m.span())]').value == [[[0, 0], [1, 1]]] * 2


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        (r"(a\1)", "there is no group `1` that ends before"),
        (r"\2(a)", "there is no group `2` that ends before"),
        (r"(?P=x)", "there is no group `x`"),
        (r"(?P=x", "a `(` is not closed"),
        (r"(?(2)a)(b)", "there is no group `2`"),
        (r"(?(0)a)", "there is no group `0`"),
        (r"(?(x)a)", "there is no group `x`"),
        (r"(?()a)", "there is no group ``"),
        (r"(a)(?(1)a|b|c)", "a conditional group has more than two branches"),
        (r"(?<=a*)b", "a lookbehind matches texts of different lengths"),
        (r"(?<=(a)\1)b", "a lookbehind refers to a group of its own"),
        (r"(?=a", "a `(` is not closed"),
        (r"(?<a>b)", "an unknown kind of group"),
        (r"a++*", "there is nothing to repeat"),
        (r"(?=*)", "there is nothing to repeat"),
        (r"a{1001}(?=b)", "a part of the pattern is repeated more than 1,000 times"),
        ("(?=" * 101, "groups are nested more than 100 deep"),
        ("(?=a)" * 2001, "the pattern is longer than 10,000 characters"),
        (r"\p{L}" * 1990 + "(?=b)", "the pattern is too large"),
        (r"\p{Nonsense}(?=b)", "not a pattern"),
        (r"\q(?=b)", "`\\q` has no meaning"),
    ],
)
def test_what_is_no_pattern(pattern, says, sandbox):
    error = fails(sandbox, "import regex; regex.compile(pattern)", inputs={"pattern": pattern})
    assert error.type == "ValueError"
    assert says in error.message
    assert sandbox.run("import regex; regex.isValid(pattern)", inputs={"pattern": pattern}).value is False


def test_a_text_that_is_too_long_for_its_pattern(sandbox):
    for pattern in ("(?=a)b" * 1000, "ab" * 1000):
        assert "too long for this pattern" in fails(sandbox, 'import regex; regex.test(pattern, "x" * 1000000)', inputs={"pattern": pattern}).message


def test_a_pattern_in_the_depth_of_a_program(sandbox):
    program = r"""
import regex;
function deep(n) { return n == 0 ? regex.test("(?=" * 90 + "a" + str(depth) + ")" * 90, "a" + str(depth)) : deep(n - 1); }
answer = null;
try { answer = deep(depth); } except (e) { answer = e.type; }
answer
"""
    found = {sandbox.run(program, inputs={"depth": depth}).value for depth in (10, 4000, 5050, 5100, 5150, 5195, 5300)}
    assert {True, "RecursionError"} >= found >= {True}


def test_in_process_the_same_is_refused(sandbox):
    text = r'import regex; regex.test(r"(a)\1", "aa")'
    assert sandbox.run(text).value is True
    with pytest.raises(MLError, match="needs backtracking"):
        mlpy.run(text)
    assert _patterns.backtracking is None


def test_f10_a_search_that_takes_for_ever_is_ended_at_the_limit(sandbox):
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.01):
            ticks.append(None)

    host = threading.Thread(target=tick)
    host.start()
    began = time.monotonic()
    error = fails(sandbox, HANGING, limits=mlpy.Limits(time=0.5))
    took = time.monotonic() - began
    done.set()
    host.join()
    assert (error.type, error.limit, error.message) == ("LimitExceeded", "time", "the program ran longer than its limit of 0.5 s")
    assert 0.5 <= took < 0.5 + 2
    assert len(ticks) > 5  # the host went on
    assert sandbox.run("1 + 1").value == 2


def test_f10_the_kernel_ends_a_search_whose_processor_time_is_over(sandbox, monkeypatch):
    monkeypatch.setattr(pool, "SPARE", 0.3 - 20)
    began = time.monotonic()
    error = fails(sandbox, HANGING, limits=mlpy.Limits(time=20))
    assert (error.limit, error.message) == ("time", "the program took more time of the processor than its limit of 20 s")
    assert time.monotonic() - began < 15


def test_f10_without_a_limit_the_host_can_still_end_it(sandbox):
    limits = mlpy.Limits()
    run = sandbox.new_run(mlpy.source.Source(HANGING, "hanging"), limits=limits)
    timer = threading.Timer(0.3, run.cancel)
    timer.start()
    with pytest.raises(MLError) as caught:
        sandbox.perform(run, mlpy.source.Source(HANGING, "hanging"), limits)
    timer.join()
    assert caught.value.type == "Cancelled"
    assert sandbox.run("2").value == 2


# ── sources ──


def long_source(size):
    """A program of so many bytes, whose value is its number of lines."""
    text = "lines = [\n" + f'"{"x" * 1000}",\n' * ((size - 100) // 1004) + "];\nlines.length\n//"
    return text + "é" * ((size - len(text)) // 2) + "." * ((size - len(text)) % 2)


def test_t1_a_source_of_a_megabyte(sandbox):
    text = long_source(LARGEST)
    assert len(text.encode()) == LARGEST
    assert sandbox.run(text).value == (LARGEST - 100) // 1004
    with sandbox.session() as session:
        assert session.evaluate(text).value == (LARGEST - 100) // 1004
    with pytest.raises(CheckFailed, match="the source is larger than 1,024 kB"):
        sandbox.run(text + ".")
    with pytest.raises(CheckFailed, match="the source is larger than 256 kB"):
        mlpy.run(text)
    assert parser.SOURCE_LIMIT == 256 << 10


def test_t1_an_imported_file_of_a_megabyte(tmp_path):
    if not REACHED:
        pytest.skip("this machine has no level of the sandbox")
    (tmp_path / "large.ml").write_text("size = 7; // ".ljust(LARGEST, "x"), encoding="utf-8")
    (tmp_path / "larger.ml").write_text("size = 8; // ".ljust(LARGEST + 1, "x"), encoding="utf-8")
    (tmp_path / "endless.ml").write_text("size = 9; // ".ljust(5 * LARGEST, "x"), encoding="utf-8")
    with Sandbox(1, limits=LIMITS, level=REACHED, module_paths=[str(tmp_path)]) as sandbox:
        assert sandbox.run("import large; large.size").value == 7
        for name in ("larger", "endless"):
            with pytest.raises(CheckFailed) as caught:
                sandbox.run(f"import {name}; {name}.size")
            (found,) = caught.value.diagnostics
            assert (found.code, found.title) == ("E0127", "the source is larger than 1,024 kB")
    with pytest.raises(CheckFailed, match="larger than 256 kB"):
        mlpy.Engine(module_paths=[str(tmp_path)]).run("import large; large.size")

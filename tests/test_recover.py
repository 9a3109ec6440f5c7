"""Syntax errors for people: every golden's fixes work, the pages of docs/diagnostics tell the truth, nothing raises."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from mlpy.diagnostics import CODES, MAX_DIAGNOSTICS
from mlpy.fixes import apply
from mlpy.render import lsp, record, text
from mlpy.source import Source
from mlpy.syntax.parser import parse, parse_expression

TESTS = Path(__file__).parent
PAGES = TESTS.parent / "docs" / "diagnostics"
CASES = sorted((TESTS / "lang" / "errors-syntax").glob("*.ml"))
SYNTAX = sorted(code for code in CODES if "E0100" <= code <= "E0129")
ROUNDS = 12
# Codes that the golden of another folder shows, or that a golden cannot show.
ELSEWHERE = {"E0127"}


def errors(code):
    return [one for one in parse(Source(code, "case.ml"))[1] if one.severity == "error"]


def read(case):
    return case.read_bytes().decode("utf-8")


def repaired(code):
    """The text after `check --fix`, again and again until nothing changes."""
    for _ in range(ROUNDS):
        fixed, applied = apply(code, parse(Source(code))[1])
        if not applied:
            return code
        code = fixed
    pytest.fail("the fixes do not come to an end")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_case_is_an_error(case):
    assert errors(read(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_fixes_remove_what_they_fix(case):
    code = read(case)
    found = errors(code)
    left = errors(repaired(code))
    assert not [one for one in left if one.fix]
    if len(found) < MAX_DIAGNOSTICS:
        assert len(left) <= sum(not one.fix for one in found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_one_fix_alone_leaves_fewer_errors(case):
    code = read(case)
    found = errors(code)
    for one in found[:5]:
        if one.fix and len(found) < MAX_DIAGNOSTICS:
            fixed, applied = apply(code, [one])
            assert applied
            assert fixed != code
            assert len(errors(fixed)) < len(found) or one.span not in {other.span for other in errors(fixed)}


def test_there_are_many_kinds():
    titles = {re.sub(r"`[^`]*`", "`…`", one.title) for case in CASES for one in errors(read(case))}
    assert len(CASES) >= 100
    assert len(titles) >= 60


def test_every_code_has_a_case():
    assert {one.code for case in CASES for one in errors(read(case))} | ELSEWHERE >= set(SYNTAX)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_messages_keep_the_house_style(case):
    code = read(case)
    for one in errors(code):
        assert one.code in CODES
        assert one.title[0] == one.title[0].lower() or one.title.startswith(("ML", "U+"))
        for said in (one.title, one.label, one.hint or "", one.note or ""):
            assert not said.endswith(".") or said.endswith("...")
        assert 0 <= one.span.start <= one.span.end <= len(code)


@pytest.mark.parametrize("code", SYNTAX)
def test_a_page_triggers_its_code_and_shows_the_fix(code):
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {code}: {CODES[code]}\n")
    blocks = re.findall(r"```ml\n(.*?)```", page, re.DOTALL)
    if code in ELSEWHERE:
        assert blocks == []
        return
    assert code in {one.code for one in errors(blocks[0])}
    assert errors(blocks[1]) == []


def test_a_source_that_is_too_large():
    _, found = parse(Source("x = 1;\n" * 40_000))
    assert [one.code for one in found] == ["E0127"]


def codes(text):
    return [one.code for one in errors(text)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = a // b;", []),  # a comment, nothing is missing
        ("f(x // first\n, y);", []),
        ("x = 1 // count\ny = 2;", ["E0101"]),
        ("x = 1 // the total;\ny = 2;", ["E0101"]),
        ("x = a // b;\ny = 2;", ["E0112"]),
        ("x = f(a // 2);\ny = 2;", ["E0112"]),
    ],
)
def test_a_comment_that_swallowed_a_division(code, expected):
    assert codes(code) == expected


def test_the_end_of_a_file_may_lack_its_semicolon():
    assert codes("x = 1") == []
    assert codes("x = 1\ny = 2") == ["E0101"]


def test_an_unclosed_brace_points_at_its_opener_by_indentation():
    code = "function f(x) {\n    while (x) {\n        x -= 1;\n    return x;\n}\nprint(f(1));\n"
    (found,) = errors(code)
    assert (found.code, code[found.span.start], found.span.start) == ("E0102", "{", code.index("{", 20))
    assert repaired(code) == code.replace("    return", "    }\n    return")


def test_one_error_does_not_hide_the_next_or_make_more():
    assert codes("let x = 1;\ny = 2;\nz = [1 2];\nif x { y = 3; }\nprint(x and y);\n") == ["E0106", "E0104", "E0118", "E0107"]


def test_few_expected_tokens_are_listed_and_many_are_not():
    assert [one.label for one in errors("x = = 2;")] == ["expected a value or `match`"]
    assert all(one.label.count("`") <= 8 for one in errors("x = 1 ? ? 2; } ; ] =>"))


@pytest.mark.parametrize(
    ("code", "fixed"),
    [
        ("x = [1, 2\ny = 3;", "x = [1, 2];\ny = 3;"),
        ("f(1, 2\ng(3);", "f(1, 2);\ng(3);"),
        ("o = {a: 1, b: 2;\nprint(o);", "o = {a: 1, b: 2};\nprint(o);"),
        ("xs = [\n    1\n    2\n];", "xs = [\n    1,\n    2\n];"),
        ("if (a == 1 { print(1); }", "if (a == 1) { print(1); }"),
    ],
)
def test_where_a_bracket_ends(code, fixed):
    assert repaired(code) == fixed


def test_an_expression_is_explained_too():
    tree, found = parse_expression(Source("1 +"))
    assert tree is None
    assert [one.code for one in found] == ["E0105"]


PIECES = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "=",
    "=>",
    "...",
    ".",
    "?.",
    "?",
    "!",
    "-",
    "+",
    "**",
    "<",
    ">",
    ">=",
    "in",
    "|>",
    "|",
    "function",
    "fn",
    "if",
    "elif",
    "else",
    "while",
    "for",
    "match",
    "try",
    "except",
    "finally",
    "throw",
    "import",
    "capability",
    "type",
    "test",
    "with",
    "as",
    "let",
    "class",
    "x",
    "y",
    "1",
    "2.5",
    '"s"',
    "`a${",
    "}",
    "`",
    '"',
    "'",
    "/*",
    "*/",
    "//",
    "#",
    "$",
    "@",
    "\\",
    "\n",
    "\r\n",
    "range",
    "and",
    "or",
    "not",
    "é",
    "“",
    "”",
    "++",
    "===",
    "\u202e",
    "\x00",
    "1..2",
    '"\\u{}"',
]


@pytest.mark.parametrize("seed", range(4))
def test_no_text_makes_it_raise(seed):
    draw = random.Random(seed)
    programs = [read(case) for case in CASES]
    for turn in range(150):
        if turn % 2:
            code = " ".join(draw.choice(PIECES) for _ in range(draw.randint(1, 60)))
        else:
            code = draw.choice(programs)[:2000]
            for _ in range(draw.randint(1, 4)):
                start = draw.randrange(len(code) + 1)
                code = code[:start] + draw.choice(PIECES) + code[start + draw.choice((0, 0, 1, 5)) :]
        source = Source(code, "fuzz.ml")
        module, found = parse(source)
        assert module is not None or any(one.severity == "error" for one in found), repr(code)
        assert len(found) <= 200
        for one in found:
            assert text(one, source)
            assert record(one, source)
            assert lsp(one, source)
        apply(code, found)


HOSTILE = (
    "(",
    "{",
    "[",
    "}",
    ")",
    "x ",
    "1 ",
    '"',
    "`${",
    "let x\n",
    "“a”",
    "#\n",
    "f(fn() => { ",
    "match (v) { ",
    "{a: ",
    'x = "abc;\n',
    "x = 1 // 2;\n",
    "(a,b) ",
    "a.b.c(",
    "{\n",
    "do { ",
)


@pytest.mark.parametrize("piece", [*HOSTILE, None])
def test_f42_hostile_text_is_bounded(piece):
    size = 250_000
    draw = random.Random(7)
    code = "".join(chr(draw.randrange(32, 127)) for _ in range(size)) if piece is None else piece * (size // (len(piece) if piece.isascii() else 8))
    began = time.process_time()
    _, found = parse(Source(code))
    assert time.process_time() - began < 10  # about 1 s; what this finds is work that grows with the square
    assert 0 < len(found) <= MAX_DIAGNOSTICS

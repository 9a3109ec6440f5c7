"""The text at the prompt: complete or not, where its next line begins, what its end lacks, and its colours."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from mlpy.repl import lexer
from mlpy.repl.highlighting import Highlighter, InputLexer, fragments
from mlpy.repl.shell import table
from prompt_toolkit.document import Document

from mlpy.source import Source
from mlpy.syntax.tokens import tokenize

COMPLETE = [
    "",
    "1 + 2",
    "x = 1;",
    "f(x) // why",
    "if (a) { b }",
    "}",
    ") + 1",
    "x ?? y",
    "x.y?",
    "math . sqrt??",
    ".5 + 1",
    ".load a/b/",
    ".grant file.read:./x",
    "1 +* 2",
    "fn(x) => x",
    "match (x) { 1 => 2 }",
    ".history (",
    ".load a[b.ml",
    ".grant file.read:./[x",
    ".nothing {",
]
OPEN = [
    "1 +",
    "if (a) {",
    "f(1,",
    "x = [",
    '"abc',
    "'abc\n",
    "`a${b",
    "`abc",
    "/* a /* b */",
    "fn(x) =>",
    "x ?",
    "x ? y :",
    "o.",
    "match (x) {",
    "x = ",
    ".callback f(",
    ".time f(",
    "try { a; }",
    "xs\n|>",
]


@pytest.mark.parametrize("text", COMPLETE)
def test_what_is_complete_is_evaluated(text):
    assert lexer.is_complete(text)


def test_the_commands_that_go_on_are_those_of_expressions():
    assert {one.name for one in table().values() if one.complete == "expression"} | {"callback"} == lexer.EXPRESSIONS


@pytest.mark.parametrize("text", OPEN)
def test_what_may_go_on_goes_on(text):
    assert not lexer.is_complete(text)


@pytest.mark.parametrize(
    ("before", "blanks"),
    [
        ("x = 1;", 0),
        ("if (x) {", 4),
        ("if (x) {\n    y = f({", 8),
        ("if (x) {\n    y = f({\n        a: 1,\n    });", 4),
        ("x =", 4),
        ("f(1,", 4),
        ("o = {\n    a:", 4),
        ("[1, 2]\n|>", 4),
        ("'abc", 0),
        ("  /* a", 2),
        ("`a${f(", 0),
    ],
)
def test_lines_are_indented_by_what_is_open(before, blanks):
    assert lexer.indentation(before) == " " * blanks


def test_a_closing_bracket_goes_where_its_line_began():
    assert lexer.closing_indentation("if (x) {\n    f([\n        ") == "    "
    assert lexer.closing_indentation("if (x) {\n    ") == ""
    assert lexer.closing_indentation("if (x) { y") is None
    assert lexer.closing_indentation("    ") is None


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("x = 1", "x = 1;"),
        ("f(x) // c", "f(x); // c"),
        ("if (x) { y }", "if (x) { y }"),
        ("import math", "import math;"),
        ("x = 1;", "x = 1;"),
        ("1 +", "1 +"),
        ("function f() {}", "function f() {}"),
        ("", ""),
    ],
)
def test_the_last_semicolon_is_supplied(text, whole):
    assert lexer.supplied(text) == whole


TYPED = ["a", "(", "{", "`", "}", " ", "\n", '"', "'", 'r"', "x.y", "/*", "*/", "//", "${", "import q", "1", ";", "with", "test", "match", "#!", "\ufeff", ""]


def test_reading_on_from_a_change_gives_what_reading_all_gives():
    text = "\n".join(Path(__file__).parents[1].joinpath("syntax", "everything.ml").read_text(encoding="utf-8").split("\n")[:120])
    dice = random.Random(3)
    reading = lexer.Reading()
    for turn in range(200):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(TYPED) + text[at + dice.choice([0, 0, 1, 3, 20]) :]
        read, fresh = reading.tokens(text), tokenize(Source(text))
        for part in ("kinds", "starts", "ends", "open", "docs", "shebang"):
            assert getattr(read, part) == getattr(fresh, part), turn
        assert [repr(one) for one in (*read.values, *read.comments)] == [repr(one) for one in (*fresh.values, *fresh.comments)]
        assert sorted((one.span.start, one.code, one.title) for one in read.errors) == sorted((one.span.start, one.code, one.title) for one in fresh.errors)
    assert reading.tokens(text) is reading.tokens(text)


def pieces(highlighter):
    """What is seen of the tokens: neighbours of one colour are one."""
    made = []
    for kind, part in fragments(highlighter.text, highlighter.starts, highlighter.kinds, 0, len(highlighter.text)):
        if made and made[-1][0] == kind:
            made[-1] = kind, made[-1][1] + part
        else:
            made.append((kind, part))
    return made


def test_going_on_from_a_change_gives_what_a_fresh_start_gives():
    text = "\n".join(Path(__file__).parents[1].joinpath("syntax", "everything.ml").read_text(encoding="utf-8").split("\n")[:200])
    dice = random.Random(5)
    highlighter = Highlighter()
    work = 0
    for turn in range(300):
        at = dice.randrange(len(text))
        text = text[:at] + dice.choice(TYPED) + text[at + dice.choice([0, 0, 1, 3]) :]
        highlighter.update(text)
        fresh = Highlighter()
        fresh.update(text)
        work += highlighter.lexed / max(len(fresh.starts), 1)
        assert pieces(highlighter) == pieces(fresh), turn
    assert work / 300 < 0.7  # of an open string or comment, as many of these make one, all that is behind it is another


def test_a_key_costs_a_part_of_the_text():
    text = "function f(a, b) {\n    return a + b * 2;\n}\n" * 100
    highlighter = Highlighter()
    highlighter.update(text)
    for at in (0, len(text) // 2, len(text)):
        for key in ("x", "(", "}", '"x"'):
            changed = text[:at] + key + text[at:]
            highlighter.update(changed)
            assert highlighter.lexed < 400
            highlighter.update(text)


def test_the_colours_of_the_prompt():
    line = InputLexer().lex_document(Document('.time f("x") // no\n\nreturn `a${1}`'))
    assert line(0)[:2] == [("class:ml.command", ".time"), ("", " ")]
    assert ("class:ml.string", '"x"') in [(kind, "".join(part for other, part in line(0) if other == kind)) for kind, _ in line(0)]
    assert ("class:ml.comment", "// no") in line(0)
    assert line(1) == []
    assert line(2)[0] == ("class:ml.keyword", "return")
    assert ("class:ml.number", "1") in line(2)
    assert line(9) == []


def test_the_colours_of_an_earlier_text_can_still_be_asked_for():
    """A search in the history looks at one text and at another in turn."""
    prompt = InputLexer()
    long = prompt.lex_document(Document("return 'a long line of the history';"))
    short = prompt.lex_document(Document("x"))
    assert "".join(part for _, part in long(0)) == "return 'a long line of the history';"
    assert "".join(part for _, part in short(0)) == "x"
    assert long(0)[0][0] == "class:ml.keyword"

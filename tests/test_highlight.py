"""Both highlighters: the Pygments lexer and the TextMate grammar."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String

from mlpy.highlight import BUILTINS, MlpyLexer

ROOT = Path(__file__).resolve().parent.parent
GRAMMAR = json.loads((ROOT / "editors" / "mlpy.tmLanguage.json").read_text())
PROGRAMS = sorted([*ROOT.glob("examples/**/*.ml"), *ROOT.glob("tests/lang/**/*.ml")])


def lex(code):
    return [(kind, text) for kind, text in MlpyLexer().get_tokens(code) if text.strip()]


@pytest.mark.parametrize("path", [path for path in PROGRAMS if not path.with_suffix(".err").exists()], ids=lambda path: str(path.relative_to(ROOT)))
def test_programs_lex_without_an_error_token(path):
    code = path.read_text()
    tokens = list(MlpyLexer(stripnl=False, ensurenl=False).get_tokens(code))
    assert not [text for kind, text in tokens if kind is Error]
    assert "".join(text for _, text in tokens) == code.removeprefix("\ufeff").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("code", "token"),
    [
        ("match (v) { _ => 1 }", (Keyword, "match")),
        ("match(v);", (Name.Function, "match")),
        ('test "adds" { }', (Keyword.Declaration, "test")),
        ('test("a");', (Name.Function, "test")),
        ("import data.loader as l;", (Keyword.Namespace, "as")),
        ("as = 1;", (Name, "as")),
        ("if (a in b) {}", (Operator.Word, "in")),
        ("in = 4;", (Name, "in")),
        ("type = 1;", (Name, "type")),
        ("type A = number;", (Name.Class, "A")),
        ("/* a /* b */ c */ x", (Name, "x")),
        ("/// says\nf();", (Comment.Special, "/// says")),
        ("x = `a ${ {b: `}`} } c`; y", (Name, "y")),
        (r'"\u{1F600}"', (String.Escape, r"\u{1F600}")),
        (r'r"\n"', (String.Other, r'r"\n"')),
        ("1.e3", (Number.Float, "1.e3")),
        ("5.upper()", (Number.Integer, "5")),
        ("a ~/ b", (Operator, "~/")),
        ("o?.name", (Name.Attribute, "name")),
        ("print(1);", (Name.Builtin, "print")),
        ("null", (Keyword.Constant, "null")),
    ],
)
def test_a_token(code, token):
    assert token in lex(code)


@pytest.mark.parametrize("piece", ["match(", "type ", "/*", "`${", "import a.", 'test "', "match(()", '"', "capability A {", "\\", "1e"])
def test_hostile_text_is_lexed_in_bounded_time(piece):
    code = piece * (100_000 // len(piece))
    began = time.process_time()
    list(MlpyLexer().get_tokens(code))
    assert time.process_time() - began < 10


def test_the_lexer_knows_every_builtin():
    builtins = pytest.importorskip("mlpy.runtime.builtins")
    assert {name for name in builtins.BUILTINS if "$" not in name} <= BUILTINS


def test_ocaml_is_not_taken_for_mlpy():
    assert MlpyLexer.analyse_text("let rec f x = x\n") == 0.0
    assert MlpyLexer.analyse_text("function f(x) { return x; }\n") > 0.5


def rules(node):
    """Every rule of the grammar, nested ones too."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from rules(value)
    elif isinstance(node, list):
        for value in node:
            yield from rules(value)


def test_the_textmate_grammar_has_its_heads():
    assert GRAMMAR["scopeName"] == "source.mlpy"
    assert GRAMMAR["fileTypes"] == ["ml"]
    assert GRAMMAR["patterns"]


def test_textmate_includes_resolve_and_all_rules_are_used():
    included = {rule["include"] for rule in rules(GRAMMAR) if "include" in rule}
    assert included == {f"#{name}" for name in GRAMMAR["repository"]}


def test_textmate_rules_are_well_formed():
    for rule in rules(GRAMMAR):
        assert ("begin" in rule) == ("end" in rule)
        assert not ("match" in rule and "begin" in rule)
        if "name" in rule and rule is not GRAMMAR:
            assert rule["name"].endswith(".mlpy")


def test_textmate_patterns_compile_and_their_captures_exist():
    for rule in rules(GRAMMAR):
        for key, captures in (("match", "captures"), ("begin", "beginCaptures"), ("end", "endCaptures")):
            if isinstance(rule.get(key), str):
                groups = re.compile(rule[key]).groups
                assert all(int(number) <= groups for number in rule.get(captures, {}))


def test_the_language_configuration_is_sound():
    configuration = json.loads((ROOT / "editors" / "language-configuration.json").read_text())
    assert configuration["comments"] == {"lineComment": "//", "blockComment": ["/*", "*/"]}
    for pattern in (*configuration["indentationRules"].values(), configuration["wordPattern"]):
        re.compile(pattern)

"""Tokens, tables, parser and printer: spans, contextual words, limits, and that printing and parsing undo each other."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlpy import ast
from mlpy.source import Source
from mlpy.syntax import parser, printer, tables
from mlpy.syntax.tokens import RESERVED, tokenize

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted([*ROOT.glob("examples/*.ml"), *ROOT.glob("stdlib/**/*.ml"), *ROOT.glob("benchmarks/**/*.ml"), *ROOT.glob("tests/lang/**/*.ml"), *ROOT.glob("tests/syntax/*.ml")])
EVERYTHING = (ROOT / "tests/syntax/everything.ml").read_text()


def parse(text: str) -> ast.Module:
    module, diagnostics = parser.parse(Source(text))
    assert module is not None
    assert not [one for one in diagnostics if one.severity == "error"]
    return module


def expression(text: str) -> ast.Expression:
    tree, diagnostics = parser.parse_expression(Source(text))
    assert tree is not None, diagnostics
    return tree


def codes(text: str) -> list[str]:
    return [one.code for one in parser.parse(Source(text))[1]]


def shape(node: object) -> object:
    """An expression as nested tuples without spans."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Number | ast.String):
        return node.value
    if isinstance(node, ast.Binary):
        return (node.op, shape(node.left), shape(node.right))
    if isinstance(node, ast.Unary):
        return (node.op, shape(node.operand))
    if isinstance(node, ast.Node):
        return (type(node).__name__, *(shape(child) for child in ast.children(node)))
    return node


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_grammar_has_no_conflicts():
    built = tables.build(Path(tables.GRAMMAR).read_text())
    assert set(built.starts) == {"module", "expression"}
    assert {rule[3] for rule in built.rules} - {None} == set(parser.ACTIONS) | set(parser.METHODS)


def test_damaged_tables_are_made_again(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tables, "PACKAGED", str(tmp_path / "none"))  # a wheel ships them and needs no cache
    made = tables._load()
    (kept,) = tmp_path.glob("*.code")
    for damage in (b"", b"\0" * 100, kept.read_bytes()[:-20]):
        kept.write_bytes(damage)
        assert tables._load().actions == made.actions


def test_tables_do_without_a_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "PACKAGED", str(tmp_path / "none"))
    monkeypatch.setenv("MLPY_CACHE", "0")
    assert tables._load().starts == tables.load().starts
    monkeypatch.delenv("MLPY_CACHE")
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert tables._load().starts == tables.load().starts


def test_packaged_tables(tmp_path, monkeypatch):
    path = tmp_path / "ml.tables"
    tables.write(str(path))
    monkeypatch.setattr(tables, "PACKAGED", str(path))
    monkeypatch.setattr(tables, "build", lambda _: pytest.fail("the packaged tables were not used"))
    monkeypatch.setenv("MLPY_CACHE", "0")
    assert tables._load().actions == tables.load().actions
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(pytest.fail.Exception):
        tables._load()


# ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("007", 7),
        ("1_000", 1000),
        ("0xff", 255),
        ("0b1_01", 5),
        ("0o17", 15),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1.e3", 1000.0),
        ("1E-2", 0.01),
        ("1e400", float("inf")),
        ("0xE", 14),
    ],
)
def test_numbers(text, value):
    node = expression(text)
    assert isinstance(node, ast.Number)
    assert node.value == value
    assert type(node.value) is type(value)


@pytest.mark.parametrize("text", ["12ab", "1..2", "1__0", "1_", "0x", "0b12", "0o8", "1.5_", "1e5x"])
def test_malformed_numbers(text):
    assert codes(f"x = {text};")[0] == "E0110"


def test_f8_integer_literals_are_limited():
    assert expression("9" * 4300).value == int("9" * 4300)
    assert expression("0x" + "f" * 20_000).value == int("f" * 20_000, 16)
    for text in ("9" * 4301, "9_" * 4300 + "9", "0x" + "f" * 30_000, "0b" + "1" * 100_001):
        assert codes(f"x = {text};") == ["E0110"]


def test_a_dot_after_a_number():
    assert shape(expression("5.upper()")) == ("Call", ("Member", 5))
    assert shape(expression("c?.5:1")) == ("Conditional", "c", 0.5, 1)
    assert shape(expression("[...xs, 1.]")) == ("Array", ("Spread", "xs"), 1.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\n\t\r\\\"\'"', "a\n\t\r\\\"'"),
        (r'"\x41é\u{1F600}"', "A\u00e9\U0001f600"),
        (r'"\d+\b\q"', r"\d+\b\q"),
        (r'"\`\${x}"', r"\`\${x}"),
        (r"r'\d\n'", r"\d\n"),
        ('"a\r\nb"', "a\nb"),
        ("'it \"is\"'", 'it "is"'),
    ],
)
def test_strings(text, value):
    node = expression(text)
    assert isinstance(node, ast.String)
    assert node.value == value


@pytest.mark.parametrize("text", [r'"\u{D800}"', r'"\ud83d\udea2"', r'"\u12"', r'"\xZZ"', r'"\u{}"', r'"\u{110000}"', r"`\u{`"])
def test_malformed_escapes(text):
    assert set(codes(f"x = {text};")) == {"E0111"}


def test_templates():
    node = expression(r"`a\`\${b}${x}${`c${ {d: 1}.d }` + '}'}$`")
    assert isinstance(node, ast.Template)
    assert [part if isinstance(part, str) else type(part).__name__ for part in node.parts] == ["a`${b}", "Name", "Binary", "$"]
    assert expression("``").parts == []


def test_comments_and_docs():
    text = "#!/usr/bin/env mlpy\n/// one\n/// two\nfunction f() {} // after\n/* a /* b */ c */ x = 1;\n//// no doc\n/// value\ny = 2; /// not on a line of its own\nz = 3;"
    module = parse(text)
    assert module.shebang == "#!/usr/bin/env mlpy"
    assert [one.text for one in module.comments][:4] == ["/// one", "/// two", "// after", "/* a /* b */ c */"]
    assert [one.own_line for one in module.comments][:4] == [True, True, False, True]
    assert [one.doc for one in module.body] == ["one\ntwo", None, "value", None]


def test_byte_order_mark_and_crlf():
    module = parse("\ufeff#! x\r\na = 1;\r\n// c\r\nb = 2;\r\n")
    assert len(module.body) == 2
    assert module.shebang == "#! x"
    assert module.comments[0].text == "// c"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1;\0", "E0109"),
        ("x = 'a\0';", "E0109"),
        ("x = '\ud800';", "E0109"),
        ("x = 'a\u202eb';", "W0822"),
        ("// a\u200bb", "W0822"),
        ("x\u200b = 1;", "E0109"),
        ("é = 1;", "E0109"),
        ("__x = 1;", "E0116"),
        ("x = o.__class__;", "E0116"),
        ("x = {__k: 1};", "E0116"),
        ("'", "E0108"),
        ("`a", "E0108"),
        ("`a${b", "E0108"),
        ("/* /* */", "E0108"),
    ],
)
def test_what_no_text_may_hold(text, code):
    assert code in codes(text)


def test_spans_of_tokens_are_exact():
    tokens = tokenize(Source(EVERYTHING))
    for index, kind in enumerate(tokens.kinds[:-1]):
        if kind in ("NAME", "KEYWORD"):
            assert tokens.text(index) == tokens.values[index]
        elif not kind.isupper():
            assert tokens.text(index) in (kind, "undefined")


# ── parser ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3 ** -4 ** 5", ("+", 1, ("*", 2, ("**", 3, ("-", ("**", 4, 5)))))),
        ("a - b - c", ("-", ("-", "a", "b"), "c")),
        ("-a ** 2", ("-", ("**", "a", 2))),
        ("!a in b", ("in", ("!", "a"), "b")),
        ("a ?? b || c && d == e < f", ("??", "a", ("||", "b", ("&&", "c", ("==", "d", ("<", "e", "f")))))),
        ("a * b + c * d ~/ e", ("+", ("*", "a", "b"), ("~/", ("*", "c", "d"), "e"))),
        ("a |> f ?? g |> h", ("Pipe", ("Pipe", "a", ("??", "f", "g")), "h")),
        ("a ? b : c ? d : e", ("Conditional", "a", "b", ("Conditional", "c", "d", "e"))),
        ("in in in", ("in", "in", "in")),
        ("(a + b) * c", ("*", ("Group", ("+", "a", "b")), "c")),
        ("x[a ? b : c]", ("Index", "x", ("Conditional", "a", "b", "c"))),
        ("x[a ? b : c : d]", ("Slice", "x", ("Conditional", "a", "b", "c"), "d")),
        ("x |> f(1) |> fn(y) => y + 1", ("Pipe", ("Pipe", "x", ("Call", "f", 1)), ("Arrow", ("Parameter",), ("+", "y", 1)))),
    ],
)
def test_precedence(text, tree):
    assert shape(expression(text)) == tree


@pytest.mark.parametrize("word", ["in", "as", "match", "capability", "with", "test", "type", "resource", "allow", "read", "class", "lambda", "None", "dir", "print", "max", "r"])
def test_contextual_words_are_names(word):
    parse(f"{word} = 1; x = {word} + {word}; {word}(1); {word}.{word}; f({word}: {word}); {{{word}}}; {{{word}: {word}}} = o; fn({word}) => {word}; for ({word} in {word}) {{ }}")
    parse(f"function {word}({word} = 1, ...b) {{ return {word}; }} match ({word}) {{ {word} => {word}, {{{word}}} => 1 }} nonlocal {word}; import a.{word} as {word}; x += {word};")
    parse(f"{word} in xs; x = [{word}, ...{word}]; `${{{word}}}`; try {{ }} except ({word}) {{ }} {word}[0] = {word}?.{word}; y = {word} in {word};")


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_reserved_words_are_names_in_their_places(word):
    parse(f"o.{word} = o?.{word}; x = {{{word}: 1, a: {{{word}: 2}}}}; f = fn() => {{{word}: 1}}; match (o) {{ {{{word}: x}} => 1 }} import a.{word}; type T = {{{word}: int, b?: int}};")
    assert codes(f"{word} = 1;")
    assert codes(f"x = {{{word}}};") or word in ("true", "false", "null")


def test_old_spellings_run():
    parse("if (a) { } elif (b) { } else if (c) { } else { }\n" + "class = 'a' + \"b\"; lambda = None; test('a'); read = [1, 2]; {a: 1};\n" * 200)


def test_a_brace_after_an_arrow():
    bodies = {"{}": ast.Object, "{;}": ast.Block, "{a}": ast.Object, "{a: 1}": ast.Object, "{a; }": ast.Block, "{a = 1;}": ast.Block, "{[k]: 1}": ast.Object, "{[a, b] = c;}": ast.Block}
    bodies |= {"{'a': 1}": ast.Object, "{...a}": ast.Object, "{if: 1}": ast.Object, "{if (a) {}}": ast.Block, "{a: 1}[k]": ast.Index, "{null: 1}": ast.Object, "{match(a);}": ast.Block}
    for text, kind in bodies.items():
        assert type(expression(f"fn() => {text}").body) is kind, text


def test_match_statements_and_expressions():
    assert len(parse("match (v) { 1 => { return; } 2 => { x; }, 3 => {a: 1} } -1;").body) == 2
    assert len(parse("match (v) { 1 => 2 };").body) == 1
    assert len(parse("match (v) { 1 => 2 } + 1; match(v); match = 3;").body) == 3
    assert codes("x = match (v) { 1 => { y; } };") == ["E0120"]
    assert codes("match (v) { 1 => { y; } } + 1;") == ["E0120"]


def test_the_last_semicolon_may_be_missing():
    assert type(parse("x = 1; 1 + 2").body[-1]) is ast.ExpressionStatement
    assert parse("").body == []
    assert type(parse(";").body[0]) is ast.Empty
    assert len(parse("a;; ;b;").body) == 2


def test_types():
    parse("function f(a: array<array<int>>=[], b: {x?: int, 'y z': string} | null = null): fn(int, ...) => int { }".replace(", ...", ""))
    declaration = parse("type T = fn(a) => b | c;").body[0]
    assert isinstance(declaration.type, ast.FunctionType)
    assert isinstance(declaration.type.result, ast.UnionType)
    assert isinstance(expression("fn(x: int): (fn() => int) => x").result, ast.GroupType)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("f() = 1;", "E0114"),
        ("(a) = 1;", "E0114"),
        ("1 = a;", "E0114"),
        ("o?.k = 1;", "E0114"),
        ("o?.a.b[1] = 1;", "E0114"),
        ("[a, b] += c;", "E0114"),
        ("{[k]: v} = o;", "E0114"),
        ("[a, ...b, ...c] = d;", "E0125"),
        ("[...[a]] = b;", "E0125"),
        ("function f(...a, b) { }", "E0125"),
        ("match (v) { [...a, ...b] => 1 }", "E0125"),
        ("if (a) { import b; }", "E0126"),
        ("function f() { type T = int; }", "E0126"),
        ("fn() => { test 'a' { } };", "E0126"),
        ("try { }", "E0119"),
        ("x = [a = 1];", "E0113"),
        ("x = {a = 1};", "E0113"),
        ("match (a, b) { _ => 1 }", "E0120"),
        ("{if};", "E0115"),
        ("with capability(a: 1) { }", "E0129"),
        ("function f(x: list<int>) { }", "E0128"),
        ("x = {[a, b]: 1};", "E0122"),
    ],
)
def test_what_the_grammar_cannot_say(text, code):
    assert codes(text) == [code]


DEEP = {
    "group": lambda n: "x = " + "(" * n + "1" + ")" * n + ";",
    "array": lambda n: "x = " + "[" * n + "]" * n + ";",
    "object": lambda n: "x = " + "{a: " * n + "1" + "}" * n + ";",
    "member": lambda n: "x = a" + ".b" * n + ";",
    "call": lambda n: "f" + "()" * n + ";",
    "index": lambda n: "x = a" + "[0]" * n + ";",
    "not": lambda n: "x = " + "!" * n + "a;",
    "negation": lambda n: "x = " + "-" * n + "a;",
    "power": lambda n: "x = 2" + " ** 2" * n + ";",
    "sum": lambda n: "x = 1" + " + 1" * n + ";",
    "pipe": lambda n: "x = a" + " |> f" * n + ";",
    "conditional": lambda n: "x = " + "a ? b : " * n + "c;",
    "arrow": lambda n: "x = " + "fn(a) => " * n + "a;",
    "block": lambda n: "if (a) {" * n + "}" * n,
    "elif": lambda n: "if (a) { }" + " elif (a) { }" * n,
    "function": lambda n: "function f() {" * n + "}" * n,
    "template": lambda n: "x = " + "`${" * n + "1" + "}`" * n + ";",
    "pattern": lambda n: "[" * n + "a" + "]" * n + " = x;",
    "arm": lambda n: "match (x) { " + "[" * n + "]" * n + " => 1 }",
    "type": lambda n: "type T = " + "array<" * n + "int" + ">" * n + ";",
    "comment": lambda n: "/*" * n + "*/" * n,
}


@pytest.mark.parametrize("kind", DEEP)
def test_f42_nesting_is_counted_on_the_tree(kind):
    source = Source(DEEP[kind](60 if kind == "pattern" else 190))
    module, diagnostics = parser.parse(source)
    assert not diagnostics
    again, _ = parser.parse(Source(printer.print_module(module, source)), limit=1 << 20)
    assert ast.same(module, again)
    for depth in (230, 20_000):
        text = DEEP[kind](depth)
        assert codes(text) == (["E0124"] if kind != "comment" and len(text) < parser.SOURCE_LIMIT else []) or "E0127" in codes(text)


def test_t1_a_source_has_a_size():
    assert codes("x = 1;" * 50_000) == ["E0127"]
    assert codes("// é" + "é" * 140_000) == ["E0127"]
    assert parser.parse(Source("x = 1;" * 50_000), limit=1 << 20)[1] == []


@pytest.mark.parametrize("text", ["if (a) {", "f(1,", "x = ", "1 +", '"abc', "`a${", "/* a", "function f()", "[1, 2", "{a: 1", "x = match (v) {", "fn(x) =>", "try { }\nexcept"])
def test_incomplete(text):
    assert parser.is_incomplete(text)


@pytest.mark.parametrize("text", ["", "1 + 2", "x = 1", "if (a) { }", ")", "1 + )", "x = 1;", "let x", "}"])
def test_complete(text):
    assert not parser.is_incomplete(text)


def test_spans_hold_what_they_stand_for():
    source = Source(EVERYTHING)
    module, _ = parser.parse(source)
    for node in ast.walk(module):
        assert 0 <= node.start <= node.end <= len(EVERYTHING)
        for child in ast.children(node):
            assert node.start <= child.start <= child.end <= node.end, (node, child)
        text = EVERYTHING[node.start : node.end]
        if isinstance(node, ast.Name):
            assert text == node.id
        if isinstance(node, ast.Member | ast.FunctionDeclaration | ast.TypeDeclaration | ast.CapabilityDeclaration):
            assert EVERYTHING[node.name_start :].startswith(node.name)
        if isinstance(node, ast.Handler) and node.name:
            assert EVERYTHING[node.name_start :].startswith(node.name)


def test_every_kind_of_node_is_in_the_test_program():
    abstract = {ast.Node, ast.Expression, ast.Pattern, ast.Statement, ast.Type}
    kinds = {cls for cls in vars(ast).values() if isinstance(cls, ast.NodeType)} - abstract
    module = parse(EVERYTHING)
    found = {type(node) for node in ast.walk(module)} | {type(one) for one in module.comments}
    assert found == kinds - {ast.Empty} | ({ast.Empty} & found)


# ── printer ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_round_trip(text: str, *, docs: bool = True) -> None:
    source = Source(text)
    module, diagnostics = parser.parse(source)
    if module is None or any(one.severity == "error" for one in diagnostics):
        return
    printed = printer.print_module(module, source)
    again = parse(printed)
    if not docs:
        drop_docs(module)
        drop_docs(again)
    assert ast.same(module, again)
    assert sorted(" ".join(one.text.split()) for one in again.comments) == sorted(" ".join(one.text.split()) for one in module.comments)
    assert printer.print_module(again, Source(printed)) == printed
    assert all(line == line.rstrip() for line in printed.split("\n") if "`" not in text)


def drop_docs(module: ast.Module) -> None:
    for node in ast.walk(module):
        if isinstance(node, ast.Assign | ast.FunctionDeclaration | ast.CapabilityDeclaration | ast.TypeDeclaration):
            node.doc = None


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_print_then_parse_is_the_identity(path):
    check_round_trip(path.read_text(encoding="utf-8", errors="surrogateescape"))


@pytest.mark.parametrize("seed", range(20))
def test_comments_survive_wherever_they_stand(seed):
    dice = random.Random(seed)
    tokens = tokenize(Source(EVERYTHING))
    places = [start for start, kind in zip(tokens.starts, tokens.kinds, strict=True) if start and kind not in ("TEMPLATE_MIDDLE", "TEMPLATE_TAIL")]
    text = EVERYTHING
    for number, place in enumerate(sorted(dice.sample(places, dice.choice((3, 30, 150))), reverse=True)):
        comment = dice.choice(("/* c{} */", " /* c{} */ ", " // c{}\n", "\n// c{}\n", "\n/* c{}\n more */\n", "\n/// c{}\n"))
        text = text[:place] + comment.format(number) + text[place:]
    check_round_trip(text, docs=False)


def test_golden_of_the_printer(golden):
    source = Source((ROOT / "tests/syntax/layout.ml").read_text())
    module, _ = parser.parse(source)
    assert printer.print_module(module, source) == (ROOT / "tests/syntax/layout.formatted").read_text()


NAMES = st.sampled_from(["a", "b", "xs", "in", "as", "type", "class", "match", "_x"])
TEXTS = st.text(st.sampled_from("ab \"'\\`${}\n\t\r\u00e9\u200b\x00\x7f"), max_size=6)
NUMBERS = st.one_of(st.integers(0, 10**20), st.floats(0, allow_nan=False))


def node(cls, *fields):
    return st.builds(lambda *values: cls(0, 0, *values), *fields)


def many(strategy, least: int = 0):
    return st.lists(strategy, min_size=least, max_size=3)


def alternate(parts):
    """No two texts side by side, and no empty one: so the parser makes them."""
    kept: list[object] = []
    for part in parts:
        if part != "" and not (isinstance(part, str) and kept and isinstance(kept[-1], str)):
            kept.append(part)
    return ast.Template(0, 0, kept)


def shorthand(name):
    return ast.Property(0, 0, ast.String(0, 0, name, False), ast.Name(0, 0, name), False, True)


ATOMS = st.one_of(
    node(ast.Name, NAMES), node(ast.Number, NUMBERS), node(ast.String, TEXTS, st.just(False)), node(ast.Null), node(ast.Boolean, st.booleans()), TEXTS.map(lambda text: alternate([text]))
)
BINARY = st.sampled_from([*(op for ops in parser.LEVELS for op in ops if op != "|>"), "**"])
KEYS = st.one_of(NAMES, TEXTS, st.sampled_from(sorted(RESERVED)))
TYPES = st.recursive(
    node(ast.NamedType, st.sampled_from(["int", "null", "function", "User", "string"])),
    lambda inner: st.one_of(
        node(ast.ArrayType, inner),
        node(ast.FunctionType, many(inner), inner),
        node(ast.UnionType, st.lists(inner, min_size=2, max_size=3)),
        node(ast.ObjectType, many(node(ast.TypeField, KEYS, inner, st.booleans()))),
    ),
    max_leaves=4,
)


def parameters(values):
    plain = node(ast.Parameter, NAMES, st.none() | TYPES, st.none() | values, st.just(False))
    last = node(ast.Parameter, NAMES, st.none() | TYPES, st.none(), st.just(True))
    return st.builds(lambda some, rest: [*some, *rest], many(plain), st.lists(last, max_size=1))


def patterns():
    leaf = st.one_of(
        node(ast.Target, node(ast.Name, NAMES)),
        node(ast.Wildcard),
        node(ast.LiteralPattern, st.one_of(node(ast.Number, NUMBERS), node(ast.Null), node(ast.String, TEXTS, st.just(False)), node(ast.Unary, st.just("-"), node(ast.Number, NUMBERS)))),
    )
    rest = node(ast.Rest, node(ast.Target, node(ast.Name, NAMES)))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            node(ast.OrPattern, st.lists(inner, min_size=2, max_size=3)),
            node(ast.ArrayPattern, many(node(ast.Element, inner, st.none()))),
            st.builds(lambda some, end: ast.ArrayPattern(0, 0, [*some, end]), many(node(ast.Element, inner, st.none())), rest),
            node(ast.ObjectPattern, many(node(ast.Field, KEYS, inner, st.none(), st.just(False))), st.none() | rest),
        ),
        max_leaves=5,
    )


def compounds(inner):
    argument = st.one_of(inner, node(ast.Spread, inner), node(ast.NamedArgument, NAMES, inner))
    entry = st.one_of(
        node(ast.Property, node(ast.String, KEYS, st.just(False)), inner, st.just(False), st.just(False)),
        node(ast.Property, inner, inner, st.just(True), st.just(False)),
        NAMES.map(shorthand),
        node(ast.Spread, inner),
    )
    simple = st.one_of(node(ast.Return, st.none() | inner), node(ast.ExpressionStatement, inner.filter(lambda one: not starts_with_match(one))), node(ast.Throw, inner))
    block = node(ast.Block, st.lists(simple, min_size=1, max_size=2))
    return st.one_of(
        node(ast.Binary, BINARY, inner, inner),
        node(ast.Pipe, inner, inner),
        node(ast.Unary, st.sampled_from("!-"), inner),
        node(ast.Conditional, inner, inner, inner),
        node(ast.Call, inner, many(argument)),
        node(ast.Member, inner, st.one_of(NAMES, st.sampled_from(["e3", "if", "E"])), st.booleans(), st.just(0)),
        node(ast.Index, inner, inner, st.booleans()),
        node(ast.Slice, inner, st.none() | inner, st.none() | inner, st.none() | inner, st.booleans()),
        node(ast.Array, many(st.one_of(inner, node(ast.Spread, inner)))),
        node(ast.Object, many(entry)),
        node(ast.Arrow, parameters(inner), st.none() | TYPES, inner | block),
        node(ast.Match, inner, many(node(ast.Arm, patterns(), st.none() | inner, inner))),
        st.builds(alternate, many(st.one_of(inner, TEXTS))),
    )


def starts_with_match(expression: ast.Expression) -> bool:
    """Such a statement ends where the match does, so it cannot be written without parentheses."""
    while True:
        match expression:
            case ast.Match():
                return True
            case ast.Binary(left=first) | ast.Pipe(left=first) | ast.Conditional(test=first) | ast.Call(callee=first):
                expression = first
            case ast.Member(object=first) | ast.Index(object=first) | ast.Slice(object=first):
                expression = first
            case _:
                return False


EXPRESSIONS = st.recursive(ATOMS, compounds, max_leaves=12)


def ungroup(value: object) -> object:
    """The tree without the parentheses that printing adds."""
    if isinstance(value, ast.Group | ast.GroupType):
        return ungroup(value.value)
    if isinstance(value, list):
        return [ungroup(item) for item in value]
    if isinstance(value, ast.Node):
        for field in value.fields[2:]:
            setattr(value, field, ungroup(getattr(value, field)))
    return value


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, st.sampled_from([20, 100]))
def test_trees_without_a_source_print(tree, width):
    statement = ast.Assign(0, 0, ast.Target(0, 0, ast.Name(0, 0, "x")), "=", tree, "a\n\nb")
    module = ast.Module(0, 0, [statement, ast.FunctionDeclaration(0, 0, "f", [], None, ast.Block(0, 0, []), "doc", 0)], [], None)
    text = printer.print_module(module, width=width)
    assert ast.same(ungroup(parse(text)), ungroup(module)), text

"""What the checker finds out: facts for the lowerer, diagnostics for people; and that it is silent about programs that are right."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlpy
from mlpy import ast, capabilities, fixes
from mlpy.analysis import check
from mlpy.diagnostics import CODES, MAX_DIAGNOSTICS
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.members import ARRAY_METHODS, STRING_METHODS
from mlpy.source import Source
from mlpy.syntax.parser import parse

PAGES = Path(__file__).parent.parent / "docs" / "diagnostics"
OURS = [code for code in CODES if code[:3] in {"E02", "E03", "E04", "E05", "W08"} and code <= "W0821" and code != "E0505"]  # that takes a second file


class Member:
    def __init__(self, params=(), result="any", capability=None, kind="function"):
        self.kind = kind
        self.params = [(name, type_, None, "normal") for name, type_ in params]
        self.result = result
        self.capabilities = () if capability is None else (capability,)


class Info:
    def __init__(self, name, members, classes=()):
        self.name = name
        self.members = members
        self.classes = classes


INFOS = {
    "math": Info("math", {"sqrt": Member([("x", "number")], "float"), "isNan": Member([("x", "number")], "boolean"), "pi": Member(result="float", kind="constant")}),
    "file": Info(
        "file",
        {
            "read": Member([("path", "string")], "string", "file.read:{path}"),
            "write": Member([("path", "string"), ("text", "string")], "null", "file.write:{path}"),
        },
    ),
    "base": Info("base", {"open": Member([("path", "string")], "any", "file.write:{path.stored}")}),
    "shop": Info("shop", {"charge": Member([("account", "string")], "any", "shop.charge:{account}/cards"), "open": Member([], "Till")}, ("Till",)),
}


class Modules:
    """A registry of three modules, and the file `helpers.ml`."""

    def known(self, path):
        return path in INFOS or self.is_file(path)

    def is_file(self, path):
        return path == "helpers"

    def trouble(self, path):
        return ("no regular file", "put the module into a file") if path == "odd" else None

    def names(self):
        return INFOS

    def info(self, name):
        return INFOS.get(name)


def analyse(text, **options):
    source = Source(text, "test.ml")
    module, diagnostics = parse(source)
    assert not diagnostics, diagnostics
    settings = {"builtins": BUILTINS, "methods": {"array": ARRAY_METHODS, "string": STRING_METHODS}, "modules": Modules(), "authority": capabilities} | options
    facts, found = check(module, source, **settings)
    return module, facts, found


def codes(text, **options):
    return [one.code for one in analyse(text, **options)[2]]


def facts_of(text, **options):
    return analyse(text, **options)[:2]


def bindings(facts, kind=ast.Module):
    return next(scope for node, scope in facts.scopes.items() if isinstance(node, kind)).bindings


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_function_arrow_and_test_has_a_scope():
    _, facts = facts_of('x = 1; function f(a, ...b) { return fn(c) => c; } test "t" { y = f(1); assert y; }')
    shapes = {type(node).__name__: sorted(scope.bindings) for node, scope in facts.scopes.items()}
    assert shapes == {"Module": ["f", "x"], "FunctionDeclaration": ["a", "b"], "Arrow": ["c"], "Test": ["y"]}


def test_kinds_of_bindings():
    _, facts = facts_of(
        "import math; capability Files { allow read; } function f() {} x = 1; for (i in [1]) {} try {} except (e) {} match (x) { n => n, _ => 0 };", inputs=("order",)
    )
    assert {binding.name: binding.kind for binding in bindings(facts).values()} == {
        "order": "input", "math": "import", "Files": "capability", "f": "function", "x": "local", "i": "loop", "e": "error", "n": "pattern",
    }  # fmt: skip


def test_what_a_closure_uses_is_captured_and_what_it_assigns_is_rebound():
    _, facts = facts_of("a = 1; b = 2; c = 3; function f() { nonlocal b; b = a; return c; }")
    found = bindings(facts)
    assert [(found[name].captured, found[name].rebound, found[name].assigned) for name in "abc"] == [(True, False, 1), (True, True, 2), (True, False, 1)]
    assert bindings(facts, ast.FunctionDeclaration) == {}


def test_nonlocal_reaches_the_nearest_function_that_binds_the_name():
    _, facts = facts_of("n = 0; function f() { n = 1; function g() { nonlocal n; n += 1; } g(); return n; }")
    assert [scope.bindings["n"].rebound for scope in facts.scopes.values() if "n" in scope.bindings] == [False, True]


def test_nonlocal_of_a_name_that_nothing_binds_makes_it_at_the_top_level():
    _, facts = facts_of("function f() { nonlocal made; made = 1; } f(); print(made);")
    binding = bindings(facts)["made"]
    assert (binding.kind, binding.rebound) == ("local", True)
    assert "made" not in facts.assigned_at_end
    assert mlpy.run("function f() { nonlocal made; made = 1; } f(); made + 1") == 2


def test_names_of_handlers_and_arms_have_python_names_of_their_own():
    module, facts = facts_of('e = 1; try { throw "x"; } except (e) { f = fn() => e; e = 2; } g = match (1) { [e] | {e} => e, _ => e };')
    handler = next(node for node in ast.walk(module) if isinstance(node, ast.Handler))
    reads = [facts.renamed.get(name, name.id) for name in facts.names if name.id == "e"]
    assert facts.renamed[handler] == "e$1"
    assert reads == ["e$1", "e$2", "e"]
    assert sorted(bindings(facts)) == ["e", "e$1", "e$2", "f", "g"]
    assert bindings(facts)["e"].assigned == 1
    assert mlpy.run('e = 1; try { throw "x"; } except (e) { f = fn() => str(e); } `${f()}${e}`') == "x1"


def test_nonlocal_in_a_function_inside_a_handler_reaches_the_error_name():
    text = 'try { throw "x"; } except (e) { function f() { nonlocal e; e = 5; } f(); print(e); }'
    _, facts = facts_of(text)
    inner = next(scope for node, scope in facts.scopes.items() if isinstance(node, ast.FunctionDeclaration))
    assert inner.nonlocals == {"e$1"}
    mlpy.run(text)


def test_renamed_globals_of_two_session_cells_differ():
    text = 'try { throw "x"; } except (e) { f = fn() => e; }'
    names = [next(name for name in bindings(facts_of(text, session=())[1]) if "$" in name) for _ in range(2)]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("text", "hoisted"),
    [
        ("f(); function f() {}", ["f"]),
        ("function f() {} f = 1;", []),
        ("if (1 < 2) { g(); function g() {} }", ["g"]),
        ("function f() { return g(); } function g() { return 1; } f();", ["f", "g"]),
        ("function f(g) { function g() {} return g; }", ["f"]),
        ("function f() { nonlocal g; function g() {} } g = 1;", ["f"]),
    ],
)
def test_functions_bound_once_are_hoisted(text, hoisted):
    assert sorted(node.name for node in facts_of(text)[1].hoisted) == hoisted


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("max = 3; max(1, 2);", 1),
        ("max = fn(a, b) => a; max(1, 2);", 0),
        ("function len(x) { return 0; } len(1);", 0),
        ("function f(filter) { return filter(1); }", 1),
        ("x = 1; max(x, 2);", 0),
        ("sum = 0; [1] |> sum;", 1),
    ],
)
def test_calls_that_may_reach_a_shadowed_builtin(text, count):
    assert len(facts_of(text)[1].shadowed) == count


def test_a_variable_named_like_a_builtin_begins_as_the_builtin():
    _, facts = facts_of("function f(xs) { sum = sum(xs); return sum; } max = 3; len = 1; function g() { return len; }")
    assert {binding.name for binding in facts.preset} == {"sum", "len"}
    assert mlpy.run("function f(xs) { sum = sum(xs); return sum; } f([1, 2])") == 3


def test_inputs_and_session_names_are_known():
    assert codes("print(order.total, earlier);", inputs=("order",), session=("earlier",)) == []


def test_imports_bind_the_first_segment_or_the_alias():
    _, facts = facts_of("import helpers as h; import math; print(h, math);")
    assert [binding.name for binding in bindings(facts).values()] == ["h", "math"]
    assert [".".join(node.path) for node in facts.imports] == ["helpers", "math"]


def test_every_read_is_in_names_and_writes_are_not():
    module, facts = facts_of("x = 1; x += 2; o = {x}; o.k = x; [a, o.j] = [x, 1]; o[x] ??= a;")
    targets = {node.place for node in ast.walk(module) if isinstance(node, ast.Target) and isinstance(node.place, ast.Name)}
    updated = {node.target.place for node in ast.walk(module) if isinstance(node, ast.Assign) and node.op != "=" and isinstance(node.target.place, ast.Name)}
    assert set(facts.names) == {node for node in ast.walk(module) if isinstance(node, ast.Name)} - targets | updated


# ── flow ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a = 1; if (a) { b = 1; } else { c = 1; }", {"a"}),
        ("if (1 < 2) { b = 1; } else { b = 2; }", {"b"}),
        ("for (i in [1]) { x = 1; }", set()),
        ("while (true) { x = 1; break; }", {"x"}),
        ("try { x = 1; y = 1; } except { x = 2; } finally { z = 3; }", {"x", "z"}),
        ("function f() {} import math;", {"f", "math"}),
        ("match (1) { 0 => { x = 1; } _ => { x = 2; } }", {"x"}),
        ("match (1) { 0 => { x = 1; } n if n > 1 => { x = 2; } }", set()),
    ],
)
def test_what_is_certainly_assigned_when_the_program_ends(text, names):
    assert facts_of(text)[1].assigned_at_end == names


@pytest.mark.parametrize("blocks", [20, 21])
def test_blocks_nest_as_deep_as_the_compiler_takes_them(blocks):
    text = "".join(f"for (i{at} in [1]) {{" for at in range(blocks)) + "}" * blocks
    assert ("E0305" in codes(text)) == (blocks > 20)
    if blocks <= 20:
        mlpy.run(text)


@pytest.mark.parametrize("depth", [9, 10])
def test_handlers_count_twice(depth):
    text = "".join("try {} except (e) {" for _ in range(depth)) + "for (i in [1]) {}" + "}" * depth
    assert ("E0305" in codes(text)) == (depth > 9)
    if depth <= 9:
        mlpy.run(text)


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────

RIGHT = [
    'function f(x) { return x + 1; } f("a"); f(1); f([1]);',
    'function f(xs: array) { if (typeof(xs) == "string") { xs = xs.split(","); } return xs.length; } f([1]);',
    "function f(x: number | null) { if (x != null) { return x + 1; } return 0; } f(null); f(2); f(1.5);",
    "function f(x: float) { return x; } f(1);",
    'function f(x: string | null = null) { return x?.upper(); } f(); f("a");',
    'p = {name: "Ada"}; p.age = 36; function f(u: {name: string, age: number}) { return u.age; } f(p);',
    'key = "age"; p = {name: "Ada"}; p[key] = 36; function f(u: {name: string, age: number}) { return u.age; } f(p);',
    'xs = [1]; xs.append("a"); function f(ys: array<string>) { return ys; } f(xs);',
    "x = null; function set() { nonlocal x; x = {a: 1}; } set(); print(x.a);",
    "handler = null; if (handler != null) { handler(1); }",
    "o = {f: fn(a, b) => a}; o.g = 1; print(o.f(1, 2), o.missing, o?.g);",
    "args = [1, 2]; function f(a, b) { return a + b; } f(...args); f(1, ...[2]); [1, 2].map(fn(x) => x);",
    "import math; print(math.sqrt(4), math.pi + 1, math.is_nan(2.0), 2 |> math.sqrt);",
    "import helpers; helpers.anything(1, 2, 3); helpers.rate + 1;",
    "import shop; function f(till: Till) { return till.anything(); } f(shop.open());",
    'print("n=" + 1 + true, 1 + 2 + "x", true + 1, "a" * 3, 3 * [1], [1] + [2], -true);',
    "function fact(n) { return n <= 1 ? 1 : n * fact(n - 1); } print(fact(5));",
    "type Tree = {value: number, left: Tree | null, right: Tree | null}; function f(t: Tree): number { return t.value; } f({value: 1, left: null, right: {value: 2, left: null, right: null}});",
    "function f(g: fn(number) => any) { return g(1); } f(str); f(fn(x, y = 1) => x); f(fn(...xs) => xs); f(print);",
    'assertThrows(fn() => "a".nothing()); assertThrows(fn() => len(1, 2, 3), "ArityError");',
    "function f(xs) { for (i, x in xs) { return [i, x]; } } f([1]); for (k, v in {a: 1}) { print(k, v); }",
    'x = 1; x = "a"; x = x.upper(); print(x);',
    "total = 0; for (x in [1, 2]) { total += x; } print(total.length ?? 1);",
    "function f(cb) { cb = cb ?? (fn(x) => x); return cb(1); } f(null);",
    "print(round(true), abs(false), int(true));",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_programs_are_passed_over(text):
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("function f(x: int) { return x; } f(1.5);", "E0401"),
        ("function f(x: int) { return x; } f(3 / 2);", "E0401"),
        ('function f(x: {a: {b: int}}) { return x; } f({a: {b: "no"}});', "E0401"),
        ('function f(...xs: number) { return xs; } f(1, "a");', "E0401"),
        ("function f(x: string) { return x; } function g() { return 1; } f(g());", "E0401"),
        ('p = {name: "Ada"}; function f(u: {name: string, age: number}) { return u.age; } f(p);', "E0401"),
        ('import math; math.sqrt("4");', "E0401"),
        ("import math; math.sqrt();", "E0403"),
        ("x = 5; x.upper();", "E0405"),
        ("function f(x: number): array<string> { return [x]; }", "E0402"),
        ("import shop; function f(till: Tll) { return shop; }", "E0407"),
        ("print([1] - 1);", "W0820"),
    ],
)
def test_certain_mistakes_are_found(text, code):
    assert codes(text) == [code]


def test_running_asks_for_names_and_flow_only():
    assert codes("function f(x: int) { unused = 1; return x; } f(1.5); f(1, 2);", lints=False) == []


# ── capabilities ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ('import file; file.read("./a.txt");', ["file.read:./a.txt"]),
        ('import file as f; f.write(text: "x", path: "./b");', ["file.write:./b"]),
        ("import file; name = input(); file.read(name);", ["file.read:*"]),
        ('import file; ["a"].map(file.read);', ["file.read:*"]),
        ('import shop; shop.charge("acme");', ["shop.charge:acme/cards"]),
        ('capability Data { resource "./data/**"; allow read, write; } import file; file.read("./data/x");', ["file.read:./data/**", "file.write:./data/**"]),
        ('capability Log { allow append "./log", crypto.random; }', ["file.append:./log", "crypto.random"]),
        ('import base; base.open(":memory:"); base.open("a.db");', ["file.write:a.db"]),
        ("import base; base.open(input());", ["file.write:*"]),
        ("import math; math.sqrt(2);", []),
    ],
)  # fmt: skip
def test_what_a_program_will_ask_for(text, needs):
    assert facts_of(text)[1].needs == needs


def test_a_use_that_no_block_covers():
    text = 'capability In { resource "./in/**"; allow read; } import file; file.read("./in/a"); file.read("./out/a"); file.write("./in/a", "");'
    assert codes(text) == ["W0821", "W0821"]


def test_a_module_brings_its_own_kinds():
    assert codes('import shop; capability Money { allow shop.charge; } shop.charge("acme");') == []


# ── diagnostics ──────────────────────────────────────────────────────────────────────────────────────────────────


def blocks(code):
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    return [part.split("```", 1)[0] for part in page.split("```ml\n")[1:]]


@pytest.mark.parametrize("code", OURS)
def test_the_page_of_each_code_shows_it_and_its_cure(code):
    bad, good = blocks(code)
    assert codes(bad) == [code]
    assert codes(good) == []


@pytest.mark.parametrize("code", ["E0203", "E0404", "E0405", "E0407", "E0501", "E0502", "W0802", "W0806", "W0807", "W0809"])
def test_the_offered_fix_cures(code):
    bad = blocks(code)[0]
    found = analyse(bad)[2]
    assert found[0].fix
    fixed, _ = fixes.apply(bad, found)
    assert code not in codes(fixed)


def test_a_missing_import_is_added_below_the_others():
    text = "import file;\nprint(file, math.pi);\n"
    fixed, _ = fixes.apply(text, analyse(text)[2])
    assert fixed == "import file;\nimport math;\nprint(file, math.pi);\n"


def test_a_name_that_is_almost_known_counts_as_used():
    assert codes("function f(xs) { total = xs; return totl; }") == ["E0203"]


def test_at_most_a_hundred_diagnostics():
    assert len(codes("".join(f"print(unknown{at});" for at in range(300)))) == MAX_DIAGNOSTICS


def test_deep_programs_are_checked_without_deep_recursion():
    nested = "function f(x) {" + "if (x) {" * 150 + "y = 1;" + "}" * 150 + "return y; }"
    parenthesised = "z = " + "(" * 90 + "1" + " + 2)" * 90 + ";"
    chained = "a0 = 1;" + "".join(f"a{at} = a{at - 1} + 1;" for at in range(1, 600)) + "print(a599);"
    called = "".join(f"function g{at}() {{ return g{at + 1}(); }}" for at in range(400)) + "function g400() { return 1; } print(g0());"
    for text in (nested, parenthesised, chained, called):
        assert not [code for code in codes(text) if code[0] == "E"]

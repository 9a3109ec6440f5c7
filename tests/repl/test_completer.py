"""Completion and `name?`: what is offered where, with what it says, and that nothing is evaluated for it."""

from __future__ import annotations

import pytest
from mlpy.repl import describe, display
from mlpy.repl.completer import completions, signature_at
from mlpy.repl.shell import Shell

from mlpy import Engine
from mlpy.capabilities import Grants
from mlpy.cli import Mistake

SETUP = """
/// Adds things. Example: `add(1)` → `3`.
function add(a: number, b = 2, ...rest): number { return a + b; }
double = fn(x: int): string => str(x * 2);
import math; import datetime; import file as io;
o = {name: "Ada", age: 36, inner: {deep: [1, 2]}, "b c": 1, f: fn(q) => q};
xs = [1, 2, 3]; s = "text"; d = datetime.now(); called = 0;
function count() { nonlocal called; called += 1; return [called]; }
"""


@pytest.fixture(scope="module")
def shell():
    made = Shell(Engine())
    error = made.evaluate(SETUP).error
    assert error is None, error
    return made


@pytest.fixture
def offered(shell):
    """`offered("o.na")` gives the texts, `|` stands for the cursor."""

    def offer(text, **options):
        before, bar, behind = text.partition("|")
        return [one.text for one in completions(shell, before + behind, len(before) if bar else len(text), **options)]

    return offer


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("ad", ["add"]),
        ("o.", ["name", "age", "inner", "f", "length"]),
        ("o?.in", ["inner"]),
        ("(o).inner.", ["deep", "length"]),
        ("o.inner.deep.ma", ["map"]),
        ('o["', ["name", "age", "inner", "b c", "f"]),
        ("o['b", ["b c"]),
        ('o["inner"].', ["deep", "length"]),
        ("s.start", ["startswith", "startsWith"]),
        ("'lit'.spl", ["split"]),
        ("`a${o.na", ["name"]),
        ("double(1).up", ["upper"]),
        ("xs.map(double).fil", ["filter"]),
        ("xs[0].", []),
        ("math.sq", ["sqrt"]),
        ("math.sqrt(2).", []),
        ("d.addD", ["addDays"]),
        ("datetime.now().addD", ["addDays"]),
        ("io.readB", ["readBytes"]),
        ("import mat", ["math"]),
        ("import string as text; import reg", ["regex"]),
        ("import regex; regex.fulln", []),
        ("import regex; regex.fullm", ["fullmatch"]),
        ("if (x) { ret", ["return"]),
        ("x = ret", []),
        ("whi", ["while"]),
        ("x = tru", ["true"]),
        ("if (a) { b; } els", ["else"]),
        ("counted = 1; cou", ["count", "counted"]),
        ("// o.", []),
        ("'o.", []),
        ("`o.", []),
        ("nothing.", []),
        ("1.", []),
        ("f(1).", []),
        ("[1].", ["append", "push"]),
    ],
)
def test_what_is_offered(offered, text, first):
    assert offered(text)[: len(first) or None] == first


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("add(", ["a: ", "b: "]),
        ("add(1, ", ["b: "]),
        ("add(b: 1, ", ["a: "]),
        ("add([1, 2], b", ["b: "]),
        ("sorted(xs, ", ["key: ", "reverse: "]),
        ("xs.map(", ["f: "]),
        ("math.log(8, ba", ["base: "]),
        ("o.f(", ["q: "]),
        ("math.sqrt(", []),
    ],
)
def test_arguments_are_offered_by_their_names(shell, text, first):
    found = [one.text for one in completions(shell, text, len(text)) if one.kind == "argument"]
    assert found == first


def test_what_stands_beside_a_name(shell):
    said = {one.text: one.meta for one in completions(shell, "o.", 2)}
    assert said["name"] == '"Ada"'
    assert said["f"] == "fn(q)"
    assert completions(shell, "ad", 2)[0].meta == "add(a: number, b = 2, ...rest): number  Adds things."
    assert completions(shell, "math.sq", 7)[0].meta == "sqrt(x: number): float  The square root."
    assert completions(shell, "io.readB", 8)[0].signature.endswith("[file.read:{path}]")


def test_nothing_is_offered_before_something_is_begun_unless_it_is_asked_for(offered):
    assert offered("", asked=False) == []
    assert offered("x = ", asked=False) == []
    assert offered("add(", asked=False) == ["a: ", "b: "]
    assert offered("o.", asked=False)[0] == "name"
    assert "add" in offered("x = ", asked=True)
    assert offered("add", asked=True) == []


def test_the_cursor_may_stand_anywhere(offered):
    assert offered("x = o.na| + 1;\ny = 2") == ["name"]
    assert offered("f(o.|, 1)")[0] == "name"


def test_commands_and_what_they_take(offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.ml").write_text("x = 1;")
    (tmp_path / "folder").mkdir()
    (tmp_path / ".hidden").write_text("")
    assert ".help" in offered(".")
    assert offered(".hel") == [".help"]
    assert "help" in offered(".help ")
    assert offered(".load ") == ["folder/", "data.ml"]
    assert offered(".load ./d") == ["data.ml"]
    assert offered(".load nowhere/") == []
    assert "file.read:" in offered(".grant file")
    assert offered(".grant file.read:./f") == ["folder/"]
    assert offered(".set ite") == ["items"]
    assert offered(".set keys ") == ["emacs", "vi"]
    assert offered(".type o.inn") == ["inner"]
    shell = Shell(Engine(project_root=str(tmp_path), module_paths=[str(tmp_path)]), grants=Grants.of(["file.read:./x"]))
    assert [one.text for one in completions(shell, "import da", 9)] == ["datetime", "data"]
    assert [one.text for one in completions(shell, ".revoke ", 8)] == ["file.read:./x"]


def test_completion_evaluates_nothing(shell):
    for text in ("count().", "count()[0].", "o[count()].", "add(count(), ", "`${count().", "xs.map(count)."):
        completions(shell, text, len(text))
    assert shell.session.held()["called"] == 0


def test_completion_in_a_large_object_looks_at_what_fits(shell):
    shell.session.hold("big", {f"key{at}": [at] for at in range(100_000)})
    assert [one.text for one in completions(shell, "big.key9999", 11)] == ["key9999", *(f"key9999{at}" for at in range(10))]
    assert len(completions(shell, "big.", 4)) == 300
    shell.session.drop("big")


def test_any_text_has_completions(shell):
    text = SETUP + 'match (o) { {name} => `${name}`, _ => (fn(x) => x)(1) }; x = o?.["a"] ?? {a: [1, ...xs]}; .5 \' " ` ${ \x00 \ud800'
    for at in range(len(text) + 1):
        completions(shell, text, at)
        completions(shell, text[at:], len(text) - at)
        signature_at(shell, text, at)


def test_the_signature_of_the_call_that_is_typed(shell):
    assert signature_at(shell, "add(1, ", 7) == "add(a: number, b = 2, ...rest): number"
    assert signature_at(shell, "math.log(add(1), ", 17) == "log(x: number, base: number = 10): float"
    assert signature_at(shell, "xs.map(", 7) == "map(f: function): array"
    assert signature_at(shell, "add(1)", 6) == ""
    assert signature_at(shell, "if (", 4) == ""


def page(shell, question):
    return display.text(describe.answer(shell, question), display.Style(width=100))


def test_a_question_shows_signature_doc_capabilities_and_example(shell):
    assert page(shell, "add?") == "add(a: number, b = 2, ...rest): number\n  Adds things.\n\n  example  add(1) → 3\n  from     <cell 1>:3"
    assert page(shell, "math.sqrt?").startswith("math.sqrt(x: number): float\n  The square root.\n\n  example  math.sqrt(9) → 3.0\n  from     module math ")
    assert "\n  needs    file.read:{path}\n" in page(shell, "io.read?")
    assert page(shell, "xs.map?").endswith("  from     the methods of arrays")
    assert page(shell, "sorted?").endswith("  from     the builtins")
    assert "\nparse(text: string): any " in page(shell, "json?")
    assert "not imported yet: `import json;`" in page(shell, "json?")
    assert page(shell, "xs?") == "xs: array of 3 items\n\n[1, 2, 3]"
    assert page(shell, "math.pi?").startswith("math.pi: float\n")
    assert "addDays(count: int): DateTime" in page(shell, "d?")
    assert "while (c) { … }" in page(shell, "while?")


def test_two_marks_show_the_source(shell):
    assert page(shell, "add??").endswith("/// Adds things. Example: `add(1)` → `3`.\nfunction add(a: number, b = 2, ...rest): number { return a + b; }")
    assert page(shell, "double??").endswith("\ndouble = fn(x: int): string => str(x * 2);")
    assert "def sqrt(x: float, /) -> float:\n" in page(shell, "math.sqrt??")
    assert "def sorted_(xs: any" in page(shell, "sorted??")
    assert "class Math" in page(shell, "math??")


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("ad?", "did you mean `add?`"),
        ("math.sqr?", "did you mean `math.sqrt?`"),
        ("xs.nowhere?", "`xs?` shows what it has"),
        ("qqqqqq?", "ask for a name, a module or a member such as `math.sqrt?`"),
    ],
)
def test_a_name_that_stands_for_nothing(shell, question, hint):
    with pytest.raises(Mistake) as caught:
        describe.answer(shell, question)
    assert (caught.value.hint or "").rstrip("?").startswith(hint.rstrip("?"))

"""What dot commands and questions answer: what is granted, types, hints that work at the prompt."""

from __future__ import annotations

import sys

import pytest
from mlpy.repl.completer import completions
from mlpy.repl.shell import Shell

from mlpy import Engine, Sandbox


def test_a_capability_has_no_home_folder(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "letters").mkdir()
    assert [one.text for one in completions(shell, ".load ~/l", 9)] == ["letters/"]
    assert completions(shell, ".grant file.read:~/l", 20) == []
    refused = shell.enter(".grant file.read:~/letters/**")
    assert refused.error is not None
    assert refused.error.hint == f"write `.grant file.read:{tmp_path}/letters/**`"
    assert shell.session.run.grants.patterns() == []
    assert shell.enter(refused.error.hint.split("`")[1]).error is None


@pytest.mark.skipif(sys.platform != "linux", reason="a sandbox needs Linux")
def test_the_names_of_a_sandbox_have_the_types_that_are_known():
    engine = Engine()
    with Sandbox.of(engine, workers=1) as sandbox:
        shell = Shell(engine, sandbox=sandbox)
        shell.records = True
        shell.enter("x = [1]; import math; function f() { return {}; }")
        assert [shell.enter(f".type {one}").shown for one in ("x", "f", "math", "math.pi", "len(x)", "{x: x}")] == ["array", "function", "module", "any", "int", "{x: array}"]
        for command in (".callback f()", ".async 1", ".undo", ".time 1"):
            assert shell.enter(command).shown.startswith("error: not in a sandbox: "), command
        shell.end()


def test_keys_in_a_type_are_spelled_as_in_values(shell):
    shell.enter('o = {"a b": 1, "\\u{1b}[3J": [{"-": 2}], c: 3}')
    expected = '{"a b": int, "\\x1b[3J": array<{"-": int}>, c: int}'
    assert shell.enter(".type o").shown == expected
    assert shell.enter('.type {"a b": 1, "\\u{1b}[3J": [{"-": 2}], c: 3}').shown == expected


def test_what_takes_an_expression_says_so(shell):
    for text in (".type import math", ".bench while (true) { }", ".type x = 1;", ".bench 1; 2"):
        assert shell.enter(text).shown.startswith(f"error: `{text.split()[0]}` takes an expression\n"), text
    assert "missing value after `+`" in shell.enter(".type 1 +").shown
    assert shell.enter(".type 1;").shown == "int"


def test_hints_are_in_the_words_of_the_prompt(tmp_path):
    (tmp_path / "broken.py").write_text("from mlpy import ml_module\n@ml_module('broken', nothing=1)\nclass Broken: ...\n")
    shell = Shell(Engine(extension_paths=[str(tmp_path)]))
    shell.records = True
    hints = []
    for text in ("import broken;", "import console; console.qqqqqq()", "import nowhere.at.all;"):
        made = shell.enter(text)
        assert made.error is not None
        hints += [one.hint for one in (made.error, *getattr(made.error, "diagnostics", ())) if one.hint]
        assert "mlpy modules" not in made.shown
    assert hints[:2] == ["`.modinfo broken` says which", "`console?` lists its members"]
    shell.end()


def test_a_hint_stands_below_its_error_wherever_that_is(shell):
    shell.enter("e = null; try { 1 / 0; } except (x) { e = x; }")
    assert "\n  = hint: " in shell.enter(".reload nowhere").shown


def test_a_value_shows_once_and_a_deep_one_within_the_width(shell):
    shell.enter("x = 5; d = []; for (i in range(3000)) { d = [d]; }")
    assert shell.enter("x??").shown == shell.enter("x?").shown == "x: number\n\n5"
    for width, levels in ((40, 8), (100, 28)):
        shell.settings.width = width
        lines = shell.enter(".show d").shown.split("\n")
        assert (len(lines), max(map(len, lines)) <= width) == (levels + 1, True)
    assert len(shell.enter("d").shown.split("\n")) == 7


def test_exit_leaves_unless_it_is_a_name(shell):
    shell.enter("quit = 1")
    assert (shell.enter("quit\n").value, shell.leaving) == (1, False)
    assert (shell.enter("exit\n").error, shell.leaving) == (None, True)

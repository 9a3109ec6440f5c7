"""What dot commands and questions answer: what is granted, types, hints that work at the prompt."""

from __future__ import annotations

import sys

import pytest
from mlpy.repl.completer import completions
from mlpy.repl.shell import Shell

from mlpy import Engine, Sandbox


@pytest.fixture
def shell():
    made = Shell(Engine())
    made.records = True
    yield made
    made.end()


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

"""What dot commands and questions answer: what is granted, types, hints that work at the prompt."""

from __future__ import annotations

import pytest
from mlpy.repl.completer import completions
from mlpy.repl.shell import Shell

from mlpy import Engine


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

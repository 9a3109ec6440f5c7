"""Terminals for the tests of the REPL."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def terminals():
    """The module `terminal.py` beside this file."""
    spec = importlib.util.spec_from_file_location("terminals_of_tests", Path(__file__).with_name("terminal.py"))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def on_terminal(terminals, environment, tmp_path):
    """`on_terminal("--allow", "file.read", columns=…)` starts `mlpy repl` on a terminal, in a folder of its own, and waits for its prompt."""
    started = []

    def start(*arguments: str, env: dict[str, str] | None = None, prompt: bool = True, **options):
        own = environment | {"MLPY_HISTORY": str(tmp_path / "history.jsonl")} | (env or {})
        made = terminals.Terminal("repl", *arguments, env=own, cwd=tmp_path, **options)
        started.append(made)
        if prompt:
            made.prompt(1)
        return made

    yield start
    for one in started:
        one.close()

"""What the tests of the witness and of budgets share: a home in which nothing of the user's is touched, and the commands run in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlpy.extensions.providers import failures, witness

from mlpy.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the test's own, where its children find theirs, too."""
    for name in ("MLPY_WITNESS_PASSPHRASE", "MLPY_PROJECT", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CACHE", "CONFIG", "STATE"):
        folder = tmp_path / "home" / name.lower()
        folder.mkdir(parents=True)
        monkeypatch.setenv(f"MLPY_{name}_DIR", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def log(home):
    """The log of that home."""
    with witness.Witness() as made:
        yield made


@pytest.fixture
def run(capsys):
    """`run("witness", "log")` runs the command in this process: its exit code, and what it has written to standard output and standard error."""

    def command(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*arguments])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


@pytest.fixture(scope="session")
def schema():
    """Checks an answer of a command against the schema that ships with the package."""
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads((Path(failures.__file__).with_name("schema.json")).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found).validate


@pytest.fixture
def answer(run, schema):
    """Runs a command with `--json`: its exit code and its record, which is valid and all that standard output has."""

    def command(*arguments: str) -> tuple[int, dict]:
        code, out, _ = run(*arguments, "--json")
        record = json.loads(out)
        schema(record)
        return code, record

    return command

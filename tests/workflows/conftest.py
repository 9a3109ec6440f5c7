"""What the tests of workflows share: a folder of their own, which `MLPY_WORKFLOWS` names, and a home in which nothing of the user's is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlpy.extensions.workflows import records
from mlpy.extensions.workflows.folder import Folder

from mlpy.cli import main

HOMES = {"HOME": "home", "MLPY_CACHE_DIR": "home/cache", "MLPY_CONFIG_DIR": "home/config", "MLPY_STATE_DIR": "home/state"}
XDG = {"XDG_CACHE_HOME": "home/.cache", "XDG_CONFIG_HOME": "home/.config", "XDG_DATA_HOME": "home/.local/share", "XDG_STATE_HOME": "home/.local/state"}


class Scripts:
    """The folder: `write(name, text)` puts a script there, with folders and the execute bit where it has a shebang; `folder` reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    @property
    def folder(self) -> Folder:
        return Folder(str(self.path))

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            path.chmod(0o755)
        return path

    def record(self, name: str) -> dict:
        """The record beside the script of that file name."""
        return json.loads((self.path / (name + records.SUFFIX)).read_text(encoding="utf-8"))

    @property
    def recorded(self) -> list[str]:
        """The file names of all scripts that have a record."""
        return sorted(path.name.removesuffix(records.SUFFIX) for path in self.path.glob(f"*{records.SUFFIX}"))


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of the test's own, which is empty, and where its children find theirs, too."""
    for name in ("MLPY_WORKFLOWS", "MLPY_PROJECT", "VISUAL", "EDITOR", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in (HOMES | XDG).items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(tmp_path / folder))
    return tmp_path / "home"


@pytest.fixture
def scripts(tmp_path, home, monkeypatch):
    """The folder of workflows, see `Scripts`; the current folder is an empty one."""
    made = Scripts(tmp_path / "scripts")
    monkeypatch.setenv("MLPY_WORKFLOWS", str(made.path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return made


@pytest.fixture
def workflow(scripts, capfd):
    """`workflow("list")` runs `mlpy workflow list` in this process: its exit code, and what it and its children have written to standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(["workflow", *arguments])
        told = capfd.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture(scope="session")
def schema():
    """Checks an answer of a command against the schemas that ship with the package: `schema.json` of records, `answers.json` of commands."""
    jsonschema = pytest.importorskip("jsonschema")
    from referencing import Registry, Resource

    folder = Path(records.__file__).parent
    documents = {name: json.loads((folder / name).read_text(encoding="utf-8")) for name in ("answers.json", "schema.json")}
    for document in documents.values():
        jsonschema.Draft202012Validator.check_schema(document)
    registry = Registry().with_resources((name, Resource.from_contents(document)) for name, document in documents.items())
    return jsonschema.Draft202012Validator(documents["answers.json"], registry=registry).validate


@pytest.fixture
def answer(workflow, schema):
    """Runs `mlpy workflow … --json` in this process: its exit code and its record, which is valid and all that standard output has."""

    def run(*arguments: str) -> tuple[int, dict]:
        code, out, _ = workflow("--json", *arguments)
        record = json.loads(out)
        schema(record)
        return code, record

    return run

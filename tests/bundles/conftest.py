"""What the tests of bundles share: a home of their own, projects to work in, and the command run in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlpy.extensions.bundles import failures

from mlpy.cli import main

SETTINGS = """\
[project]
name = "sir"

[tool.modelops-bundle]
files = [
    "pyproject.toml",
]
models = []
"""
MODEL = """\
class {name}:
    def parameters(self):
        return {{}}

    def simulate(self):
        return 0
"""


class Made:
    """A project in a folder: `write(path, text)` puts a file there, `read(path)` gives one's text."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str | bytes = "") -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)
        return place

    def model(self, path: str, name: str = "Model") -> Path:
        return self.write(path, MODEL.format(name=name))

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the test's own: nothing of the user's is read or written."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "DOCKER_CONFIG", "MLPY_CACHE_DIR", "MLPY_CONFIG_DIR", "MLPY_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a bundle and nothing in it but its settings, which is the current folder."""
    pytest.importorskip("pathspec", reason="needs the extra `bundles`")
    pytest.importorskip("tomlkit", reason="needs the extra `bundles`")
    made = Made(tmp_path / "sir")
    made.write("pyproject.toml", SETTINGS)
    monkeypatch.chdir(made.root)
    return made


@pytest.fixture(scope="session")
def schema():
    """Checks a record against the schema that ships with the package."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs the extra `test`")
    document = json.loads((Path(failures.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document).validate


@pytest.fixture
def answer(capsys, schema):
    """Runs `mlpy bundle … --json` in this process: its exit code and its record, which is valid and all that standard output has."""

    def run(*arguments):
        capsys.readouterr()
        code = main(["bundle", "--json", *arguments])
        record = json.loads(capsys.readouterr().out)
        schema(record)
        return code, record

    return run


@pytest.fixture
def told(capsys):
    """Runs `mlpy bundle …` in this process: its exit code, and what people see on both outputs."""

    def run(*arguments):
        capsys.readouterr()
        code = main(["bundle", *arguments])
        seen = capsys.readouterr()
        return code, seen.out, seen.err

    return run

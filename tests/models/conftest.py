"""What the tests of models share: a cache of their own, and the tiny models, which are made once per machine."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from mlpy.extensions.models import failures

from mlpy.cli import main

HERE = Path(__file__).parent


def beside(name: str):
    """The module of that name beside this file."""
    spec = importlib.util.spec_from_file_location(f"{name}_of_models", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


class Tiny:
    """The tiny models: `folder(kind)` has the files of one, `install(cache, name, kind)` puts it into a cache and gives its snapshot."""

    def __init__(self, root: Path) -> None:
        self.module = beside("tiny")
        self.root = root / f"tiny-{hashlib.sha256((HERE / 'tiny.py').read_bytes()).hexdigest()[:12]}"
        self.root.mkdir(parents=True, exist_ok=True)

    def folder(self, kind: str = "chat") -> Path:
        done = self.root / kind
        if not done.exists():
            with open(self.root / ".lock", "w") as lock:  # other workers want it, too
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not done.exists():
                    made = self.root / f".{kind}.{os.getpid()}"
                    shutil.rmtree(made, ignore_errors=True)
                    self.module.make(made, kind)
                    made.rename(done)
        return done

    def install(self, cache: Path, name: str = "mlx-community/tiny-llama", kind: str = "chat", **options) -> Path:
        return self.module.install(cache, name, self.folder(kind), **options)


@pytest.fixture(scope="session")
def tiny(request):
    """The tiny models, see `Tiny`."""
    pytest.importorskip("mlx_lm", reason="needs the extra `models`")
    return Tiny(request.config.cache.mkdir("mlpy-models"))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of the test's own, which `HF_HUB_CACHE` names."""
    folder = tmp_path / "hub"
    folder.mkdir()
    for name in ("HF_HOME", "HF_TOKEN", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    return folder


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub on the loopback address, see `hub.py`; it is what `HF_ENDPOINT` names."""
    pytest.importorskip("huggingface_hub", reason="needs the extra `models`")
    made = beside("hub").Hub()
    monkeypatch.setenv("HF_ENDPOINT", made.url)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))  # a token of the user's own is none of a test's business
    yield made
    made.close()


@pytest.fixture
def plain(cache):
    """The same cache, to put models of bytes alone into: see `plain.py`."""
    return beside("plain").Plain(cache)


@pytest.fixture(scope="session")
def schema():
    """Checks a record against the schema that ships with the package."""
    jsonschema = pytest.importorskip("jsonschema", reason="needs the extra `models`")
    document = json.loads((Path(failures.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document).validate


@pytest.fixture
def answer(capsys, schema):
    """Runs `mlpy models … --json` in this process: its exit code and its record, which is valid and all that standard output has."""

    def run(*arguments):
        capsys.readouterr()
        code = main(["models", "--json", *arguments])
        record = json.loads(capsys.readouterr().out)
        schema(record)
        return code, record

    return run

"""What the tests of bundles in registries share: registries on the loopback address (`oci.py`), and a project that is pushed to them."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from mlpy import retries

HERE = Path(__file__).parent
SETTINGS = '[project]\nname = "pond"\n\n[tool.modelops-bundle]\nfiles = ["."]\nmodels = [{id = "pond", class = "models.pond:Pond"}]\n'
FILES = {
    "pyproject.toml": SETTINGS.encode(),
    "models/__init__.py": b"",
    "models/pond.py": b"class Pond:\n    def simulate(self): ...\n    def parameters(self): ...\n",
    "data/größe.csv": b"depth\n3\n",
    "data/copy.csv": b"depth\n3\n",
    "data/deep/er/values.bin": bytes(range(256)) * 1000,
}


@pytest.fixture(scope="session")
def oci():
    """The module `oci.py`."""
    spec = importlib.util.spec_from_file_location("oci_of_bundles", HERE / "oci.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="session")
def docker(oci, tmp_path_factory):
    """Debian's registry."""
    if oci.PROGRAM is None:
        pytest.skip("docker-registry is not installed: `apt install docker-registry`")
    made = oci.DockerRegistry(tmp_path_factory.mktemp("registry"))
    yield made
    made.close()


@pytest.fixture
def proxy(oci, docker):
    """A proxy before Debian's registry, see `oci.Proxy`."""
    made = oci.Proxy(docker.address)
    yield made
    made.close()


@pytest.fixture
def small(oci):
    """A registry in memory, see `oci.Small`."""
    made = oci.Small()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Tries follow each other without long waits, and no proxy stands between."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.01)


@pytest.fixture
def name(request):
    """A repository of the test's own."""
    return "".join(char if char.isalnum() else "-" for char in request.node.name.lower()).strip("-").replace("--", "-")[:80].strip("-")


def fill(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture
def project(tmp_path, monkeypatch):  # another one than that of all tests of bundles
    """A folder with a bundle, which is the current one."""
    pytest.importorskip("pathspec", reason="needs the extra `bundles`")
    folder = fill(tmp_path / "pond", FILES)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def content():
    """All files below a folder by path, but what mlpy keeps there."""
    return lambda folder: {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".modelops-bundle" not in path.parts}


@pytest.fixture
def answer(answer):
    """Runs `mlpy bundle … --json` in this process, see `answer` of all tests of bundles."""
    return lambda *arguments: answer(*map(str, arguments))

"""What a user gets: the wheel holds everything, its command starts without detours, one version stands everywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from mlpy import config

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.whl")
    return zipfile.ZipFile(path)


def test_one_version():
    assert PROJECT["project"]["version"] == config.VERSION


def test_the_version_that_the_command_prints(command):
    done = command("--version")
    assert done.code == 0
    assert done.stdout.split()[:2] == ["mlpy", config.VERSION]


def tracked(folder: str) -> set[str]:
    """The files of a folder that git knows or would take."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", folder], cwd=ROOT, check=True, capture_output=True, text=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_holds_every_file(wheel):
    if not (ROOT / ".git").exists():
        pytest.skip("only a checkout knows which files are the project's")
    shipped = set(wheel.namelist())
    missing = {name for name in tracked("mlpy") - {"mlpy/cli/command"} if name not in shipped}
    for folder in ("stdlib", "extensions", "repl"):
        missing |= {name for name in tracked(folder) if f"mlpy/{name}" not in shipped}
    assert missing == set()


def test_the_wheel_holds_nothing_else(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"mlpy", f"mlpy-{config.VERSION}.dist-info", f"mlpy-{config.VERSION}.data"}
    assert [name for name in wheel.namelist() if name.endswith(".pyc") or "/tests/" in name] == []


def test_the_command_is_a_plain_script(wheel):
    """Installers rewrite `#!python` to the interpreter of the environment; their own wrappers would import `re`."""
    script = wheel.read(f"mlpy-{config.VERSION}.data/scripts/mlpy").decode()
    assert script == Path(ROOT, "mlpy", "cli", "command").read_text(encoding="utf-8")


def test_the_command_is_executable(wheel):
    info = wheel.getinfo(f"mlpy-{config.VERSION}.data/scripts/mlpy")
    assert info.external_attr >> 16 & 0o111


def test_the_wheel_brings_the_tables_of_its_grammar(wheel, tmp_path, environment):
    wheel.extractall(tmp_path)
    program = "import sys; from mlpy.syntax import tables; tables.load(); print('lark' in sys.modules, tables._packaged(tables._key(tables._read(tables.GRAMMAR))) is not None)"
    clean = environment | {"PYTHONPATH": str(tmp_path), "MLPY_CACHE": "0"}
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


def test_entry_points(wheel):
    text = wheel.read(f"mlpy-{config.VERSION}.dist-info/entry_points.txt").decode()
    assert text == "[pygments.lexers]\nmlpy = mlpy.highlight:MlpyLexer\n"


def test_the_wheel_is_typed(wheel):
    assert "mlpy/py.typed" in wheel.namelist()
    assert "Classifier: Typing :: Typed" in wheel.read(f"mlpy-{config.VERSION}.dist-info/METADATA").decode()


def test_every_extra_says_what_it_brings():
    extras = PROJECT["project"]["optional-dependencies"]
    assert all(extras.values())
    assert "dev" in extras


@pytest.mark.skipif(shutil.which("git") is None, reason="asks git")
def test_no_file_names_a_registry():
    """Packages come from wherever the machine has its index."""
    done = subprocess.run(["git", "grep", "-lIiE", r"pypi\.[o]rg|python[h]osted|registry\.[n]pmjs|deb\.[d]ebian"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode > 1:
        pytest.skip("not a checkout of git")
    assert done.stdout == ""

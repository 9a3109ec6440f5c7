"""A start from one entry of the cache: what it holds, when it counts, and that nothing depends on it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlpy import image

PACKAGE = Path(image.__file__).parent
IMPORTED = "import sys; from mlpy import image; found = image.use(); from mlpy.cli import run; import mlpy.runtime.printing, mlpy.runtime.parts; print(found.complete, sum(type(one.__loader__) is image.Loader for one in list(sys.modules.values()) if hasattr(one, '__loader__')))"


@pytest.fixture
def copied(tmp_path, environment):
    """A copy of the package that nobody else uses, its environment, and a program."""
    shutil.copytree(PACKAGE, tmp_path / "home" / "mlpy", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "hello.ml").write_text('print("hello");\n')
    return tmp_path, environment | {"PYTHONPATH": str(tmp_path / "home"), "MLPY_CACHE_DIR": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}


def python(copied, *arguments, **more) -> str:
    folder, environment = copied
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment | more, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def entries(copied) -> list[str]:
    folder = copied[0] / "cache"
    return [path.name for path in folder.glob("*.code") if b"mlpy.cli.run" in path.read_bytes()]


def test_the_second_start_finds_everything_in_one_entry(copied):
    assert python(copied, "-c", IMPORTED) == "False 0\n"
    assert python(copied, "-m", "mlpy", "run", "hello.ml") == "hello\n"
    assert len(entries(copied)) == 1
    complete, count = python(copied, "-c", IMPORTED).split()
    assert (complete, int(count)) == ("True", len(image.START))
    assert python(copied, "-m", "mlpy", "run", "hello.ml") == "hello\n"
    assert len(entries(copied)) == 1


def test_every_file_of_a_warm_start_is_in_it(copied):
    python(copied, "-m", "mlpy", "run", "hello.ml")
    program = "import sys; from mlpy.cli import main; main(['run', 'hello.ml']); print(*sorted(name for name in sys.modules if name.startswith('mlpy.')))"
    loaded = python(copied, "-c", program).split()[1:]
    assert set(loaded) - {"mlpy.cache", "mlpy.cli", "mlpy.config", "mlpy.image", "mlpy._checkout"} == set(image.START)


def test_a_changed_file_counts_at_once(copied):
    assert python(copied, "-m", "mlpy", "run", "hello.ml") == "hello\n"
    changed = copied[0] / "home" / "mlpy" / "cli" / "files.py"
    changed.write_text(changed.read_text() + '\nprint("changed")\n')
    assert python(copied, "-m", "mlpy", "run", "hello.ml") == "changed\nhello\n"
    assert python(copied, "-c", IMPORTED).split() == ["changed", "True", str(len(image.START))]


def test_an_entry_that_was_tampered_with_is_not_used(copied):
    python(copied, "-m", "mlpy", "run", "hello.ml")
    (name,) = entries(copied)
    path = copied[0] / "cache" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert python(copied, "-c", IMPORTED) == "False 0\n"
    assert python(copied, "-m", "mlpy", "run", "hello.ml") == "hello\n"
    assert python(copied, "-c", IMPORTED).split()[0] == "True"


def test_without_a_cache_nothing_is_kept(copied):
    assert python(copied, "-m", "mlpy", "run", "hello.ml", MLPY_CACHE="0") == "hello\n"
    assert entries(copied) == []


def test_modules_from_the_entry_are_as_imported_ones_are(copied):
    python(copied, "-m", "mlpy", "run", "hello.ml")
    program = (
        "import inspect; from mlpy import image; image.use(); import mlpy.runtime, mlpy.runtime.run as run;"
        "print(run.__file__, run.__spec__.origin, run.__package__, mlpy.runtime.__path__, 'class Run' in inspect.getsource(run.Run), run.execute.__code__.co_filename == run.__file__)"
    )
    runtime = copied[0] / "home" / "mlpy" / "runtime"
    assert python(copied, "-c", program) == f"{runtime / 'run.py'} {runtime / 'run.py'} mlpy.runtime {[str(runtime)]} True True\n"

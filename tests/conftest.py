"""Runs the command as a user does, and compares what it prints with files."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mlpy import config
from mlpy.runtime.current import current

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = Path(config.__file__).parent
SAMPLED = {f"test_sandbox_{name}.py" for name in ("hostile_worker", "lockdown", "pool", "programs", "regex")}

ON_TERMINALS = {"test_development.py", "test_guide.py", "test_terminal.py"}

# No test asserts a time, and neither does what generates its inputs.
settings.register_profile("mlpy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mlpy")

# A shell lets its background jobs ignore Ctrl-C, as `nohup` does the end of a terminal, and what they start inherits that; both are tested here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def of_no_run():
    """A callback leaves its run in the host's context, where the next test is no part of it."""
    yield
    if current.get(None) is not None:
        current.set(None)


def pytest_addoption(parser):
    parser.addoption("--regold", action="store_true", help="rewrite the expected files from what happens; then read the diff")


class Outcome:
    """What one run of the command left: its exit code and both outputs as text."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.stdout = done.stdout.decode("utf-8")
        self.stderr = done.stderr.decode("utf-8")

    def __repr__(self) -> str:
        return f"exit code {self.code}\n── stdout\n{self.stdout}── stderr\n{self.stderr}"


def pytest_collection_finish():
    """Leaves the tests themselves out of all collections of garbage: with many thousands of them one takes a second, and many tests ask for it."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """Where `MLPY_FUZZ` asks for fewer programs, every eighth of many alike is run, and pytest says how many were left out.

    These are the sandbox's parametrized tests; with `MLPY_SAMPLE`, for what the checkout has run in full (the wheel, other Pythons), also
    the others of `tests/security`, and those of the REPL on a terminal.
    """
    if "MLPY_FUZZ" not in os.environ:
        return
    many = [item for item in items if item.path.name in SAMPLED and hasattr(item, "callspec")]
    if "MLPY_SAMPLE" in os.environ:
        many += [item for item in items if item.path.name in ON_TERMINALS or (item.path.parent.name == "security" and item.path.name not in SAMPLED and hasattr(item, "callspec"))]
    dropped = {item for at, item in enumerate(many) if at % 8}
    items[:] = [item for item in items if item not in dropped]
    config.hook.pytest_deselected(items=[*dropped])


@pytest.fixture(scope="session")
def environment(tmp_path_factory) -> dict[str, str]:
    """A plain environment with a cache, settings and a state of its own, in which `python -m mlpy` is the mlpy under test."""
    made = {name: value for name, value in os.environ.items() if not name.startswith(("MLPY_", "PYTHON")) and name not in {"NO_COLOR", "FORCE_COLOR"}}
    made |= {f"MLPY_{name.upper()}_DIR": str(tmp_path_factory.mktemp(name)) for name in ("cache", "config", "state")} | {"PYTHONUTF8": "1", "PYTHONSAFEPATH": "1"}
    if (PACKAGE.parent / "pyproject.toml").exists():
        made["PYTHONPATH"] = str(PACKAGE.parent)
    return made


@pytest.fixture(scope="session")
def command(environment):
    """`command("run", "x.ml", cwd=…, input=…, env={…})` runs mlpy and gives an `Outcome`."""

    def run(*arguments: str, cwd: str | Path | None = None, input: str | bytes = b"", env: dict[str, str] | None = None, timeout: float = 60) -> Outcome:  # noqa: A002  as subprocess calls it
        data = input.encode() if isinstance(input, str) else input
        line = [sys.executable, "-m", "mlpy", *arguments]
        return Outcome(subprocess.run(line, cwd=cwd, input=data, capture_output=True, timeout=timeout, check=False, env=environment | (env or {})))

    return run


@pytest.fixture(scope="session")
def beside():
    """`beside("repl/terminal.py")` is the module of a file among the tests, which are no package."""

    def load(file: str):
        spec = importlib.util.spec_from_file_location(f"tests_{Path(file).stem}", TESTS / file)
        assert spec is not None
        assert spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
        return made

    return load


@pytest.fixture(scope="session")
def servers(beside):
    """The module `servers.py` beside this file."""
    return beside("servers.py")


@pytest.fixture
def serve(servers):
    """`serve(answer, tls=…)` starts a server on the loopback address for the length of a test."""
    started = []

    def start(answer, **options):
        started.append(servers.Loopback(answer, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def golden(request):
    """`golden(path, text)` compares with a file, or rewrites it under `--regold`."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--regold"):
            path.write_text(text, encoding="utf-8", newline="")
            return
        assert path.exists(), f"{path.name} is missing; `pytest --regold` writes it"
        assert text == path.read_bytes().decode("utf-8"), f"{path.name} differs; `pytest --regold` rewrites it"

    return compare

"""uv, which resolves and installs: where it is, how it is asked, and what it means when it fails.

It is asked from a folder of its own and without what an active environment or project says, so that a workflow gets the same wherever it is run from. The user's own settings of
uv (indexes, certificates, proxies) count.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from functools import cache
from glob import escape, glob
from importlib.util import find_spec
from shutil import rmtree, which
from tempfile import TemporaryDirectory
from time import time

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cache import is_ours
from mlpy.config import cache_root

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator

WORK = "work-"  # begins the names of folders that last as long as one command
DAY = 86_400  # seconds
LONGEST = 600  # characters of what uv says
# What an environment or a project that happens to be active would decide.
ACTIVE = (
    "CONDA_DEFAULT_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_FROZEN", "UV_LOCKED", "UV_NO_SYNC", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON",
    "UV_SYSTEM_PYTHON", "UV_VENV_CLEAR", "UV_VENV_SEED", "UV_WORKING_DIR", "VIRTUAL_ENV",
)  # fmt: skip
ALWAYS = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1", "UV_NO_PROJECT": "1", "UV_PYTHON_DOWNLOADS": "never"}
PATH = re.compile(r"(?<![\w.:/])(?:file://)?/[^\s`'\",;)]+")
SIMPLE = re.compile(r">= ?3\.(\d{1,3})")  # what most demands on Python's version look like
BUILDS = ("has no usable wheels", "have no usable wheels", "has no wheels", "building from source is disabled", "Building source distributions is disabled")
UNREACHED = ("error sending request", "Failed to fetch", "Could not connect", "dns error", "timed out", "connection closed", "connection reset")


@cache
def uv() -> str:
    """The program: that of the extra, else the one on `PATH`.

    Raises:
        WorkflowError: `missing_extra`.
    """
    if find_spec("uv") is not None:
        from uv import find_uv_bin  # noqa: PLC0415  only where it is installed

        try:
            return os.fsdecode(find_uv_bin())
        except FileNotFoundError:
            pass
    found = which("uv")
    if found is None:
        WorkflowError.need("uv")
        raise WorkflowError("missing_extra", "the program `uv` is missing", hint="`pip install --force-reinstall uv` installs it anew")
    return found


class Said(Exception):  # noqa: N818  the caller says what it means
    """What uv said when it failed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def needs_builds(self) -> bool:
        """Whether a package comes as source code only."""
        return any(part in self.text for part in BUILDS)

    @property
    def unreached(self) -> bool:
        """Whether an index did not answer."""
        return any(part in self.text for part in UNREACHED)

    @property
    def line(self) -> str:
        """The cause on one line, without paths of this machine."""
        causes = " ".join(told(self.text)) or "uv gave no reason"
        line = PATH.sub("…", " ".join(causes.split()))
        if line[1:2].islower():
            line = line[:1].lower() + line[1:]
        line = line.rstrip(".")
        return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def told(text: str) -> Iterator[str]:
    """The last cause that uv names, with the lines that belong to it."""
    found: list[str] = []
    for line in text.splitlines():
        head, colon, rest = line.strip().partition(": ")
        if head in ("error", "cause") and colon:
            found = [rest]
        elif head == "hint":
            break
        elif found:
            found.append(line)
    yield from found


def ask(*arguments: str, folder: str, offline: bool = False, held: Iterable[int] = (), **more: str) -> str:
    """Runs uv in a folder; gives what it prints. `held` are descriptors that it keeps open as long as it lives, `more` are variables for it.

    Raises:
        Said: where it fails.
    """
    variables = {name: value for name, value in os.environ.items() if name not in ACTIVE} | ALWAYS | more
    command = [uv(), *arguments, *(["--offline"] if offline else [])]
    done = subprocess.run(  # noqa: S603  uv itself, whose arguments are ours
        command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, pass_fds=tuple(held)
    )
    if done.returncode:
        raise Said(done.stderr)
    return done.stdout


def root() -> str:
    """The folder of what is made for workflows and can be made again, made if need be.

    Raises:
        WorkflowError: `not_writable` where it is not this user's alone, as what lies there is run.
    """
    folder = os.path.join(cache_root(), "workflows")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        safe = is_ours(os.stat(folder))
    except OSError as error:
        said = (error.strerror or "unknown error").lower()
        raise WorkflowError("not_writable", f"the cache of workflows cannot be made: {said}", hint="let `MLPY_CACHE_DIR` name another folder") from None
    if not safe:
        raise WorkflowError("not_writable", "others may write into the cache of workflows", hint="let `MLPY_CACHE_DIR` name a folder that only you can write")
    return folder


def workplace() -> TemporaryDirectory[str]:
    """A folder for what uv is to read and write; not among the temporary files of all users, as uv believes what settings stand above it."""
    folder = root()
    for left in glob(os.path.join(escape(folder), f"{WORK}*")):  # by who was killed
        with suppress(OSError):
            if os.stat(left).st_mtime < time() - DAY:
                rmtree(left)
    return TemporaryDirectory(prefix=WORK, dir=folder)


def interpreter(python: str) -> str:
    """A Python of this machine that meets `python` (`>=3.12`, say): the one that runs mlpy, if it does.

    Raises:
        WorkflowError: `interpreter_not_found`.
    """
    if admits(python, sys.version_info[:3]):
        return sys.executable
    try:
        with workplace() as folder:
            return ask("python", "find", "--no-project", "--system", python, folder=folder, PATH=os.pathsep.join(places())).strip()
    except Said:
        hint = f"`uv python install '{python}'` installs one"
        raise WorkflowError("interpreter_not_found", f"there is no Python here that meets `{python}`", hint=hint) from None


def places() -> list[str]:
    """Where Pythons are looked for: `PATH`, with pyenv's versions instead of its shims, which fail but for the version chosen where they are run, and uv gives up with them."""
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return [one for one in path if os.path.basename(one) != "shims"] + sorted(glob(os.path.join(escape(pyenv), "versions", "*", "bin")))


def admits(python: str, version: tuple[int, ...]) -> bool:
    """Whether a version of Python meets a demand; an empty one is met by all.

    Raises:
        WorkflowError: `invalid_value` for what is no demand.
    """
    simple = SIMPLE.fullmatch(python)
    if simple is not None:
        return version >= (3, int(simple[1]))
    if not python:
        return True
    WorkflowError.need("packaging")
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415  most workflows ask for no more than a minor version

    try:
        return SpecifierSet(python).contains(".".join(map(str, version)), prereleases=True)
    except InvalidSpecifier:
        raise WorkflowError("invalid_value", f"`requires-python` cannot be `{python}`", hint='write it like `requires-python = ">=3.12"`') from None

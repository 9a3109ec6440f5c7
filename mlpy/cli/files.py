"""Programs as the command line names them: files, folders, standard input."""

from __future__ import annotations

import os
import stat
import sys

from mlpy.cli import Mistake, terminal
from mlpy.errors import CheckFailed
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable

    from mlpy.diagnostics import Diagnostic

LARGEST = 16 * 1024 * 1024  # far above what the parser takes; keeps an endless device from filling the memory
BOM = b"\xef\xbb\xbf"
STREAMS = ("/dev/fd/", "/dev/null", "/dev/stdin", "/proc/self/fd/")  # what is no regular file and still a program: a process substitution, say
HIDDEN = ("node_modules", "__pycache__")


def read(path: str) -> Source:
    """The program in a file, or on standard input where the path is `-`.

    Raises Mistake where there is nothing to read, CheckFailed where it is not UTF-8.
    """
    if path == "-":
        return decode(sys.stdin.buffer.read(LARGEST + 1) if sys.stdin is not None else b"", "<stdin>", None)
    try:
        if not path.startswith(STREAMS) and not (stat.S_ISREG(mode := os.stat(path).st_mode) or stat.S_ISDIR(mode)):
            raise Mistake(f"`{path}` is no regular file", "write what it gives into a file first")
        with open(path, "rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:  # a NUL in the name
        raise Mistake(f"no such file: `{path}`") from None
    return decode(data, path, os.path.abspath(path))


def decode(data: bytes, name: str, path: str | None) -> Source:
    """The text of a program's bytes."""
    if len(data) > LARGEST:
        raise Mistake(f"`{name}` is larger than {LARGEST // 1024 // 1024} MB", code=1)
    data = data.removeprefix(BOM)
    try:
        return Source(data.decode("utf-8"), name, path)
    except UnicodeDecodeError as error:
        raise CheckFailed([undecodable(data, error, name, path)]) from None


def undecodable(data: bytes, error: UnicodeDecodeError, name: str, path: str | None) -> Diagnostic:
    """What to say about a file that is not UTF-8, at its first wrong byte."""
    from mlpy import diagnostics  # noqa: PLC0415  only a failure needs it

    at = len(data[: error.start].decode("utf-8", "replace"))
    return diagnostics.undecodable(Source(data.decode("utf-8", "replace"), name, path), at, data[error.start])


def unreadable(path: str, error: OSError) -> Mistake:
    """What to tell about a file that cannot be opened."""
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return Mistake(f"no such file: `{path}`", similar(path))
        case IsADirectoryError():
            inside = programs_below(path, limit=1)
            return Mistake(f"`{path}` is a folder", f"name a program in it, such as `{inside[0]}`" if inside else None)
        case _:
            return Mistake(f"`{path}` cannot be read: {terminal.reason(error)}")


def similar(path: str) -> str | None:
    """A did-you-mean from the programs beside a missing file."""
    from mlpy.nearest import nearest  # noqa: PLC0415  only a failure needs it

    folder, name = os.path.split(path)
    try:
        there = [one for one in os.listdir(folder or ".") if one.endswith(".ml")]
    except OSError:
        return None
    found = f"{name}.ml" if f"{name}.ml" in there else nearest(name, there)
    return f"did you mean `{os.path.join(folder, found)}`?" if found else None


def programs(paths: Iterable[str]) -> list[str]:
    """The files that paths stand for: a folder stands for every `.ml` file below it."""
    found: list[str] = []
    for path in paths:
        if path != "-" and os.path.isdir(path):
            below = programs_below(path)
            if not below:
                raise Mistake(f"no `.ml` file below `{path}`")
            found += below
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def programs_below(folder: str, limit: int | None = None) -> list[str]:
    """The `.ml` files below a folder in order of their names, hidden folders left out. Raises Mistake, unless there is a limit."""

    def refuse(error: OSError) -> None:
        raise unreadable(error.filename, error)

    found: list[str] = []
    for parent, folders, names in os.walk(folder, onerror=None if limit else refuse):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in HIDDEN)
        found += [os.path.normpath(os.path.join(parent, name)) for name in sorted(names) if name.endswith(".ml")]
        if limit and len(found) >= limit:
            break
    return found[:limit]


def replace(path: str, text: str) -> None:
    """Rewrites a file as a whole or not at all, its permissions and, behind a link, its place kept."""
    from mlpy import whole  # noqa: PLC0415  a start that runs a program writes none

    try:
        whole.replace(path, text.encode("utf-8"))
    except OSError as error:
        raise Mistake(f"`{path}` cannot be written: {terminal.reason(error)}") from None

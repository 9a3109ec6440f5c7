"""The files of time zones, as `zoneinfo` looks for them: in the system's folders, then in the package `tzdata`.

`zoneinfo` itself asks `importlib.resources` for that package, which imports `threading` and much else (`prepare_imports` in `engine.py`).
"""

from __future__ import annotations

import os
import zoneinfo

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator

MAGIC = b"TZif"
LARGEST = 1 << 16  # bytes


def read(name: str) -> bytes | None:
    """The file of a zone by its name, whose shape has been checked; None where there is none."""
    for folder in places():
        try:
            data = content(os.path.join(folder, name))
        except OSError:
            continue
        if data.startswith(MAGIC):
            return data
    return None


def every(is_name: Callable[[str], bool]) -> dict[str, bytes]:
    """The files of all zones by name, from the first place that has any."""
    for folder in places():
        found = {name: data for path, name in files(folder) if is_name(name) and (data := content(path)).startswith(MAGIC)}
        if found:
            return found
    return {}


def places() -> Iterator[str]:
    """The folders that may hold files of zones, where they are looked for first."""
    yield from zoneinfo.TZPATH
    try:
        yield from [os.path.join(path, "zoneinfo") for path in __import__("tzdata").__path__]
    except ImportError:
        return


def content(path: str) -> bytes:
    """The whole of a small file."""
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.read(handle, LARGEST)
    finally:
        os.close(handle)


def files(folder: str, above: str = "") -> Iterator[tuple[str, str]]:
    """(path, name below the folder) of each file in it."""
    try:
        with os.scandir(folder) as listed:
            entries = [*listed]
    except OSError:
        return
    for one in entries:
        if one.name in ("posix", "right") or one.name.startswith((".", "_")):  # the same zones once more
            continue
        if one.is_dir(follow_symlinks=False):
            yield from files(one.path, f"{above}{one.name}/")
        elif one.is_file():
            yield one.path, above + one.name

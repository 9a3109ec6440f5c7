"""The modules of installed distributions: what their entry points in the group `mlpy.modules` name, found without importing anything.

`payments = acme.payments` under `[mlpy.modules]` says that the file of the Python module `acme.payments` declares the module
`payments`. Distributions are looked for in the folders of `sys.path`; an index in the user's cache keeps, for each folder and
its time, which of them have such entry points, so that `importlib.metadata` (20 ms) is not needed.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import _find_spec  # type: ignore[attr-defined]  # it is there; importlib.util costs 4 ms
from itertools import chain
from time import time_ns

from mlpy import cache

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    Declared = tuple[tuple[str, str], ...]
    Kept = tuple[int, dict[str, tuple[int, int, Declared]]]

GROUP = "mlpy.modules"
SUFFIXES = (".dist-info", ".egg-info")
SECOND = 1_000_000_000


class EntryPoint:
    """What a distribution says of one module: `name` for programs, `target` for Python, and the file; None where there is none."""

    __slots__ = ("distribution", "file", "name", "path", "target")

    def __init__(self, distribution: str, name: str, target: str, path: str | None, file: str) -> None:
        self.distribution = distribution
        self.name = name
        self.target = target
        self.path = path
        self.file = file


def entry_points() -> list[EntryPoint]:
    """The entry points of all distributions on `sys.path`; of two installations of one distribution the first counts, as in Python."""
    found: list[EntryPoint] = []
    seen: set[str] = set()
    folders = search_folders()
    for folder in folders:
        here: set[str] = set()
        for name, declared in distributions(folder):
            title = name.rpartition(".")[0].partition("-")[0]
            if title.lower() not in seen:
                here.add(title.lower())
                file = os.path.join(folder, name, "entry_points.txt")
                found += [EntryPoint(title.replace("_", "-"), key, target, file_of(target, [folder, *folders]), file) for key, target in declared]
        seen |= here
    return found


def search_folders() -> list[str]:
    """The folders of `sys.path` but for the current one, where whatever was unpacked there would speak for itself."""
    paths = [path for at, path in enumerate(sys.path) if os.path.isabs(path) and not (at == 0 and path == os.getcwd())]
    return [path for path in dict.fromkeys(paths) if os.path.isdir(path)]


def distributions(folder: str) -> list[tuple[str, Declared]]:
    """(name of its folder, what it declares) of each distribution in a folder that declares modules."""
    try:
        time = os.stat(folder).st_mtime_ns
    except OSError:
        return []
    key = cache.key(os.fsencode(folder), GROUP)
    kept = cache.load(key)
    before: Kept = kept if isinstance(kept, tuple) and len(kept) == 2 and isinstance(kept[1], dict) else (-1, {})
    names = list(before[1]) if before[0] == time else listed(folder)
    after: dict[str, tuple[int, int, Declared]] = {}
    for name in names:
        path = os.path.join(folder, name, "entry_points.txt")
        try:
            state = os.stat(path)
        except OSError:
            continue
        known = before[1].get(name)
        size, changed = state.st_size, settled(state.st_mtime_ns)
        declared = known[2] if known is not None and known[:2] == (size, changed) else read(path)
        if declared:
            after[name] = (size, changed, declared)
    if (settled(time), after) != before:
        cache.store(key, (settled(time), after))
    return [(name, one[2]) for name, one in after.items()]


def listed(folder: str) -> list[str]:
    """The folders of distributions in a folder, sorted."""
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(SUFFIXES))
    except OSError:
        return []


def settled(time: int) -> int:
    """The time of a file for an index; 0, which no file has again, where a change at the same tick of its clock could still come.

    File systems that count in seconds or two show it by times without a fraction.
    """
    return time if time_ns() - time > (2 * SECOND if time % SECOND == 0 else SECOND // 20) else 0


def read(path: str) -> Declared:
    """The (name, target) pairs of the group in a file of entry points."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(1 << 20).split("\n")
    except OSError:
        return ()
    found = []
    group = ""
    for line in map(str.strip, lines):
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif group == GROUP and "=" in line and line[0] not in "#;":
            name, _, target = line.partition("=")
            found.append((name.strip(), target.partition("[")[0].partition(":")[0].strip()))
    return tuple(found)


def file_of(target: str, folders: list[str]) -> str | None:
    """The file of a Python module, without importing it or the packages round it."""
    parts = target.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for folder in chain(folders, hooked(parts[0])):
        base = os.path.join(folder, *parts)
        for path in (base + ".py", os.path.join(base, "__init__.py")):
            if os.path.isfile(path):
                return path
    return None


def hooked(name: str) -> Iterator[str]:
    """The folders round a top-level module that only a finder of its own knows, such as one of an editable installation."""
    try:
        spec = _find_spec(name, None)
    except Exception:  # noqa: BLE001  somebody else's finder
        return
    if spec is not None and spec.submodule_search_locations is not None:
        yield from (os.path.dirname(one) for one in spec.submodule_search_locations)
    elif spec is not None and spec.origin is not None:
        yield os.path.dirname(spec.origin)

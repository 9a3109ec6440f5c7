"""What memory is held, and by whom: allocations by module, host objects that are alive, the size of values with all that they hold. Imported by who measures.

Allocations are known from the moment on at which `Memory.trace` has Python take them down, which makes programs slower; the rest costs nothing
but the look.
"""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
from collections import Counter
from itertools import chain, islice
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodType, ModuleType

from mlpy.modules import files_of
from mlpy.runtime.limits import resident
from mlpy.runtime.values import HOST_CLASSES, Handle, IteratorValue, ModuleHandle
from mlpy.sdk import HostHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import TypeAlias

    from mlpy.registry import Registry
    from mlpy.runtime.run import Run

    Owner: TypeAlias = Callable[[str], str | None]

DEPTH = 12  # calls that are taken down of each allocation
MOST = 100_000  # parts of values that one report looks at
SAMPLE = 2_000  # items of one container that are looked at
CELLS = "<cell "
CORE = os.path.dirname(os.path.abspath(__file__)) + os.sep
SESSION, OURS, PYTHON = "the session", "mlpy", "Python"
APART = (BuiltinFunctionType, CodeType, FrameType, ModuleType, type)  # which values refer to, but do not hold


class Owned:
    """What one owner holds: `bytes` in so many `blocks`, and by how much that has grown since the last report (None in the first)."""

    __slots__ = ("blocks", "bytes", "growth")

    def __init__(self, size: int, blocks: int, growth: int | None = None) -> None:
        self.bytes = size
        self.blocks = blocks
        self.growth = growth

    def record(self) -> dict[str, int | None]:
        """The fields as a plain dict."""
        return {"bytes": self.bytes, "blocks": self.blocks, "growth": self.growth}

    def __repr__(self) -> str:
        return f"Owned(bytes={self.bytes}, blocks={self.blocks}, growth={self.growth})"


class Report:
    """The memory of a process in which a run lives, sizes in bytes, each with its growth since the last report.

    `resident` is that of the process; `allocated` says what modules, files and the session have allocated and not freed (None where allocations are
    not traced); `handles` counts host objects by class; `values` are the sizes of what names stand for, `modules` those of what modules keep.
    """

    __slots__ = ("allocated", "complete", "handles", "modules", "resident", "values")

    def __init__(
        self, resident: Owned, allocated: dict[str, Owned] | None, handles: dict[str, Owned], values: dict[str, Owned], modules: dict[str, Owned], *, complete: bool
    ) -> None:
        self.resident = resident
        self.allocated = allocated
        self.handles = handles
        self.values = values
        self.modules = modules
        self.complete = complete  # or else there was more than one report looks at

    def record(self) -> dict[str, object]:
        """All of it as plain data."""
        tables = {name: {each: one.record() for each, one in getattr(self, name).items()} for name in ("handles", "values", "modules")}
        allocated = None if self.allocated is None else {name: one.record() for name, one in self.allocated.items()}
        return {"resident": self.resident.record(), "allocated": allocated, **tables, "complete": self.complete}


class Memory:
    """Reports of the memory that a run and its modules hold."""

    __slots__ = ("_before", "_ours", "registry", "run")

    def __init__(self, run: Run, registry: Registry) -> None:
        self.run = run
        self.registry = registry
        self._before: dict[str, dict[str, int]] = {}
        self._ours = False

    @property
    def traced(self) -> bool:
        """Whether allocations are taken down."""
        return tracemalloc.is_tracing()

    def trace(self) -> None:
        """Has Python take down allocations from now on."""
        if not tracemalloc.is_tracing():
            tracemalloc.start(DEPTH)
            self._ours = True
            self._before.pop("allocated", None)

    def stop(self) -> None:
        """Ends that, where it was begun here."""
        if self._ours:
            tracemalloc.stop()
            self._ours = False

    def report(self, names: Mapping[str, object]) -> Report:
        """The memory of now; `names` are those of the program with what they stand for."""
        gc.collect()
        allocated = self._allocated() if tracemalloc.is_tracing() else None  # first: what a report needs itself is not in it
        sizes = Sizes()
        values = {name: sizes.of([value]) for name, value in names.items()}
        modules = {name: sizes.of(kept) for name, kept in self.registry.kept(self.run).items()}
        return Report(
            self._grown("resident", {"": Owned(resident(), 1)})[""],
            None if allocated is None else self._grown("allocated", allocated),
            self._grown("handles", {name: Owned(0, count) for name, count in live_handles(self.run).items()}, counts=True),
            self._grown("values", values),
            self._grown("modules", modules),
            complete=sizes.room > 0,
        )

    def _grown(self, table: str, found: dict[str, Owned], *, counts: bool = False) -> dict[str, Owned]:
        """A table with the growth since the last one, the largest first."""
        before = self._before.get(table)
        now = self._before[table] = {name: one.blocks if counts else one.bytes for name, one in found.items()}
        for name, one in found.items():
            one.growth = None if before is None else now[name] - before.get(name, 0)
        return dict(sorted(found.items(), key=lambda each: (-now[each[0]], each[0])))

    def _allocated(self) -> dict[str, Owned]:
        return allocations(owner_of(self.registry.files(), {source.name: name for name, source in files_of(self.run).items()}))


# ── allocations ──────────────────────────────────────────────────────────────────────────────────────────────────


def owner_of(modules: Mapping[str, tuple[str, bool]], files: Mapping[str, str]) -> Owner:
    """Which module or file the code of a file name belongs to: `modules` are (path, whether it comes with mlpy) by name, `files` the shown names of ML files."""
    own = {path: name for name, (path, shipped) in modules.items() if not shipped and os.path.basename(path) != "__init__.py"}
    packages = {os.path.dirname(path) + os.sep: name for name, (path, shipped) in modules.items() if not shipped and os.path.basename(path) == "__init__.py"}

    def owner(file: str) -> str | None:
        if file.startswith(CELLS):
            return SESSION
        found = files.get(file) or own.get(file)
        return found or next((name for folder, name in packages.items() if file.startswith(folder)), None)

    return owner


def allocations(owner: Owner) -> dict[str, Owned]:
    """What is allocated and was not freed, by the innermost owner that led to it; what comes with mlpy allocates for its caller."""
    traces = tracemalloc.take_snapshot().traces._traces  # type: ignore[attr-defined]  # noqa: SLF001  as they are: an object for each would be as many again
    places: dict[int, tuple[tuple[tuple[str, int], ...], list[int]]] = {}
    for _, size, stack, *_ in traces:  # those of one place share the stack, innermost first
        place = places.get(id(stack))
        if place is None:
            place = places[id(stack)] = stack, []
        place[1].append(size)
    names: dict[str, str | None] = {}
    found: dict[str, Owned] = {}
    for stack, sizes in places.values():
        for file, _ in stack:
            if file not in names:
                names[file] = owner(file)
        known = next((name for file, _ in stack if (name := names[file]) is not None), None)
        one = found.setdefault(known or (OURS if any(file.startswith(CORE) for file, _ in stack) else PYTHON), Owned(0, 0))
        one.bytes += sum(sizes)
        one.blocks += len(sizes)
    return found


# ── what is alive ────────────────────────────────────────────────────────────────────────────────────────────────


def live_handles(run: Run) -> dict[str, int]:
    """How many host objects are alive in the process, by class, and how many files and connections a run holds open."""
    kinds = Counter(type(one) for one in gc.get_objects() if isinstance(one, Handle) and not isinstance(one, ModuleHandle | IteratorValue))
    found = Counter[str]()
    for kind, count in kinds.items():
        if kind in HOST_CLASSES:
            found[HOST_CLASSES[kind].name] += count
    if run.kept:
        found["open files and connections"] = len(run.kept)
    return dict(found)


class Sizes:
    """Sizes of values with all that they hold; what several hold counts for the first. `room` is how many parts may still be looked at.

    Of a container with more than `SAMPLE` items some are looked at, evenly spread, and stand for the others.
    """

    __slots__ = ("_seen", "room")

    def __init__(self, room: int = MOST) -> None:
        self.room = room
        self._seen: set[int] = set()

    def of(self, roots: Iterable[object]) -> Owned:
        """Bytes and parts of some values together."""
        seen, room = self._seen, self.room
        known = len(seen)
        size = blocks = 0.0
        pending = [(1.0, roots)]  # each with how many it stands for
        while pending:
            weight, values = pending.pop()
            for value in values:
                key = id(value)
                if key in seen or len(seen) - known >= room or isinstance(value, APART):
                    continue
                seen.add(key)
                size += sys.getsizeof(value, 0) * weight
                blocks += weight
                if type(value) not in PLAIN:
                    share, items = held_by(value)
                    pending.append((weight * share, items))
        self.room -= len(seen) - known
        return Owned(round(size), round(blocks))


PLAIN = frozenset((bool, bytearray, bytes, complex, float, int, str, type(None)))


def held_by(value: object) -> tuple[float, Iterable[object]]:
    """What a value holds, and how many each of these stands for; of mlpy's own, which lead to everything, nothing."""
    if isinstance(value, FunctionType):
        return 1.0, [*(value.__defaults__ or ()), *(value.__closure__ or ())]
    if isinstance(value, MethodType):
        return 1.0, [value.__self__]
    if isinstance(value, HostHandle):
        return 1.0, [value.host]
    home = type(value).__module__
    if isinstance(value, ModuleHandle) or (home.startswith("mlpy.") and not home.startswith(("mlpy.stdlib.", "mlpy.extensions.")) and not isinstance(value, Handle)):
        return 1.0, ()
    if not isinstance(value, dict | frozenset | list | set | tuple) or len(value) <= SAMPLE:
        return 1.0, gc.get_referents(value)
    step = -(-len(value) // SAMPLE)
    taken = [*islice(value.items() if isinstance(value, dict) else value, 0, None, step)]
    return len(value) / len(taken), chain.from_iterable(taken) if isinstance(value, dict) else taken

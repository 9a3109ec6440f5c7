"""What modules cost: the time and the memory of loading each, and how often programs call its functions. Imported by who measures."""

from __future__ import annotations

import tracemalloc
from _thread import allocate_lock
from time import perf_counter

from mlpy.sdk import counted

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from typing import Concatenate, ParamSpec

    from mlpy.registry import Loaded

    P = ParamSpec("P")


class Metrics:
    """What one module cost: `load_time` in seconds, None where it was loaded before; `memory` in bytes, None where nobody asked for it.

    `calls` counts by function; those of methods of host objects are not among them.
    """

    __slots__ = ("calls", "load_time", "memory")

    def __init__(self) -> None:
        self.load_time: float | None = None
        self.memory: int | None = None
        self.calls: dict[str, int] = {}

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.calls.values())

    def record(self) -> dict[str, object]:
        """The fields as a plain dict."""
        return {"load_time": self.load_time, "memory": self.memory, "calls": dict(self.calls)}

    def __repr__(self) -> str:
        return f"Metrics(load_time={self.load_time}, memory={self.memory}, calls={self.calls!r})"


class Measures:
    """The metrics of a registry, and what takes them."""

    __slots__ = ("_lock", "_taken", "memory")

    def __init__(self, *, memory: bool) -> None:
        self.memory = memory
        self._lock = allocate_lock()
        self._taken: dict[str, Metrics] = {}

    def of(self, name: str) -> Metrics:
        """The metrics of a module."""
        return self._taken.setdefault(name, Metrics())

    def taken(self) -> dict[str, Metrics]:
        """A copy of what there is."""
        copies = {}
        with self._lock:
            for name, one in self._taken.items():
                copy = copies[name] = Metrics()
                copy.load_time, copy.memory, copy.calls = one.load_time, one.memory, dict(one.calls)
        return copies

    def timed(self, load: Callable[Concatenate[str, P], Loaded]) -> Callable[Concatenate[str, P], Loaded]:
        """What loads a module of a name and takes down what that cost."""

        def measured(name: str, /, *args: P.args, **named: P.kwargs) -> Loaded:
            tracing = self.memory and not tracemalloc.is_tracing()
            if tracing:
                tracemalloc.start()
            try:
                before = tracemalloc.get_traced_memory()[0] if self.memory else 0
                began = perf_counter()
                loaded = load(name, *args, **named)
                metrics = self.of(name)
                metrics.load_time = perf_counter() - began
                metrics.memory = tracemalloc.get_traced_memory()[0] - before if self.memory else None
            finally:
                if tracing:
                    tracemalloc.stop()
            return loaded

        return measured

    def counted(self, loaded: Loaded, table: dict[str, object]) -> dict[str, object]:
        """A table of members whose functions count their calls."""
        calls = self.of(loaded.module.name).calls
        declared = {function.name: function for _, function in loaded.functions}
        made = {name: counted(declared[name], table[name], self.counter(calls, name)) for name in declared}
        names = {id(table[name]): name for name in declared}
        return {name: made[names[id(value)]] if id(value) in names else value for name, value in table.items()}

    def counter(self, calls: dict[str, int], name: str) -> Callable[[], None]:
        """What counts one call of a function, in any thread."""
        lock = self._lock

        def count() -> None:
            with lock:
                calls[name] = calls.get(name, 0) + 1

        return count

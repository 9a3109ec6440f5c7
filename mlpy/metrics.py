"""What modules cost: the time to find and load each, and how often and how long programs call its functions. Imported by who measures.

A measured function is handed out behind one that takes two looks at the clock; nothing stands before a function while nobody measures.
"""

from __future__ import annotations

import tracemalloc
from _thread import _local, allocate_lock
from bisect import bisect_right
from itertools import accumulate
from keyword import iskeyword
from time import perf_counter
from types import FunctionType

from mlpy.sdk import compiled, spelt

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Mapping
    from types import CodeType
    from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

    from mlpy.sdk import Function

    Taken: TypeAlias = tuple[float, "Timing", list[tuple[float, int]]]  # when the first call began, what there is, and times with how many each stands for
    P = ParamSpec("P")
    R = TypeVar("R")

ENOUGH = 1024  # calls of a function whose times are kept apart before they are added up
KEPT = 4096  # times of a function from which percentiles are taken; of more calls every second one, then every fourth …
FIELDS = 3  # numbers that a call leaves: when it began, how long it took, and how much of that was its own


class Timing:
    """The calls of one function, in seconds: `total` with what it called, `own` without the measured functions among that.

    `p50` and `p95` are times within which that many percent of the calls ended, `first` is the time of the first call.
    """

    __slots__ = ("calls", "first", "own", "p50", "p95", "total")

    def __init__(self, calls: int, total: float, own: float, p50: float, p95: float, first: float) -> None:
        self.calls = calls
        self.total = total
        self.own = own
        self.p50 = p50
        self.p95 = p95
        self.first = first

    def record(self) -> dict[str, float]:
        """The fields as a plain dict."""
        return {name: getattr(self, name) for name in ("calls", "total", "own", "p50", "p95", "first")}

    def __repr__(self) -> str:
        return f"Timing({', '.join(f'{name}={value!r}' for name, value in self.record().items())})"


class Metrics:
    """What one module cost, times in seconds, memory in bytes.

    `discovery` is the time to read what its file declares (to compile it, where it is in ML), None where that was known already; `load_time` that of
    importing it; `memory` what that left allocated, None where nobody asked for it; `first_call` the time of the first call of any function, `p50` and
    `p95` those within which that many percent of all calls ended. `functions` are those that were called, by name; a method of a host object is
    `Class.method`.
    """

    __slots__ = ("discovery", "first_call", "functions", "load_time", "memory", "p50", "p95")

    def __init__(self) -> None:
        self.discovery: float | None = None
        self.load_time: float | None = None
        self.memory: int | None = None
        self.first_call: float | None = None
        self.p50: float | None = None
        self.p95: float | None = None
        self.functions: dict[str, Timing] = {}

    @property
    def calls(self) -> dict[str, int]:
        """The calls by function."""
        return {name: one.calls for name, one in self.functions.items()}

    @property
    def total(self) -> int:
        """All calls."""
        return sum(self.calls.values())

    @property
    def time(self) -> float:
        """Seconds in its functions, without those in the measured functions of other modules."""
        return sum(one.own for one in self.functions.values())

    def record(self) -> dict[str, object]:
        """The fields as a plain dict."""
        head = {name: getattr(self, name) for name in ("discovery", "load_time", "memory", "first_call", "p50", "p95", "time")}
        return {**head, "calls": self.calls, "functions": {name: one.record() for name, one in self.functions.items()}}

    def __repr__(self) -> str:
        return f"Metrics(load_time={self.load_time}, memory={self.memory}, calls={self.calls!r})"


class Inner(_local):
    """What the measured functions that a measured one has called took together, on this thread."""

    seconds = 0.0


class Calls:
    """What is taken down of one function's calls, in any thread; `numbers` holds the last ones, `FIELDS` each."""

    __slots__ = ("_began", "_calls", "_every", "_first", "_lock", "_own", "_skip", "_times", "_total", "numbers")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self.numbers: list[float] = []
        self.forget()

    def forget(self) -> None:
        """Begins anew."""
        with self._lock:
            self.numbers.clear()
            self._calls = 0
            self._total = self._own = self._first = 0.0
            self._began = float("inf")
            self._times: list[float] = []
            self._every, self._skip = 1, 0

    def settle(self) -> None:
        """Adds up what was taken down; calls that end meanwhile stay for the next time."""
        with self._lock:
            chunk = self.numbers[:]
            del self.numbers[: len(chunk)]
            if not chunk:
                return
            began, took = chunk[::FIELDS], chunk[1::FIELDS]
            if not self._calls:
                self._began, self._first = min(zip(began, took, strict=True))
            self._calls += len(took)
            self._total += sum(took)
            self._own += sum(chunk[2::FIELDS])
            self._times += took[self._skip :: self._every]
            self._skip = (self._skip - len(took)) % self._every
            while len(self._times) > KEPT:
                del self._times[1::2]
                self._every *= 2

    def taken(self) -> Taken | None:
        """What there is; None where nothing was called."""
        self.settle()
        with self._lock:
            if not self._calls:
                return None
            times = [(time, self._every) for time in self._times]
            return self._began, Timing(self._calls, self._total, self._own, *percentiles(times), self._first), times


def percentiles(times: list[tuple[float, int]]) -> tuple[float, float]:
    """The times within which half of the calls ended, and 95 %; each time stands for so many calls."""
    ranked = sorted(times)
    sums = [*accumulate([count for _, count in ranked])]
    p50, p95 = [ranked[min(bisect_right(sums, sums[-1] * share), len(ranked) - 1)][0] for share in (0.5, 0.95)]
    return p50, p95


class Measures:
    """The metrics of a registry, and what takes them."""

    __slots__ = ("_calls", "_inner", "_lock", "_memory", "memory")

    def __init__(self, *, memory: bool) -> None:
        self.memory = memory
        self._lock = allocate_lock()
        self._inner = Inner()
        self._calls: dict[str, dict[str, Calls]] = {}
        self._memory: dict[str, int] = {}

    def taken(self, name: str) -> Metrics:
        """What a module has cost since it is measured."""
        with self._lock:
            calls = {**self._calls.get(name, {})}
        found = {function: taken for function, one in calls.items() if (taken := one.taken()) is not None}
        made = Metrics()
        made.memory = self._memory.get(name)
        if found:
            made.functions = {function: timing for function, (_, timing, _) in found.items()}
            made.first_call = min(found.values(), key=lambda one: one[0])[1].first
            made.p50, made.p95 = percentiles([time for _, _, times in found.values() for time in times])
        return made

    def forget(self) -> None:
        """Has all counts begin anew."""
        with self._lock:
            calls = [one for own in self._calls.values() for one in own.values()]
        for one in calls:
            one.forget()

    def weighed(self, load: Callable[Concatenate[str, P], R]) -> Callable[Concatenate[str, P], R]:
        """What loads a module of a name and takes down what that left allocated."""

        def measured(name: str, /, *args: P.args, **named: P.kwargs) -> R:
            tracing = not tracemalloc.is_tracing()
            if tracing:
                tracemalloc.start()
            try:
                before = tracemalloc.get_traced_memory()[0]
                loaded = load(name, *args, **named)
                self._memory[name] = tracemalloc.get_traced_memory()[0] - before
            finally:
                if tracing:
                    tracemalloc.stop()
            return loaded

        return measured if self.memory else load

    def measured(self, module: str, functions: Iterable[Function], table: Mapping[str, object]) -> dict[str, object]:
        """A module's table of members whose declared functions are measured."""
        declared = {function.name: function for function in functions}
        made = {name: self.timed(module, name, table[name], model=one.function) for name, one in declared.items()}
        names = {id(table[name]): name for name in declared}
        return {name: made[names[id(value)]] if id(value) in names else value for name, value in table.items()}

    def measured_exports(self, module: str, exports: Mapping[str, object]) -> dict[str, object]:
        """The exports of an ML file whose functions are measured."""
        return {name: self.timed(module, name, value, model=value) if type(value) is FunctionType else value for name, value in exports.items()}

    def timed(self, module: str, name: str, value: object, *, model: FunctionType) -> FunctionType:
        """A function behind one that takes down each call; `model` is one with its parameters, as a C function shows none."""
        with self._lock:
            calls = self._calls.setdefault(module, {}).setdefault(name, Calls())
        shape = value if type(value) is FunctionType else model
        made = timer_of(shape.__code__)(value, perf_counter, calls.numbers, calls.settle, self._inner, len)
        made.__name__ = shape.__name__ if type(value) is FunctionType else name
        made.__qualname__ = made.__name__
        made.__doc__ = shape.__doc__
        if made.__code__.co_argcount or made.__code__.co_kwonlyargcount:  # else it takes anything, and hands it on
            made.__defaults__, made.__kwdefaults__ = shape.__defaults__, shape.__kwdefaults__
        made.__dict__.update(shape.__dict__)
        made.__dict__["measured"] = value
        return made


def timer_of(code: CodeType) -> Callable[..., FunctionType]:
    """`make(function, clock, numbers, settle, inner, size)`, which gives a function with the parameters of a code that takes the time.

    What it captures has names that no program can spell. A function with a parameter that Python cannot spell gets one that takes anything.
    """
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & VARARGS)]
    plain = all(name.isidentifier() and not iskeyword(name) for name in names)
    parameters, arguments = spelt(code) if plain else ("*øgiven, **ønamed", "*øgiven, **ønamed")
    return compiled(TIMER.format(parameters=parameters, arguments=arguments))


VARARGS = 0x04  # a flag of a code object
TIMER = f"""\
def make(øfunction, øclock, ønumbers, øsettle, øinner, øsize):
 def timed({{parameters}}):
  øouter = øinner.seconds
  øinner.seconds = 0.0
  øbegan = øclock()
  try:
   return øfunction({{arguments}})
  finally:
   øtook = øclock() - øbegan
   ønumbers.extend((øbegan, øtook, øtook - øinner.seconds))
   øinner.seconds = øouter + øtook
   if øsize(ønumbers) > {ENOUGH * FIELDS}: øsettle()
 return timed
"""

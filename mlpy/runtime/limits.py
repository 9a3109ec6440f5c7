"""Limits of a run and the watchdog that enforces them.

One thread for the process sleeps until the earliest deadline. It ends a run by marking it dead and then raising in its
thread, again each millisecond until the driver has acknowledged. It raises only while the innermost Python frame is ML
code or a function declared interruptible, so no lock of the host is ever left held (docs/limits.md).
"""

from __future__ import annotations

import gc
import os
import sys
from _thread import allocate_lock, start_new_thread
from _weakref import ref
from itertools import count
from time import monotonic

from mlpy.errors import LimitExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, ModuleType

    from mlpy.errors import Stop
    from mlpy.runtime.run import Execution, Run

DEFAULT_OUTPUT = 1_000_000
DEFAULT_MEMORY = 256_000_000  # of a program in a sandbox
TIME_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
SIZE_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
MOST = 1e18  # above it arithmetic with floats fails
RETRY = 0.001  # seconds between two tries to raise in a thread
SAMPLE = 0.01  # seconds between two looks at the memory of the process


def _measure(value: object, units: dict[str, float] | dict[str, int], what: str, example: str) -> float:
    """A number, or text such as `500ms`, in base units; it must be above zero and not beyond all use."""
    amount: float
    if isinstance(value, str):
        text = value.strip().lower().replace("_", "")
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyz ")
        unit = text[len(digits) :].strip()
        try:
            amount = float(digits) * units[unit] if unit else float(digits)
        except (ValueError, KeyError):
            raise ValueError(f"`{value}` is not a {what}: write it like `{example}`") from None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        amount = value
    else:
        raise ValueError(f"a {what} is a number or a text like `{example}`")  # noqa: TRY004  one kind of error for a bad limit
    if not 0 < amount < MOST:
        raise ValueError(f"a {what} must be above zero and below 10¹⁸, not `{value}`")
    return amount


def parse_time(value: object) -> float:
    """Seconds from a number of seconds or from text: `2`, `"2s"`, `"500ms"`, `"1.5m"`; raises ValueError."""
    return _measure(value, TIME_UNITS, "time", "2s")


def parse_size(value: object) -> int:
    """Bytes from a number of bytes or from text: `1000`, `"256MB"` (10⁶), `"1GiB"` (2³⁰); raises ValueError."""
    return int(_measure(value, SIZE_UNITS, "size", "256MB"))


def parse_count(value: object) -> int:
    """A whole number above zero from a number or from text; raises ValueError."""
    amount = _measure(value, {"k": 10**3, "m": 10**6}, "count", "100000")
    if amount != int(amount):
        raise ValueError(f"a count is a whole number, not `{value}`")
    return int(amount)


class Limits:
    """What a run may use: None means no limit.

    `time` in seconds of wall clock (`2.0`, `"500ms"`), `steps` in passes through loops and entries of functions, `memory` and
    `output` in bytes (`"256MB"`). Immutable; raises ValueError for a value that means nothing.
    """

    __slots__ = ("memory", "output", "steps", "time")

    time: float | None
    steps: int | None
    memory: int | None
    output: int | None

    def __init__(
        self, *, time: float | str | None = None, steps: int | str | None = None, memory: int | str | None = None, output: int | str | None = DEFAULT_OUTPUT
    ) -> None:
        put = object.__setattr__
        put(self, "time", None if time is None else parse_time(time))
        put(self, "steps", None if steps is None else parse_count(steps))
        put(self, "memory", None if memory is None else parse_size(memory))
        put(self, "output", None if output is None else parse_size(output))
        if time is not None and free_threaded():
            raise ValueError("a time limit in process needs an interpreter with a global lock")

    def replace(self, **changes: float | str | None) -> Limits:
        """A copy with some of the limits changed."""
        return Limits(**{"time": self.time, "steps": self.steps, "memory": self.memory, "output": self.output, **changes})  # type: ignore[arg-type]  # checked by __init__

    __replace__ = replace

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"`Limits` cannot be changed: use `replace({name}=…)`")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("`Limits` cannot be changed")

    def _key(self) -> tuple[float | None, int | None, int | None, int | None]:
        return self.time, self.steps, self.memory, self.output

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Limits) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Limits(time={self.time!r}, steps={self.steps!r}, memory={self.memory!r}, output={self.output!r})"

    def __reduce__(self) -> tuple[Callable[..., Limits], tuple[object, ...]]:
        return _remake, self._key()


def _remake(time: float | None, steps: int | None, memory: int | None, output: int | None) -> Limits:
    return Limits(time=time, steps=steps, memory=memory, output=output)


def free_threaded() -> bool:
    """Whether the interpreter runs without a global lock, so that no thread can be looked at safely."""
    return not getattr(sys, "_is_gil_enabled", lambda: True)()


# ── what may be interrupted ──────────────────────────────────────────────────────────────────────────────────────

MODULE = type(sys)
INTERRUPTIBLE: set[CodeType] = set()
_declared: list[object] = []


def interruptible(*functions: Callable[..., object] | ModuleType) -> None:
    """Declares pure Python functions (no lock, no shared state) in which a limit may be raised, inner functions included; a module for all of its own."""
    _declared.extend(functions)


def sweep() -> None:
    """Forgets declared code that nothing else holds any more, as that of a module which was reloaded."""
    _settle()
    while gone := [code for code in tuple(INTERRUPTIBLE) if sys.getrefcount(code) <= HELD_HERE]:
        INTERRUPTIBLE.difference_update(gone)


HELD_HERE = 4  # by the set, the tuple, the variable and the argument


def _settle() -> None:
    """Collects the code of what was declared; left until something is to be interrupted."""
    while _declared:
        found = _declared.pop()
        if isinstance(found, type | MODULE):
            _declared.extend(_defined_by(found))
        code = getattr(found, "__code__", found)
        if hasattr(code, "co_consts"):
            INTERRUPTIBLE.add(code)  # type: ignore[arg-type]  # nothing but code has constants
            _declared.extend(code.co_consts)


def _defined_by(found: type | ModuleType) -> Iterator[object]:
    """The functions and classes of a module, the functions of a class; not what it has from elsewhere."""
    home = found.__module__ if isinstance(found, type) else found.__name__
    for one in vars(found).values():
        inner = one.fget if isinstance(one, property) else getattr(one, "__func__", one)
        if getattr(inner, "__module__", None) == home and (hasattr(inner, "__code__") or (isinstance(inner, type) and not isinstance(found, type))):
            yield inner


_raise_in_thread: Callable[[int, type[BaseException] | None], int] | None = None


def _load_raiser() -> Callable[[int, type[BaseException] | None], int]:
    global _raise_in_thread  # noqa: PLW0603  one for the process
    _settle()
    if _raise_in_thread is None:
        import ctypes  # noqa: PLC0415  10 ms, and most processes never end a run by force

        # A prototype of our own: setting argtypes on the shared `pythonapi` function would change it for the host.
        prototype = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_ulong, ctypes.py_object)
        _raise_in_thread = prototype(("PyThreadState_SetAsyncExc", ctypes.pythonapi))
    return _raise_in_thread


class Withdrawn(BaseException):
    """Takes the place of an exception that is on its way into a thread."""


def withdraw(thread: int) -> None:
    """Takes back an exception that is on its way into this thread; only after the execution is disarmed.

    Another one is put in its place and caught here: with none in its place the interpreter would go on looking for it, on 3.11 for ever
    where somebody profiles.
    """
    put = _load_raiser()
    try:
        while put(thread, Withdrawn):  # it comes at the next look
            pass
    except Withdrawn:
        return


def _strike(execution: Execution, stop: Stop, put: Callable[[int, type[BaseException]], int], looks: Callable[[], dict[int, FrameType]]) -> None:
    """Raises in the thread of an execution if that is safe now.

    From the look at the frames to the raise the interpreter must not hand over its lock. It does so only at calls of
    functions, at loops' ends and on entry; hence the iterator instead of a call, and subscripts instead of methods.
    """
    thread = execution.thread
    kind = type(stop)
    codes = INTERRUPTIBLE
    owner = None
    collecting = gc.isenabled()
    gc.disable()  # the look holds a lock of the interpreter: what a collection calls then, and hands over the other lock, stops all threads for ever (3.11, 3.12)
    try:
        for frames in iter(looks, None):
            if execution.armed and thread in frames:
                frame = frames[thread]
                if "$run" in frame.f_globals:
                    owner = frame.f_globals["$run"]
                    if owner.dead or owner is execution.run.beside:
                        execution.fired = True
                        put(thread, kind)
                        return
                elif frame.f_code in codes:
                    execution.fired = True
                    put(thread, kind)
                    return
            break
    finally:
        if collecting:
            gc.enable()
    if owner is not None:  # code of another run, called without a driver: its `finally` bodies must not run either
        owner.die(stop)


# ── the watchdog ─────────────────────────────────────────────────────────────────────────────────────────────────


class Watchdog:
    """The deadlines of all executions and the one thread that waits for them."""

    __slots__ = ("_bell", "_chased", "_heap", "_lock", "_number", "_ringing", "_running", "_stale", "_wake_at")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._bell = allocate_lock()
        self._bell.acquire()
        self._heap: list[tuple[float, int, ref[Execution]]] = []  # one that has ended is not kept for its deadline, nor is what its run holds
        self._chased: list[Execution] = []
        self._number = count()
        self._stale = 0
        self._ringing = self._running = False
        self._wake_at = float("inf")

    def watch(self, execution: Execution, when: float) -> None:
        """Looks at an execution at a time of the monotonic clock."""
        from _heapq import heappush  # noqa: PLC0415  most starts do without

        with self._lock:
            heappush(self._heap, (when, next(self._number), ref(execution)))
            if not self._running:
                self._begin(when)
            if when < self._wake_at:
                self._wake_at = when
                if not self._ringing:
                    self._ringing = True
                    self._bell.release()

    def stand_by(self) -> None:
        """To be called before a wait that nothing but the thread can end; it runs already, unless somebody has it start late."""

    def _begin(self, _when: float) -> None:
        """Starts the thread, as there is something to look at."""
        self._running = True
        start_new_thread(self._work, ())

    def forget(self) -> None:
        """Counts an execution that ended before its deadline; sweeps when most of the entries are such."""
        self._stale += 1
        if self._stale > 100:
            from _heapq import heapify  # noqa: PLC0415  as above

            with self._lock:
                if self._stale * 2 > len(self._heap):
                    self._heap[:] = [entry for entry in self._heap if (execution := entry[2]()) is not None and execution.armed]
                    heapify(self._heap)
                    self._stale = 0

    def _work(self) -> None:
        wait = 0.0
        while True:
            if self._bell.acquire(True, wait):
                self._ringing = False
            wait = self._round()

    def _round(self) -> float:
        """Does what is due; the seconds until the next round."""
        now = monotonic()
        for execution in self._due(now):
            self._check(execution, now)
        for execution in self._chased:
            stop = execution.run.stop
            if execution.armed and stop is not None:
                _strike(execution, stop, _load_raiser(), sys._current_frames)  # noqa: SLF001  the documented way to a thread's frame
        self._chased = [execution for execution in self._chased if execution.armed]
        with self._lock:
            next_look = self._heap[0][0] if self._heap else float("inf")
            self._wake_at = min(next_look, monotonic() + RETRY) if self._chased else next_look
            return max(0.0, min(self._wake_at - monotonic(), 3600.0))

    def _due(self, now: float) -> list[Execution]:
        from _heapq import heappop  # noqa: PLC0415  as above

        due = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                due.append(heappop(self._heap)[2]())
        return [execution for execution in due if execution is not None]

    def _check(self, execution: Execution, now: float) -> None:
        run = execution.run
        if not execution.armed or execution in self._chased:
            return
        if not run.dead:
            self._judge(execution, run, now)
        if run.dead:
            self._chased.append(execution)
        else:
            next_look = execution.next_look(now)
            if next_look is not None:
                self.watch(execution, next_look)

    @staticmethod
    def _judge(execution: Execution, run: Run, now: float) -> None:
        limits = run.limits
        if execution.deadline is not None and execution.deadline <= now:
            run.kill(LimitExceeded("time", f"the program ran longer than its limit of {limits.time:g} s", run))
        elif limits.memory is not None:
            grown = resident() - execution.baseline
            run.usage.memory = max(run.usage.memory or 0, grown)
            if grown > limits.memory:
                run.kill(LimitExceeded("memory", f"the program used more than its limit of {limits.memory:,} bytes of memory", run))


watchdog = Watchdog()


def _renew_after_fork() -> None:
    global watchdog  # noqa: PLW0603  one for the process
    watchdog = type(watchdog)()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_after_fork)


def resident() -> int:
    """Bytes of the process that are resident now; where the system does not say, its peak so far."""
    try:
        handle = os.open("/proc/self/statm", os.O_RDONLY)
    except OSError:
        import resource  # noqa: PLC0415  not on every platform, and only where /proc is missing

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    try:
        return int(os.read(handle, 100).split()[1]) * os.sysconf("SC_PAGE_SIZE")
    finally:
        os.close(handle)

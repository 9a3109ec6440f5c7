"""Where a program spends its time: a thread looks again and again at the stacks of its ML code. Imported by who measures.

A look costs the program a few microseconds, and nothing of it is changed: positions in its code are ML's own.
"""

from __future__ import annotations

import gc
import sys
from threading import Event, Thread
from time import perf_counter

from mlpy.runtime.traceback import function_of
from mlpy.sdk import ml_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType
    from typing import TypeAlias

    from mlpy.runtime.run import Execution, Run

    Key: TypeAlias = tuple[str, str, int]

INTERVAL = 0.001  # seconds between two looks
PARTS = frozenset(("<dictcomp>", "<genexpr>", "<listcomp>", "<setcomp>"))  # code of a function that 3.11 runs in a frame of its own
MODULES = ("mlpy.stdlib.", "mlpy.extensions.")
FOREIGN = "mlpy_extension_"


class Spot:
    """A function or a line: `own` seconds were spent there, `total` there and in what it called. `file` is empty for a function of a module in Python."""

    __slots__ = ("file", "line", "name", "own", "total")

    def __init__(self, name: str, file: str, line: int) -> None:
        self.name = name
        self.file = file
        self.line = line
        self.own = 0.0
        self.total = 0.0

    def record(self) -> dict[str, str | int | float]:
        """The fields as a plain dict."""
        return {name: getattr(self, name) for name in ("name", "file", "line", "own", "total")}

    def __repr__(self) -> str:
        return f"Spot({', '.join(f'{name}={value!r}' for name, value in self.record().items())})"


class Profile:
    """What was seen of a run: `looks` at it, `seconds` in which it executed, of which `elsewhere` no ML code was on the stack (it was compiled)."""

    __slots__ = ("_functions", "_lines", "elsewhere", "looks", "seconds")

    def __init__(self) -> None:
        self.looks = 0
        self.seconds = 0.0
        self.elsewhere = 0.0
        self._functions: dict[Key, Spot] = {}
        self._lines: dict[Key, Spot] = {}

    @property
    def functions(self) -> list[Spot]:
        """The functions of the program, and those of modules that it called, by their own time."""
        return ranked(self._functions)

    @property
    def lines(self) -> list[Spot]:
        """The lines of the program by their own time, which is that of the native functions that they call, too."""
        return ranked(self._lines)

    def see(self, frame: FrameType | None, seconds: float) -> None:
        """Takes down one look at a thread that has executed for some seconds since the last."""
        self.looks += 1
        self.seconds += seconds
        native, stack = split(frame)
        if not stack:
            self.elsewhere += seconds
            return
        names = [spot for code, _ in stack if (spot := function_spot(code)) is not None]
        called = native_name(native)
        add(self._functions, names if called is None else [(called, "", 0), *names], seconds)
        add(self._lines, [("", code.co_filename, line) for code, line in stack], seconds)

    def record(self) -> dict[str, object]:
        """All of it as plain data."""
        head = {"looks": self.looks, "seconds": self.seconds, "elsewhere": self.elsewhere}
        return {**head, "functions": [one.record() for one in self.functions], "lines": [one.record() for one in self.lines]}


def ranked(spots: dict[Key, Spot]) -> list[Spot]:
    return sorted(spots.values(), key=lambda one: (-one.own, -one.total, one.file, one.line, one.name))


def add(spots: dict[Key, Spot], keys: list[Key], seconds: float) -> None:
    """Adds to the innermost what is its own, and to each once what is its total."""
    for at, key in enumerate(dict.fromkeys(keys)):
        spot = spots.get(key)
        if spot is None:
            spot = spots[key] = Spot(*key)
        spot.total += seconds
        if not at:
            spot.own += seconds


def split(frame: FrameType | None) -> tuple[list[FrameType], list[tuple[CodeType, int]]]:
    """The frames inside of the innermost one of ML code, and the places in ML code, innermost first."""
    native: list[FrameType] = []
    stack: list[tuple[CodeType, int]] = []
    while frame is not None:
        if "$run" in frame.f_globals:
            stack.append((frame.f_code, frame.f_lineno or frame.f_code.co_firstlineno))
        elif not stack:
            native.append(frame)
        frame = frame.f_back
    return native, stack


def function_spot(code: CodeType) -> Key | None:
    """Which function some ML code belongs to; None for a part of the one that follows on the stack."""
    if code.co_name in PARTS:
        return None
    name = function_of(code)
    return name, code.co_filename, 1 if name == "main" else code.co_firstlineno


def native_name(frames: list[FrameType]) -> str | None:
    """The function of a module that ML code has called, as ML writes it; frames are given innermost first."""
    for frame in reversed(frames):
        home = str(frame.f_globals.get("__name__", ""))
        prefix = next((one for one in MODULES if home.startswith(one)), None)
        if prefix is not None:
            return f"{home.removeprefix(prefix)}.{ml_name(frame.f_code.co_name)}"
        if home.startswith(FOREIGN):
            return f"{home.removeprefix(FOREIGN).partition('_')[2]}.{ml_name(frame.f_code.co_name)}"
    return None


class Sampler:
    """`with Sampler(run) as profile:` looks at whatever executes in a run meanwhile, on all threads.

    The interpreter is made to change threads more often for that long, as a look has to wait for its turn.
    """

    __slots__ = ("_before", "_done", "_thread", "interval", "profile", "run")

    def __init__(self, run: Run, interval: float = INTERVAL) -> None:
        self.run = run
        self.interval = interval
        self.profile = Profile()
        self._done = Event()
        self._thread = Thread(target=self._look, name="mlpy-profile", daemon=True)
        self._before = 0.0

    def __enter__(self) -> Profile:
        self._before = sys.getswitchinterval()
        sys.setswitchinterval(min(self._before, self.interval / 2))
        self._thread.start()
        return self.profile

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        sys.setswitchinterval(self._before)

    def _look(self) -> None:
        last = perf_counter()
        while not self._done.wait(self.interval):
            now = perf_counter()
            for frame in stacks(self.run.executions.copy()):
                self.profile.see(frame, now - last)
            last = now


def stacks(executions: list[Execution]) -> Iterator[FrameType | None]:
    """The innermost frames of the threads in which something executes."""
    collecting = gc.isenabled()
    gc.disable()  # as in `limits`: a collection within the look would stop all threads for ever (3.11, 3.12)
    try:
        frames = sys._current_frames()  # noqa: SLF001  the documented way to another thread's frame
    finally:
        if collecting:
            gc.enable()
    return map(frames.get, {one.thread for one in executions})

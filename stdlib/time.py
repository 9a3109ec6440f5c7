"""Waiting, and clocks that only go forward: `monotonic` for deadlines, `perfCounter` for measuring. What time it is, `datetime` tells."""

from __future__ import annotations

import time

from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.sdk import ml_function, ml_module, wrong_type

FOREVER = float("inf")


@ml_module("time", version="1.0.0")
class Time:
    """Waiting, and clocks that only go forward.

    ```ml
    import time;
    began = time.perfCounter();
    time.sleep(0.02);
    print(time.perfCounter() - began >= 0.01);
    ```

    `sleep` takes seconds. A program that sleeps goes on using up its time limit, and a limit or a cancelled run wakes and ends it. The
    clocks begin anywhere, so that only the difference of two readings means something; they are not those of `--frozen-clock`. What time
    it is, [datetime](datetime.md) tells. A negative or infinite number of seconds is a `ValueError`, anything but a number a `TypeError`.
    """


@ml_function
def sleep(seconds: float) -> None:
    """Waits; a limit and a cancelled run end it at once. Example: `time.sleep(0.01)` → `null`."""
    if type(seconds) is not int and type(seconds) is not float:
        raise wrong_type(seconds, "seconds", "a number")
    if not 0 <= seconds < FOREVER:
        raise MLError("`seconds` must be zero or more, and finite", "ValueError")
    current.get().wait(seconds)


@ml_function
def monotonic() -> float:
    """Seconds on a clock that never goes back; only differences mean something. Example: `t = time.monotonic(); time.monotonic() >= t` → `true`."""
    return time.monotonic()


@ml_function
def perf_counter() -> float:
    """Seconds on the finest clock there is; only differences mean something. Example: `t = time.perfCounter(); time.perfCounter() - t < 60` → `true`."""
    return time.perf_counter()

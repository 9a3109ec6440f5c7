"""The one thread on which mlx works: what it has not computed yet, and the stream of a generator, belong to the thread that made them.

A thread on which mlx-lm has generated has to give its streams back (`mx.clear_streams`) before it ends, or the process is aborted.
"""

from __future__ import annotations

import atexit
import os
import sys
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import cache, partial
from queue import SimpleQueue
from threading import Thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")


LEAVE = 30.0  # seconds for what is under way at the end of the process: a step takes less, and loading stops nowhere


class Worker(Executor):
    """A thread that does one thing after the other until the process ends."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self.thread = Thread(target=self.serve, name="mlpy-models", daemon=True)
        self.thread.start()
        atexit.register(self.end)

    def submit(self, function: Callable[P, R], /, *arguments: P.args, **named: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        self.tasks.put(partial(settle, future, partial(function, *arguments, **named)))
        return future

    def serve(self) -> None:
        try:
            while (task := self.tasks.get()) is not None:
                task()
        finally:
            release_streams()

    def end(self) -> None:
        """Waits for what is under way, but not for ever: a thread that mlx still holds would have the end of the interpreter crash, so that is left out."""
        self.tasks.put(None)
        self.thread.join(LEAVE)
        if self.thread.is_alive():
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, ValueError):
                    if stream is not None:
                        stream.flush()
            os._exit(1)


def submit(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> Future[R]:
    """Has a function called on the thread, after all that was asked for before; cancelled before its turn, it is not called."""
    return worker(os.getpid()).submit(function, *arguments, **named)


def work(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """The result of a function that is called on the thread."""
    return submit(function, *arguments, **named).result()


def drop(steps: Generator[object]) -> None:
    """Ends a generator on the thread. Nobody waits for that: it may be collected anywhere, even there."""
    submit(steps.close)


def settle(future: Future[R], task: Callable[[], R]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(task())
    except BaseException as error:  # noqa: BLE001  whoever waits hears of it
        future.set_exception(error)


@cache
def worker(_process: int) -> Worker:
    """The thread of a process: one that was forked has none of its parent's."""
    return Worker()


def release_streams() -> None:
    """Gives the streams of this thread back; whoever lets mlx generate on a thread of their own calls it there at the end."""
    if (mlx := sys.modules.get("mlx.core")) is not None:
        mlx.clear_streams()

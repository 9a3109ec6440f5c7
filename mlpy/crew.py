"""Work on threads that the thread in front may end at any moment: while they work it refreshes the progress, and what that raises (Ctrl-C, the end of a run) stops them all."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from time import monotonic
from typing import TypeVar

from mlpy.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

AT_ONCE = 4  # jobs that are done side by side
FAREWELL = 2.0  # seconds that threads have to end when nobody wants more
POLL = 0.1  # seconds between two refreshes


class Stopped(Exception):  # noqa: N818  nothing is wrong
    """Nobody wants more of it."""


class Crew:
    """Threads for jobs that wait, mostly for a network; `name` is what they are called."""

    def __init__(self, name: str, progress: Progress | None = None) -> None:
        self.name = name
        self.progress = progress or Progress()
        self.stop = threading.Event()
        self.failures: list[BaseException] = []
        self.guard = threading.Lock()
        self.waking: dict[object, Callable[[], object]] = {}

    def work(self, jobs: Iterable[T], do: Callable[[T], object], *, at_once: int = AT_ONCE) -> None:
        """Does the jobs side by side, in their order; the first failure ends the others, and is raised."""
        waiting = deque(jobs)
        over = threading.Semaphore(0)
        threads = [threading.Thread(target=self._serve, args=(waiting, do, over), name=self.name, daemon=True) for _ in range(min(at_once, len(waiting)))]
        for thread in threads:
            thread.start()
        try:
            for _ in threads:
                while not over.acquire(timeout=POLL):
                    self.progress.refresh()
        except BaseException:
            self.stop.set()
            self._bid_farewell(threads)
            raise
        if self.failures:
            raise self.failures[0]

    def call(self, do: Callable[[], T]) -> T:
        """Does one thing."""
        found: list[T] = []
        self.work([None], lambda _: found.append(do()))
        return found[0]

    def check(self) -> None:
        """Called by threads, often.

        Raises:
            Stopped: where nobody wants more.
        """
        if self.stop.is_set():
            raise Stopped

    def pause(self, seconds: float) -> None:
        """Lets a thread wait; raises as `check`."""
        if self.stop.wait(seconds):
            raise Stopped

    @contextmanager
    def woken_by(self, wake: Callable[[], object]) -> Iterator[None]:
        """While a thread may wait in here for long, `wake` ends the wait."""
        key = object()
        with self.guard:
            self.waking[key] = wake
        try:
            self.check()
            yield
        finally:
            with self.guard:
                self.waking.pop(key, None)

    def _serve(self, waiting: deque[T], do: Callable[[T], object], over: threading.Semaphore) -> None:
        """What each thread does: one job after the other, until there is none, or one has failed."""
        try:
            while not self.stop.is_set():
                with self.guard:
                    if not waiting:
                        break
                    job = waiting.popleft()
                do(job)
        except Stopped:
            pass
        except BaseException as error:  # noqa: BLE001  it is raised where the work is waited for
            if not self.stop.is_set():
                self.failures.append(error)
                self._end()
        finally:
            over.release()

    def _end(self) -> None:
        """Nobody wants more: who waits is woken."""
        self.stop.set()
        with self.guard:
            waking = list(self.waking.values())
        for wake in waking:
            wake()

    def _bid_farewell(self, threads: list[threading.Thread]) -> None:
        """Lets threads end; one that cannot be woken ends with its next byte, and holds nobody up."""
        self._end()
        end = monotonic() + FAREWELL
        for thread in threads:
            thread.join(max(end - monotonic(), 0))

"""What a function of a module does that takes long: on a thread aside, while the program's thread looks at its run, so that a limit or a cancellation raises at once.

What was under way ends at its next step. `Teller` puts an extension's failures into the words of the language.
"""

from __future__ import annotations

from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread

from mlpy.errors import MLError
from mlpy.failures import Failure
from mlpy.progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from typing import TypeVar

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run

    T = TypeVar("T")

LOOK = 0.05  # seconds between two looks at a run that waits


class Abandoned(Exception):  # noqa: N818  no error: the run has ended, and nobody waits
    pass


class Aside:
    """A thread that does one thing after the other, and ends when it is told so."""

    def __init__(self) -> None:
        self.tasks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        Thread(target=self.serve, name="mlpy-aside", daemon=True).start()

    def serve(self) -> None:
        while (task := self.tasks.get()) is not None:
            task()

    def call(self, function: Callable[..., T], *arguments: object) -> Future[T]:
        """What a function will give."""
        future: Future[T] = Future()

        def perform() -> None:
            try:
                future.set_result(function(*arguments))
            except BaseException as error:  # noqa: BLE001  whoever waits hears of it
                future.set_exception(error)

        self.tasks.put(perform)
        return future

    def end(self) -> None:
        """Ends once everything is done."""
        self.tasks.put(None)


def begun(function: Callable[..., T], *arguments: object) -> Future[T]:
    """What a function will give on a thread of its own."""
    aside = Aside()
    future = aside.call(function, *arguments)
    aside.end()
    return future


def outcome(run: Run, future: Future[T]) -> T:
    """What a future gives; raises at once where the run ends before."""
    while not future.done():
        try:
            future.exception(LOOK)
        except TimeoutError:
            run.poll()
    run.poll()
    return future.result()


class Meter(Progress):
    """Charges the bytes that come or go over a network, for one kind of capability or all that the call uses, and ends that with the run."""

    def __init__(self, run: Run, use: Use, kind: str | None = None) -> None:
        super().__init__()
        self.run = run
        self.use = use
        self.kind = kind

    def received(self, amount: int) -> None:
        self.use.charge(amount, kind=self.kind)

    def refresh(self) -> None:
        if self.run.dead:
            raise Abandoned


class Teller:
    """`told(function, …)`: the result of a function of the host, whose errors become `MLError`s with a `kind`. Nothing that a library says of paths or of Python gets through.

    `mistakes` are the types of failures that are a `ValueError`; `message` and `hint` are what is said of anything that nobody has foreseen.
    """

    __slots__ = ("hint", "message", "mistakes")

    def __init__(self, mistakes: frozenset[str], message: str, hint: str | None = None) -> None:
        self.mistakes = mistakes
        self.message = message
        self.hint = hint

    def __call__(self, function: Callable[..., T], *arguments: object) -> T:
        try:
            return function(*arguments)
        except Failure as error:
            raise self.error(error) from error
        except (MLError, StopIteration):
            raise
        except Exception as error:
            raise MLError(self.message, "IOError", hint=self.hint, fields={"kind": "failed"}) from error

    def error(self, failure: Failure) -> MLError:
        """A failure as a program gets it."""
        fields: dict[str, object] = {"kind": failure.type}
        if failure.matches is not None:
            fields["matches"] = [*failure.matches]
        kind = "ImportError" if failure.type == "missing_extra" else "ValueError" if failure.type in self.mistakes else "IOError"
        return MLError(failure.message, kind, hint=failure.hint, fields=fields)

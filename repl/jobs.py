"""Evaluations in the background: each a thread and a run of its own, over the names and under the authority of the session."""

from __future__ import annotations

from threading import Event, Thread
from time import perf_counter

from mlpy.errors import MLError, Stop
from mlpy.runtime.traceback import explain
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.engine import Session
    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value


class Job:
    """One of them. `state` is `running`, `done`, `failed` or `cancelled`; `ended` is called on its own thread when it is no longer the first."""

    def __init__(self, number: int, text: str, session: Session, run: Run, ended: Callable[[Job], object]) -> None:
        self.number = number
        self.text = text
        self.run = run
        self.state = "running"
        self.value: Value = None
        self.error: MLError | None = None
        self.began = perf_counter()
        self.seconds: float | None = None
        self._perform = session.beside(Source(text, f"<job {number}>"), run)
        self._ended = ended
        self._over = Event()

    def begin(self) -> None:
        """Has it run, on a thread of its own."""
        Thread(target=self._work, name=f"job {self.number}", daemon=True).start()

    def _work(self) -> None:
        try:
            self.value = self._perform()
            self.state = "done"
        except MLError as error:
            self.error = error
            self.state = "cancelled" if error.limit == "cancelled" else "failed"
        except SystemExit as error:  # of a function that would end the process
            self.error = explain(error, self.run.beside or self.run)
            self.state = "failed"
        except Stop as stop:  # of the session, one of whose functions it was in
            self.error = MLError(stop.message, "Cancelled", limit=stop.kind)
            self.state = "cancelled"
        finally:
            self.seconds = perf_counter() - self.began
            self._over.set()
            self._ended(self)

    @property
    def announcement(self) -> str:
        """What is said when it begins."""
        return f"job {self.number} runs: `.await {self.number}` waits for it, `.cancel {self.number}` ends it"

    @property
    def took(self) -> float:
        """Seconds until its end, or until now."""
        return perf_counter() - self.began if self.seconds is None else self.seconds

    def cancel(self) -> None:
        """Ends it; that takes milliseconds, unless it is in a function of a module that does not look."""
        self.run.cancel("cancelled")

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for its end; Ctrl-C ends the waiting alone. Whether it has ended."""
        return self._over.wait(seconds)

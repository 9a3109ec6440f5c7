"""How far a long command has come, as numbers: `task = progress.task("model.safetensors", total); task.advance(n)`. Any thread may advance a task.

`Progress` shows nothing; `cli/bars.py` draws what it counts.
"""

from __future__ import annotations

from collections import deque
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from types import TracebackType
    from typing import Self

OFTEN = 0.1  # seconds between two drawings, and between two samples of a speed
WINDOW = 5.0  # seconds over which a speed is measured


class Task:
    """One thing that goes on: `done` of `total` (None: nobody knows), in bytes unless `unit` says what else; `note` stands in place of the speed."""

    __slots__ = ("done", "ended", "name", "note", "owner", "samples", "total", "unit")

    def __init__(self, owner: Progress, name: str, total: int | None, done: int, unit: str) -> None:
        self.owner = owner
        self.name = name
        self.total = total
        self.done = done
        self.unit = unit
        self.note = ""
        self.ended = False
        self.samples: deque[tuple[float, int]] = deque([(monotonic(), done)])

    def advance(self, amount: int = 1) -> None:
        """So much more is done."""
        self.done += amount
        self.owner.moved()

    def restart(self, done: int = 0) -> None:
        """What was done is only so much after all."""
        self.done = done
        self.samples.clear()

    def say(self, note: str) -> None:
        """Why it stands still, or nothing when it goes on."""
        self.note = note
        self.owner.moved()

    def end(self) -> None:
        """It is over, and no longer drawn on its own."""
        self.ended = True
        self.owner.moved()

    @property
    def speed(self) -> float:
        """Of the last seconds, in units a second."""
        now = monotonic()
        if not self.samples or now - self.samples[-1][0] >= OFTEN:
            self.samples.append((now, self.done))
        while len(self.samples) > 2 and now - self.samples[0][0] > WINDOW:
            self.samples.popleft()
        start, before = self.samples[0]
        return max(self.done - before, 0) / (now - start) if now > start else 0.0


class Progress:
    """Keeps count and shows nothing: what a pipe has."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def task(self, name: str, total: int | None = None, *, done: int = 0, unit: str = "") -> Task:
        """A further thing that goes on; `unit` names what is counted where that is not bytes, as in `tokens`."""
        made = Task(self, name, total, done, unit)
        self.tasks.append(made)
        self.moved()
        return made

    def received(self, amount: int) -> None:
        """So many bytes have come over the network, or go, of use or not; called by any thread, and what it raises ends what they come for."""

    def moved(self) -> None:
        """Something has changed; called by any thread, and often."""

    def refresh(self) -> None:
        """Called about ten times a second by the thread that waits; what it raises ends what is waited for."""
        self.moved()

    def close(self) -> None:
        """Takes away what is drawn."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

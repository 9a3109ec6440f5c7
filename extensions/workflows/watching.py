"""Keeps the records of a folder in step while its scripts are written, renamed and removed.

What the system tells (through `watchdog`, where it is installed) is only a hint to look: what decides is what a look at the whole folder finds, so events that were lost, doubled or out of
order do no harm, and the last state always counts. A look waits until the folder has been left alone for a moment. A record is removed only when its script is still gone after a while,
because many editors replace a file by removing it.
"""

from __future__ import annotations

from importlib.util import find_spec
from threading import Condition
from time import monotonic

from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.folder import Changes
from mlpy.repl.watcher import Events

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.extensions.workflows.folder import Folder
    from mlpy.extensions.workflows.scripts import Problem

QUIET = 0.1  # seconds that the folder was left alone before a look
PATIENCE = 1.0  # seconds after which there is a look in any case
GRACE = 0.5  # seconds that a script must be gone before its record is removed
HEARTBEAT = 1.0  # seconds between looks without a hint: not every file system tells, and none tells all


class Watch:
    """Calls `told` with what was changed, each time that something was, and when the problems are other ones. `follow` works until `close`, which any thread may call."""

    def __init__(self, folder: Folder, told: Callable[[Changes], object]) -> None:
        self.folder = folder
        self.told = told
        self.problems: list[Problem] | None = None
        self._touched = 0.0  # when something was last told to have changed, 0 where nothing was since the last look
        self._since = 0.0
        self._bell = Condition()
        self._closed = False

    def follow(self) -> None:
        """Keeps the records in step until `close`, or until an exception such as that of Ctrl-C."""
        events = self.listen()
        try:
            self.look()
            while self.settled():
                self.look()
        finally:
            if events is not None:
                events.close()

    def close(self) -> None:
        """Ends it."""
        with self._bell:
            self._closed = True
            self._bell.notify_all()

    def listen(self) -> Events | None:
        """What the system tells of the folder; nothing where `watchdog` is missing."""
        if find_spec("watchdog") is None:
            return None
        from watchdog.observers import Observer  # noqa: PLC0415  an extra, which may be missing

        events = Events(self.touched, Observer())
        events.follow(self.folder.path, deep=True)
        return events

    def touched(self, _: str) -> None:
        """Something in the folder may have changed; called from any thread."""
        with self._bell:
            now = monotonic()
            self._since = self._since if self._touched else now
            self._touched = now
            self._bell.notify_all()

    def settled(self) -> bool:
        """Waits for a reason to look; False at the end."""
        with self._bell:
            if not self._touched and not self._closed:
                self._bell.wait(HEARTBEAT)
            while self._touched and not self._closed:
                now = monotonic()
                rest = min(self._touched + QUIET, self._since + PATIENCE) - now
                if rest <= 0:
                    break
                self._bell.wait(rest)
            self._touched = 0.0
            return not self._closed

    def look(self) -> None:
        """Brings the folder in step with what is there now."""
        try:
            plan = self.folder.plan()
            if plan.removals:
                self.pause(GRACE)
                plan = self.folder.plan()
            changes = self.folder.apply(plan)
        except WorkflowError as failure:  # the folder cannot be read for the moment
            changes = Changes()
            changes.problems.append((".", failure.message))
        if changes or changes.problems != self.problems:
            self.problems = changes.problems
            self.told(changes)

    def pause(self, seconds: float) -> None:
        """Waits, but not beyond the end."""
        with self._bell:
            self._bell.wait_for(lambda: self._closed, seconds)

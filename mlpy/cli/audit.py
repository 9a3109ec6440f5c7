"""What programs used and were refused, for those who record it; `--audit FILE` appends it as lines of JSON.

The first use of a capability is written at once, so that it is there whatever becomes of the process; equal ones are counted and
written together when the run ends. A file that cannot be written ends the program: nothing happens unrecorded.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

from mlpy.cli import FAILED, USAGE, Mistake, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.audit import AuditRecord
    from mlpy.runtime.run import Run

FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0)


class Recorder:
    """What becomes of the audit of a run while it lasts: `put` gets a line for each first use, and at the end one for those that were only counted."""

    __slots__ = ("before", "run", "written")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.before: Callable[[AuditRecord], object] | None = None  # who hears of first uses, too
        self.written: dict[AuditRecord, tuple[int, float, int]] = {}

    def put(self, line: dict[str, object]) -> None:
        """Takes a line. Where it cannot, it ends the run, and takes no more."""
        raise NotImplementedError

    def begin(self, *sealed: str) -> None:
        """Listens from now on; programs do not rewrite what is said of them, in these files and folders."""
        self.before, self.run.audit.sink = self.run.audit.sink, self.add
        self.run.sealed = (*self.run.sealed, *sealed)

    def end(self) -> None:
        """Listens no more, and has written all that there was."""
        self.run.audit.sink = self.before
        self.finish()

    def add(self, record: AuditRecord) -> None:
        """Writes a first use."""
        if self.before is not None:
            self.before(record)
        self.written[record] = record.count, record.duration, record.size
        self.write(record, record.count, record.duration, record.size)

    def finish(self) -> None:
        """Writes what was only counted."""
        run = self.run
        for record in run.audit.records():
            count, duration, size = self.written.get(record, (0, 0.0, 0))
            if record.count > count or record.size > size:
                self.write(record, record.count - count, record.duration - duration, record.size - size)
        if run.audit.dropped:
            self.put({"time": now(), "run": run.audit.run, "program": program_of(run), "decision": "unrecorded", "count": run.audit.dropped})

    def write(self, record: AuditRecord, count: int, duration: float, size: int) -> None:
        """One line for some of the uses of a record, with the time of the last."""
        self.put(
            {
                "time": moment(record.last),
                "run": record.run,
                "program": program_of(self.run),
                "file": record.file or program_of(self.run),
                "module": record.module,
                "capability": record.capability,
                "resource": record.resource,
                "decision": record.decision,
                "count": count,
                "duration": round(duration, 6),
                "size": size,
            }
        )


class Log(Recorder):
    """The audit of a run, written to a file while `with Log(path, run):` lasts. Raises Mistake where that cannot be."""

    __slots__ = ("failure", "file", "path")

    def __init__(self, path: str, run: Run) -> None:
        super().__init__(run)
        self.path = path
        self.failure: OSError | None = None
        try:
            self.file = os.open(path, FLAGS, 0o600)
        except OSError as error:
            raise self.mistake(error) from None
        except ValueError:  # a NUL in the name
            raise Mistake("`--audit`: not a path") from None

    def mistake(self, error: OSError, code: int = USAGE) -> Mistake:
        return Mistake(f"the audit `{self.path}` cannot be written: {terminal.reason(error)}", code=code)

    def __enter__(self) -> None:
        self.begin(os.path.abspath(self.path))

    def __exit__(self, *_: object) -> None:
        try:
            self.end()
        finally:
            os.close(self.file)
        if self.failure is not None:
            raise self.mistake(self.failure, FAILED) from None

    def put(self, line: dict[str, object]) -> None:
        """Writes a line as a whole; the first that fails ends the run."""
        if self.failure is not None:
            return
        data = json.dumps(line, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            while data:
                data = data[os.write(self.file, data) :]
        except OSError as error:
            self.failure = error
            self.run.cancel("its audit cannot be written")


def program_of(run: Run) -> str:
    return run.source.name if run.source is not None else ""


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    return moment(datetime.now(UTC).timestamp())

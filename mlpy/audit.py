"""What a run used and what it was refused: the records of equal uses, and the audit that counts them."""

from __future__ import annotations

import os
from _thread import allocate_lock
from time import monotonic, time

from mlpy.capabilities import KINDS, MAX_DENIALS, MAX_RESOURCE, Capability, shown

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable

    from mlpy.capabilities import Use

MAX_RECORDS = 10_000
MAX_RECORDED = 4_000_000  # characters of resources in them
MAX_KNOWN = 1024  # uses that a gate remembers
THREADS = 64  # that may find the last room for a record at once
PRECISION = 0.01  # seconds of computing for which a look at the calendar's clock counts


class Origin:
    """What records have in common: the run, the imported file, the module, the decision, and the kind and root of what is told as text."""

    __slots__ = ("decision", "file", "key", "kind", "module", "root", "run")

    def __init__(self, run: str, file: str, module: str, decision: str, kind: str, root: str) -> None:
        self.key = f"{decision}\0{kind}\0{module}\0{file}"  # what records have in common whose resources tell them apart
        self.run = run
        self.file = file
        self.module = module
        self.decision = decision
        self.kind = kind
        self.root = root


class AuditRecord:
    """Equal uses of a capability in a run: how many, when first and last (seconds since 1970), how long in all, how many bytes in all.

    `module` demanded it; `file` is the imported file that acted under an authority of its own, empty where the program's counted. `capability` is as the program wrote it, long ones cut in the middle; `resource` is whole, and a path absolute.
    """

    __slots__ = ("count", "duration", "first", "into", "last", "need", "origin", "size")
    count: int
    duration: float  # this, `first` and `last` are told by the first use
    first: float
    into: AuditRecord | None  # the record of the same uses that this one was merged with
    last: float
    need: str | Capability  # most are text until somebody reads them
    origin: Origin
    size: int

    @classmethod
    def of(cls, origin: Origin, need: str | Capability) -> AuditRecord:
        """A record of no use yet. There is no `__init__`, for the reason that `Use.of` gives."""
        record = cls()
        record.origin = origin
        record.need = need
        record.count = record.size = 0
        record.into = None
        return record

    @property
    def used(self) -> Capability:
        """What was used, or refused."""
        need = self.need
        if isinstance(need, str):
            self.need = need = Capability(self.origin.kind, need, root=self.origin.root)
        return need

    @property
    def kind(self) -> str:
        """The kind of capability."""
        return self.origin.kind if isinstance(self.need, str) else self.need.kind

    @property
    def decision(self) -> str:
        """`allowed` or `denied`."""
        return self.origin.decision

    @property
    def key(self) -> tuple[str, str, str, tuple[str, ...], str]:
        """Equal for what is one record."""
        return (self.origin.file, self.origin.module, self.kind, self.used.parts, self.decision)

    @property
    def weight(self) -> int:
        """The characters of its resource."""
        return len(self.need if isinstance(self.need, str) else self.need.resource)

    @property
    def run(self) -> str:
        """The name of the run."""
        return self.origin.run

    @property
    def file(self) -> str:
        """The imported file."""
        return self.origin.file

    @property
    def module(self) -> str:
        """The module."""
        return self.origin.module

    @property
    def capability(self) -> str:
        """As the program wrote it, cut in the middle where it is long."""
        return shown(self.used)

    @property
    def resource(self) -> str:
        """The resource in its one form, whole."""
        return self.used.resolved

    def record(self) -> dict[str, str | int | float]:
        """The fields as a plain dict."""
        return {name: getattr(self, name) for name in ("run", "first", "last", "file", "module", "capability", "resource", "decision", "count", "duration", "size")}

    def __repr__(self) -> str:
        return f"AuditRecord({self.capability!r}, {self.decision!r}, count={self.count}, module={self.module!r})"


class Audit:
    """What a run used and what it was refused, at most 10,000 records and 4 MB of their text, and beyond that the first 1,000 refusals; `dropped` counts the uses that found no room.

    `run` is a name of the run that no other has. `sink` is called with each new record, once it holds its first use. A call leaves a
    record for its arguments as they were written; those of the same uses are merged when somebody reads them, or the room ends.
    """

    __slots__ = ("_ahead", "_fresh", "_full", "_lock", "_most", "_records", "_run", "_text", "_until", "_weighed", "denials", "dropped", "sink")

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._records: dict[tuple[str, str, str, tuple[str, ...], str], AuditRecord] = {}
        self._fresh: list[AuditRecord] = []  # not merged yet
        self._most = 0  # so many of them find room without a look at how long they are
        self._text = 0
        self._weighed = 0  # of the fresh ones
        self._full: dict[str, set[str]] = {}  # how what has a record may be written, by what the records have in common, once nothing else finds room
        self._run = ""
        self._ahead = self._until = 0.0  # what the calendar's clock is ahead of the monotonic one, and until when that counts
        self.sink: Callable[[AuditRecord], object] | None = None
        self.denials = 0
        self.dropped = 0

    @property
    def run(self) -> str:
        """The name of the run; empty while nothing could have been used."""
        return self._run

    def origin(self, module: str, file: str, decision: str = "allowed", kind: str = "", root: str = "") -> Origin:
        """What records of this run have in common."""
        with self._lock:
            self._run = self._run or os.urandom(8).hex()
        return Origin(self._run, file, module, decision, kind, root)

    def count(self, records: Iterable[AuditRecord], began: float | None = None) -> None:
        """Counts one more use of each, which began then (`monotonic`) and has ended; the first makes it part of the audit, where there is room."""
        ended = monotonic()
        duration = 0.0 if began is None else ended - began
        moment = ended + (self._ahead if ended < self._until else self._look(ended))
        with self._lock:
            for one in records:
                record = one.into or one
                if record.count:
                    record.count += 1
                    record.last = moment
                    record.duration += duration
                else:
                    record.first = record.last = moment
                    record.duration = duration
                    self._keep(record)

    def begin(self, use: Use, text: str, began: float) -> None:
        """Counts a use whose record nobody else has yet, most often without the lock, and has its gate remember that by the text that it was for."""
        (record,) = use.records
        if self.sink is None and len(self._fresh) < self._most:
            ended = monotonic()
            record.first = record.last = ended + (self._ahead if ended < self._until else self._look(ended))
            record.duration = ended - began
            record.count = 1
            self._fresh.append(record)
        elif self._full and self._left_out(record.origin, text):
            return
        else:
            self.count(use.records, began)
        gate = use.gate
        if gate is not None and use.fresh is gate.layers:
            if len(gate.known) >= MAX_KNOWN:
                gate.clear()
            gate.known[text] = use.records

    def _left_out(self, origin: Origin, text: str) -> bool:
        """Counts a use that finds no room, where its resource is written plainly enough to tell; else it is False."""
        if "/." in text or "//" in text or text[-1:] in "/." or text in self._full.get(origin.key, ()):
            return False
        with self._lock:
            self.dropped += 1
        return True

    def _look(self, now: float) -> float:
        """What the calendar's clock, which costs twice what the other does, is ahead of it now."""
        self._ahead = time() - now
        self._until = now + PRECISION
        return self._ahead

    def add(self, module: str, capability: Capability, decision: str, began: float | None = None, size: int = 0, file: str = "") -> None:
        """Counts a use that began then and has ended; `decision` is `allowed` or `denied`."""
        record = AuditRecord.of(self.origin(module, file, decision), capability)
        record.size = size
        if decision == "denied":
            self.denials += 1
        self.count((record,), began)

    def _keep(self, record: AuditRecord) -> None:
        """Makes the first use of a record part of the audit, where there is room; the lock is held."""
        if self.sink is not None or self._weigh() <= 0:
            self._merge()
            same = self._records.get(record.key)
            if same is not None:
                record.count = 1
                self._absorb(same, record)
                return
            if self._weigh() <= 0 and not (record.decision == "denied" and self.denials <= MAX_DENIALS):  # these no flood of what is allowed keeps out (E3)
                self.dropped += 1
                self._full = self._full or self._spellings()
                return
        record.count = 1
        self._fresh.append(record)
        if self.sink is not None:
            self._merge()
            self.sink(record)

    def _spellings(self) -> dict[str, set[str]]:
        """How the resources of the records may be written, but for what no plain text has (`_left_out`); the lock is held."""
        found: dict[str, set[str]] = {}
        for one in self._records.values():
            texts = found.setdefault(f"{one.decision}\0{one.kind}\0{one.module}\0{one.file}", set())
            texts.add(one.resource)
            root = one.origin.root.rstrip("/") + "/"
            if KINDS[one.kind].syntax == "path" and one.resource.startswith(root):
                texts.update((one.resource.removeprefix(root), "./" + one.resource.removeprefix(root)))
        return found

    def _weigh(self) -> int:
        """How many records there is room for, the next of any length; the lock is held."""
        self._text += sum([record.weight for record in self._fresh[self._weighed :]])
        self._weighed = len(self._fresh)
        left = min(MAX_RECORDS - len(self._records) - len(self._fresh), MAX_RECORDED - self._text)
        self._most = self._weighed + min(left, (MAX_RECORDED - self._text) // MAX_RESOURCE) - THREADS
        return left

    def _merge(self) -> None:
        """Makes one record of those of the same uses; the lock is held."""
        self._weigh()
        fresh = self._fresh[: self._weighed]
        for record in fresh:
            same = self._records.setdefault(record.key, record)
            if same is not record:
                self._text -= record.weight
                self._absorb(same, record)
        del self._fresh[: len(fresh)]
        self._weighed = self._most = 0

    @staticmethod
    def _absorb(same: AuditRecord, record: AuditRecord) -> None:
        """Adds a record to the one of the same uses, where whoever has it counts from now on."""
        same.first = min(same.first, record.first)
        same.last = max(same.last, record.last)
        same.count += record.count
        same.duration += record.duration
        same.size += record.size
        record.into = same

    def records(self) -> list[AuditRecord]:
        """The records in order of first use, as a list of its own."""
        with self._lock:
            self._merge()
            return list(self._records.values())

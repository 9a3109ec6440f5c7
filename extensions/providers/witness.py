"""The witness: a log of what was done, one for each user, in which every record holds the hash of the one before and is signed.

An operation is recorded before it runs (`intent`) and after it (`outcome`): `with witness.witnessed(call) as entry:` runs its block only when the intent is on the disk. The log is a SQLite database in the
user's state folder; its head, signed checkpoints and the keys lie in the user's configuration, so that whoever puts an old database back is found out. Records are appended one at a time, whatever
process they come from.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep

from mlpy.extensions.providers import canonical, checkpoints
from mlpy.extensions.providers.failures import ProviderError, reason
from mlpy.extensions.providers.keys import Keys
from mlpy.extensions.providers.redaction import Redactor

from mlpy.config import config_root, state_root
from mlpy.errors import MLError
from mlpy.failures import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Sequence
    from typing import Self

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from mlpy.extensions.providers.checkpoints import Checkpoint
    from mlpy.extensions.providers.keys import Key
    from mlpy.extensions.providers.money import Money

SCHEMA = 1
TABLES = """
CREATE TABLE records (sequence INTEGER PRIMARY KEY, operation_id TEXT NOT NULL, hash BLOB NOT NULL, signature BLOB NOT NULL, salt BLOB, body BLOB NOT NULL);
CREATE INDEX operations ON records (operation_id);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
ROW = "sequence, operation_id, hash, signature, salt, body"
ALGORITHM = "ed25519"
OWN = "mlpy"  # the provider of records about the witness itself, and of what programs use
ROTATED = "witness.rotate"
FIELDS = frozenset((
    "algorithm", "cost", "duration", "instance", "key", "kind", "operation", "operation_id", "outcome", "parameters", "previous", "provider", "redacted", "run", "schema", "sequence", "time",
    "tokens", "trace",
))  # fmt: skip
EVERY = 10_000  # records between two checkpoints that are written without being asked for
PATIENCE = 30.0  # seconds that one waits for another to append
SHORTEST_WAIT, LONGEST_WAIT = 0.0002, 0.005  # seconds between two looks whether it has
LARGEST = 1 << 20  # bytes of a record
HEAD = 512  # bytes of the file that holds the head


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that is about to run. `secret` names parameters whose values are secret, `known` holds secrets that stand in none; `run` and `trace` group records, each its own where they are empty."""

    provider: str
    instance: str
    operation: str
    parameters: dict[str, object] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    known: tuple[str, ...] = field(default=(), repr=False)
    run: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in the log: `body` is canonical JSON, `hash` its SHA-256, `signature` Ed25519 over the hash; `salt` belongs to what was redacted."""

    sequence: int
    operation_id: str
    hash: bytes
    signature: bytes
    salt: bytes | None
    body: bytes

    @property
    def data(self) -> dict[str, object]:
        """What the record says.

        Raises:
            ProviderError: `not_canonical` or `witness_unusable`, where that is no record.
        """
        found = canonical.decode(self.body)
        if not isinstance(found, dict) or not found.keys() >= FIELDS:
            raise ProviderError("witness_unusable", f"record {self.sequence} is not a record of this log", hint="`mlpy witness verify` tells more")
        return found


def record_of(row: Sequence[object]) -> Record:
    """A record of its row, which anybody may have written: what is of another type than it has to be counts as empty."""
    sequence, operation_id, *parts, salt, body = row
    digest, signature, body = [one if isinstance(one, bytes) else b"" for one in (*parts, body)]
    salt = salt if salt is None or isinstance(salt, bytes) else b""
    return Record(sequence if isinstance(sequence, int) else 0, operation_id if isinstance(operation_id, str) else "", digest, signature, salt, body)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log, as the file beside the keys remembers it."""

    log: str
    sequence: int
    hash: str
    signature: str


class Entry:
    """An operation that runs: its block says what it cost (`cost`) and used (`tokens`, by name), and may `learn` secrets that only its course brings."""

    def __init__(self, call: Call) -> None:
        self.id = secrets.token_hex(16)
        self.call = call
        self.redactor = Redactor(call.secret, call.known)
        self.cost: Money | None = None
        self.tokens: dict[str, int] | None = None
        self.sequence = 0  # of the intent
        self.began = 0.0

    def learn(self, secret: str) -> None:
        """Keeps a secret out of the outcome and of errors."""
        self.redactor.learn(secret)

    def fields(self, kind: str) -> dict[str, object]:
        """What both records of an operation begin with."""
        call = self.call
        return {
            "instance": call.instance, "kind": kind, "operation": call.operation, "operation_id": self.id, "provider": call.provider,
            "run": call.run or OF_PROCESS, "trace": call.trace or self.id,
        }  # fmt: skip

    def intent(self) -> dict[str, object]:
        return self.fields("intent") | {"parameters": self.redactor.parameters(self.call.parameters), "redacted": self.redactor.record()}

    def outcome(self, error: BaseException | None) -> dict[str, object]:
        how: dict[str, object] = {"status": "done"}
        if error is not None:
            stopped = not isinstance(error, Exception)
            how = {"status": "interrupted" if stopped else "failed", "error": error.type if isinstance(error, Failure | MLError) else type(error).__name__}
            if isinstance(error, Failure | MLError):
                how["message"] = self.redactor.cleaned(error.message, "outcome.message", 0)
        duration = round(monotonic() - self.began, 6)
        cost = self.cost.record() if self.cost is not None else None
        return self.fields("outcome") | {"cost": cost, "duration": duration, "outcome": how, "redacted": self.redactor.record(), "tokens": dict(self.tokens) if self.tokens else None}


OF_PROCESS = secrets.token_hex(8)  # the run of operations that name none


class Witness:
    """The log of this user, open for reading and appending; threads may share one."""

    def __init__(self) -> None:
        self.folder = os.path.join(state_root(), "witness")
        self.apart = os.path.join(config_root(), "witness")
        self.path = os.path.join(self.folder, "log.db")
        self.guard = threading.RLock()
        self.depth = 0  # of turns within each other
        self.signers: dict[str, Ed25519PrivateKey] = {}
        with readable():
            for folder in (self.folder, self.apart):
                os.makedirs(folder, mode=0o700, exist_ok=True)
            self.head_file = os.open(os.path.join(self.apart, "head"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                self.keys = Keys(self.apart)
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                self.database = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            except BaseException:
                os.close(self.head_file)
                raise
            try:
                self.prepare()
            except BaseException:
                self.close()
                raise

    def prepare(self) -> None:
        """Makes the tables of a new log."""
        with self.turn():
            self.database.execute("PRAGMA journal_mode = WAL")
            self.database.execute("PRAGMA synchronous = FULL")
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA:
                raise ProviderError("witness_unusable", "a later version of mlpy has written the log of the witness", hint="update mlpy")
            if version < SCHEMA:
                for statement in TABLES.split(";"):
                    self.database.execute(statement)
                self.database.execute(f"PRAGMA user_version = {SCHEMA}")

    # ── appending ──

    @contextmanager
    def witnessed(self, operation: Call | Entry) -> Iterator[Entry]:
        """Runs the block between the two records of an operation, not at all where the first cannot be written. An error of the block leaves it without its secrets.

        Raises:
            ProviderError: `witness_unwritable`, `witness_unusable`, `keys_unusable`, `bad_passphrase`, `missing_extra`; and what the block raises, `operation_failed` where that is no failure of ours.
        """
        entry = operation if isinstance(operation, Entry) else Entry(operation)
        entry.sequence = self.append(entry.intent(), entry.redactor).sequence
        entry.began = monotonic()
        try:
            yield entry
        except BaseException as error:
            try:
                self.append(entry.outcome(error), entry.redactor)
            except ProviderError as unwritten:
                raise unwritten from None  # the other error may hold secrets
            if isinstance(error, Failure | MLError):
                cleanse(error, entry.redactor)
                raise error from None
            if not isinstance(error, Exception):
                muted(error, entry.redactor)
                raise error from None
            raise ProviderError("operation_failed", f"`{entry.call.provider}/{entry.call.operation}` failed: {type(error).__name__}") from None
        self.append(entry.outcome(None), entry.redactor)

    def make_ready(self) -> None:
        """Sees that records can be signed and appended, before anything depends on it.

        Raises:
            ProviderError: As `append`.
        """
        ProviderError.need("cryptography", purpose="signed records")
        with readable(), self.turn():
            self.signer(self.signing(self.last()))

    def use(self, fields: dict[str, object], *, operation: str, run: str) -> Record:
        """Records the use of a capability by a program."""
        made = Entry(Call(OWN, "", operation, fields, run=run, trace=run))
        return self.append(made.intent() | {"kind": "use"}, made.redactor)

    def append(self, fields: dict[str, object], redactor: Redactor | None = None) -> Record:
        """Puts a record at the end of the log; it is on the disk when it comes back.

        Raises:
            ProviderError: `witness_unwritable`, `witness_unusable`, `keys_unusable`, `bad_passphrase`, `missing_extra`.
        """
        ProviderError.need("cryptography", purpose="signed records")
        with readable(), self.turn():
            last = self.last()
            key = self.signing(last)
            with self.transaction():
                made = self.signed(fields, key, last, redactor.salt if redactor is not None and fields.get("redacted") else None)
                self.insert(made)
            self.remember(made)
            if made.sequence % EVERY == 0:
                self.checkpoint()
        return made

    def signed(self, fields: dict[str, object], key: Key, last: Record | None, salt: bytes | None) -> Record:
        """The next record."""
        sequence = last.sequence + 1 if last is not None else 1
        previous = last.hash.hex() if last is not None else secrets.token_hex(32)  # which is what the log is called
        empty: dict[str, object] = dict.fromkeys(("cost", "duration", "outcome", "parameters", "redacted", "tokens"))
        whole = {"algorithm": ALGORITHM, "key": key.id, "previous": previous, "schema": SCHEMA, "sequence": sequence, "time": now()}
        body = canonical.encode(empty | fields | whole)
        if len(body) > LARGEST:
            raise ProviderError("witness_unwritable", "the record of the operation would be larger than 1 MB", hint="give it less in its parameters")
        digest = hashlib.sha256(body).digest()
        return Record(sequence, str(fields["operation_id"]), digest, self.signer(key).sign(digest), salt, body)

    def insert(self, made: Record) -> None:
        self.database.execute(f"INSERT INTO records ({ROW}) VALUES (?, ?, ?, ?, ?, ?)", (made.sequence, made.operation_id, made.hash, made.signature, made.salt, made.body))  # noqa: S608  a text of this file

    def signing(self, last: Record | None) -> Key:
        """The key of the next record; the log must end where its head says."""
        self.compare(last)
        row = self.database.execute("SELECT value FROM meta WHERE name = 'key'").fetchone()
        if row is None:
            self.keys = Keys(self.apart)
            key = next(iter(self.keys), None) or self.keys.make()
            self.database.execute("INSERT INTO meta (name, value) VALUES ('key', ?)", (key.id,))
            return key
        if row[0] not in self.keys.all:
            self.keys = Keys(self.apart)
        return self.keys.find(row[0])

    def present(self) -> str:
        """The id of the key that signs, empty before the first record."""
        with readable():
            row = self.database.execute("SELECT value FROM meta WHERE name = 'key'").fetchone()
        return str(row[0]) if row is not None else ""

    def signer(self, key: Key) -> Ed25519PrivateKey:
        if key.id not in self.signers:
            self.signers[key.id] = key.open()
        return self.signers[key.id]

    def rotate(self) -> Key:
        """Hands over to a new key; the record of it is the last one that the old one signs.

        Raises:
            ProviderError: As `append` and `Keys.make`.
        """
        with readable(), self.turn():
            last = self.last()
            old = self.signing(last)
            self.keys = Keys(self.apart)
            new = self.keys.make()
            made = Entry(Call(OWN, "", ROTATED)).fields("key") | {"parameters": {"key": new.id, "public": new.public.hex()}}
            with self.transaction():
                record = self.signed(made, old, last, None)
                self.insert(record)
                self.database.execute("UPDATE meta SET value = ? WHERE name = 'key'", (new.id,))
            self.remember(record)
        return new

    def checkpoint(self) -> Checkpoint:
        """Signs the root of all records so far, and keeps that apart from the database.

        Raises:
            ProviderError: As `append`; `record_not_found` where there are none.
        """
        with readable(), self.turn():
            last = self.last()
            if last is None:
                raise ProviderError("record_not_found", "the log is empty")
            key = self.signing(last)
            first = self.record(1)
            made = checkpoints.sign(str(first.data["previous"]), [bytes(row[0]) for row in self.database.execute("SELECT hash FROM records ORDER BY sequence")], now(), key, self.signer(key))
            checkpoints.keep(made, self.apart)
            return made

    # ── one after the other ──

    @contextmanager
    def turn(self) -> Iterator[None]:
        """While it lasts no other thread and no other process appends; one within another is the same."""
        with self.guard:
            if not self.depth:
                self.wait()
            self.depth += 1
            try:
                yield
            finally:
                self.depth -= 1
                if not self.depth:
                    fcntl.flock(self.head_file, fcntl.LOCK_UN)

    def wait(self) -> None:
        """Waits until no other process appends."""
        end, pause = monotonic() + PATIENCE, SHORTEST_WAIT
        while True:
            try:
                fcntl.flock(self.head_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if monotonic() > end:
                    raise ProviderError("witness_unwritable", "another process has held the log for half a minute", retryable=True) from None
                sleep(pause)
                pause = min(pause * 2, LONGEST_WAIT)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside is written together, or not at all."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.database.execute("COMMIT")
        except BaseException:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            raise

    def head(self) -> Head | None:
        """The end of the log as the file apart remembers it, None where that is empty.

        Raises:
            ProviderError: `witness_unusable`, where it is damaged.
        """
        data = os.pread(self.head_file, HEAD, 0).strip(b" \n")
        if not data:
            return None
        try:
            found = canonical.decode(data)
            assert isinstance(found, dict)
            return Head(str(found["log"]), int(str(found["sequence"])), str(found["hash"]), str(found["signature"]))
        except (ProviderError, AssertionError, KeyError, ValueError):
            raise ProviderError("witness_unusable", "the head of the log is damaged", hint="`mlpy witness verify` tells more") from None

    def remember(self, last: Record) -> None:
        """Writes down what the log ends with; in place, so that it needs no room on the disk."""
        head = self.head()
        log = head.log if head is not None else str(self.record(1).data["previous"])
        data = canonical.encode({"hash": last.hash.hex(), "log": log, "sequence": last.sequence, "signature": last.signature.hex()})
        os.pwrite(self.head_file, data.ljust(HEAD - 1) + b"\n", 0)

    def compare(self, last: Record | None) -> None:
        """Sees that the log goes on where it has ended.

        Raises:
            ProviderError: `witness_unusable`.
        """
        head = self.head()
        at = 0 if last is None else last.sequence
        if head is None and at <= 1:  # the process that wrote the first record may have ended before it wrote the head
            return
        if head is None or head.sequence > at or (found := self.find(head.sequence)) is None or found.hash.hex() != head.hash:
            said = f"the log ends with record {at}" + (f", and had {head.sequence}" if head is not None and head.sequence > at else ", and is not the one that its head remembers")
            hint = "`mlpy witness verify` tells more; put the database back, or move both folders `witness` (state and configuration) away to begin a new log"
            raise ProviderError("witness_unusable", said, hint=hint)

    # ── reading ──

    def last(self) -> Record | None:
        row = self.database.execute(f"SELECT {ROW} FROM records ORDER BY sequence DESC LIMIT 1").fetchone()  # noqa: S608  as above
        return None if row is None else record_of(row)

    def find(self, sequence: int) -> Record | None:
        row = self.database.execute(f"SELECT {ROW} FROM records WHERE sequence = ?", (sequence,)).fetchone()  # noqa: S608  as above
        return None if row is None else record_of(row)

    def record(self, sequence: int) -> Record:
        """A record by its number.

        Raises:
            ProviderError: `record_not_found`.
        """
        found = self.find(sequence)
        if found is None:
            raise ProviderError("record_not_found", f"there is no record {sequence}", hint="`mlpy witness log` lists the records")
        return found

    def records(self, after: int = 0) -> Iterator[Record]:
        """The records behind a number, in their order, as they are: nothing of them is verified."""
        with readable():
            for row in self.database.cursor().execute(f"SELECT {ROW} FROM records WHERE sequence > ? ORDER BY sequence", (after,)):  # noqa: S608  as above
                yield record_of(row)

    def backwards(self) -> Iterator[Record]:
        """All records, the last one first."""
        with readable():
            for row in self.database.cursor().execute(f"SELECT {ROW} FROM records ORDER BY sequence DESC"):  # noqa: S608  as above
                yield record_of(row)

    def of_operation(self, operation_id: str) -> list[Record]:
        """The records of an operation: its intent, and its outcome where there is one."""
        with readable():
            rows = self.database.execute(f"SELECT {ROW} FROM records WHERE operation_id = ? ORDER BY sequence", (operation_id,)).fetchall()  # noqa: S608  as above
        return [record_of(row) for row in rows]

    def close(self) -> None:
        self.database.close()
        os.close(self.head_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def exists() -> bool:
    """Whether this user has a log."""
    return os.path.exists(os.path.join(state_root(), "witness", "log.db")) or os.path.exists(os.path.join(config_root(), "witness", "head"))


def cleanse(error: Failure | MLError, redactor: Redactor) -> None:
    """Takes secrets out of an error of ours, with all that it tells beside its message."""
    error.message = redactor.text(error.message, "error")
    error.args = (error.message,)
    error.hint = redactor.text(error.hint, "error") if error.hint else error.hint
    error.__notes__ = []
    if isinstance(error, MLError):
        error.note = redactor.text(error.note, "error") if error.note else error.note
        error.fields = {name: redactor.text(value, "error") if isinstance(value, str) else redactor.cleaned(value, "error", 0) if isinstance(value, dict | list | tuple) else value for name, value in error.fields.items()} if error.fields else error.fields
        return
    error.detail = redactor.parameters(error.detail) if error.detail else error.detail
    error.data = redactor.parameters(error.data) if error.data else error.data
    error.matches = [redactor.text(one, "error") for one in error.matches] if error.matches else error.matches


def muted(error: BaseException, redactor: Redactor) -> None:
    """Takes secrets out of what ends a process, such as the text of `SystemExit`."""
    error.args = tuple(redactor.text(one, "error") if isinstance(one, str) else one for one in error.args)
    error.__notes__ = []
    if isinstance(error, SystemExit) and isinstance(error.code, str):
        error.code = redactor.text(error.code, "error")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def readable() -> Iterator[None]:
    """Says in words of our own why the log cannot be read or written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        name = error.sqlite_errorname
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise ProviderError("witness_unwritable", "the log is held by another process", retryable=True) from None
        raise unwritable("the disk is full" if name.startswith("SQLITE_FULL") else "the database cannot be read or written") from None
    except sqlite3.DatabaseError:
        raise ProviderError("witness_unusable", "the database of the log is damaged", hint="`mlpy witness verify` tells from where on") from None
    except OSError as error:
        raise unwritable(reason(error)) from None


def unwritable(why: str) -> ProviderError:
    return ProviderError("witness_unwritable", f"what is done cannot be recorded: {why}", hint="the user's state and configuration folders must be writable and have room")

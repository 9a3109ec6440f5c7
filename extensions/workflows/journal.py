"""What was run, when, and how it ended: a SQLite database for each workflows folder, in the user's state folder.

Every beginning and end of a step is on the disk before the runner goes on, so that a run whose runner was killed can be gone on with. `results` says what each step last
made of what: a step for which it would be the same again is skipped. A run belongs to the process that holds the lock of its folder, which no end of that process can leave behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from time import time

from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.cli import terminal
from mlpy.config import state_root

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator, Mapping
    from typing import Self

VERSION = 1
KEPT = 500  # runs whose steps and logs are kept
MOST_DIGESTS = 10_000
PATIENCE = 30.0  # seconds that a writer waits for another one
SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, status TEXT NOT NULL, started REAL NOT NULL, ended REAL, exit_code INTEGER, signal INTEGER,
    engine TEXT NOT NULL, request TEXT NOT NULL, process INTEGER NOT NULL
);
CREATE TABLE attempts (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, step TEXT NOT NULL, attempt INTEGER NOT NULL, status TEXT NOT NULL, reason TEXT, started REAL NOT NULL, ended REAL,
    exit_code INTEGER, signal INTEGER, log TEXT, worker TEXT, key TEXT, outcome TEXT, PRIMARY KEY (run, step, attempt)
) WITHOUT ROWID;
CREATE TABLE results (
    place TEXT NOT NULL, step TEXT NOT NULL, key TEXT NOT NULL, outcome TEXT NOT NULL, outputs TEXT NOT NULL, PRIMARY KEY (place, step)
) WITHOUT ROWID;
CREATE TABLE digests (state TEXT NOT NULL UNIQUE, digest TEXT NOT NULL);
"""
RUN = "id, name, status, started, ended, exit_code, signal, engine, request, process"
ATTEMPT = "step, attempt, status, reason, started, ended, exit_code, signal, log, worker, key, outcome"
GOING = "running"  # also what a run is called whose runner is gone, until somebody looks
LOST = "interrupted"
ALONE = "alone"  # in the request of a script that runs by itself, which is not resumed


@dataclass(frozen=True, slots=True)
class Run:
    """A run: times in seconds since 1970, `ended` None where it has not, or where its runner was killed; `request` is what it was asked for, which a resumed run is asked for again."""

    id: int
    name: str
    status: str
    started: float
    ended: float | None
    exit_code: int | None
    signal: int | None
    engine: str
    request: Mapping[str, object]
    process: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a step in a run: `status` is `running`, `done`, `failed`, `timeout`, `interrupted`, `unchanged` (it was skipped) or `blocked` (what it needs failed).

    `log` is the path of what it wrote, `worker` where it ran if not here, `key` the digest of all that decides what it does, and `outcome`, where it ended well, stands for what it made.
    """

    step: str
    attempt: int
    status: str
    reason: str | None
    started: float
    ended: float | None
    exit_code: int | None
    signal: int | None
    log: str | None
    worker: str | None
    key: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a step last ended well with: `outcome` stands for all that depends on it, `outputs` are digests of files by path."""

    key: str
    outcome: str
    outputs: Mapping[str, str]


class Journal:
    """The journal of a folder. One thread uses it; several processes may."""

    def __init__(self, folder: str) -> None:
        """Opens it, and makes it where there is none.

        Raises:
            WorkflowError: `journal_unusable` where it cannot be read or written, or a later version has written it.
        """
        self.folder = place_of(folder)
        self.locks: dict[int, int] = {}
        with readable():
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            self.database = sqlite3.connect(os.path.join(self.folder, "journal.db"), timeout=PATIENCE, isolation_level=None)
            try:
                self.prepare()
            except BaseException:
                self.database.close()
                raise

    def prepare(self) -> None:
        """Sees that the tables are there, in the form that this version knows."""
        for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self.database.execute(f"PRAGMA {setting}")
        with self.transaction():
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise WorkflowError("journal_unusable", "a later version of mlpy has written the journal of this folder", hint="update mlpy")
            if version < VERSION:
                for statement in SCHEMA.split(";"):
                    self.database.execute(statement)
                self.database.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is written inside is written together, or not at all."""
        with readable():
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.database.execute("ROLLBACK")
                raise
            self.database.execute("COMMIT")

    # ── runs ──

    def begin(self, name: str, engine: str, request: Mapping[str, object]) -> int:
        """A new run of this process: its number."""
        self.prune()
        with self.transaction():
            row = (name, GOING, time(), engine, json.dumps(request), os.getpid())
            run = self.database.execute("INSERT INTO runs (name, status, started, engine, request, process) VALUES (?, ?, ?, ?, ?, ?)", row).lastrowid
            assert run is not None
            self.claim(run)
        return run

    def resume(self, run: int | None, name: str | None = None) -> Run:
        """Takes over a run that has not ended well, the latest one (of a workflow) where none is named; what was under way in it counts as interrupted.

        Raises:
            WorkflowError: `run_not_found` where there is none, `run_finished` where it is done, `in_use` where another process is at it.
        """
        found = self.run(run) if run is not None else self.latest(name)
        if found.status == "done":
            raise WorkflowError("run_finished", f"run {found.id} of `{found.name}` is done: there is nothing to resume")
        with self.transaction():
            if not self.claim(found.id):
                raise WorkflowError("in_use", f"run {found.id} of `{found.name}` is under way in process {found.process}", hint="wait for its end, or end that process")
            self.bury(found.id)
            self.database.execute("UPDATE runs SET status = ?, ended = NULL, exit_code = NULL, signal = NULL, process = ? WHERE id = ?", (GOING, os.getpid(), found.id))
        return found

    def latest(self, name: str | None) -> Run:
        """The last run of a graph (of that workflow), if it has not ended well."""
        found = next((run for run in self.runs() if ALONE not in run.request and name in (None, run.name)), None)
        if found is None or found.status == "done":
            named = f" of `{name}`" if name else ""
            said = "there was none" if found is None else "the last one is done"
            raise WorkflowError("run_not_found", f"there is no run{named} to resume: {said}", hint="`mlpy workflow history` lists the runs")
        return found

    def end(self, run: int, status: str, exit_code: int | None, signal: int | None) -> None:
        """The run is over: `done`, `failed` or `interrupted`."""
        with self.transaction():
            self.database.execute("UPDATE runs SET status = ?, ended = ?, exit_code = ?, signal = ? WHERE id = ?", (status, time(), exit_code, signal, run))
        self.release(run)

    def give_back(self, past: Run) -> None:
        """A run that was taken over and cannot be gone on with is what it was."""
        with self.transaction():
            row = (past.status, past.ended, past.exit_code, past.signal, past.process, past.id)
            self.database.execute("UPDATE runs SET status = ?, ended = ?, exit_code = ?, signal = ?, process = ? WHERE id = ?", row)
        self.release(past.id)

    def run(self, run: int) -> Run:
        """A run by its number.

        Raises:
            WorkflowError: `run_not_found`.
        """
        found = self.selected("WHERE id = ?", run)
        if not found:
            raise WorkflowError("run_not_found", f"there is no run {run}", hint="`mlpy workflow history` lists the runs")
        return found[0]

    def runs(self, limit: int = -1, name: str | None = None) -> list[Run]:
        """The runs, the latest first; with a name those of that workflow, and those with it as a step. `limit` -1: all."""
        if name is None:
            return self.selected("ORDER BY id DESC LIMIT ?", limit)
        return self.selected("WHERE name = ? OR id IN (SELECT run FROM attempts WHERE step = ?) ORDER BY id DESC LIMIT ?", name, name, limit)

    def selected(self, condition: str, *values: object) -> list[Run]:
        with readable():
            rows = self.database.execute(f"SELECT {RUN} FROM runs {condition}", values).fetchall()  # noqa: S608  texts of this file
        made = [Run(*[*row[:8], json.loads(row[8]), row[9]]) for row in rows]
        return [self.settled(run) if run.status == GOING else run for run in made]

    def settled(self, run: Run) -> Run:
        """A run as it is, also where its runner ended without a word."""
        if run.id in self.locks or not self.claim(run.id):
            return run
        try:
            with self.transaction():
                self.bury(run.id)
        finally:
            self.release(run.id)
        return self.run(run.id)

    def bury(self, run: int) -> None:
        """Writes down that what was under way in a run is not any more; nobody knows since when."""
        self.database.execute("UPDATE attempts SET status = ? WHERE run = ? AND status = ?", (LOST, run, GOING))
        self.database.execute("UPDATE runs SET status = ? WHERE id = ? AND status = ?", (LOST, run, GOING))

    # ── who is at it ──

    def claim(self, run: int) -> bool:
        """Makes a run this process's own, if no other that lives has it."""
        folder = self.logs(run)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        lock = os.open(os.path.join(folder, "lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self.locks[run] = lock
        return True

    def release(self, run: int) -> None:
        os.close(self.locks.pop(run))

    def logs(self, run: int) -> str:
        """The folder of what the steps of a run wrote."""
        return os.path.join(self.folder, "runs", str(run))

    # ── steps ──

    def attempts(self, run: int) -> list[Attempt]:
        """All tries of all steps of a run, in the order of their beginnings."""
        with readable():
            rows = self.database.execute(f"SELECT {ATTEMPT} FROM attempts WHERE run = ? ORDER BY started, step, attempt", (run,)).fetchall()  # noqa: S608  as above
        return [Attempt(*row) for row in rows]

    def start(self, run: int, step: str, key: str | None) -> tuple[int, str]:
        """A try of a step begins: its number, from 1, and the path for its log, which a script that runs by itself (without a `key`) does not have."""
        with self.transaction():
            (attempt,) = self.database.execute("SELECT coalesce(max(attempt), 0) + 1 FROM attempts WHERE run = ? AND step = ?", (run, step)).fetchone()
            log = os.path.join(self.logs(run), f"{file_name(step)}.{attempt}.log")
            self.database.execute(
                "INSERT INTO attempts (run, step, attempt, status, started, log, key) VALUES (?, ?, ?, ?, ?, ?, ?)", (run, step, attempt, GOING, time(), log if key else None, key)
            )
        return attempt, log

    def finish(
        self, run: int, step: str, attempt: int, status: str, *, exit_code: int | None, signal: int | None, reason: str | None = None, worker: str | None = None,
        place: str = "", result: Result | None = None,
    ) -> None:  # fmt: skip
        """A try has ended; with a `result`, of `place`, it ended well."""
        with self.transaction():
            self.database.execute(
                "UPDATE attempts SET status = ?, reason = ?, ended = ?, exit_code = ?, signal = ?, worker = ?, outcome = ? WHERE run = ? AND step = ? AND attempt = ?",
                (status, reason, time(), exit_code, signal, worker, result.outcome if result else None, run, step, attempt),
            )
            if result is not None:
                row = (place, step, result.key, result.outcome, json.dumps(result.outputs))
                self.database.execute("INSERT OR REPLACE INTO results (place, step, key, outcome, outputs) VALUES (?, ?, ?, ?, ?)", row)

    def pass_over(self, run: int, step: str, status: str, reason: str) -> None:
        """A step is not run: `unchanged` or `blocked`."""
        now = time()
        with self.transaction():
            self.database.execute(
                "INSERT OR REPLACE INTO attempts (run, step, attempt, status, reason, started, ended) VALUES (?, ?, 0, ?, ?, ?, ?)", (run, step, status, reason, now, now)
            )

    def result(self, place: str, step: str) -> Result | None:
        """What a step last ended well with, in a working directory."""
        with readable():
            row = self.database.execute("SELECT key, outcome, outputs FROM results WHERE place = ? AND step = ?", (place, step)).fetchone()
        return None if row is None else Result(row[0], row[1], json.loads(row[2]))

    # ── large files ──

    def digest(self, state: str) -> str | None:
        """The digest of a file in a state, if it is known."""
        with readable():
            row = self.database.execute("SELECT digest FROM digests WHERE state = ?", (state,)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, state: str, digest: str) -> None:
        """Remembers the digest of a file in a state."""
        with self.transaction():
            self.database.execute("INSERT OR REPLACE INTO digests (state, digest) VALUES (?, ?)", (state, digest))

    # ── its end ──

    def prune(self) -> None:
        """Forgets the oldest runs, their logs too, and the oldest digests."""
        with self.transaction():
            self.database.execute("DELETE FROM digests WHERE rowid <= (SELECT max(rowid) FROM digests) - ?", (MOST_DIGESTS,))
            rows = self.database.execute("SELECT id FROM runs WHERE id <= (SELECT max(id) FROM runs) - ? AND status != ?", (KEPT, GOING)).fetchall()
            self.database.executemany("DELETE FROM runs WHERE id = ?", rows)
        for (run,) in rows:
            shutil.rmtree(self.logs(run), ignore_errors=True)

    def close(self) -> None:
        for run in [*self.locks]:
            self.release(run)
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def place_of(folder: str) -> str:
    """Where the journal of a workflows folder is."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:32]
    return os.path.join(state_root(), "workflows", digest)


def exists(folder: str) -> bool:
    """Whether anything of a workflows folder was ever run."""
    return os.path.exists(os.path.join(place_of(folder), "journal.db"))


def file_name(step: str) -> str:
    """The name of a step as that of a file."""
    plain = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in step)[:60]
    return plain if plain == step else f"{plain}-{hashlib.sha256(step.encode()).hexdigest()[:8]}"


@contextmanager
def readable() -> Iterator[None]:
    """Says what is wrong with the journal in words of our own."""
    try:
        yield
    except sqlite3.OperationalError as error:
        locked = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        said = "is held by another process" if locked else "cannot be read or written"
        raise WorkflowError("journal_unusable", f"the journal of this folder {said}", retryable=locked, hint="the user's state folder must be writable") from error
    except OSError as error:
        raise WorkflowError("journal_unusable", f"the journal of this folder cannot be kept: {terminal.reason(error)}", hint="the user's state folder must be writable") from error
    except sqlite3.DatabaseError as error:
        raise WorkflowError("journal_unusable", "the journal of this folder is damaged", hint="`MLPY_STATE_DIR` names another folder for a new one") from error


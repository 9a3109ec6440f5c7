"""Databases of SQLite, in a file or in memory. Values go into a statement through its places only; rows come out as objects.

`_sql.py` guards each connection. A database that stays open belongs to the run, which closes it at its end.
"""

from __future__ import annotations

import sqlite3
from _contextvars import ContextVar
from _thread import allocate_lock
from time import monotonic

from mlpy.stdlib import _sql as sql

from mlpy import files
from mlpy.capabilities import IN_MEMORY, in_use
from mlpy.errors import MLError
from mlpy.runtime.current import current, exceed
from mlpy.runtime.members import check_function
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, a_type, too_many_items
from mlpy.sdk import handle, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from typing import TypeVar

    from mlpy.stdlib._sql import Cell

    from mlpy.capabilities import Use
    from mlpy.runtime.run import Run

    Result = TypeVar("Result")
    Values = tuple[Cell, ...] | dict[str, Cell]

PATIENCE = 5.0  # seconds that a statement waits for others
TICK = 0.02
INT = frozenset((int,))
PLAIN = frozenset((str, float, type(None)))
SMALLEST, LARGEST = -(1 << 63), (1 << 63) - 1
WRITING, READING = "file.write", "file.read"


@ml_module("sqlite", version="1.0.0")
class Sqlite:
    """Databases of SQLite, in a file or in memory.

    ```ml
    import sqlite;
    db = sqlite.open(":memory:");
    db.execute("create table songs(title text, seconds int)");
    db.transaction(fn() => {
        for ([title, seconds] in [["Blue", 183], ["So What", 545]]) { db.execute("insert into songs values (?, ?)", title, seconds); }
    });
    print(db.query("select title from songs where seconds > :least", {least: 200}));
    ```

    `open` demands `file.read` and `file.write` of the database's path, `openReadOnly` only `file.read`, and one in memory nothing. What SQLite keeps
    beside the file while it works belongs to that; programs themselves write no files whose names end in `-journal`, `-wal` or `-shm`. What is read and
    written counts against `bytes=` of a grant. A database is open until `close`, or the end of the program; 64 at a time.

    Values go into a statement through its places: `?` in order, `:name` out of one object. Null, numbers, strings and arrays of bytes, which
    are blobs, come back as they went in; a boolean comes back as 1 or 0, a whole number has at most 64 bits, and dates and data go in as text.
    Rows are objects, so each column needs a name of its own. Statements wait five seconds for other programs that use the file.

    A statement reaches nothing but its database: it attaches none, loads nothing, makes no virtual tables, and of the pragmas there are `foreign_key_list`,
    `index_info`, `index_list`, `index_xinfo`, `table_info`, `table_list`, `table_xinfo` and `user_version`. Foreign keys hold. A text or a blob has at most 10 MB, a pattern of
    `like` 100 characters, a database in memory 100 MB, and all of SQLite in the process 512 MB, which also bounds a host that uses it. A
    limit of the program ends a statement wherever it is, and undoes it.

    A mistake in a statement, and a row that the database refuses, are a `ValueError`, a value that it cannot keep a `TypeError`; a file that is locked, damaged, full
    or no database is an `IOError`.
    """


@ml_class("Database")
class Database:
    """An open database."""

    def __init__(self, guard: sql.Guard, use: Use | None, *, write: bool) -> None:
        self.run = guard.run
        self.guard = guard
        self.use = use  # of the call that opened it, None for one in memory
        self.write = write
        self.turn = allocate_lock()
        self.depth = 0
        self.lost = False
        self.pages = 0
        self.total = 0  # changes before the statement under way

    @ml_function
    def query(self, sql: str, *params: object) -> list[dict[str, object]]:
        """The rows of a statement as objects. `?` stands for a value, `:name` for one of an object; blobs are arrays of bytes.

        Example: `sqlite.open(":memory:").query("select ? + 1 as n", 2)` → `[{n: 3}]`.
        """
        return self.done(sql, params, self.objects)

    @ml_function
    def execute(self, sql: str, *params: object) -> dict[str, object]:
        """Runs a statement: how many rows it changed, and the id of the row that was inserted last.

        Example: `db = sqlite.open(":memory:"); db.execute("create table t(a)"); db.execute("insert into t values (?)", 7)` → `{changes: 1, lastInsertId: 1}`.
        """
        return self.done(sql, params, self.changes)

    @ml_function
    def transaction(self, f: Callable[[], object]) -> object:
        """Calls a function whose statements count as one: all of them, or none where it throws. One inside another is a part of it.

        Example: `db = sqlite.open(":memory:"); db.transaction(fn() => db.query("select 1 as one"))` → `[{one: 1}]`.
        """
        check_function("transaction", f)
        with Turn(self):
            return self.as_one(f)

    @ml_function
    def close(self) -> None:
        """Closes the database, as the end of the program does and that nothing refers to it any more. Example: `sqlite.open(":memory:").close()` → `null`."""
        with Turn(self):
            if self.depth:
                raise MLError("the database cannot be closed inside of a transaction", "ValueError")
            self.guard.close()

    def __del__(self) -> None:
        self.guard.close()

    # ── statements ──

    def done(self, text: object, params: tuple[object, ...], take: Callable[[sqlite3.Cursor], Result]) -> Result:
        """What a statement of the program gives."""
        if type(text) is not str:
            raise wrong_type(text, "sql", "a string")
        values = bound(params)
        with Turn(self):
            self.hold()
            room = self.charge_before(text, values)
            try:
                return self.patiently(text, values, take)
            except sqlite3.Error as error:
                self.run.poll()
                if room is not None and getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
                    self.charge(room + 1, WRITING)  # which raises
                raise self.failed(error) from error
            except (OverflowError, ValueError, DeprecationWarning) as error:  # the last where the host makes errors of warnings
                raise sql.explained(error, self.guard) from error
            finally:
                connection = self.guard.connection
                self.lost = self.depth > 0 and (connection is None or not connection.in_transaction)
                if room is not None:
                    self.charge_growth()

    def patiently(self, text: str, values: Values, take: Callable[[sqlite3.Cursor], Result], *, ours: bool = False) -> Result:
        """Runs a statement, again while another connection is in its way."""
        return waited(self.run, self.attempt, text, values, take, ours)  # type: ignore[no-any-return]  # what `take` gives

    def attempt(self, text: str, values: Values, take: Callable[[sqlite3.Cursor], Result], ours: bool) -> Result:
        """Runs a statement."""
        guard, connection = self.guard, self.opened()
        guard.questions = 0
        guard.reason = None
        guard.ours = ours
        self.total = connection.total_changes
        try:
            return take(connection.execute(text, values))
        finally:
            guard.ours = False

    def own(self, text: str) -> None:
        """Runs a statement of the module."""
        try:
            self.patiently(text, (), sqlite3.Cursor.close, ours=True)
        except sqlite3.Error as error:
            self.run.poll()
            raise self.failed(error) from error

    def failed(self, error: sqlite3.Error) -> BaseException:
        """What an error of SQLite is for the program."""
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT:
            return KeyboardInterrupt()  # a signal came while SQLite asked whether to go on
        return sql.explained(error, self.guard)

    def opened(self) -> sqlite3.Connection:
        """The connection, or an error where it is closed."""
        connection = self.guard.connection
        if connection is None:
            raise MLError("the database is closed", "IOError")
        return connection

    def objects(self, cursor: sqlite3.Cursor) -> list[dict[str, object]]:
        """The rows as objects."""
        names = [column[0] for column in cursor.description or ()]
        if len(set(names)) < len(names):
            twice = next(name for at, name in enumerate(names) if name in names[:at])
            raise MLError(f"two columns are called `{sql.cleaned(twice)}`", "ValueError", hint="give one another name with `as`")
        found: list[dict[str, object]] = []
        items = size = 0
        run = self.run
        for row in cursor:
            if run.dead:
                run.poll()
            width = 0
            for cell in row:
                if type(cell) is str or type(cell) is bytes:
                    width += len(cell)
                    items += len(cell) if type(cell) is bytes else 0
            items += len(row)
            size += width
            if items > MAX_ITEMS:
                too_many_items()
            if size > MAX_TEXT:
                exceed("size", f"the rows of a query would have more than {MAX_TEXT:,} characters")
            self.charge(width + 8 * len(row), READING)
            found.append(dict(zip(names, [[*cell] if type(cell) is bytes else cell for cell in row])))  # noqa: B905  SQLite gives as many as it names
        return found

    def changes(self, cursor: sqlite3.Cursor) -> dict[str, object]:
        """What a statement changed, run to its end."""
        run = self.run
        for _ in cursor:
            if run.dead:
                run.poll()
        count = cursor.rowcount
        if count < 0:  # Python looks at the first word, which may be `with`
            count = self.asked("select changes()") if cursor.connection.total_changes > self.total else 0
        return {"changes": count, "lastInsertId": cursor.lastrowid or None}

    # ── transactions ──

    def as_one(self, f: Callable[[], object]) -> object:
        """What a function gives whose statements count together or not at all."""
        outer = self.depth == 0
        begin, end, undo = STEPS[self.write] if outer else [step.format(self.depth) for step in INNER]
        self.own(begin)
        self.depth += 1
        try:
            value = f()
            self.run.poll()
            self.hold()
            self.own(end)
        except BaseException:
            connection = self.guard.connection
            if connection is not None and connection.in_transaction:
                for step in undo.split(";"):
                    self.own(step)
            raise
        finally:
            self.depth -= 1
            self.lost = self.lost and not outer
        return value

    def hold(self) -> None:
        """Raises where SQLite has given up the transaction under way: what follows would count by itself."""
        if self.lost:
            raise MLError("the transaction was rolled back", "IOError", hint="let the error that did it leave the function")

    # ── what it costs ──

    def charge(self, size: int, kind: str) -> None:
        """Counts bytes that go in or come out of a file."""
        if self.use is not None:
            self.use.charge(size, kind=kind)

    def charge_before(self, text: str, values: Values) -> int | None:
        """Counts a statement that may write, and lets the file grow by what is left; None where that is not counted."""
        use = self.use
        if use is None or not self.write or text.lstrip()[:6].lower() == "select":
            return None
        cells = values.values() if type(values) is dict else values
        self.charge(len(text) + sum([len(cell) if type(cell) in (str, bytes) else 8 for cell in cells]), WRITING)  # type: ignore[arg-type, misc]  # of the two that have a length
        rooms = [grant.bytes - grant.volume for grant in use.counted if grant.kind == WRITING and grant.bytes is not None]
        if not rooms:
            return None
        room = min(rooms)
        self.pages = self.asked("pragma page_count")
        self.own(f"pragma max_page_count = {max(self.pages + room // self.asked('pragma page_size'), 1)}")
        return room

    def charge_growth(self) -> None:
        """Counts what a statement has made the file grow by."""
        grown = self.asked("pragma page_count") - self.pages
        if grown > 0:
            self.charge(grown * self.asked("pragma page_size"), WRITING)

    def asked(self, text: str) -> int:
        """The number that a statement of the module gives."""
        found: int = self.patiently(text, (), sqlite3.Cursor.fetchone, ours=True)[0]
        return found

    def refuse_virtual(self) -> None:
        """Raises for a database with virtual tables: reading one runs code over data that nobody checked."""
        try:
            if self.asked(sql.VIRTUAL):
                raise MLError("the database has virtual tables, which programs cannot use", "IOError")
        except sqlite3.Error as error:
            self.run.poll()
            raise self.failed(error) from error


STEPS = {True: ("begin immediate", "commit", "rollback"), False: ("begin", "commit", "rollback")}
INNER = ("savepoint part_{}", "release part_{}", "rollback to part_{0};release part_{0}")
inside: ContextVar[tuple[Database, ...]] = ContextVar("mlpy.sqlite", default=())


class Turn:
    """The right of one thread to use a database, until its statement or its transaction is over; what a transaction calls has it too."""

    __slots__ = ("database", "token")

    def __init__(self, database: Database) -> None:
        self.database = database

    def __enter__(self) -> None:
        database = self.database
        if database.run.dead:
            database.run.poll()
        self.token = None
        held = inside.get()
        if database in held:
            return
        if not database.turn.acquire(False):
            self.wait(database)
        self.token = inside.set((*held, database))

    def wait(self, database: Database) -> None:
        """Waits while another thread has the database."""
        end = monotonic() + PATIENCE
        while not database.turn.acquire(True, TICK):
            database.run.poll()
            if monotonic() >= end:
                raise MLError("the database is in use by another thread", "IOError")

    def __exit__(self, *_: object) -> None:
        if self.token is not None:
            inside.reset(self.token)
            self.database.turn.release()


# ── opening ──


@ml_function(capability=("file.read:{path.stored}", "file.write:{path.stored}"))
def open(path: str) -> Database:  # noqa: A001  the name in the language
    """The database in a file, which is made where there is none, or one in memory: `":memory:"`.

    Example: `sqlite.open(":memory:").query("select upper('a') as letter")` → `[{letter: "A"}]`.
    """
    return connected(path, write=True)


@ml_function(capability="file.read:{path.stored}")
def open_read_only(path: str) -> Database:
    """The database in a file, for reading. Example: `sqlite.openReadOnly(":memory:").query("select 1 as one")` → `[{one: 1}]`."""
    return connected(path, write=False)


def connected(path: str, *, write: bool) -> Database:
    """An open database, which the run keeps."""
    run = current.get()
    if type(path) is not str:
        raise wrong_type(path, "path", "a string")
    stored = path != IN_MEMORY
    where = files.database(path, write=write) if stored else path
    if stored and write:
        files.status(path)  # which may be read under that name, and where a link leads as well
    guard = sql.Guard(run)
    before = files.held() if stored else frozenset()
    try:
        waited(run, sql.connect, where, guard, write, stored)
    except sqlite3.Error as error:
        run.poll()
        raise sql.explained(error, guard) from error
    try:
        run.keep(guard)
        database = Database(guard, in_use.get(None) if stored else None, write=write)
        if stored:
            files.confirm(path, write=write, before=before)
            database.refuse_virtual()
    except BaseException:
        guard.close()
        raise
    return handle(database)


def waited(run: Run, attempt: Callable[..., Result], *args: object) -> Result:
    """What an attempt gives, made again while another connection is in its way."""
    end: float | None = None
    while True:
        try:
            return attempt(*args)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or run.dead:
                raise
            end = end or monotonic() + PATIENCE
            if monotonic() >= end:
                raise
        except MemoryError:
            run.exceed("memory", f"databases need more than their limit of {sql.HEAP:,} bytes of memory")
        run.wait(TICK)


# ── values ──


def bound(params: tuple[object, ...]) -> Values:
    """The values for the places of a statement: in order, or by the names of one object."""
    if PLAIN.issuperset(map(type, params)):
        return params  # type: ignore[return-value]  # what needs no look at
    if len(params) == 1 and type(params[0]) is dict:
        return {name: cell(value, f"the value of `{sql.cleaned(name)}`") for name, value in params[0].items()}
    return tuple([cell(value, f"value {number}") for number, value in enumerate(params, 1)])


def cell(value: object, place: str) -> Cell:
    """A value as SQLite keeps it."""
    if value is None or type(value) is float or type(value) is str:
        return value
    if type(value) is bool:
        return int(value)
    if type(value) is int:
        if not SMALLEST <= value <= LARGEST:
            raise MLError(f"{place} has more than 64 bits", "ValueError", hint="store it as text, or as a float")
        return value
    if type(value) is list:
        return blob(value, place)
    raise MLError(f"{place} must be null, a boolean, a number, a string or an array of bytes, not {a_type(value)}", "TypeError", hint=STORED_AS_TEXT)


STORED_AS_TEXT = "make a text of it: `json.stringify` for data, `str` for a date"


def blob(numbers: list[object], place: str) -> bytes:
    """An array of bytes as a blob."""
    if not INT.issuperset(map(type, numbers)):
        raise MLError(f"{place} is an array, and not one of bytes", "TypeError", hint=STORED_AS_TEXT)
    try:
        return bytes(numbers)  # type: ignore[arg-type]  # whole numbers, as was looked at
    except ValueError:
        raise MLError(f"{place} has numbers that are no bytes", "ValueError", hint="a byte is from 0 to 255") from None

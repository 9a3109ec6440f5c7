"""A connection to SQLite in which a program can do what SQL is for and nothing else (F11).

What a statement may do is an allow-list: no other database or file, no extension, no virtual table, few pragmas, known functions.
Texts, memory and statements are bounded. SQLite asks every few thousand steps, and while it prepares, whether the run still lives.
The functions of it that take quadratic time in one step are replaced by linear ones.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from sqlite3 import (
    SQLITE_ALTER_TABLE,
    SQLITE_ANALYZE,
    SQLITE_CREATE_INDEX,
    SQLITE_CREATE_TABLE,
    SQLITE_CREATE_TEMP_INDEX,
    SQLITE_CREATE_TEMP_TABLE,
    SQLITE_CREATE_TEMP_TRIGGER,
    SQLITE_CREATE_TEMP_VIEW,
    SQLITE_CREATE_TRIGGER,
    SQLITE_CREATE_VIEW,
    SQLITE_DELETE,
    SQLITE_DENY,
    SQLITE_DROP_INDEX,
    SQLITE_DROP_TABLE,
    SQLITE_DROP_TEMP_INDEX,
    SQLITE_DROP_TEMP_TABLE,
    SQLITE_DROP_TEMP_TRIGGER,
    SQLITE_DROP_TEMP_VIEW,
    SQLITE_DROP_TRIGGER,
    SQLITE_DROP_VIEW,
    SQLITE_FUNCTION,
    SQLITE_INSERT,
    SQLITE_OK,
    SQLITE_PRAGMA,
    SQLITE_READ,
    SQLITE_RECURSIVE,
    SQLITE_REINDEX,
    SQLITE_SAVEPOINT,
    SQLITE_SELECT,
    SQLITE_TRANSACTION,
    SQLITE_UPDATE,
)

from mlpy.errors import MLError
from mlpy.runtime import limits as limiting

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.runtime.run import Run

    Cell = str | int | float | bytes | None

HEAP = 512 << 20  # bytes, of all of SQLite in the process
PAGES = 25_000  # of 4 KB: a database in memory, and what a statement keeps aside
STEPS = 2_000  # of SQLite's machine between two looks at the run: less than a millisecond
QUESTIONS = 200_000  # that preparing one statement may ask
ACTIONS = frozenset((
    SQLITE_ALTER_TABLE, SQLITE_ANALYZE, SQLITE_CREATE_INDEX, SQLITE_CREATE_TABLE, SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_TRIGGER,
    SQLITE_CREATE_TEMP_VIEW, SQLITE_CREATE_TRIGGER, SQLITE_CREATE_VIEW, SQLITE_DELETE, SQLITE_DROP_INDEX, SQLITE_DROP_TABLE, SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TEMP_TABLE,
    SQLITE_DROP_TEMP_TRIGGER, SQLITE_DROP_TEMP_VIEW, SQLITE_DROP_TRIGGER, SQLITE_DROP_VIEW, SQLITE_INSERT, SQLITE_READ, SQLITE_RECURSIVE, SQLITE_REINDEX, SQLITE_SELECT,
    SQLITE_UPDATE,
))  # fmt: skip
ON_TABLES = frozenset((SQLITE_DELETE, SQLITE_INSERT, SQLITE_READ, SQLITE_UPDATE))
FOREIGN_TABLES = frozenset(("bytecode", "dbstat", "fts3tokenize", "sqlite_dbpage", "sqlite_stmt", "tables_used"))  # what looks into SQLite itself
PRAGMAS = frozenset(("foreign_key_list", "index_info", "index_list", "index_xinfo", "table_info", "table_list", "table_xinfo", "user_version"))
FUNCTIONS = frozenset(
    """
    -> ->> abs changes char coalesce concat concat_ws format glob hex if ifnull iif instr last_insert_rowid length like likelihood likely lower ltrim max min nullif
    octet_length printf quote random replace round rtrim sign soundex substr substring total_changes trim typeof unhex unicode unlikely upper zeroblob
    avg count group_concat string_agg sum total
    cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
    current_date current_time current_timestamp date datetime julianday strftime time timediff unixepoch
    acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power radians sin sinh sqrt tan tanh trunc
    json json_array json_array_length json_extract json_group_array json_group_object json_insert json_object json_quote json_remove json_replace json_set json_type json_valid
    sqlite_drop_column sqlite_rename_column sqlite_rename_quotefix sqlite_rename_table sqlite_rename_test
    """.split()
)  # the last line is what `alter table` uses, and nobody else can
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 1_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 200,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 1_000_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 32_766,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class Guard:
    """A connection, which the run keeps, and the answers to what SQLite asks about it: whether an action is allowed, and whether to go on.

    `ours` is set while the connection runs a statement of its own. `reason` says why the last statement was refused. `clock` is
    another connection, which tells the time where the program's clock stands.
    """

    __slots__ = ("clock", "connection", "ours", "questions", "reason", "run")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.ours = False
        self.questions = 0
        self.reason: str | None = None
        self.connection: sqlite3.Connection | None = None
        self.clock: sqlite3.Connection | None = None

    def close(self) -> None:
        """Closes the connection, which rolls back what is not finished."""
        connection, self.connection = self.connection, None
        if connection is not None:
            if self in self.run.waiters:
                self.run.waiters.remove(self)
            connection.close()
            self.run.drop(self)
        if self.clock is not None:
            self.clock.close()

    def stop(self) -> bool:
        """Whether a statement is to be given up; it must not raise, as SQLite would make an error of its own of that."""
        return self.run.dead and not self.ours

    def locked(self) -> bool:
        """Whether the end of the run ends a statement: what the run asks those that wait for it."""
        return not self.ours

    def release(self) -> None:
        """Ends the statement under way with its row, however long SQLite takes from one look at the run to the next."""
        connection = self.connection
        try:
            if connection is not None:
                connection.interrupt()
        except sqlite3.Error:  # it has been closed
            pass

    def allow(self, action: int, first: str | None, second: str | None, _database: str | None, _source: str | None) -> int:
        """The answer to what a statement that is being prepared would do."""
        if self.ours:
            return SQLITE_OK
        self.questions += 1
        if self.run.dead or self.questions > QUESTIONS:
            self.reason = "the statement is too complex"
            return SQLITE_DENY
        if action in ACTIONS and not (action in ON_TABLES and first is not None and first.lower() in FOREIGN_TABLES):
            return SQLITE_OK
        if action == SQLITE_FUNCTION and second is not None and second.lower() in FUNCTIONS:
            return SQLITE_OK
        if action == SQLITE_PRAGMA and first is not None and first.lower() in PRAGMAS:
            return SQLITE_OK
        self.reason = refusal(action, first, second)
        return SQLITE_DENY


def refusal(action: int, first: str | None, second: str | None) -> str:
    """Why an action is refused."""
    if action == SQLITE_FUNCTION:
        return f"there is no function `{named(second)}` for programs"
    if action == SQLITE_PRAGMA:
        return f"the pragma `{named(first)}` is not for programs"
    if action in (SQLITE_TRANSACTION, SQLITE_SAVEPOINT):
        return "a transaction is made with `transaction(f)`"
    if action in ON_TABLES:
        return f"the table `{named(first)}` is not for programs"
    if action in (sqlite3.SQLITE_CREATE_VTABLE, sqlite3.SQLITE_DROP_VTABLE):
        return "virtual tables are not for programs"
    return "a program has one database: it attaches, detaches and vacuums none"


def named(text: str | None) -> str:
    """A name of SQL in a message."""
    shown = "".join([letter if letter.isprintable() and letter != "`" else "·" for letter in (text or "")[:60]])
    return shown.lower()


class Held(sqlite3.Connection):
    """A connection that closes itself, without a warning, where a program left it open and it is the first that is collected."""

    def __del__(self) -> None:
        with suppress(sqlite3.Error):  # it has never been opened
            self.close()


def connect(path: str, guard: Guard, write: bool, stored: bool) -> None:
    """Gives a guard the connection to the database at a path that was checked, or in memory; raises sqlite3.Error."""
    run = guard.run
    where = ":memory:" if not stored else f"file:{escaped(path)}?mode={'rw' if write else 'ro'}"
    connection = guard.connection = sqlite3.connect(where, factory=Held, timeout=0, isolation_level=None, check_same_thread=False, uri=stored)
    try:
        for limit, value in LIMITS.items():
            connection.setlimit(limit, value)
        for pragma in (f"hard_heap_limit={HEAP}", "temp_store=memory", f"temp.max_page_count={PAGES}", "foreign_keys=on", "cell_size_check=on", "recursive_triggers=off"):
            connection.execute(f"pragma {pragma}")
        if not stored:
            connection.execute(f"pragma max_page_count={PAGES}")
        for name, count, function in REPLACED:
            connection.create_function(name, count, function, deterministic=True)
        if run.frozen_clock is not None:
            guard.clock = stop_clock(connection, run.frozen_clock)
        connection.set_authorizer(guard.allow)
        connection.set_progress_handler(guard.stop, STEPS)
        run.waiters.append(guard)
        limiting.watchdog.stand_by()  # a statement is one long step
    except BaseException:
        guard.close()
        raise


def escaped(path: str) -> str:
    """A path as it stands in a `file:` address."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


VIRTUAL = "select count(*) from sqlite_master where type = 'table' and rootpage = 0"


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────

REASONS = {
    sqlite3.SQLITE_BUSY: ("the database is in use by another program", "IOError"),
    sqlite3.SQLITE_LOCKED: ("the database is in use by another statement", "IOError"),
    sqlite3.SQLITE_READONLY: ("the database is open for reading only", "IOError"),
    sqlite3.SQLITE_IOERR: ("the database cannot be read or written", "IOError"),
    sqlite3.SQLITE_CORRUPT: ("the database is damaged", "IOError"),
    sqlite3.SQLITE_NOTADB: ("the file is no database", "IOError"),
    sqlite3.SQLITE_FULL: ("no space is left for the database", "IOError"),
    sqlite3.SQLITE_CANTOPEN: ("the database cannot be opened", "IOError"),
    sqlite3.SQLITE_TOOBIG: ("a text or a blob would have more than 10,000,000 bytes", "ValueError"),
    sqlite3.SQLITE_MISMATCH: ("a value is of another type than its column", "ValueError"),
}
WORDS = (
    ("Could not decode to UTF-8", "a text in the database is not valid utf-8", "read its bytes: `cast(column as blob)`"),
    ("You can only execute one statement", "one statement at a time", "call once for each"),
    ("string or blob too big", "a text or a blob would have more than 10,000,000 bytes", None),
    ("string longer than INT_MAX", "a text or a blob would have more than 10,000,000 bytes", None),
    ("You did not supply a value", "a named place of the statement has no value", "give an object with a key for each"),
    ("the query contains a null character", "the statement has a NUL character", None),
    ("embedded null character", "the statement has a NUL character", None),
)


def explained(error: Exception, guard: Guard) -> MLError:
    """An error of SQLite in a program's words: what SQLite says quotes only the statement and names of the database."""
    if guard.reason is not None:
        return MLError(guard.reason, "ValueError")
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in REASONS:
        return MLError(*REASONS[code])
    for start, message, hint in WORDS:
        if text.startswith(start):
            return MLError(message, "ValueError", hint=hint)
    if text.startswith("Incorrect number of bindings"):
        wanted, given = [int(word.strip(".,")) for word in text.split() if word.strip(".,").isdigit()]
        return MLError(f"the statement has {places(wanted)}, but {given} {'is' if given == 1 else 'are'} given", "ValueError", hint="an array of values is spread: `...values`")
    if "has no name" in text:
        return MLError("the places of the statement have no names", "ValueError", hint="give the values in their order")
    if "named parameter" in text:
        return MLError("the places of the statement have names", "ValueError", hint="give an object with a key for each")
    if code == sqlite3.SQLITE_CONSTRAINT:
        return MLError(f"the database refuses the row: {cleaned(text)}", "ValueError")
    if code:
        return MLError(f"sql: {cleaned(text)}", "ValueError")
    return MLError("the statement cannot be run", "ValueError")


def places(count: int) -> str:
    """How many values a statement takes."""
    return "1 place for a value" if count == 1 else f"{count} places for values"


def cleaned(text: str) -> str:
    """What SQLite says of a statement, on one line."""
    return "".join([letter if letter.isprintable() else "·" for letter in text[:200]]).replace("`", "'")


# ── functions in linear time ─────────────────────────────────────────────────────────────────────────────────────


def text_of(value: Cell) -> str:
    """A value as SQLite makes text of it."""
    if type(value) is str:
        return value
    if type(value) is float:
        return real_text(value)
    return value.decode("utf-8", "replace") if type(value) is bytes else str(value)


def real_text(value: float) -> str:
    """A number with 15 digits and a point, as SQLite writes it but for how it rounds the last."""
    text = f"{value + 0.0:.15g}"  # which takes the sign from a zero
    if "inf" in text:
        return text.replace("inf", "Inf")
    digits, e, power = text.partition("e")
    return (digits if "." in digits else digits + ".0") + e + power


def instr(text: Cell, part: Cell) -> int | None:
    """Where a part begins, from 1, or 0: in bytes if both are blobs."""
    if text is None or part is None:
        return None
    if type(text) is bytes and type(part) is bytes:
        return text.find(part) + 1
    return text_of(text).find(text_of(part)) + 1


def replace(text: Cell, old: Cell, new: Cell) -> Cell:
    """A text with each part replaced; SQLite itself refuses one that gets too long."""
    if text is None or old is None:
        return None
    source, part = text_of(text), text_of(old)
    if not part or new is None:
        return text if not part else None
    other = text_of(new)
    if len(source) + source.count(part) * (len(other) - len(part)) > LIMITS[sqlite3.SQLITE_LIMIT_LENGTH]:
        raise OverflowError
    return source.replace(part, other)


def trimmed(strip: Callable[[str, str], str]) -> Callable[..., Cell]:
    """`trim`, `ltrim` or `rtrim`: of spaces, or of each of some characters."""

    def trim(text: Cell, letters: Cell = " ") -> Cell:
        if text is None or letters is None:
            return None
        return strip(text_of(text), "".join(dict.fromkeys(text_of(letters)[:MOST_LETTERS])))

    return trim


MOST_LETTERS = 1_000
REPLACED: tuple[tuple[str, int, Callable[..., Cell]], ...] = (
    ("instr", 2, instr),
    ("replace", 3, replace),
    *((name, count, trimmed(strip)) for name, strip in (("trim", str.strip), ("ltrim", str.lstrip), ("rtrim", str.rstrip)) for count in (1, 2)),
)


# ── a clock that stands ──────────────────────────────────────────────────────────────────────────────────────────

CLOCKS = ("date", "datetime", "julianday", "strftime", "time", "unixepoch")


def stop_clock(connection: sqlite3.Connection, microseconds: int) -> sqlite3.Connection:
    """Has SQLite take a moment for now, told by the connection that it gives."""
    plain = sqlite3.connect(":memory:", factory=Held, check_same_thread=False)
    plain.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LIMITS[sqlite3.SQLITE_LIMIT_LENGTH])
    now = plain.execute("select strftime('%Y-%m-%d %H:%M:%f', ?, 'unixepoch')", (microseconds / 1e6,)).fetchone()[0]

    def at_moment(name: str) -> Callable[..., Cell]:
        first = 1 if name == "strftime" else 0  # the argument that is a time

        def told(*args: Cell) -> Cell:
            given = [*args, now] if len(args) == first else [*args]
            given[first:] = [now if type(one) is str and one.strip().lower() == "now" else one for one in given[first:]]
            found: Cell = plain.execute(f"select {name}({', '.join('?' * len(given))})", given).fetchone()[0]
            return found

        return told

    for name in CLOCKS:
        connection.create_function(name, -1, at_moment(name))
    for name in ("date", "time", "timestamp"):
        text = now[:19] if name == "timestamp" else now[:10] if name == "date" else now[11:19]
        connection.create_function(f"current_{name}", 0, lambda text=text: text)
    return plain

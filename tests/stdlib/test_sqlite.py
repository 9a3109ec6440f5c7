"""Databases: values in and out, transactions, what goes wrong; files with their rights; the functions that stand in for SQLite's own."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import _sql

import mlpy
from mlpy.capabilities import Grants
from mlpy.errors import MLError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.floats(allow_nan=False) | st.integers(-(1 << 63), (1 << 63) - 1)
MEMORY = 'import sqlite; db = sqlite.open(":memory:");'


def run(code, **options):
    return mlpy.run(MEMORY + code, **options)


def fails(code, **options):
    with pytest.raises(MLError) as caught:
        run(code, **options)
    return caught.value


@pytest.fixture
def folder(tmp_path):
    """Runs programs that may use a folder, or what of it the test grants."""

    def run_there(code, *grants, **options):
        allowed = Grants(grants or ("file.read:./**", "file.write:./**"), root=str(tmp_path))
        return mlpy.run("import sqlite;" + code, grants=allowed, **options)

    run_there.path = tmp_path
    return run_there


# ── values ──


@settings(deadline=None)
@given(st.lists(st.none() | NUMBERS | TEXTS | st.booleans() | st.lists(st.integers(0, 255)), min_size=1, max_size=4))
def test_values_go_in_and_come_out(values):
    columns = ", ".join([f"? as c{at}" for at in range(len(values))])
    found = mlpy.run(f'{MEMORY} db.query("select {columns}", ...values)', inputs={"values": values})
    assert found == [{f"c{at}": int(value) if value is True or value is False else value for at, value in enumerate(values)}]


def test_rows_are_objects_in_the_order_of_columns():
    code = 'db.execute("create table t(b, a)"); db.execute("insert into t values (1, 2), (3, 4)"); db.query("select * from t order by b")'
    assert [list(row.items()) for row in run(code)] == [[("b", 1), ("a", 2)], [("b", 3), ("a", 4)]]


def test_names_of_an_object_are_places():
    assert run('db.query("select :a + @b + $c as n", {a: 1, b: 2, c: 3})') == [{"n": 6}]


def test_what_a_statement_changed():
    code = """
        made = db.execute("create table t(id integer primary key, n)");
        first = db.execute("insert into t(n) values (1), (2), (3)");
        second = db.execute("update t set n = n + 1 where n > 1");
        third = db.execute("insert into t(id, n) values (10, 0) returning id");
        [made, first, second, third, db.execute("delete from t"), db.execute("delete from t")]
    """
    assert run(code) == [
        {"changes": 0, "lastInsertId": None},
        {"changes": 3, "lastInsertId": 3},
        {"changes": 2, "lastInsertId": 3},
        {"changes": 1, "lastInsertId": 10},
        {"changes": 4, "lastInsertId": 10},
        {"changes": 0, "lastInsertId": 10},
    ]


def test_changes_of_statements_that_begin_otherwise():
    code = """
        db.execute("create table t(a)");
        db.execute("create table log(a)");
        db.execute("create trigger g after insert on t begin insert into log values (new.a); end");
        one = db.execute("with x(a) as (values (1), (2)) insert into t select a from x");
        two = db.execute("/* all */ replace into t values (3)");
        three = db.execute("with x(a) as (values (1)) select * from x");
        four = db.execute("with x(a) as (values (1), (3)) delete from t where a in (select a from x)");
        [one.changes, two.changes, three.changes, four.changes, db.query("select * from log").length]
    """
    assert run(code) == [2, 1, 0, 2, 3]


def test_query_gives_the_rows_of_any_statement():
    assert run('db.execute("create table t(a)"); db.query("insert into t values (7) returning a")') == [{"a": 7}]
    assert run('db.query("create table t(a)")') == []
    assert run('db.execute("create table t(a int)"); db.query("pragma table_info(t)").length') == 1


def test_foreign_keys_hold():
    code = """
        db.execute("create table a(id integer primary key)");
        db.execute("create table b(a references a(id))");
        db.execute("insert into b values (1)");
    """
    assert fails(code).message == "the database refuses the row: FOREIGN KEY constraint failed"


# ── errors ──


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ('db.query("selec 1")', 'sql: near "selec": syntax error', "ValueError"),
        ('db.query("select * from x")', "sql: no such table: x", "ValueError"),
        ('db.query("select `")', "sql: unrecognized token: \"'\"", "ValueError"),
        ('db.query("")', None, None),
        ('db.query("select 1; select 2")', "one statement at a time", "ValueError"),
        ('db.query("select ?, ?", 1)', "the statement has 2 places for values, but 1 is given", "ValueError"),
        ('db.query("select 1", 1, 2)', "the statement has 0 places for values, but 2 are given", "ValueError"),
        ('db.query("select ?", {a: 1})', "the places of the statement have no names", "ValueError"),
        ('db.query("select :x", {y: 1})', "a named place of the statement has no value", "ValueError"),
        ('db.query("select 1 as a, 2 as a")', "two columns are called `a`", "ValueError"),
        ('db.query("select ?", 2 ** 63)', "value 1 has more than 64 bits", "ValueError"),
        ('db.query("select :n", {n: -2 ** 63 - 1})', "the value of `n` has more than 64 bits", "ValueError"),
        ('db.query("select ?, ?", 1, [1, "a"])', "value 2 is an array, and not one of bytes", "TypeError"),
        ('db.query("select ?", [true])', "value 1 is an array, and not one of bytes", "TypeError"),
        ('db.query("select ?", [256])', "value 1 has numbers that are no bytes", "ValueError"),
        ('db.query("select ?", print)', "value 1 must be null, a boolean, a number, a string or an array of bytes, not a function", "TypeError"),
        ('db.query("select ?, ?", 1, {})', "value 2 must be null, a boolean, a number, a string or an array of bytes, not an object", "TypeError"),
        ("db.query(1)", "`sql` must be a string, not a number", "TypeError"),
        ('db.query("select " + "\\x00")', "the statement has a NUL character", "ValueError"),
        ("db.query(\"select cast(x'ff' as text)\")", "a text in the database is not valid utf-8", "ValueError"),
        ("db.transaction(1)", "`transaction` takes a function as `f`, not a number", "TypeError"),
        ('db.close(); db.query("select 1")', "the database is closed", "IOError"),
        ("db.transaction(fn() => db.close())", "the database cannot be closed inside of a transaction", "ValueError"),
        ('db.execute("create table t(a unique)"); db.execute("insert into t values (1), (1)")', "the database refuses the row: UNIQUE constraint failed: t.a", "ValueError"),
        ('db.execute("create table t(a integer primary key)"); db.execute("insert into t values (\'x\')")', "a value is of another type than its column", "ValueError"),
        ("sqlite.open(null)", "`path` must be a string, not null", "TypeError"),
        ("sqlite.open('')", "`path` must be a string that is not empty", "ValueError"),
    ],
)  # fmt: skip
def test_errors_are_in_words_of_the_language(code, message, kind):
    if message is None:
        assert run(code) == []
        return
    error = fails(code)
    assert (error.message, error.type) == (message, kind)


def test_hints_work():
    assert fails('db.query("select ?", 2 ** 63)').hint == "store it as text, or as a float"
    assert run('db.query("select ? as n", float(2 ** 63))') == [{"n": 2.0**63}]
    assert fails('db.query("select ?, ?", [1, 2])').hint == "an array of values is spread: `...values`"
    assert run('db.query("select ? as a, ? as b", ...[1, 2])') == [{"a": 1, "b": 2}]
    assert run("db.query(\"select cast(x'ff' as blob) as b\")") == [{"b": [255]}]


# ── transactions ──

TABLE = (
    'db.execute("create table t(n)"); function count() { return db.query("select count(*) as n from t")[0].n; } function add() { return db.execute("insert into t values (1)"); }'
)


def test_a_transaction_counts_as_one():
    assert run(f'{TABLE} [db.transaction(fn() => {{ add(); add(); return "done"; }}), count()]') == ["done", 2]
    assert run(f'{TABLE} add(); try {{ db.transaction(fn() => {{ add(); add(); throw "no"; }}); }} except (e) {{ message = e.message; }} [message, count()]') == ["no", 1]


def test_an_inner_transaction_is_a_part():
    code = """
        db.transaction(fn() => {
            add();
            try { db.transaction(fn() => { add(); db.transaction(add); throw "inner"; }); } except (e) { }
            db.transaction(add);
        });
        count()
    """
    assert run(TABLE + code) == 2
    code = """
        try { db.transaction(fn() => { db.transaction(add); throw "outer"; }); } except (e) { }
        count()
    """
    assert run(TABLE + code) == 0


def test_statements_of_transactions_are_not_for_programs():
    for statement in ("begin", "commit", "rollback", "savepoint x", "release x", "rollback to x", "end"):
        assert fails(f'db.execute("{statement}")').message == "a transaction is made with `transaction(f)`"


def test_after_a_transaction_was_given_up_nothing_counts_by_itself():
    code = """
        db.execute("create table u(n unique)");
        try {
            db.transaction(fn() => {
                db.execute("insert into u values (1)");
                try { db.execute("insert or rollback into u values (1)"); } except (e) { first = e.message; }
                db.execute("insert into u values (2)");
            });
        } except (e) { second = e.message; }
        [second, db.query("select * from u").length, db.transaction(fn() => db.execute("insert into u values (3)").changes)]
    """
    assert run(code) == ["the transaction was rolled back", 0, 1]


def test_recursion_through_transactions_is_an_error():
    assert run(f"{TABLE} function f() {{ db.transaction(f); }} try {{ f(); }} except (e) {{ kind = e.type; }} [kind, count()]") == ["RecursionError", 0]


def test_threads_take_turns():
    """A transaction is not mixed with what another thread does to the same database."""
    program = mlpy.compile(
        MEMORY
        + 'db.execute("create table t(n)"); function pair(n) { db.transaction(fn() => { db.execute("insert into t values (?)", n); db.execute("insert into t values (?)", n); }); } function all() { return db.query("select n from t").map(fn(r) => r.n); }'
    )
    result = program.run()
    pair = result.exports["pair"]
    threads = [threading.Thread(target=lambda n=n: [pair(n) for _ in range(20)]) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    found = result.exports["all"]()
    assert len(found) == 160
    assert found[::2] == found[1::2]


# ── files ──


def asked(path, statement):
    """What another program gets, which waits for nobody."""
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_a_database_in_a_file(folder):
    assert folder('db = sqlite.open("a.db"); db.execute("create table t(a)"); db.execute("insert into t values (?)", "é"); db.close();') is None
    assert asked(folder.path / "a.db", "select a from t") == [("é",)]
    assert folder('sqlite.open("a.db").query("select a from t")') == [{"a": "é"}]
    assert sorted(path.name for path in folder.path.iterdir()) == ["a.db"]


def test_reading_takes_less(folder):
    folder('db = sqlite.open("a.db"); db.execute("create table t(a)");')
    read = "file.read:./a.db"
    assert folder('sqlite.openReadOnly("a.db").query("select * from t")', read) == []
    with pytest.raises(MLError, match=r"`file\.write:a\.db` is not granted"):
        folder('sqlite.open("a.db")', read)
    with pytest.raises(MLError, match=r"`file\.read:a\.db` is not granted"):
        folder('sqlite.openReadOnly("a.db")', "file.write:./a.db")
    with pytest.raises(MLError, match="open for reading only"):
        folder('sqlite.openReadOnly("a.db").execute("insert into t values (1)")', read)
    with pytest.raises(MLError, match="open for reading only"):
        folder('db = sqlite.openReadOnly("a.db"); db.transaction(fn() => db.execute("delete from t"))', read)
    with pytest.raises(MLError, match=r"`b\.db` does not exist"):
        folder('sqlite.openReadOnly("b.db")', "file.read:./**")
    assert not (folder.path / "b.db").exists()


def test_what_is_no_database(folder):
    (folder.path / "a.txt").write_text("just some text, but long enough " * 40)
    with pytest.raises(MLError) as caught:
        folder('sqlite.open("a.txt").query("select * from t")')
    assert (caught.value.message, caught.value.type) == ("the file is no database", "IOError")
    (folder.path / "inner").mkdir()
    with pytest.raises(MLError, match="`inner` is a folder"):
        folder('sqlite.open("inner")')


def test_what_another_program_locks_is_waited_for(folder):
    folder('sqlite.open("a.db").execute("create table t(a)")')
    other = sqlite3.connect(folder.path / "a.db", isolation_level=None, check_same_thread=False)
    other.execute("begin exclusive")
    threading.Timer(0.3, lambda: other.execute("commit")).start()
    assert folder('sqlite.open("a.db").execute("insert into t values (1)").changes') == 1
    other.execute("begin exclusive")
    with pytest.raises(MLError) as caught:
        folder('sqlite.open("a.db").execute("insert into t values (1)")', limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    other.close()


def test_bytes_are_counted(folder):
    folder('db = sqlite.open("a.db"); db.execute("create table t(a)"); db.execute("insert into t values (?)", "x".repeat(1000))')
    with pytest.raises(MLError, match="is used up: `bytes=900`"):
        folder('sqlite.openReadOnly("a.db").query("select * from t")', "file.read:./**,bytes=900")
    allowed = ("file.read:./**", "file.write:./**,bytes=100000")
    assert folder('sqlite.open("a.db").execute("insert into t values (zeroblob(50000))").changes', *allowed) == 1
    for statement in (
        "insert into t values (zeroblob(200000))",
        "insert into t select zeroblob(9000) from (with recursive r(x) as (select 1 union all select x + 1 from r limit 50) select x from r)",
    ):
        before = (folder.path / "a.db").stat().st_size
        with pytest.raises(MLError, match="is used up: `bytes=100000`"):
            folder(f'sqlite.open("a.db").execute("{statement}")', *allowed)
        assert (folder.path / "a.db").stat().st_size - before <= 100_000
    with pytest.raises(MLError, match="is used up"):
        folder('sqlite.open("a.db").execute("update t set a = ?", "y".repeat(100001))', *allowed)


def test_what_is_open_ends_with_the_run(folder):
    program = mlpy.compile(
        'import sqlite; db = sqlite.open("a.db"); db.execute("create table t(a)"); db.transaction(fn() => { db.execute("insert into t values (1)"); while (true) {} });'
    )
    with pytest.raises(MLError) as caught:
        program.run(grants=Grants(["file.read:./**", "file.write:./**"], root=str(folder.path)), limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert asked(folder.path / "a.db", "insert into t values (2)") == []
    assert asked(folder.path / "a.db", "select a from t") == [(2,)]


def test_a_limit_ends_a_statement_with_its_row_however_long_one_takes(monkeypatch):
    seen = []
    monkeypatch.setattr(_sql, "REPLACED", (("replace", 3, lambda *_: seen.append(time.sleep(0.02))),))
    error = fails('db.query("with recursive r(x) as (select 1 union all select x + 1 from r) select sum(replace(x, 1, 2)) from r");', limits=mlpy.Limits(time=0.2))
    assert error.limit == "time"
    assert len(seen) < 50


def test_what_nothing_refers_to_is_closed():
    assert mlpy.run('import sqlite; for (i in range(200)) { sqlite.open(":memory:").query("select 1"); } "done"') == "done"
    with pytest.raises(MLError, match="64 files and connections open"):
        mlpy.run('import sqlite; kept = []; for (i in range(200)) { kept.append(sqlite.open(":memory:")); }')


# ── the functions that stand in for SQLite's ──


@pytest.fixture(scope="module")
def plain():
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


ROUND = st.floats(allow_nan=False).map(lambda number: float(f"{number:.14g}"))  # SQLite rounds the fifteenth digit in ways of its own
CELLS = st.none() | st.integers(-(1 << 63), (1 << 63) - 1) | ROUND | st.text(st.sampled_from("aAb. e1"), max_size=6)


@given(st.sampled_from(["instr(?, ?)", "trim(?, ?)", "ltrim(?, ?)", "rtrim(?, ?)"]), CELLS, CELLS)
def test_functions_of_two_give_what_sqlite_gives(plain, call, a, b):
    name = call.partition("(")[0]
    replaced = {(known, count): function for known, count, function in _sql.REPLACED}
    assert replaced[name, 2](a, b) == plain.execute(f"select {call}", (a, b)).fetchone()[0]


@given(CELLS, CELLS, CELLS)
def test_replace_gives_what_sqlite_gives(plain, a, b, c):
    found = plain.execute("select replace(?, ?, ?)", (a, b, c)).fetchone()[0]
    assert _sql.replace(a, b, c) == found


@given(st.binary(max_size=6), st.binary(max_size=3))
def test_instr_of_blobs_gives_what_sqlite_gives(plain, a, b):
    assert _sql.instr(a, b) == plain.execute("select instr(?, ?)", (a, b)).fetchone()[0]


def test_now_stands_where_the_clock_does():
    engine = mlpy.Engine(frozen_clock="2024-02-29T12:30:00Z")
    code = """
        db.query("select date('now') as a, time(' NOW ') as b, datetime() as c, strftime('%Y') as d, current_timestamp as e, current_date as f, current_time as g,
                  date('now', '+1 day') as h, unixepoch('now') as i, strftime('%s', '2000-01-01') as j, julianday('2000-01-01') as k")[0]
    """
    assert list(engine.run(MEMORY + code).value.values()) == [
        "2024-02-29", "12:30:00", "2024-02-29 12:30:00", "2024", "2024-02-29 12:30:00", "2024-02-29", "12:30:00", "2024-03-01", 1709209800, "946684800", 2451544.5,
    ]  # fmt: skip
    assert abs(run("db.query(\"select unixepoch('now') as n\")[0].n") - time.time()) < 5

"""F11: a database reaches nothing but itself, stops with its run, and takes no more memory or time in one step than is bounded."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import _sql

import mlpy
from mlpy.capabilities import Grants
from mlpy.errors import MLError
from mlpy.runtime.current import current

MEMORY = 'import sqlite; db = sqlite.open(":memory:");'
ENDLESS = "with recursive r(x) as (select 1 union all select x + 1 from r)"


def refused(statement, *values, **options):
    with pytest.raises(MLError) as caught:
        mlpy.compile(MEMORY + "db.query(statement, ...values)", inputs=["statement", "values"]).run(inputs={"statement": statement, "values": list(values)}, **options)
    return caught.value


@pytest.fixture
def folder(tmp_path):
    """Runs programs that may read and write in a folder `in`, beside which lies another."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()

    def run_there(code, *grants, **options):
        allowed = Grants(grants or ("file.read:./in/**", "file.write:./in/**", "file.delete:./in/**", "file.append:./in/**"), root=str(tmp_path))
        return mlpy.compile("import sqlite; import file;" + code).run(grants=allowed, **options).value

    run_there.path = tmp_path
    return run_there


def database(path, *statements):
    path.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements or ("create table t(a)", "insert into t values (1)"):
        connection.execute(statement)
    connection.close()
    return path


# ── what a statement may do ──


@pytest.mark.parametrize(
    "statement",
    [
        "attach '{0}/x.db' as x", "attach database ':memory:' as x", "detach main", "vacuum", "vacuum into '{0}/x.db'", "vacuum main into '{0}/x.db'",
        "pragma journal_mode = wal", "pragma journal_mode", "pragma writable_schema = 1", "pragma temp_store_directory = '{0}'", "pragma data_store_directory = '{0}'", "pragma hard_heap_limit = 0",
        "pragma max_page_count = 100000000", "pragma mmap_size = 100000000", "pragma trusted_schema = 1", "pragma locking_mode = exclusive", "pragma database_list", "pragma module_list", "pragma function_list", "pragma compile_options",
        "select * from pragma_database_list", "select * from pragma_function_list", "select load_extension('{0}/x')", "select load_extension('{0}/x', 'f')", "select fts3_tokenizer('simple')", "select fts3_tokenizer('simple', x'00')",
        "create virtual table x using fts5(a)", "create virtual table x using fts4(a)", "create virtual table x using rtree(a, b, c)", "create virtual table x using dbstat", "create temp virtual table x using csv(filename='/etc/passwd')",
        "select * from dbstat", "select * from sqlite_stmt", "select * from sqlite_dbpage", "select readfile('/etc/passwd')", "select writefile('{0}/x', 'a')", "select edit('a')", "select randomblob(16)",
        "select sqlite_compileoption_get(1)", "select sqlite_source_id()", "select sqlite_log(1, 'x')", "insert into sqlite_master values (1, 2, 3, 4, 5)", "update sqlite_master set sql = ''", "delete from sqlite_schema", "drop table sqlite_master",
        "begin", "commit", "rollback", "savepoint a", "release a", "create table t as select load_extension('x')", "create view v as select 1; attach ':memory:' as x", "explain attach '{0}/x.db' as x",
        "select sqlite_rename_table(1, 2, 3, 4, 5, 6, 7)", "select sqlite_drop_column(1, 2, 3)",
    ],
)  # fmt: skip
def test_f11_a_statement_reaches_nothing_but_its_database(statement, tmp_path):
    error = refused(statement.format(tmp_path))
    assert error.type == "ValueError"
    assert str(tmp_path) not in error.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("schema", "statement"),
    [
        ("create view v as select load_extension('x') as a", "select * from v"),
        ("create table u(a default (load_extension('x')), b)", "insert into u(b) values (1)"),
        ("create trigger g after insert on t begin select load_extension('x'); end", "insert into t values (1)"),
    ],
)
def test_f11_what_a_schema_calls_is_checked_too(folder, schema, statement):
    """A file may come from anywhere: its views and triggers run under the same list."""
    database(folder.path / "in" / "a.db", "create table t(a)", schema)
    with pytest.raises(MLError) as caught:
        folder(f'sqlite.open("in/a.db").query("{statement}")')
    assert caught.value.message in ("there is no function `load_extension` for programs", "sql: unsafe use of load_extension()")


def test_f11_a_file_with_virtual_tables_is_refused(folder):
    database(folder.path / "in" / "a.db", "create virtual table x using fts5(a)")
    with pytest.raises(MLError, match="virtual tables"):
        folder('sqlite.open("in/a.db")')


WORDS = st.sampled_from(
    "select insert update delete from into where values create table view trigger index temp virtual using drop alter add rename column to as with recursive union all order by group having limit "
    "begin commit attach detach vacuum pragma explain reindex analyze replace returning on conflict do nothing set null not unique primary key default check references collate "
    "main temp sqlite_master sqlite_schema t u a b r json_each pragma_table_info fts5 dbstat load_extension printf zeroblob random count sum instr like glob match cast case when then else end "
    "( ) , ; . * = < - + || ? ?1 :a @b $c 1 -1 1e400 0x7fffffffffffffff 'x' \"a\" [b] `a` x'00' -- /* */ \x00 \u00e9".split(" ")
)


@settings(deadline=None, max_examples=300)
@given(st.lists(WORDS, max_size=14), st.lists(st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3), max_size=2))
def test_f11_any_statement_gives_rows_or_an_error_of_the_language(words, values):
    program = mlpy.compile(MEMORY + 'db.execute("create table t(a, b)"); db.execute("insert into t values (1, 2)"); db.query(statement, ...values)', inputs=["statement", "values"])
    try:
        found = program.run(inputs={"statement": " ".join(words), "values": values}).value
    except MLError as error:
        found = error
    assert type(found) is list or (found.type, found.limit) in {("ValueError", None), ("IOError", None)}, found


def test_f11_values_are_never_part_of_the_statement():
    table = MEMORY + 'db.execute("create table t(a)");'
    for value in ("'); drop table t; --", "x' or '1'='1", 'a"b', "`", ";", "\0"):
        found = mlpy.run(f'{table} db.execute("insert into t values (?)", value); db.query("select a from t where a = ?", value)', inputs={"value": value})
        assert found == [{"a": value}]


# ── time ──


@pytest.mark.parametrize(
    "statement",
    [
        f"{ENDLESS} select count(*) from r",
        f"{ENDLESS} select x from r where x < 0",
        f"{ENDLESS} select sum(x) over (order by -x) from r",
        f"{ENDLESS} select group_concat(x % 1) from r where x % 1000000 = 0",
        f"with a as ({ENDLESS} select x from r limit 3000) select count(*) from a a, a b, a c",
        f"{ENDLESS} select x from r order by random() limit 1",
    ],
)
@pytest.mark.parametrize("how", ["query", "execute"])
def test_f11_a_limit_ends_a_statement(statement, how):
    program = mlpy.compile(f'{MEMORY} try {{ db.{how}("{statement}"); }} except (e) {{ while (true) {{}} }} finally {{ while (true) {{}} }}')
    began = time.perf_counter()
    with pytest.raises(MLError) as caught:
        program.run(limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert time.perf_counter() - began < 3  # a slow machine; 0.01 s over the limit is usual


def test_f11_a_limit_ends_a_statement_that_writes(folder):
    with pytest.raises(MLError) as caught:
        folder(f'db = sqlite.open("in/a.db"); db.execute("create table t(a)"); db.execute("insert into t {ENDLESS} select x from r");', limits=mlpy.Limits(time=0.4))
    assert caught.value.limit == "time"
    connection = sqlite3.connect(folder.path / "in" / "a.db")
    assert connection.execute("select count(*) from t").fetchone() == (0,)
    connection.close()


def test_f11_a_cancelled_run_ends_inside_of_a_statement():
    def cancel_soon():
        threading.Timer(0.3, current.get().cancel).start()

    began = time.perf_counter()
    with pytest.raises(MLError) as caught:
        mlpy.Engine(functions={"soon": cancel_soon}).run(f'{MEMORY} soon(); db.query("{ENDLESS} select count(*) from r")')
    assert caught.value.limit == "cancelled"
    assert time.perf_counter() - began < 3


def test_f11_preparing_a_statement_is_under_the_limit():
    """Views that name the one before twice: each level doubles what there is to prepare."""
    views = "".join(f'db.execute("create view v{n} as select (select a from v{n - 1}) + (select a from v{n - 1}) as a");' for n in range(1, 15))
    program = mlpy.compile(
        f'{MEMORY} db.execute("create view v0 as select 1 as a"); {views} try {{ while (true) {{ db.query("select * from v14 where a = " + str(1)); }} }} except (e) {{ }}'
    )
    began = time.perf_counter()
    with pytest.raises(MLError) as caught:
        program.run(limits=mlpy.Limits(time=0.5))
    assert caught.value.limit == "time"
    assert time.perf_counter() - began < 4


@pytest.mark.parametrize(
    "call",
    [
        "instr(?1, ?2)", "replace(?1, ?2, 'x')", "trim(?1, ?2)", "ltrim(?1, ?2)", "rtrim(?1, ?2)", "?1 like '%' || substr(?2, 1, 90)", "?1 like '%a%a%a%a%b'", "?1 glob '*' || substr(?2, 1, 90)", "?1 glob '*[a-z]*[a-z]*b'",
        "upper(?1) = lower(?2)", "hex(substr(?1, 1, 4000000))", "quote(?1)", "printf('%s', ?1)", "json_valid(?1)", "json_quote(?1)", "unicode(?1)", "substr(?1, -5)",
    ],
)  # fmt: skip
def test_f11_no_function_takes_long_in_one_step(call):
    """With SQLite's own these took minutes: a part that is found nowhere, letters to strip."""
    statement = f"select length({call}) as n"
    began = time.perf_counter()
    mlpy.compile(MEMORY + "try { db.query(statement, text, part); } except (e) { }", inputs=["statement", "text", "part"]).run(
        inputs={"statement": statement, "text": "a" * 9_000_000, "part": "b" * 100 + "a" * 4_000_000 + "b"}
    )
    assert time.perf_counter() - began < 8


# ── memory ──


@pytest.mark.parametrize(
    "expression",
    [
        "zeroblob(100000000)",
        "hex(zeroblob(9000000))",
        "printf('%.*c', 200000000, 'x')",
        "printf('%200000000s', 'x')",
        "replace(zeroblob(9000000), x'00', 'xxxxxxxxxx')",
        "replace(printf('%.*c', 9000000, 'x'), 'x', 'yyyy')",
        "group_concat(hex(zeroblob(4000000))) from (select 1 union all select 2)",
    ],
)
def test_f11_a_text_is_bounded(expression):
    found = []
    try:
        found = mlpy.compile(f'{MEMORY} db.query("select length({expression}) as n".replace(" from (", ") from (").replace("2))", "2)"))').run().value
    except MLError as error:
        assert (error.message, error.type) == ("a text or a blob would have more than 10,000,000 bytes", "ValueError")  # noqa: PT017  or there is none
    assert all(row["n"] is None or row["n"] <= 10_000_000 for row in found)


def test_f11_a_database_in_memory_is_bounded():
    code = f'db.execute("create table t(a)"); db.execute("insert into t {ENDLESS} select zeroblob(9000) from r")'
    with pytest.raises(MLError) as caught:
        mlpy.run(MEMORY + code, limits=mlpy.Limits(time=60))
    assert (caught.value.message, caught.value.type) == ("no space is left for the database", "IOError")


def test_f11_rows_are_bounded():
    with pytest.raises(MLError) as caught:
        mlpy.run(f'{MEMORY} db.query("{ENDLESS} select zeroblob(100000) as a from r")')
    assert caught.value.limit == "size"
    with pytest.raises(MLError) as caught:
        mlpy.run(f"{MEMORY} db.query(\"{ENDLESS} select printf('%.*c', 1000000, 'x') as a from r\")")
    assert caught.value.limit == "size"


@pytest.mark.parametrize("question", ["select count(*) from (select zeroblob(1000) as z, x from r order by x % 7, z)", "select count(distinct hex(zeroblob(500)) || x) from r"])
def test_f11_the_memory_of_a_statement_is_bounded(question):
    """Sorting and comparing keep rows aside, in memory and not in files of the host."""
    with pytest.raises(MLError) as caught:
        mlpy.run(f'{MEMORY} try {{ db.query("{ENDLESS} {question}"); }} except (e) {{ }}', limits=mlpy.Limits(time=60))
    assert caught.value.limit == "memory"
    assert mlpy.run(MEMORY + 'db.query("select 1 as one")') == [{"one": 1}]


def test_f11_statements_are_bounded():
    assert refused("select " + "-" * 500 + "1").type == "ValueError"
    assert refused("select " + "(" * 300 + "1" + ")" * 300).type == "ValueError"
    assert refused("select " + " union all select ".join(map(str, range(500)))).type == "ValueError"
    assert refused("select 1 " + " " * 1_000_001).type == "ValueError"
    assert refused(f"select {', '.join(['1'] * 3000)}").type == "ValueError"


def test_f11_limits_are_set_on_each_connection():
    run = mlpy.Engine().new_run(None)
    guard = _sql.Guard(run)
    _sql.connect("", guard, True, False)
    connection = guard.connection
    assert {limit: connection.getlimit(limit) for limit in _sql.LIMITS} == _sql.LIMITS
    guard.ours = True
    assert 0 < connection.execute("pragma hard_heap_limit").fetchone()[0] <= _sql.HEAP
    assert connection.execute("pragma temp_store").fetchone() == (2,)
    guard.close()


# ── files ──


def test_f11_a_link_leads_nowhere_that_is_not_granted(folder):
    database(folder.path / "out" / "secret.db")
    (folder.path / "in" / "link.db").symlink_to("../out/secret.db")
    (folder.path / "in" / "folder").symlink_to("../out")
    for path, how in itertools.product(("in/link.db", "in/folder/secret.db", "in/../out/secret.db"), ("open", "openReadOnly")):
        with pytest.raises(MLError) as caught:
            folder(f'sqlite.{how}("{path}")')
        assert caught.value.type == "CapabilityError"
    granted = ("file.read:./in/**", "file.write:./**")  # to be written, but not to be read
    with pytest.raises(MLError) as caught:
        folder('sqlite.open("in/link.db").query("select * from t")', *granted)
    assert caught.value.type == "CapabilityError"


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
def test_f11_files_beside_a_database_are_no_links(folder, suffix):
    path = database(folder.path / "in" / "a.db")
    (folder.path / "out" / "target").write_text("precious")
    os.symlink("../out/target", f"{path}{suffix}")
    with pytest.raises(MLError):
        folder('sqlite.open("in/a.db").execute("insert into t values (2)")')
    assert (folder.path / "out" / "target").read_text() == "precious"


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm", "-JOURNAL"])
def test_f11_a_program_does_not_write_what_sqlite_believes(folder, suffix):
    database(folder.path / "in" / "a.db")
    for code in (
        f'file.write("in/a.db{suffix}", "x")',
        f'file.append("in/b.db{suffix}", "x")',
        f'file.write("in/x", "x"); file.move("in/x", "in/a.db{suffix}")',
        f'file.write("in/x", "x"); file.copy("in/x", "in/a.db{suffix}")',
    ):
        with pytest.raises(MLError, match=r"code\.write"):
            folder(code)
    assert not (folder.path / "in" / f"a.db{suffix}").exists()


def attacked(path, victim):
    """A database whose journal stopped in the middle of a change, and calls another file the journal of several databases."""
    connection = sqlite3.connect(database(path), isolation_level=None)
    connection.execute("pragma cache_size = 1")
    connection.execute("begin")
    connection.execute("insert into t select zeroblob(3000) from (with recursive r(x) as (select 1 union all select x + 1 from r limit 100) select x from r)")
    data, journal = path.read_bytes(), Path(f"{path}-journal").read_bytes()
    connection.execute("rollback")
    connection.close()
    name = str(victim).encode()
    path.write_bytes(data)
    Path(f"{path}-journal").write_bytes(journal + (262145).to_bytes(4, "big") + name + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + SUPER)


SUPER = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"


def test_f11_a_journal_does_not_have_another_file_deleted(folder):
    """SQLite deletes what a journal calls the journal of several databases, once it has played it back: whatever file that is."""
    path, victim = folder.path / "in" / "a.db", folder.path / "out" / "precious"
    victim.write_text("precious")
    attacked(path, victim)
    for how in ("open", "openReadOnly"):
        with pytest.raises(MLError) as caught:
            folder(f'sqlite.{how}("in/a.db").query("select * from t")')
        assert caught.value.message == "the journal of `in/a.db` belongs to several databases"
        assert victim.exists()
    connection = sqlite3.connect(path)
    assert connection.execute("select count(*) from t").fetchone() == (1,)
    connection.close()
    assert not victim.exists(), "the journal was none that SQLite believes, so this test shows nothing"


def test_f11_a_name_that_changes_while_it_is_opened_leads_nowhere_else(folder):
    """Somebody puts a link to a folder that is not granted in the place of the database's own, and that back, as fast as can be."""
    real, aside = folder.path / "in" / "real", folder.path / "in" / "aside"
    database(real / "a.db", "create table t(a)", "insert into t values ('public')")
    database(folder.path / "out" / "a.db", "create table t(a)", "insert into t values ('secret')")
    ended = threading.Event()

    def swap():
        while not ended.is_set():
            real.rename(aside)
            real.symlink_to("../out")
            real.unlink()
            aside.rename(real)
            ended.wait(0.0005)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        found = folder(
            """
            seen = {};
            for (i in range(900)) {
                try { said = sqlite.openReadOnly("in/real/a.db").query("select a from t")[0].a; } except (e) { said = e.type; }
                seen[said] = 1 + getattr(seen, said, 0);
            }
            seen
            """
        )
    finally:
        ended.set()
        thread.join()
    assert found.keys() <= {"public", "IOError", "CapabilityError", "ValueError"}
    assert folder('sqlite.openReadOnly("in/real/a.db").query("select a from t")') == [{"a": "public"}]


def test_f11_what_sqlite_has_opened_is_what_was_checked(folder, monkeypatch):
    """The same at the one moment that matters, and with everything back in its place when somebody looks."""
    real, aside = folder.path / "in" / "real", folder.path / "in" / "aside"
    database(real / "a.db", "create table t(a)", "insert into t values ('public')")
    database(folder.path / "out" / "a.db", "create table t(a)", "insert into t values ('secret')")
    plain = _sql.connect

    def swapped(*arguments):
        real.rename(aside)
        real.symlink_to("../out")
        try:
            plain(*arguments)
        finally:
            real.unlink()
            aside.rename(real)

    monkeypatch.setattr(_sql, "connect", swapped)
    for how in ("open", "openReadOnly"):
        with pytest.raises(MLError) as caught:
            folder(f'sqlite.{how}("in/real/a.db").query("select a from t")')
        assert caught.value.message == "`in/real/a.db` was replaced while it was opened"
    code = 'sqlite.openReadOnly("in/real/a.db").query("select a from t")'
    holding = f'a = sqlite.openReadOnly("in/real/a.db"); a.query("select a from t"); begin(); try {{ {code}; }} except (e) {{ message = e.message; }} message'
    monkeypatch.setattr(_sql, "connect", plain)
    engine = mlpy.Engine(functions={"begin": lambda: monkeypatch.setattr(_sql, "connect", swapped)})
    found = engine.run("import sqlite;" + holding, grants=Grants(["file.read:./in/**"], root=str(folder.path))).value
    assert found == "`in/real/a.db` was replaced while it was opened"


def test_f11_a_database_is_opened_again_and_again(folder):
    """While one connection holds locks, SQLite keeps the handles of those that were closed, and takes them again."""
    database(folder.path / "in" / "a.db")
    code = """
        a = sqlite.open("in/a.db");
        a.transaction(fn() => {
            a.execute("insert into t values (2)");
            for (i in range(5)) { sqlite.openReadOnly("in/a.db").close(); sqlite.openReadOnly("in/a.db").close(); }
        });
        kept = [];
        for (i in range(5)) { kept.append(sqlite.open("in/a.db")); kept.append(sqlite.openReadOnly("in/a.db")); }
        kept.map(fn(one) => one.query("select count(*) as n from t")[0].n)
    """
    assert folder(code) == [2] * 10
    database(folder.path / "in" / "wal.db", "pragma journal_mode = wal", "create table t(a)")
    assert folder(code.replace("a.db", "wal.db")) == [1] * 10


def test_f11_another_name_of_a_file_is_not_written_through(folder):
    path = database(folder.path / "out" / "a.db")
    os.link(path, folder.path / "in" / "b.db")
    with pytest.raises(MLError, match="further names"):
        folder('sqlite.open("in/b.db")')


def test_f11_a_second_connection_does_not_release_the_locks_of_the_first(folder):
    """A process that closes any handle of a file loses all its locks on it: opening a database may open the file with SQLite only."""
    database(folder.path / "in" / "a.db")
    code = """
        a = sqlite.open("in/a.db");
        a.transaction(fn() => {
            a.execute("insert into t values (2)");
            sqlite.openReadOnly("in/a.db").close();
            return probe();
        })
    """

    def probe():
        """Another process, as locks of one process do not stand against each other."""
        code = f"import sqlite3; sqlite3.connect({str(folder.path / 'in' / 'a.db')!r}, timeout=0, isolation_level=None).execute('begin immediate')"
        return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode

    grants = Grants(["file.read:./in/**", "file.write:./in/**"], root=str(folder.path))
    assert mlpy.Engine(functions={"probe": probe}).run("import sqlite;" + code, grants=grants).value == 1


def test_f11_errors_name_no_path_of_the_host(folder):
    (folder.path / "in" / "text.db").write_text("no database " * 500)
    (folder.path / "in" / "inner").mkdir()
    for path in ("in/text.db", "in/inner", "in/missing/x.db"):
        with pytest.raises(MLError) as caught:
            folder(f'sqlite.openReadOnly("{path}").query("select * from sqlite_master")')
        assert str(folder.path) not in f"{caught.value.message}{caught.value.hint}"


def test_f11_what_is_special_in_an_address_is_a_plain_letter_of_a_name(folder):
    for name in ("a?mode=memory", "a#b", "a%2fb", "file:x", "a b", "é"):
        folder(f'db = sqlite.open("in/{name}"); db.execute("create table t(a)"); db.close();')
        assert (folder.path / "in" / name).stat().st_size > 0
    with pytest.raises(MLError, match="open for reading only"):
        folder('sqlite.openReadOnly("in/a?mode=memory").execute("create table u(a)")')

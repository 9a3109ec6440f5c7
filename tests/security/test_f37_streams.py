"""F37: what stays open is an object of its run: it ends with it, and works under its authority wherever it is asked to go on."""

from __future__ import annotations

import gc
import os

import pytest

import mlpy
from mlpy.capabilities import Grants
from mlpy.errors import MLError

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="which files are open is asked of /proc")

OPENERS = {
    "file.lines": 'import file; it = file.lines("in.csv"); function more() { return next(it, null); } more();',
    "csv.rows": 'import csv; it = csv.rows("in.csv"); function more() { return next(it, null); } more();',
    "sqlite.open": 'import sqlite; db = sqlite.open("in.db"); function more() { return db.query("select count(*) as n from sqlite_master"); } db.execute("create table if not exists t(a)"); db.query("select * from t");',
    "log.addFile": 'import log; log.setLevel("info"); log.addFile("out.log"); function more() { log.info("more"); } more();',
    "log.logger": 'import log; logger = log.createLogger("l"); logger.addFile("out.log"); function more() { logger.info("more"); } more();',
}
OPENER = pytest.mark.parametrize("opener", OPENERS.values(), ids=OPENERS.keys())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in.csv").write_text("a,b\n" + "1,2\n" * 200_000)
    return tmp_path


def grants(folder, *allow):
    return Grants(allow or ("file.read:./**", "file.write:./**", "file.append:./**"), root=str(folder))


def opened(folder):
    """How many files below a folder this process holds open."""
    count = 0
    for number in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{number}").startswith(str(folder))
        except OSError:  # the one that listed them
            continue
    return count


@OPENER
def test_f37_a_limit_closes_what_is_open_at_once(folder, opener):
    program = mlpy.compile(opener + "while (true) {}")
    with pytest.raises(MLError) as caught:
        program.run(grants=grants(folder), limits=mlpy.Limits(time=0.5))
    assert caught.value.limit == "time"
    assert opened(folder) == 0


@OPENER
def test_f37_a_deadline_ahead_holds_nothing_of_a_run_that_has_ended(folder, opener):
    mlpy.Engine(grants=grants(folder), limits=mlpy.Limits(time=3600)).run(opener)
    gc.collect()
    assert opened(folder) == 0


@OPENER
def test_f37_what_nobody_holds_any_more_is_closed(folder, opener):
    result = mlpy.compile(opener).run(grants=grants(folder))
    assert opened(folder) >= 1
    result.exports["more"]()  # a program lives as long as one of its functions does
    del result
    gc.collect()
    assert opened(folder) == 0


@OPENER
def test_f37_an_error_leaves_nothing_open(folder, opener):
    with pytest.raises(MLError, match="no more"):
        mlpy.compile(opener + 'throw "no more";').run(grants=grants(folder))
    gc.collect()
    assert opened(folder) == 0


@OPENER
def test_f37_a_stream_works_under_the_authority_that_opened_it(folder, opener):
    """Another run that asks it to go on neither lends it anything nor pays for it; what it narrowed does not reach back."""
    first = mlpy.compile(opener).run(grants=grants(folder))
    second = mlpy.Engine(functions={"more": first.exports["more"]}).run("more(); more();", grants=Grants())
    assert second.audit == []
    assert [one.decision for one in first.audit] == ["allowed"] * len(first.audit)


@pytest.mark.parametrize("name", ["file.lines", "csv.rows"])
def test_f37_bytes_of_a_stream_are_those_of_its_grant(folder, name):
    program = mlpy.compile(OPENERS[name] + "for (x in it) { }")
    with pytest.raises(MLError, match="is used up: `bytes=300000`"):
        program.run(grants=grants(folder, "file.read:./**,bytes=300000"))
    first = mlpy.compile(OPENERS[name] + "function rest() { for (x in it) { } }").run(grants=grants(folder, "file.read:./**,bytes=300000"))
    with pytest.raises(MLError, match="is used up: `bytes=300000`"):
        mlpy.Engine(functions={"rest": first.exports["rest"]}).run("rest();", grants=Grants.everything())


def test_f37_a_program_holds_few_files_open(folder):
    for opener in ('import file; it.append(file.lines("in.csv"));', 'import csv; it.append(csv.rows("in.csv"));', 'import sqlite; it.append(sqlite.openReadOnly("in.db"));'):
        head, _, call = opener.partition("; ")
        mlpy.compile('import sqlite; sqlite.open("in.db").close();').run(grants=grants(folder))
        with pytest.raises(MLError, match="64 files and connections open"):
            mlpy.compile(f"{head}; it = []; for (i in range(100)) {{ {call} }}").run(grants=grants(folder))
        gc.collect()
        assert opened(folder) == 0

"""What stdlib modules and others get from `mlpy.files` beside the functions of the module `file`."""

from __future__ import annotations

import os
import sqlite3
import threading

import pytest

from mlpy import files
from mlpy.capabilities import Grants
from mlpy.errors import CapabilityDenied, MLError
from mlpy.gates import gate
from mlpy.runtime.run import MAX_KEPT, Run, execute

ALL = ["file.read:./**", "file.write:./**", "file.append:./**", "file.delete:./**"]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def within(function, *templates, grants=ALL, run=None):
    """Calls a function that demands capabilities for `path`, as a program would."""
    run = run or Run(grants=Grants(grants))
    return execute(run, gate(function, templates, grants=run.grants, run=run, module="test"), "a")


def test_nothing_is_reached_outside_of_a_gate():
    with pytest.raises(RuntimeError, match="behind a gate"):
        files.read_bytes("a")


def test_a_path_that_the_gate_did_not_see_is_a_use_of_its_own(here):
    (here / "b").write_text("b")
    run = Run(grants=Grants(["file.read:./a", "file.read:./b"]))
    assert within(lambda path: files.read_bytes("b"), "file.read:{path}", run=run) == b"b"
    assert [(one.capability, one.count) for one in run.audit.records()] == [("file.read:b", 1), ("file.read:a", 1)]
    with pytest.raises(CapabilityDenied):
        within(lambda path: files.read_bytes("b"), "file.read:{path}", grants=["file.read:./a"])


def test_another_kind_than_the_gate_demanded_is_demanded_now(here):
    (here / "a").write_text("a")
    for work in (lambda path: files.replace(path, b""), files.remove, files.appender, lambda path: files.database(path, write=True)):
        with pytest.raises(CapabilityDenied):
            within(work, "file.read:{path}", grants=["file.read:./**"])
    assert (here / "a").read_text() == "a"


def test_streams_charge_what_goes_through_them_also_after_the_call(here):
    (here / "a").write_bytes(b"x" * 200_000)
    run = Run(grants=Grants(["file.read:./**,bytes=100000", "file.append:./**,bytes=5"]))
    stream = within(files.reader, "file.read:{path}", run=run)
    assert stream.read(10) == b"x" * 10
    with pytest.raises(CapabilityDenied, match="bytes=100000"):
        stream.read()
    writer = within(lambda path: files.appender("b"), "file.append:{path}", run=run)
    writer.write(b"12345")
    writer.flush()
    writer.write(b"6")
    with pytest.raises(CapabilityDenied, match="bytes=5"):
        writer.flush()
    assert (here / "b").read_bytes() == b"12345"
    stream.close()
    with pytest.raises(CapabilityDenied):
        writer.close()


def test_a_stream_of_a_run_that_has_ended_gives_nothing(here):
    (here / "a").write_bytes(b"x" * 200_000)
    run = Run(grants=Grants(ALL))
    stream = within(files.reader, "file.read:{path}", run=run)
    run.cancel()
    with pytest.raises(BaseException, match="cancelled"):
        stream.read()


# ── databases ──


def test_a_database_is_the_file_that_was_checked(here):
    def use(path):
        where = files.database("x.db", write=True)
        connection = sqlite3.connect(where)
        connection.execute("create table t(a)")
        files.confirm("x.db", write=True)
        connection.close()
        with pytest.raises(MLError, match="was replaced"):
            files.confirm("x.db", write=True)
        return where

    assert within(use, "file.write:{path}") == str(here / "x.db")


@pytest.mark.parametrize("suffix", ["", "-journal", "-wal", "-shm"])
@pytest.mark.parametrize("link", ["symbolic", "hard"])
def test_a_database_with_a_file_beside_it_that_leads_elsewhere_is_refused(suffix, link, here, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "secret"
    elsewhere.write_text("secret")
    if suffix:
        (here / "a").write_text("")
    (os.symlink if link == "symbolic" else os.link)(elsewhere, here / f"a{suffix}")
    with pytest.raises(MLError):
        within(lambda path: files.database(path, write=True), "file.write:{path}")
    assert elsewhere.read_text() == "secret"


def test_a_database_that_is_swapped_for_a_link_while_it_is_opened_is_noticed(here, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "other.db"
    sqlite3.connect(elsewhere).execute("create table secret(a)").connection.close()

    def use(path):
        where = files.database(path, write=False)
        os.rename("a", "kept")
        os.symlink(elsewhere, "a")
        connection = sqlite3.connect(where)
        connection.execute("select * from secret")
        os.unlink("a")
        os.rename("kept", "a")
        try:
            files.confirm(path, write=False)
        finally:
            connection.close()

    sqlite3.connect(here / "a").execute("create table mine(a)").connection.close()
    with pytest.raises(MLError, match="was replaced while it was opened"):
        within(use, "file.read:{path}")


# ── what a run keeps ──


class Held:
    def __init__(self, *, failing=False):
        self.closed = 0
        self.failing = failing

    def close(self):
        self.closed += 1
        if self.failing:
            raise OSError("no space")


def test_a_run_closes_what_it_keeps_with_its_end():
    held = [Held(), Held(failing=True), Held()]
    run = Run()
    for one in held:
        run.keep(one)
    run.drop(held[0])
    run.drop(held[0])
    run.close()
    assert [one.closed for one in held] == [0, 1, 1]
    run = Run()
    run.keep(held[0])
    del run
    assert held[0].closed == 1


def test_a_run_closes_what_it_keeps_when_it_is_ended_and_nothing_executes_any_more():
    run, held, seen = Run(), Held(), []

    def work():
        run.keep(held)
        run.die(run.stopped())
        seen.append(held.closed)

    with pytest.raises(BaseException, match="cancelled"):
        execute(run, work)
    assert (seen, held.closed) == ([0], 1)


def test_a_run_keeps_only_so_many():
    run = Run()
    for _ in range(MAX_KEPT):
        run.keep(Held())
    last = Held()
    with pytest.raises(MLError, match="holds 64 files"):
        run.keep(last)
    assert last.closed == 1


def test_threads_may_keep_and_drop_at_once():
    run = Run()

    def work():
        for _ in range(2000):
            one = Held()
            run.keep(one)
            run.drop(one)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert run.kept == []

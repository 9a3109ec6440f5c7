"""`mlpy workflow watch`: records stay in step with what happens to scripts, whatever the order and the speed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from time import monotonic, sleep

import pytest
from mlpy.extensions.workflows import records, watching
from mlpy.extensions.workflows.folder import Changes
from mlpy.extensions.workflows.watching import Watch

PATIENCE = 30  # seconds that a loaded machine may take
LONG_AGO = "2001-02-03T04:05:06Z"


def until(holds, what: str = "") -> None:
    """Waits until something holds."""
    end = monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end, what or "it never came"
        sleep(0.02)


class Watched:
    """A watch on a thread: `total` is what it has told, `calls` how often."""

    def __init__(self, scripts) -> None:
        self.scripts = scripts
        self.total = Changes()
        self.calls = 0
        self.failures: list[BaseException] = []
        self.watch = Watch(scripts.folder, self.told)
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def told(self, changes: Changes) -> None:
        self.total.add(changes)
        self.calls += 1

    def work(self) -> None:
        try:
            self.watch.follow()
        except BaseException as failure:
            self.failures.append(failure)

    def close(self) -> None:
        self.watch.close()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        assert self.failures == []

    def in_step(self) -> bool:
        """Whether each script has its record, and no record is without one."""
        plan = self.scripts.folder.plan()
        return not plan.changes


@pytest.fixture(params=["events", "looks"])
def watched(request, scripts, monkeypatch):
    """A watch of the folder, by what the system tells and without."""
    if request.param == "looks":
        monkeypatch.setattr(watching, "find_spec", lambda _: None)
        monkeypatch.setattr(watching, "HEARTBEAT", 0.05)
    else:
        pytest.importorskip("watchdog")
        monkeypatch.setattr(watching, "HEARTBEAT", 3600.0)
    scripts.write("first.sh", "# @version: 1\n")
    made = Watched(scripts)
    until(lambda: scripts.recorded == ["first.sh"])
    yield made
    made.close()


def long_ago(scripts, name: str) -> None:
    """Has a record be one of long ago; it is still in step."""
    path = scripts.path / f"{name}.workflow.json"
    text = json.dumps(json.loads(path.read_text()) | {"created_at": LONG_AGO, "updated_at": LONG_AGO}, indent=2) + "\n"
    (scripts.path / ".aside").write_text(text)
    os.replace(scripts.path / ".aside", path)


def test_create_change_rename_delete_and_touch(watched, scripts):
    scripts.write("second.py", "# @version: 1\n")
    scripts.write("many/main.js", "// @version: 1\n")
    until(lambda: scripts.recorded == ["first.sh", "many", "second.py"])
    long_ago(scripts, "second.py")
    scripts.write("second.py", "# @version: 2\n")
    until(lambda: scripts.record("second.py")["version"] == "2")
    assert scripts.record("second.py")["created_at"] == LONG_AGO
    assert scripts.record("second.py")["updated_at"] > LONG_AGO
    (scripts.path / "second.py").rename(scripts.path / "third.py")
    until(lambda: scripts.recorded == ["first.sh", "many", "third.py"])
    assert (scripts.record("third.py")["name"], scripts.record("third.py")["created_at"]) == ("third", LONG_AGO)
    digest = scripts.record("many")["metadata"]["source_hash"]
    scripts.write("many/lib/deep.js", "1\n")
    until(lambda: scripts.record("many")["metadata"]["source_hash"] != digest)
    before = {name: (scripts.path / f"{name}.workflow.json").stat().st_mtime_ns for name in ("first.sh", "third.py")}
    os.utime(scripts.path / "first.sh")
    os.utime(scripts.path / "third.py", (1, 1))
    (scripts.path / "many" / "main.js").unlink()
    until(lambda: scripts.recorded == ["first.sh", "third.py"])
    assert {name: (scripts.path / f"{name}.workflow.json").stat().st_mtime_ns for name in before} == before
    until(lambda: watched.total.removed == ["many"])
    assert watched.total.renamed == [("second.py", "third.py")]
    assert watched.total.problems == []


def saved_by_rename(path, text: str) -> None:
    """As most editors do: another file, then its name."""
    fresh = path.with_name(f"{path.name}.{random.randrange(10**9)}.tmp")
    fresh.write_text(text)
    os.replace(fresh, path)


def saved_with_backup(path, text: str) -> None:
    """As vim does: the old one aside, a new one under the name, the old one away."""
    aside = path.with_name(f"{path.name}~")
    path.rename(aside)
    sleep(0.15)  # longer than a watch waits for quiet
    path.write_text(text)
    aside.unlink()


def saved_beside(path, text: str) -> None:
    """As `sed -i` does: a file of any name, which is a script for a moment, then its name."""
    fresh = path.with_name(f"sed{random.randrange(10**9)}")
    fresh.write_text("#!/bin/sh\n" + text)
    sleep(0.15)
    os.replace(fresh, path)


@pytest.mark.parametrize("save", [saved_by_rename, saved_with_backup, saved_beside])
def test_editors_save_in_their_own_ways(watched, scripts, save):
    long_ago(scripts, "first.sh")
    for version in ("2", "3", "4"):
        save(scripts.path / "first.sh", f"# @version: {version}\n")
        until(lambda version=version: scripts.recorded == ["first.sh"] and scripts.record("first.sh")["version"] == version)
    assert scripts.record("first.sh")["created_at"] == LONG_AGO


def test_two_hundred_changes_in_a_second(watched, scripts):
    chance = random.Random(7)
    until(lambda: watched.calls == 1)
    for number in range(200):
        there = sorted(path for path in scripts.path.iterdir() if path.suffix in (".py", ".sh") and path.name != "first.sh")
        path = chance.choice(there) if there else None
        what = chance.choice(["create", "create", "change", "rename", "delete", "touch"])
        if what == "create" or path is None:
            scripts.write(f"s{number}.{chance.choice(['py', 'sh'])}", f"# @version: {number}\n")
        elif what == "change":
            scripts.write(path.name, f"# @version: {number}\n")
        elif what == "rename":
            path.rename(path.with_name(f"r{number}{path.suffix}"))
        elif what == "delete":
            path.unlink()
        else:
            os.utime(path)
    expected = sorted(path.name for path in scripts.path.iterdir() if path.suffix in (".py", ".sh"))
    assert len(expected) > 10
    until(lambda: scripts.recorded == expected and watched.in_step())
    for name in expected:
        assert scripts.record(name)["code"] == (scripts.path / name).read_text()
        assert list(records.problems(scripts.record(name))) == []
    assert not [path for path in scripts.path.iterdir() if path.suffix == ".new"]


def test_a_record_that_is_lost_comes_back_and_a_folder_that_goes_is_no_end(watched, scripts):
    (scripts.path / "first.sh.workflow.json").unlink()
    until(lambda: scripts.recorded == ["first.sh"])
    scripts.path.rename(scripts.path.with_name("aside"))
    watched.watch.touched("")
    scripts.path.with_name("aside").rename(scripts.path)
    scripts.write("back.sh", "")
    watched.watch.touched("")
    until(lambda: scripts.recorded == ["back.sh", "first.sh"])


def test_the_command_tells_what_changes_until_ctrl_c(scripts, environment):
    scripts.write("a.sh", "")
    line = [sys.executable, "-m", "mlpy", "workflow", "watch", "--folder", str(scripts.path)]
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "created  a.sh\n"
            (scripts.path / "a.sh").rename(scripts.path / "b.sh")
            assert child.stdout.readline() == "renamed  a.sh → b.sh\n"
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=PATIENCE)
        finally:
            child.kill()
    assert (child.returncode, out, err) == (0, "", f"watching {scripts.path}; Ctrl-C ends\n\n")


def test_a_folder_that_is_not_there_cannot_be_watched(scripts, workflow, monkeypatch, home):
    monkeypatch.delenv("MLPY_WORKFLOWS")
    code, _, err = workflow("watch")
    assert code == 1
    assert err == f"error: there is no folder `{home / 'config' / 'workflows'}`\n  = hint: `mlpy workflow new NAME -l LANGUAGE` makes it with a first workflow\n"

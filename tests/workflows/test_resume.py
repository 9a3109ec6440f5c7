"""Runs of graphs as whole processes: killed in the middle and resumed, interrupted, over a cluster of Dask with a worker that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from time import monotonic, sleep

import pytest

LATE = 60  # seconds after which something does not come any more
CLUSTER = """
import sys
if __name__ == "__main__":
    from distributed import LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs the extra `dask`")


class Steps:
    """Steps in shell, each of which writes its name into `ran`; `start` runs the command in a process of its own, in the folder `place`."""

    def __init__(self, scripts, place, environment):
        self.scripts = scripts
        self.place = place
        self.environment = environment

    def write(self, name, body="", needs=""):
        self.scripts.write(f"{name}.sh", f'#!/bin/sh\n{f"# @needs: {needs}" if needs else "#"}\necho "$MLPY_STEP" >> ran\n{body}\n')

    def start(self, *words):
        line = [sys.executable, "-m", "mlpy", "workflow", *words]
        return subprocess.Popen(line, cwd=self.place, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def run(self, *words):
        process = self.start(*words)
        out, errors = process.communicate(timeout=LATE)
        return process.returncode, out, errors

    def history(self, run):
        data = json.loads(self.run("history", "--run", str(run), "--json")[1])["data"]
        return data["runs"][0]["status"], sorted((one["step"], one["attempt"], one["status"]) for one in data["attempts"])

    def ran(self):
        return sorted((self.place / "ran").read_text().split())


@pytest.fixture
def steps(scripts, tmp_path, environment):
    names = ("HOME", "MLPY_CACHE_DIR", "MLPY_CONFIG_DIR", "MLPY_STATE_DIR", "MLPY_WORKFLOWS")
    return Steps(scripts, tmp_path / "here", environment | {name: os.environ[name] for name in names})


def appears(path):
    """Waits for a file, and gives its text."""
    until = monotonic() + LATE
    while not (path.exists() and path.read_text()):
        assert monotonic() < until, f"{path.name} does not come"
        sleep(0.02)
    return path.read_text()


def gone(number):
    """Waits for the end of a process; where nobody cares for orphans, one that has ended stays listed as a zombie."""
    until = monotonic() + LATE
    while subprocess.run(["ps", "-o", "stat=", "-p", number.strip()], capture_output=True, text=True, check=False).stdout[:1] not in ("", "Z"):
        assert monotonic() < until, "it lives on"
        sleep(0.02)


def test_killed_in_the_middle_and_resumed(steps):
    steps.write("one")
    steps.write("two", needs="one")
    steps.write("three", "[ -e go ] || { echo $$ > begun; sleep 300; }", needs="one")
    steps.write("four", needs="two, three")
    runner = steps.start("run", "four", "--jobs", "2")
    number = appears(steps.place / "begun")
    until = monotonic() + LATE
    while ("two", 1, "done") not in steps.history(1)[1]:
        assert monotonic() < until, "the second step does not end"
    code, _, errors = steps.run("run", "--resume")
    assert (code, errors.splitlines()[0]) == (1, f"error: run 1 of `four` is under way in process {runner.pid}")

    runner.kill()
    runner.communicate()
    gone(number)
    assert steps.history(1) == ("interrupted", [("one", 1, "done"), ("three", 1, "interrupted"), ("two", 1, "done")])

    (steps.place / "go").touch()
    code, _, errors = steps.run("run", "--resume", "1")
    assert (code, steps.ran()) == (0, ["four", "one", "three", "three", "two"]), errors
    assert steps.history(1)[0] == "done"


def test_control_c_ends_every_step_once(steps):
    for name in ("left", "right"):
        steps.write(name, f"trap 'echo {name} >> heard; exit 5' INT; echo $$ > {name}; while :; do sleep 0.05; done")
    steps.write("top", needs="left, right")
    runner = steps.start("run", "top", "--jobs", "2")
    numbers = [appears(steps.place / name) for name in ("left", "right")]
    runner.send_signal(signal.SIGINT)
    runner.communicate(timeout=LATE)
    assert runner.returncode in (130, -signal.SIGINT)
    for number in numbers:
        gone(number)
    assert sorted((steps.place / "heard").read_text().split()) == ["left", "right"]
    assert steps.history(1)[0] == "interrupted"


def test_lines_come_while_steps_run(steps):
    steps.write("loud", "echo now; echo aside >&2; until [ -e go ]; do sleep 0.05; done; exit 6")
    steps.write("top", needs="loud")
    runner = steps.start("run", "top")
    assert runner.stdout.readline() == "loud │ now\n"
    (steps.place / "go").touch()
    out, errors = runner.communicate(timeout=LATE)
    assert (runner.returncode, out) == (6, "")
    assert [line for line in errors.splitlines() if "running" not in line] == [
        "loud │ aside",
        "loud │ failed: exit code 6",
        "note: run 1: 1 failed, 1 not begun; `mlpy workflow run --resume 1` goes on with it",
    ]


@needs_dask
def test_dask_runs_the_same_and_nothing_is_lost_with_a_worker(steps, beside):
    twelve = beside("workflows/diamond.py")
    heard = 'until grep -q here "$MLPY_STATE_DIR"/workflows/*/runs/$MLPY_RUN/report.1.log; do sleep 0.05; done'  # a worker that is killed takes along what it has not sent
    for name, text in twelve.steps(before={"report": f"[ -e mark ] || {{ echo here; : > mark; {heard}; kill -KILL $PPID; sleep 300; }}; echo there >&2\n"}).items():
        steps.scripts.write(f"{name}.sh", text)
    for name in ("source.txt", "other.txt", "mark"):
        (steps.place / name).write_text(name)
    command = ("run", "final", "--jobs", "4", "--continue-on-error")
    assert steps.run(*command)[0] == 7
    made = {path.name: path.read_bytes() for path in steps.place.glob("*.out")}
    for name in (*made, "mark", "ran", *(f"here-{side}" for side in twelve.SIDES)):
        (steps.place / name).unlink()

    line = [sys.executable, "-c", CLUSTER]
    with subprocess.Popen(line, cwd=steps.place, env=steps.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as cluster:
        address = cluster.stdout.readline().strip()
        code, _, errors = steps.run(*command, "--engine", "dask", "--scheduler", address)
        assert code == 7, errors
        assert {"broken │ it breaks", "report │ there"} <= set(errors.splitlines())
        cluster.stdin.close()
        assert cluster.wait(LATE) == 0
    assert {path.name: path.read_bytes() for path in steps.place.glob("*.out")} == made
    assert steps.ran().count("report") == 2  # on the worker that was killed, and on the other
    attempts = json.loads(steps.run("history", "--run", "2", "--json")[1])["data"]["attempts"]
    assert {one["step"]: one["status"] for one in attempts} == twelve.ENDED
    assert {one["worker"].partition(":")[0] for one in attempts if one["attempt"]} == {"tcp"}
    with open(next(one["log"] for one in attempts if one["step"] == "report"), encoding="utf-8") as stream:
        assert "its worker went away" in (log := stream.read())
    assert log.startswith("here\n")
    assert log.endswith("there\n")


@needs_dask
def test_dask_needs_a_scheduler_that_answers(steps):
    program = """
from mlpy.extensions.workflows import distributed
distributed.CONNECT = 0.2
for address in (None, "nobody", "tcp://127.0.0.1:x", "tcp://127.0.0.1:1"):
    try:
        distributed.Cluster(address, 1)
    except distributed.WorkflowError as error:
        print(error.code, error.message)
"""
    done = subprocess.run([sys.executable, "-c", f"import mlpy\n{program}"], env=steps.environment, capture_output=True, text=True, timeout=LATE, check=False)
    said = ("2 `nobody` is no address of a scheduler", "2 `tcp://127.0.0.1:x` is no address of a scheduler", "1 no Dask scheduler answers at `tcp://127.0.0.1:1`")
    assert (done.stdout.splitlines(), done.stderr) == (["2 `--engine dask` needs the address of a scheduler", *said], "")

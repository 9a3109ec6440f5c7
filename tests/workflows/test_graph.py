"""Graphs: plans, what is skipped and what is not, tries, failures, limits of time, the journal, pictures."""

from __future__ import annotations

import json
import os
import random
import re
import sqlite3
import subprocess
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from mlpy.extensions.workflows import conducting, fingerprints, journal, output, picture
from mlpy.extensions.workflows.failures import WorkflowError
from mlpy.extensions.workflows.graph import plan
from mlpy.extensions.workflows.processes import Launch


class Audience:
    """Hears what is told, and keeps it."""

    gone = False

    def __init__(self):
        self.lines: list[tuple[str, str, bytes]] = []
        self.told: list[tuple[str, str]] = []

    def line(self, step, stream, line):
        self.lines.append((step, stream, line))

    def tell(self, step, status, reason):
        self.told.append((step, status))


class Graph:
    """Scripts in shell with headers, and runs of them: each writes its name into `ran`."""

    def __init__(self, scripts, place, twelve):
        self.scripts = scripts
        self.twelve = twelve
        self.place = place
        self.audience = Audience()

    def step(self, name, body="", **header):
        self.scripts.write(f"{name}.sh", self.twelve.text(body, **header))

    def diamond(self, **changes):
        for name, text in self.twelve.steps(**changes).items():
            self.scripts.write(f"{name}.sh", text)
        (self.place / "source.txt").write_text("a\n")
        (self.place / "other.txt").write_text("b\n")

    def run(self, *targets, **request):
        wanted = conducting.Request(targets=[*targets], **request)
        return conducting.conduct(self.scripts.folder, wanted, self.launch, lambda plan: self.audience)

    def launch(self, step, request):
        return Launch(["/bin/sh", step.workflow.entry], {**os.environ}, str(self.place), request.arguments)

    def ran(self):
        """The names of the steps that ran since this was last asked."""
        path = self.place / "ran"
        found = sorted(path.read_text().split()) if path.exists() else []
        path.unlink(missing_ok=True)
        return found


@pytest.fixture
def graph(scripts, tmp_path, monkeypatch, beside):
    monkeypatch.setattr("mlpy.extensions.workflows.engine.BACKOFF", 0.01)
    return Graph(scripts, tmp_path / "here", beside("workflows/diamond.py"))


def states(outcome):
    return {name: state.status for name, state in outcome.states.items()}


# ── runs ──


def test_twelve_steps_run_at_once_again_and_only_where_something_changed(graph):
    graph.diamond()
    names = [*graph.twelve.NEEDS]
    outcome = graph.run("final", jobs=4, keep_going=True)
    assert (states(outcome), outcome.exit.code, outcome.failed, outcome.states["flaky"].attempts) == (graph.twelve.ENDED, 7, "broken", 3)
    assert graph.ran() == sorted([*(set(names) - {"after", "final"}), "flaky", "flaky"])
    assert ("broken", "stderr", b"it breaks\n") in graph.audience.lines

    graph.scripts.write("broken.sh", graph.twelve.steps(broken=False)["broken"])
    outcome = graph.run("final", jobs=4)
    assert (outcome.exit.code, graph.ran()) == (0, ["after", "broken", "final"])

    outcome = graph.run("final", jobs=4)
    assert (states(outcome), graph.ran()) == (dict.fromkeys(names, "unchanged"), [])

    (graph.place / "other.txt").write_text("c\n")
    outcome = graph.run("final", jobs=4)
    assert (outcome.exit.code, graph.ran()) == (0, ["after", "broken", "center", "final", "other", "report"])
    assert (graph.place / "final.out").read_text().count("c\n") == 2

    (graph.place / "report.out").unlink()
    (graph.place / "left.out").write_text("somebody else's\n")
    assert (graph.run("final", jobs=4).exit.code, graph.ran()) == (0, ["left", "report"])  # what they made again is what it was

    foreseen = conducting.foreseen(graph.scripts.folder, conducting.Request(targets=["join"]), graph.launch)
    assert {one["name"]: one["verdict"] for one in foreseen} == dict.fromkeys(("source", "left", "middle", "right", "flaky", "join"), "unchanged")
    (graph.place / "source.txt").write_text("d\n")
    foreseen = conducting.foreseen(graph.scripts.folder, conducting.Request(targets=["join"]), graph.launch)
    assert [one["verdict"] for one in foreseen] == ["run", *["depends"] * 5]
    assert foreseen[0]["argv"] == ["/bin/sh", str(graph.scripts.path / "source.sh")]
    assert graph.ran() == []
    assert (graph.run("final", jobs=4, force=True).exit.code, len(graph.ran())) == (0, 14)


def test_a_step_runs_again_where_its_own_text_its_lock_or_what_it_was_given_changes(graph):
    graph.step("only", "cp in.txt out.txt", inputs="in.txt", outputs="out.txt")
    (graph.place / "in.txt").write_text("a")
    for change, expected in ((dict, ["only"]), (dict, []), (lambda: {"arguments": ["x"]}, ["only"]), (lambda: {"arguments": ["x"]}, [])):
        graph.run("only", **change())
        assert graph.ran() == expected
    (graph.scripts.path / "only.sh.lock").write_text("pinned")
    graph.run("only", arguments=["x"])
    assert graph.ran() == ["only"]
    graph.step("only", "cp in.txt out.txt # again", inputs="in.txt", outputs="out.txt")
    graph.run("only", arguments=["x"])
    assert graph.ran() == ["only"]


def test_a_step_that_declares_nothing_always_runs_and_so_does_what_needs_it(graph):
    graph.step("always")
    graph.step("behind", "echo x > out.txt", needs="always", outputs="out.txt")
    graph.step("beside", "echo x > beside.txt", outputs="beside.txt")
    graph.step("top", needs="behind, beside", inputs="out.txt, beside.txt")
    for expected in (["always", "behind", "beside", "top"], ["always", "behind"]):
        assert (graph.run("top").exit.code, graph.ran()) == (0, expected)


def test_the_record_of_a_run_tells_each_step(graph, answer):
    graph.step("bad", "echo aside; exit 4")
    graph.step("slow", "sleep 300", timeout="0.2s")
    graph.step("beside", outputs="*.none")
    graph.step("top", needs="beside, bad")
    code, record = answer("run", "top", "--dry-run")
    assert (code, {one["verdict"] for one in record["data"]["steps"]}) == (0, {"run"})
    code, record = answer("run", "top", "--continue-on-error")
    assert (code, record["error"]["type"], record["error"]["message"]) == (4, "step_failed", "`bad` ended with exit code 4")
    assert {one["name"]: one["status"] for one in record["data"]["steps"]} == {"bad": "failed", "beside": "done", "top": "blocked"}
    graph.step("top", needs="slow")
    code, record = answer("run", "top")
    assert (code, record["error"]["type"], record["error"]["message"]) == (4, "timed_out", "`slow` ran longer than its `@timeout`")
    assert answer("run", "bad")[1]["data"]["exit_code"] == 4


def test_outputs_that_were_not_made_are_said_and_made_again(graph):
    graph.step("lazy", outputs="*.out")
    for _ in range(2):
        outcome = graph.run("lazy")
        assert (outcome.exit.code, outcome.states["lazy"].reason, graph.ran()) == (0, "it has made no `*.out`, which is among its `@outputs`", ["lazy"])


def test_globs_name_files_in_folders_and_never_what_is_no_file(graph):
    (graph.place / "data" / "deep").mkdir(parents=True)
    (graph.place / "data" / "deep" / "one.csv").write_text("1")
    os.mkfifo(graph.place / "data" / "pipe.csv")
    graph.step("reader", "echo x > x.out", inputs="data/**/*.csv, data/deep", outputs="x.out")
    assert graph.run("reader").exit.code == 0
    assert graph.run("reader").states["reader"].status == "unchanged"
    (graph.place / "data" / "two.csv").write_text("2")
    assert graph.run("reader").states["reader"].status == "done"


def test_a_large_file_is_read_again_only_when_it_has_changed(graph, monkeypatch):
    read = []
    content_of = fingerprints.content_of
    monkeypatch.setattr(fingerprints, "LARGE", 4)
    monkeypatch.setattr(fingerprints, "settled", lambda time: time)
    monkeypatch.setattr(fingerprints, "content_of", lambda stream: read.append(stream) or content_of(stream))
    graph.step("reader", "cp large.txt x.out", inputs="large.txt", outputs="x.out")
    for content, status, expected in (("large", "done", 2), ("large", "unchanged", 0), ("other", "done", 2)):
        if content != "large" or not (graph.place / "x.out").exists():
            (graph.place / "large.txt").write_text(content)
        assert graph.run("reader").states["reader"].status == status
        assert len(read) == expected
        read.clear()


def test_without_continue_on_error_nothing_new_begins_after_a_failure(graph):
    graph.step("bad", "exit 3")
    graph.step("beside")
    graph.step("top", needs="bad, beside")
    outcome = graph.run("top", jobs=1)
    assert (outcome.exit.code, graph.ran()) == (3, ["bad"])
    assert states(outcome) == {"bad": "failed", "beside": "pending", "top": "pending"}


def test_a_death_by_signal_is_the_exit_of_the_run(graph):
    graph.step("bad", "kill -TERM $$")
    assert (graph.run("bad").exit.code, graph.run("bad").exit.signal) == (None, 15)


def test_a_step_whose_input_cannot_be_read_fails_with_what_needs_it(graph, monkeypatch):
    def unreadable(stream):
        raise OSError

    monkeypatch.setattr(fingerprints, "content_of", unreadable)
    (graph.place / "in.txt").touch()
    graph.step("bad", inputs="in.txt")
    graph.step("beside")
    graph.step("top", needs="bad, beside")
    outcome = graph.run("top")
    assert (outcome.exit.code, states(outcome)) == (1, {"bad": "failed", "beside": "pending", "top": "blocked"})
    assert outcome.states["bad"].reason == "`in.txt` cannot be read"


def test_a_log_that_cannot_be_written_keeps_no_step_waiting(graph, monkeypatch):
    monkeypatch.setattr("mlpy.extensions.workflows.output.LARGEST_LOG", 1000)
    graph.step("loud", "head -c 300000 /dev/zero")
    outcome = graph.run("loud")
    assert (outcome.exit.code, os.path.getsize(outcome.states["loud"].log)) == (0, 1000 + len(output.CUT))
    monkeypatch.setattr(output.Log, "__init__", lambda self, path: self.__dict__.update(path="/dev/full", room=10**9, stream=None))
    assert graph.run("loud").exit.code == 0


def test_a_timeout_ends_all_of_a_step(graph):
    graph.step("slow", "sh -c 'echo $$ > inner; sleep 300' & wait", timeout="300ms")
    outcome = graph.run("slow")
    assert (outcome.states["slow"].status, outcome.states["slow"].reason, outcome.exit.timed_out) == ("timeout", "it ran longer than its `@timeout`", True)
    left = subprocess.run(["ps", "-o", "stat=", "-p", (graph.place / "inner").read_text().strip()], capture_output=True, text=True, check=False).stdout
    assert left[:1] in ("", "Z")  # where nobody cares for orphans, one that has ended stays listed


def test_lines_are_whole_and_logs_have_everything(graph):
    graph.step("loud", "printf half; sleep 0.05; printf ' and half\\n\\377 end'; echo aside >&2")
    outcome = graph.run("loud")
    assert [line for line in graph.audience.lines if line[1] == "stdout"] == [("loud", "stdout", b"half and half\n"), ("loud", "stdout", b"\xff end\n")]
    with open(outcome.states["loud"].log, "rb") as stream:
        log = stream.read()
    assert log.replace(b"aside\n", b"") == b"half and half\n\xff end"


# ── plans ──


def failure(call, *arguments, **options):
    with pytest.raises(WorkflowError) as found:
        call(*arguments, **options)
    return found.value


def test_a_circle_is_told_as_a_way(graph, answer):
    graph.step("a", needs="b")
    graph.step("b", needs="c")
    graph.step("c", needs="a")
    graph.step("self", needs="self")
    code, record = answer("graph", "b")
    assert (code, record["error"]["type"]) == (1, "needs_cycle")
    path = record["error"]["detail"]["path"]
    assert path[0] == path[-1]
    assert all({"a": "b", "b": "c", "c": "a"}[one] == following for one, following in pairwise(path))
    assert " → ".join(f"`{name}`" for name in path) in record["error"]["message"]
    assert failure(graph.run, "self").message == "`self` needs itself"
    assert graph.ran() == []


def test_a_need_that_is_not_there_is_guessed_and_one_that_is_two_is_asked_for(graph, answer):
    graph.step("report", needs="fetsch")
    graph.step("fetch")
    error = answer("graph", "report")[1]["error"]
    assert error == {
        "type": "workflow_not_found",
        "message": "`report` needs `fetsch`: there is no workflow `fetsch`",
        "detail": {"needed_by": "report", "hint": "did you mean `fetch`?"},
        "matches": ["fetch"],
    }
    graph.scripts.write("fetch.py", "")
    graph.step("report", needs="fetch")
    assert failure(plan, graph.scripts.folder, [graph.scripts.folder.find("report")]).matches == ["fetch:python", "fetch:sh"]
    graph.step("report", needs="fetch:sh")
    assert [*plan(graph.scripts.folder, [graph.scripts.folder.find("report")]).steps] == ["fetch:sh", "report"]


# ── the journal ──


def test_history_tells_runs_and_their_steps(graph, answer, workflow):
    assert answer("history")[1]["data"]["runs"] == []
    graph.step("bad", "echo no; exit 4", retries=1)
    graph.step("top", needs="bad")
    graph.run("top", keep_going=True)
    data = answer("history", "--run", "1")[1]["data"]
    assert [(run["run"], run["name"], run["status"], run["exit_code"]) for run in data["runs"]] == [(1, "top", "failed", 4)]
    assert [(one["step"], one["attempt"], one["status"], one["exit_code"]) for one in data["attempts"]] == [("bad", 1, "failed", 4), ("bad", 2, "failed", 4), ("top", 0, "blocked", None)]
    assert answer("history", "bad")[1]["data"]["runs"] == data["runs"]
    assert answer("history", "other")[1]["data"]["runs"] == []
    assert answer("history", "--run", "9")[1]["error"]["message"] == "there is no run 9"
    assert re.search(r"bad +2 +failed +\d\.\d s +4 ", workflow("history", "--run", "1")[1])


def test_only_what_has_not_ended_well_is_resumed(graph):
    graph.step("one")
    graph.step("two", "[ -e go ] || exit 1", needs="one")
    graph.step("three", needs="two")
    assert graph.run("three").exit.code == 1
    (graph.place / "go").touch()
    graph.ran()
    outcome = conducting.resume(graph.scripts.folder, None, None, graph.launch, lambda plan: graph.audience)
    assert (outcome.run, states(outcome), graph.ran()) == (1, {"one": "unchanged", "two": "done", "three": "done"}, ["three", "two"])
    again = failure(conducting.resume, graph.scripts.folder, 1, None, graph.launch, lambda plan: graph.audience)
    assert (again.type, again.message) == ("run_finished", "run 1 of `three` is done: there is nothing to resume")
    assert failure(conducting.resume, graph.scripts.folder, None, None, graph.launch, lambda plan: graph.audience).type == "run_not_found"


def test_what_cannot_be_resumed_stays_what_it_was(graph, workflow):
    graph.step("alone", "exit 7")
    assert workflow("run", "alone")[0] == 7
    graph.step("base", "exit 5")
    graph.step("top", needs="base")
    assert graph.run("top").exit.code == 5
    (graph.scripts.path / "base.sh").unlink()
    with journal.Journal(graph.scripts.folder.path) as kept:
        before = kept.runs()
    assert [(run.name, run.status, run.exit_code) for run in before] == [("top", "failed", 5), ("alone", "failed", 7)]
    for run, kind in zip(before, ("workflow_not_found", "run_not_found"), strict=True):
        assert failure(conducting.resume, graph.scripts.folder, run.id, None, graph.launch, lambda plan: graph.audience).type == kind
    with journal.Journal(graph.scripts.folder.path) as kept:
        assert kept.runs() == before


def test_nobody_knows_when_a_run_has_ended_whose_runner_was_killed(graph, answer, workflow):
    graph.step("one")
    with journal.Journal(graph.scripts.folder.path) as killed:
        killed.start(killed.begin("one", "local", {"targets": ["one"]}), "one", "key")
    data = answer("history", "--run", "1")[1]["data"]
    assert [(one["status"], one["ended_at"], one["seconds"]) for one in (*data["runs"], *data["attempts"])] == [("interrupted", None, None)] * 2
    assert re.search(r"(?m)^  1  one +interrupted +just now *$", workflow("history")[1])


def test_a_finished_step_that_was_changed_since_is_not_taken_for_done(graph):
    graph.step("one", "echo old")
    graph.step("two", "exit 1", needs="one")
    graph.run("two")
    graph.ran()
    graph.step("one", "echo new")
    conducting.resume(graph.scripts.folder, None, "two", graph.launch, lambda plan: graph.audience)
    assert graph.ran() == ["one", "two"]


def test_what_runs_in_another_process_is_not_taken_over(graph):
    graph.step("one", "exit 1")
    with journal.Journal(graph.scripts.folder.path) as other:
        number = other.begin("one", "local", {"targets": ["one"]})
        error = failure(conducting.resume, graph.scripts.folder, number, None, graph.launch, lambda plan: graph.audience)
        assert (error.type, error.message) == ("in_use", f"run 1 of `one` is under way in process {os.getpid()}")
        with journal.Journal(graph.scripts.folder.path) as reader:
            assert reader.run(number).status == "running"
    with journal.Journal(graph.scripts.folder.path) as reader:
        assert reader.run(number).status == "interrupted"


def test_a_journal_that_cannot_be_used_is_said_in_our_words(graph):
    graph.step("one")
    graph.run("one")
    path = os.path.join(journal.place_of(graph.scripts.folder.path), "journal.db")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    assert failure(graph.run, "one").message == "a later version of mlpy has written the journal of this folder"
    for name in os.listdir(os.path.dirname(path)):
        if name.startswith("journal.db-"):
            os.unlink(os.path.join(os.path.dirname(path), name))
    with open(path, "wb") as stream:
        stream.write(b"no database" * 1000)
    assert failure(graph.run, "one").message == "the journal of this folder is damaged"


def test_old_runs_and_their_logs_are_forgotten(graph, monkeypatch):
    monkeypatch.setattr(journal, "KEPT", 2)
    graph.step("one", "echo x")
    for _ in range(4):
        graph.run("one")
    with journal.Journal(graph.scripts.folder.path) as kept:
        assert [run.id for run in kept.runs()] == [4, 3, 2]
        assert sorted(os.listdir(os.path.join(kept.folder, "runs"))) == ["2", "3", "4"]


# ── pictures ──


def test_the_tree_opens_nothing_twice(graph, workflow):
    graph.diamond()
    code, out, _ = workflow("graph", "join")
    assert (code, out) == (0, "join\n├─ left\n│  └─ source\n├─ middle\n│  └─ source\n├─ right\n│  └─ source\n└─ flaky\n   └─ source\n")
    shown = workflow("graph", "--all")[1]
    assert shown.startswith("final\n├─ report\n│  └─ center\n")
    assert shown.count("join") == 1
    assert shown.endswith("└─ after\n   └─ broken\n      └─ center ↑\n")


def test_boxes_do_not_touch_and_no_line_runs_through_one(graph):
    chance = random.Random(7)
    names = [f"s{number}" for number in range(40)]
    for at, name in enumerate(names):
        graph.step(name, needs=", ".join(chance.sample(names[:at], min(at, chance.choice([1, 1, 2, 3])))))
    made = plan(graph.scripts.folder, graph.scripts.folder.workflows())
    layers = picture.layers(made)
    before = picture.crossings(layers)
    picture.arrange(layers)
    assert picture.crossings(layers) < before
    assert sum(node.step is not None for layer in layers for node in layer) == 40
    for layer in layers:
        for node, following in pairwise(layer):
            assert node.y + node.height / 2 + picture.THIN <= following.y - following.height / 2 + 0.01
    rights = [max(node.x + node.width for node in layer) for layer in layers]
    assert all(right + picture.ALLEY <= layer[0].x + 0.01 for right, layer in zip(rights, layers[1:], strict=False))


def test_the_picture_takes_the_place_of_a_file_and_of_nothing_else(graph, workflow, tmp_path):
    graph.step("one")
    (tmp_path / "old.svg").write_text("old")
    os.mkfifo(tmp_path / "pipe.svg")
    assert workflow("graph", "one", "--svg", str(tmp_path / "old.svg"))[0] == 0
    assert workflow("graph", "one", "--svg", str(tmp_path / "pipe.svg")) == (1, "", f"error: `{tmp_path / 'pipe.svg'}` cannot be written: no regular file\n")
    assert ((tmp_path / "old.svg").read_text()[:4], (tmp_path / "pipe.svg").is_fifo()) == ("<svg", True)


def test_the_picture_is_xml_whatever_headers_say(graph, answer):
    graph.step("a&b", description='<script>alert("x")</script> ]]> \x1b[31m')
    graph.step("top", needs='"a&b"')
    code, record = answer("graph", "top", "--svg", "graph.svg")
    assert (code, record["data"]["svg"]) == (0, str(graph.place / "graph.svg"))
    document = ET.parse(record["data"]["svg"])
    texts = [element.text for element in document.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["a&b", "sh", "top", "sh"]
    assert document.find(".//{http://www.w3.org/2000/svg}script") is None
    assert json.dumps(record["data"]["steps"][1]["needs"]) == '["a&b"]'

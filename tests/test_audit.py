"""What is recorded of the uses of capabilities: in the result of a run, in a file of lines, and as the grants that a run needed."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
import tomllib
from datetime import datetime
from time import monotonic

import pytest

import mlpy
from mlpy.audit import MAX_RECORDS, Audit
from mlpy.capabilities import MAX_DENIALS, Capability, Grants
from mlpy.gates import gate
from mlpy.runtime.run import Run
from mlpy.sdk import ml_function

DICE = "import crypto;\nfor (i in range(5)) { crypto.randomInt(1, 6); }\n"
REFUSED = "for (i in range(3)) { try { input(); } except (e) { } }\n"


@pytest.fixture
def lines(command, tmp_path):
    """`lines(*arguments, code=…)` runs with `--audit log` and gives what was written."""

    def run(*arguments: str, code: int = 0) -> list[dict[str, object]]:
        done = command("run", "--audit", "log", *arguments, cwd=tmp_path)
        assert done.code == code, done
        return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]

    return run


def test_a_result_has_every_use(tmp_path):
    @ml_function(capability="ledger.write:{account}")
    def book(account: str) -> None:
        pass

    result = mlpy.Engine(functions={"book": book}, grants=["ledger.write:travel"]).run('book("travel"); book("travel"); try { book("other"); } except (e) { }')
    first, second = [one.record() for one in result.audit]
    assert (first["capability"], first["resource"], first["decision"], first["count"], first["module"]) == ("ledger.write:travel", "travel", "allowed", 2, "host")
    assert (second["capability"], second["decision"], second["count"]) == ("ledger.write:other", "denied", 1)
    assert first["run"] == second["run"]
    assert re.fullmatch("[0-9a-f]{16}", first["run"])
    assert first["first"] <= first["last"] <= second["first"]
    assert set(first) == {"run", "first", "last", "file", "module", "capability", "resource", "decision", "count", "duration", "size"}


def test_resources_are_in_one_form():
    here = os.getcwd()
    for text, resolved in (
        ("file.read:./a/../b", f"{here}/b"),
        ("file.read:/", "/"),
        ("net.connect:EXAMPLE.com.:0443", "example.com:443"),
        ("net.connect:[::1]:80", "[::1]:80"),
        ("env.read:A b", "A b"),
        ("console.read", ""),
    ):
        assert Capability.parse(text).resolved == resolved


def test_lines_of_a_file(lines, tmp_path):
    found = lines("--allow", "crypto.random", "-c", DICE + REFUSED)
    assert [(one["capability"], one["decision"], one["count"]) for one in found] == [
        ("crypto.random", "allowed", 1),
        ("console.read", "denied", 1),
        ("crypto.random", "allowed", 4),
        ("console.read", "denied", 2),
    ]
    assert set(found[0]) == {"time", "run", "program", "file", "module", "capability", "resource", "decision", "count", "duration", "size"}
    assert {one["run"] for one in found} == {found[0]["run"]}
    assert {one["program"] for one in found} == {"<command>"}
    assert found[0]["module"] == "crypto"
    assert datetime.fromisoformat(found[0]["time"]).tzinfo is not None
    assert sum(one["size"] for one in found) > 0
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_runs_are_appended(lines):
    lines("--allow", "crypto.random", "-c", DICE)
    found = lines("--allow", "crypto.random", "-c", DICE)
    assert len(found) == 4
    assert len({one["run"] for one in found}) == 2


@pytest.mark.parametrize(("tail", "code"), [("throw 'no';", 1), ("input();", 3), ("while (true) {}", 4), ("[1][9];", 1)])
def test_what_was_used_is_written_however_the_program_ends(lines, tail, code):
    found = lines("--allow", "crypto.random", "--time", "300ms", "-c", DICE + tail, code=code)
    assert sum(one["count"] for one in found if one["decision"] == "allowed") == 5


def test_a_first_use_is_there_even_if_the_process_is_killed(environment, tmp_path):
    line = [sys.executable, "-m", "mlpy", "run", "--allow", "crypto.random", "--audit", "log", "-c", DICE + 'print("now"); while (true) {}']
    process = subprocess.Popen(line, cwd=tmp_path, env=environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"now\n"
    process.kill()
    process.wait()
    process.stdout.close()
    [only] = [json.loads(text) for text in (tmp_path / "log").read_text().splitlines()]
    assert (only["capability"], only["count"]) == ("crypto.random", 1)


@pytest.mark.parametrize("path", ["missing/log", ".", "a\0b"])
def test_a_file_that_cannot_be_written_is_said_before_anything_runs(command, tmp_path, path):
    if "\0" in path:
        (tmp_path / "settings").mkdir()
        (tmp_path / "settings" / "config.toml").write_text("audit = 'missing/log'")
        done = command("run", "-c", "print(1);", cwd=tmp_path, env={"MLPY_CONFIG_DIR": str(tmp_path / "settings")})
    else:
        done = command("run", "--audit", path, "-c", "print(1);", cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert "cannot be written" in done.stderr


def test_a_file_that_fails_ends_the_program(command, tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no full device here")
    for flags in ((), ("--json",)):
        done = command(
            "run",
            *flags,
            "--allow",
            "crypto.random",
            "--audit",
            "/dev/full",
            "-c",
            "try { " + DICE.replace("import crypto;\n", "") + "} except (e) { } finally { print('on'); }",
            cwd=tmp_path,
        )
        assert done.code == 1
        done = command("run", *flags, "--allow", "crypto.random", "--audit", "/dev/full", "-c", "import crypto; try { crypto.uuid(); } except (e) { } print('on');", cwd=tmp_path)
        assert (done.code, done.stdout) == (1, "")
        assert done.stderr == "error: the audit `/dev/full` cannot be written: no space left on device\n"


def test_tests_and_benchmarks_are_recorded_too(command, tmp_path):
    (tmp_path / "p.ml").write_text('import crypto;\ntest "t" { crypto.uuid(); }\n')
    assert command("test", "--allow", "crypto.random", "--audit", "log", "p.ml", cwd=tmp_path).code == 0
    assert json.loads((tmp_path / "log").read_text())["program"] == "p.ml"
    (tmp_path / "q.ml").write_text(DICE)
    assert command("bench", "--rounds", "2", "--allow", "crypto.random", "--audit", "log2", "q.ml", cwd=tmp_path).code == 0
    assert len({json.loads(line)["run"] for line in (tmp_path / "log2").read_text().splitlines()}) == 2


def test_f32_a_flood_of_refusals_ends_the_run_and_is_one_record():
    run = mlpy.Engine()
    with pytest.raises(mlpy.MLError) as caught:
        run.run("while (true) { try { input(); } except (e) { } }")
    assert caught.value.limit == "denials"


def test_f32_refused_charges_are_refusals_too():
    """A quota that is used up is a denial each time, not a loop without end."""
    from mlpy.capabilities import charge

    @ml_function(capability="disk.fill:{name}")
    def fill(name: str) -> None:
        charge(10)

    engine = mlpy.Engine(functions={"fill": fill}, grants=["disk.fill:*,bytes=15"])
    with pytest.raises(mlpy.MLError) as caught:
        engine.run('while (true) { try { fill("a"); } except (e) { } }', limits=mlpy.Limits(time=30))
    assert caught.value.limit == "denials"


def test_f32_records_are_bounded_in_text():
    audit = Audit()
    for number in range(3_000):
        audit.add("m", Capability("env.read", f"{number}".rjust(4000, "x")), "denied")
    assert 900 < len(audit.records()) < 1_100
    assert audit.dropped + len(audit.records()) == 3_000
    assert audit.denials > MAX_DENIALS


def test_e3_no_flood_of_what_is_allowed_hides_a_refusal():
    audit = Audit()
    for number in range(MAX_RECORDS + 5):
        audit.add("m", Capability("env.read", str(number)), "allowed")
    audit.add("m", Capability("env.read", "SECRET"), "denied")
    audit.add("m", Capability("env.read", "SECRET"), "denied")
    assert [(one.resource, one.count) for one in audit.records() if one.decision == "denied"] == [("SECRET", 2)]
    assert audit.dropped == 5


def test_counts_are_whole_across_threads():
    audit = Audit()
    capability = Capability("env.read", "HOME")
    seen: list[object] = []
    audit.sink = seen.append
    barrier = threading.Barrier(8)
    start = monotonic()

    def work() -> None:
        barrier.wait()
        for _ in range(500):
            audit.add("m", capability, "allowed", monotonic() - 0.5, 2)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    [record] = audit.records()
    assert (record.count, record.size, seen) == (4000, 8000, [record])
    assert 2000.0 <= record.duration < 2000.0 + 4000 * (monotonic() - start)


def test_a_full_audit_counts_what_it_has_however_it_is_written(monkeypatch):
    """What the text of an argument tells without more ado is what the capability made of it tells."""
    monkeypatch.setattr("mlpy.audit.MAX_RECORDS", 100)

    def look(path: str) -> None: ...

    run = Run()
    gated = gate(look, "file.read:{path}", grants=Grants(["file.read:./**"], root="/root/x"), run=run, module="m")
    slow = Audit()
    known = [f"d/{number}" for number in range(120)]
    spellings = ("{}", "./{}", "././{}", ".//{}", "/root/x/{}", "./{}/", "{}/.", "/root/x/./{}", "d/.{}", "./.{}", "{}.", "{}x", ".{}")
    for text in [*known, *(form.format(one) for form in spellings for one in known[95:105] for _ in range(2))]:
        gated(text)
        slow.add("m", Capability("file.read", text, root="/root/x"), "allowed")
    with pytest.raises(mlpy.MLError):
        gated("/elsewhere")
    told = {record.resource: record.count for record in run.audit.records() if record.decision == "allowed"}
    assert told == {record.resource: record.count for record in slow.records()}
    assert len(told) == 100
    assert run.audit.dropped == slow.dropped > 100
    assert sum(told.values()) + run.audit.dropped == 120 + 2 * 10 * len(spellings)


# ── traces ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_trace_gives_the_grants_of_a_run(command, tmp_path):
    (tmp_path / "p.ml").write_text(DICE + REFUSED)
    done = command("run", "--trace-capabilities", "--allow-all", "p.ml", cwd=tmp_path, input="a\nb\nc\n")
    assert done.code == 0
    assert (
        done.stderr
        == 'the program used\n  --allow console.read\n  --allow crypto.random\n\nwhat it used, for `mlpy.toml`\n[grants]\nallow = [\n    "console.read",\n    "crypto.random",\n]\n'
    )
    (tmp_path / "mlpy.toml").write_text(done.stderr.partition("`mlpy.toml`\n")[2])
    assert command("trust", "--yes", cwd=tmp_path, env={"MLPY_CONFIG_DIR": str(tmp_path / "c")}).code == 0
    assert command("run", "p.ml", cwd=tmp_path, env={"MLPY_CONFIG_DIR": str(tmp_path / "c")}, input="a\nb\nc\n").code == 0


def test_a_trace_grants_nothing(command, tmp_path):
    done = command("run", "--trace-capabilities", "-c", DICE, cwd=tmp_path)
    assert done.code == 3
    assert done.stderr.endswith("the program was refused, for want of\n  --allow crypto.random\n")
    done = command("run", "--trace-capabilities", "-c", "1;", cwd=tmp_path)
    assert (done.code, done.stderr) == (0, "the program used no capability\n")


def test_a_trace_tells_what_no_grant_would_change(command, tmp_path):
    done = command("run", "--trace-capabilities", "--json", "--deny", "crypto.random", "-c", DICE + REFUSED, cwd=tmp_path)
    assert json.loads(done.stdout)["capabilities"]["barred"] == ["crypto.random"]
    done = command(
        "run",
        "--trace-capabilities",
        "--json",
        "-c",
        "capability A { allow crypto.random; }\n" + DICE.replace("crypto.randomInt(1, 6)", "try { input(); } except (e) { }"),
        cwd=tmp_path,
    )
    found = json.loads(done.stdout)["capabilities"]
    assert (found["barred"], found["refused"], found["used"], found["unrecorded"]) == (["console.read"], [], [], 0)
    assert tomllib.loads(found["settings"]) == {"grants": {"allow": []}}


ODD = ["a b", "é", "it's", 'quo"te', "$HOME", "a\\b", "-x", "a:b", "a;b", "{a}", "x,y", "a,b=1"]


@pytest.mark.parametrize("name", ODD)
def test_what_a_trace_writes_is_exactly_what_was_used(name, tmp_path, monkeypatch):
    """As a flag for a shell, and as text of a project's file."""
    from mlpy.cli import trace

    monkeypatch.chdir(tmp_path)
    made = mlpy.Engine(grants=Grants.everything())
    run = made.new_run(None)
    (tmp_path / "sub").mkdir()
    for folder in (str(tmp_path / "sub"), "/elsewhere"):
        run.audit.add("m", Capability("file.read", f"{folder}/{name}"), "allowed")
    run.audit.add("m", Capability("env.read", name), "allowed")
    record = trace.record(run, str(tmp_path / "sub"))
    line = " ".join(re.findall(r"--allow .*", trace.text(run, None)))
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True).stdout.split("\n")
    granted = Grants([word for word in words if word and word != "--allow"])
    settings = Grants(tomllib.loads(record["settings"])["grants"]["allow"], root=str(tmp_path / "sub"))
    for grants in (granted, settings):
        for wanted in (Capability("file.read", f"{tmp_path}/sub/{name}"), Capability("file.read", f"/elsewhere/{name}"), Capability("env.read", name)):
            assert grants.allows(wanted)
        assert not grants.allows(Capability("file.read", f"{tmp_path}/sub/{name}x"))
        assert not grants.allows(Capability("file.read", f"{tmp_path}/sub"))


@pytest.mark.parametrize("name", ["*", "**", "a*", "a,count=5", "a,bytes=1 ", "a "])
def test_what_a_grant_takes_for_a_pattern_is_never_offered_as_one(name, command, tmp_path):
    """F35: a program that asks for a file called `*` must not make anybody type a grant of everything."""
    from mlpy.cli import trace
    from mlpy.errors import CapabilityDenied

    with pytest.raises(CapabilityDenied) as caught:
        Grants().use(Capability("file.read", name))
    assert caught.value.hint is None
    run = mlpy.Engine().new_run(None)
    run.audit.add("m", Capability("file.read", name), "denied")
    run.audit.add("m", Capability("file.read", name), "allowed")
    found = trace.record(run)
    assert (found["used"], found["refused"], len(found["patterns"])) == ([], [], 1)
    assert "--allow" not in trace.text(run)


def test_a_program_cannot_rewrite_its_audit(tmp_path):
    from mlpy import files
    from mlpy.cli.audit import Log
    from mlpy.errors import CapabilityDenied
    from mlpy.gates import gate
    from mlpy.runtime.run import Run, execute

    def write(path: str) -> None:
        files.replace(path, b"")

    run = Run(grants=Grants(["file.write"], root=str(tmp_path)))
    function = gate(write, "file.write:{path}", grants=run.grants, run=run)
    with Log(str(tmp_path / "log"), run):
        for path in ("log", "./sub/../log", str(tmp_path / "log")):
            with pytest.raises(CapabilityDenied, match=re.escape("code.write")):
                execute(run, function, path)
        execute(run, function, "other")
    assert json.loads((tmp_path / "log").read_text().partition("\n")[0])["decision"] == "denied"

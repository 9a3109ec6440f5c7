"""Scripts of all languages are run: what they get, how they end, where their output goes and when, and that nothing of them is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PATIENCE = 60.0  # seconds until what does not happen counts as missing
ARGUMENTS = ["a b", "--", "--raw"]

# Each prints its arguments and a variable, complains, and waits for a line before it goes on.
TALKING = {
    "talk.bash": 'echo "out $1 $MLPY_PARAM_N"; echo err >&2; read -r line; echo "got $line"; exit 3',
    "talk.js": """
const { readSync } = require("node:fs");
console.log("out", process.argv[2], process.env.MLPY_PARAM_N); console.error("err");
const buffer = Buffer.alloc(100); const size = readSync(0, buffer);
console.log("got", buffer.toString("utf8", 0, size).trim()); process.exit(3);
""",
    "talk.ml": 'import args; import console; import env;\nprint("out", args.rest()[0], env.get("MLPY_PARAM_N"));\nconsole.error("err");\nprint("got", input());\nthrow "end";',
    "talk.pl": 'print "out $ARGV[0] $ENV{MLPY_PARAM_N}\\n"; print STDERR "err\\n"; my $line = <STDIN>; print "got $line"; exit 3;',
    "talk.py": "import os, sys\nprint('out', sys.argv[1], os.environ['MLPY_PARAM_N'])\nprint('err', file=sys.stderr)\nprint('got', input())\nsys.exit(3)",
    "talk.rb": "puts \"out #{ARGV[0]} #{ENV['MLPY_PARAM_N']}\"; warn 'err'; puts \"got #{$stdin.gets}\"; exit 3",
}
INTERPRETERS = {".bash": "bash", ".js": "node", ".ml": "sh", ".pl": "perl", ".py": "sh", ".rb": "ruby", ".ipynb": "sh"}
COMMENTS = {".js": "//", ".ml": "//"}


def with_header(name: str, text: str, *lines: str) -> str:
    comment = COMMENTS.get(Path(name).suffix, "#")
    return "".join(f"{comment} {line}\n" for line in ("@description: talks", "@param n:int=7", *lines)) + text + "\n"


def notebook(*cells: str) -> str:
    made = [*({"cell_type": "code", "metadata": {}, "outputs": [], "source": cell} for cell in cells), {"cell_type": "markdown", "metadata": {}, "source": ["# The end"]}]
    return json.dumps({"cells": made, "metadata": {"kernelspec": {"language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5})


def needs(name: str) -> None:
    program = INTERPRETERS[Path(name).suffix]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def alive(pid: int) -> bool:
    """Whether a process runs: one that has ended and that nobody has asked about does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return not stat.parent.parent.joinpath("self").exists() or stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def begin(scripts, environment):
    """`begin("run", "x")` starts `mlpy workflow run x` as a process: both of its streams are one pipe, unless told otherwise."""
    started = []

    def run(*arguments: str, **options) -> subprocess.Popen:
        own = environment | {"MLPY_WORKFLOWS": str(scripts.path)} | {name: os.environ[name] for name in ("HOME", "MLPY_STATE_DIR", "MLPY_CONFIG_DIR")}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | options
        made = subprocess.Popen([sys.executable, "-m", "mlpy", "workflow", *arguments], env=own, bufsize=0, start_new_session=True, **pipes)
        started.append(made)
        return made

    yield run
    for one in started:
        if one.poll() is None:
            one.kill()
        one.communicate()


@pytest.fixture
def terminal(scripts, environment, beside):
    """`terminal("run", "x")` starts the command on a terminal of its own."""
    started = []

    def run(*arguments: str):
        own = environment | {"MLPY_WORKFLOWS": str(scripts.path), "MLPY_STATE_DIR": os.environ["MLPY_STATE_DIR"], "NO_COLOR": "1"}
        started.append(beside("repl/terminal.py").Terminal("workflow", *arguments, env=own, cwd=scripts.path))
        return started[-1]

    yield run
    for one in started:
        one.close()


# ── languages ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*TALKING, "talk.ipynb"])
def test_every_language_gets_its_arguments_streams_live_and_ends_as_it_ends(begin, scripts, name):
    needs(name)
    text = notebook(with_header("x.py", "import sys"), TALKING["talk.py"]) if name == "talk.ipynb" else with_header(name, TALKING[name], "@grant console.read")
    scripts.write(name, text)
    child = begin("run", "talk", "a b", "--n", "12", "--yes")
    said = b""
    while said.count(b"\n") < 2:  # before the script has ended, or gets its line
        said += os.read(child.stdout.fileno(), 1000)
    assert said == b"out a b 12\nerr\n"
    rest, _ = child.communicate(b"Ada\n")
    assert rest.startswith(b"got Ada\n")
    assert child.returncode == (1 if name == "talk.ml" else 3)  # an error that a program throws is its way to fail


def test_two_scripts_with_the_same_stem_are_told_apart(workflow, scripts):
    scripts.write("twin.py", "# @description: the snake\nprint('python')\n")
    scripts.write("twin.sh", "# @description: the shell\necho shell\n")
    assert workflow("run", "twin:py")[:2] == (0, "python\n")
    assert workflow("twin:sh")[:2] == (0, "shell\n")
    assert workflow("run", "twin.py")[:2] == (0, "python\n")
    code, _, err = workflow("run", "twin")
    assert (code, err) == (1, "error: `twin` may mean 2 workflows\n  = hint: it may be `twin:python`, `twin:sh`\n")


def test_folders_run_by_their_entries(workflow, scripts):
    scripts.write("tool/__main__.py", "# @description: a package\nimport part\nprint(part.NAME)\n")
    scripts.write("tool/part.py", "NAME = 'part'\n")
    scripts.write("job/main.sh", '# @description: a job\n. "$(dirname "$0")/lib"; tell\n')
    scripts.write("job/lib", "tell() { echo told; }\n")
    assert workflow("run", "tool")[:2] == (0, "part\n")
    assert workflow("run", "job")[:2] == (0, "told\n")


def test_the_first_line_says_what_runs_a_script(workflow, scripts, tmp_path):
    own = tmp_path / "mine" / "bash"
    own.parent.mkdir()
    own.write_text('#!/bin/sh\necho mine "$@"\n')
    own.chmod(0o755)
    path = scripts.write("own", f"#!{own} -e\n# @description: by an interpreter of its own\n")
    assert workflow("run", "own", "x")[:2] == (0, f"mine -e {path} x\n")
    own.unlink()
    assert workflow("run", "own")[0] == 0  # by the one that is there


def test_an_interpreter_that_is_missing(workflow, scripts, monkeypatch):
    scripts.write("page.rb", "# @description: ruby\n# @install-hint: apt install ruby\nputs 1\n")
    monkeypatch.setenv("PATH", str(scripts.path))
    assert workflow("run", "page") == (1, "", "error: there is no `ruby` on this machine, which `page` is run by\n  = hint: apt install ruby\n")


def test_scripts_start_in_the_folder_of_their_caller(workflow, scripts):
    scripts.write("where.sh", "# @description: tells\npwd\n")
    assert workflow("run", "where")[:2] == (0, f"{Path.cwd().resolve()}\n")


def test_notebooks(workflow, scripts):
    scripts.write("await.ipynb", notebook("import asyncio\nx = 1", "await asyncio.sleep(0)\nx += 1\nx", "print(x, __name__)\ndef f():\n    return 1 / 0\nf()"))
    code, out, err = workflow("run", "await")
    assert (code, out) == (1, "2 __main__\n")
    assert 'File "await.ipynb[3]", line 3, in f\n    return 1 / 0' in err
    assert "notebooks.py" not in err
    scripts.write("magic.ipynb", notebook("print('never')", "%matplotlib inline"))
    code, out, err = workflow("run", "magic")
    if "needs IPython" in err:  # this Python has none
        assert (code, out, err) == (1, "", "error: cell 2 has `%matplotlib inline`, which needs IPython\n  = hint: `@requires: ipython` in its header has it installed\n")


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [0, 3, 130])
def test_exit_codes_are_those_of_the_script(workflow, scripts, code):
    scripts.write("end.sh", f"# @description: ends\nexit {code}\n")
    assert workflow("run", "end") == (code, "", "")


@pytest.mark.parametrize("name", ["INT", "KILL", "TERM"])
def test_a_signal_that_ends_the_script_ends_the_runner(begin, scripts, name):
    scripts.write("end.sh", f"# @description: ends\necho now\nkill -{name} $$\n")
    child = begin("run", "end", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.communicate()
    assert (child.returncode, out, err) == (-getattr(signal, f"SIG{name}"), b"now\n", b"")


COUNTING = """# @description: counts
import signal, sys, time
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(len(heard) + 4))
print("ready")
while True:
    time.sleep(0.01)
"""


def test_signals_of_the_runner_are_meant_for_the_script(begin, scripts):
    scripts.write("count.py", COUNTING)
    child = begin("run", "count")
    said = b""
    while b"ready" not in said:
        said += os.read(child.stdout.fileno(), 100)
    child.send_signal(signal.SIGINT)
    time.sleep(0.1)  # so that the script takes them one after the other
    child.send_signal(signal.SIGTERM)
    assert child.communicate()[0].strip() == b""
    assert child.returncode == 5


def test_ctrl_c_that_nobody_catches(begin, scripts):
    scripts.write("wait.py", "# @description: waits\nimport time\nprint('ready')\ntime.sleep(600)\n")
    child = begin("run", "wait")
    assert os.read(child.stdout.fileno(), 100).startswith(b"ready")
    child.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in child.communicate()[0]
    assert child.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_survives_the_runner(begin, scripts, number):
    scripts.write("brood.sh", "# @description: has children\nsleep 600 & (trap '' TERM HUP; sleep 600) &\necho $$ $!\nwait\nsleep 600\n")
    child = begin("run", "brood", stdin=subprocess.DEVNULL)
    pids = [int(word) for word in os.read(child.stdout.fileno(), 100).split()]
    child.send_signal(number)
    assert child.wait(PATIENCE) == -number
    for pid in pids:
        until(lambda pid=pid: not alive(pid))


def test_a_script_whose_time_is_up(begin, scripts):
    scripts.write("slow.sh", "# @description: waits\n# @timeout 300ms\nsleep 600 &\necho $! $$\nwait\n")
    child = begin("run", "slow", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.communicate()
    assert (child.returncode, err) == (4, b"error: `slow` ran longer than its `@timeout`\n")
    for pid in map(int, out.split()):
        until(lambda pid=pid: not alive(pid))


def test_what_a_script_leaves_may_end_by_itself(workflow, scripts, tmp_path):
    """The reader of a process substitution, for instance, which `bash` does not wait for."""
    scripts.write("log.bash", f"# @description: logs\nexec > >(sleep 0.2; cat > {tmp_path}/log)\necho kept\n")
    assert workflow("run", "log")[0] == 0
    assert (tmp_path / "log").read_text() == "kept\n"


# ── a terminal ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_script_has_the_terminal(terminal, scripts):
    scripts.write("ask.bash", '# @description: asks\n[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo on a terminal\nread -r -p "name? " name\necho "hi $name" >&2\nexit 3\n')
    shown = terminal("ask")
    shown.wait("name?")
    shown.send("Ada\r")
    shown.wait("hi Ada")
    assert shown.process.wait(PATIENCE) == 3
    assert shown.text == "on a terminal\nname? Ada\nhi Ada\n"


def test_ctrl_c_reaches_the_script_once(terminal, scripts):
    scripts.write("count.bash", "# @description: counts\nn=0; trap 'n=$((n+1))' INT\necho ready\nwhile [ $n = 0 ]; do sleep 0.05; done\nsleep 0.3\necho total $n\nexit 130\n")
    shown = terminal("run", "count")
    shown.wait("ready")
    shown.press("ctrl-c")
    shown.wait("total")
    assert "total 1\n" in shown.text
    assert shown.process.wait(PATIENCE) == 130


def test_a_pipeline_shares_the_terminal_and_a_shell_may_stop_it(terminal, scripts, monkeypatch, environment, beside):
    """In a pipeline the terminal is handed over when the script wants to read; Ctrl-Z stops the job, `fg` has it go on."""
    scripts.write("ask.bash", '# @description: asks\necho begun\nread -r name\necho "hi $name"\nexit 3\n')
    terminals = beside("repl/terminal.py")
    own = environment | {"MLPY_WORKFLOWS": str(scripts.path), "MLPY_STATE_DIR": os.environ["MLPY_STATE_DIR"], "PS1": "> ", "HISTFILE": ""}
    become = terminals.BECOME + " if False else os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])"
    monkeypatch.setattr(terminals, "BECOME", become)
    shown = terminals.Terminal(env=own, cwd=scripts.path, columns=200)
    try:
        shown.wait(">")
        call = f"{sys.executable} -m mlpy workflow run ask"
        shown.send(f"{call} | cat; echo ended ${{PIPESTATUS[0]}}\r")
        shown.wait("begun\n")
        shown.send("Ada\r")
        shown.wait("hi Ada\nended 3\n")
        shown.send(f"clear; {call}\r")
        shown.wait(lambda one: "begun\n" in one.text and "Ada" not in one.text)
        shown.send("\x1a")
        shown.wait("Stopped")
        shown.send("fg\r")
        shown.wait("fg\n")
        shown.send("Bob\r")
        shown.wait("hi Bob")
        shown.send("echo then $?\r")
        shown.wait("then 3\n")
    finally:
        shown.close()


# ── what may be told ─────────────────────────────────────────────────────────────────────────────────────────────


def test_help_comes_of_the_header_and_runs_nothing(workflow, answer, scripts, tmp_path):
    header = "@param where:path to look at\n@param mode:choice(fast|slow)=fast how\n@param loud:bool tell more\n@requires: requests, rich>=13\n@needs other"
    lines = "".join(f"# {line}\n" for line in ("@description: Does much.", *header.split("\n")))
    scripts.write("much.sh", f"{lines}touch {tmp_path}/ran\n")
    expected = """\
usage: mlpy workflow run much [OPTIONS] WHERE [WORDS …] [-- ARGUMENTS …]

Does much.

parameters:
  --where PATH      to look at (required)
  --mode fast|slow  how (default: fast)
  --loud            tell more

what it asks for:
  needs     other
  requires  requests, rich>=13

`mlpy workflow run --help` shows the options of the runner; `--param NAME=VALUE` gives a parameter whose name is one of them.
"""
    for call in (("run", "much", "--help"), ("much", "-h"), ("run", "--help", "much")):
        assert workflow(*call) == (0, expected, "")
    assert answer("much", "--help") == (0, {"status": "success", "command": "run", "data": {"usage": expected}, "error": None, "api_version": "1.0"})
    assert "--continue-on-error" in workflow("run", "--help")[1]
    assert not (tmp_path / "ran").exists()


def test_a_dry_run_shows_the_command_and_leaves_nothing(workflow, answer, scripts, tmp_path):
    path = scripts.write("mark.sh", f"# @description: marks\n# @param n:int=1\ntouch {tmp_path}/ran\n")
    code, out, _ = workflow("run", "mark", "two words", "--n", "3", "--dry-run")
    assert (code, out) == (0, f"sh {path} 'two words' --n 3\n")
    code, record = answer("run", "mark", "--dry-run")
    assert record["data"] == {"workflow": "mark", "steps": [{"name": "mark", "verdict": "run", "argv": ["sh", str(path)], "folder": os.getcwd()}]}
    assert not (tmp_path / "ran").exists()
    assert not any((tmp_path / "home" / "state").rglob("journal*"))


def test_the_record_of_a_run(answer, workflow, scripts):
    scripts.write("end.sh", "# @description: ends\necho out; exit $1\n")
    code, record = answer("run", "end", "0")
    assert (code, record["status"], record["data"]["exit_code"], record["data"]["signal"]) == (0, "success", 0, None)
    code, record = answer("end", "9")
    assert (code, record["status"], record["data"]["exit_code"]) == (9, "error", 9)
    assert record["error"] == {"type": "step_failed", "message": "`end` ended with exit code 9"}
    assert workflow("run", "end", "0", "--json")[2] == "out\n"  # what it writes is no part of the record
    code, record = answer("history")
    assert [(run["name"], run["status"], run["exit_code"]) for run in record["data"]["runs"]] == [("end", "done", 0), ("end", "failed", 9), ("end", "done", 0)]


def test_what_was_called_otherwise_says_so_once(workflow, scripts):
    scripts.write("deploy.sh", "# @description: deploys\n# @deprecated-entry-point ship-it\necho deployed $1\n")
    assert workflow("ship-it", "now") == (0, "deployed now\n", "note: `ship-it` is now `deploy`\n")
    assert workflow("run", "ship-it", "now") == (0, "deployed now\n", "")
    assert workflow("deploy", "now") == (0, "deployed now\n", "")


def test_a_workflow_that_is_not_what_was_locked(workflow, scripts):
    path = scripts.write("fixed.sh", "# @description: fixed\necho one\n")
    assert workflow("run", "fixed", "--locked")[0] == 1
    assert workflow("lock", "fixed")[0] == 0
    assert workflow("run", "fixed", "--locked")[:2] == (0, "one\n")
    path.write_text(path.read_text() + "echo two\n")
    code, out, err = workflow("run", "fixed", "--locked")
    assert (code, out) == (1, "")
    assert err.startswith("error: `fixed` is not what was locked: its script changed")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run"], "error: `mlpy workflow run` needs NAME\n  = hint: `mlpy workflow list` shows what is there\n"),
        (["run", "--jobs", "0", "x"], "error: `--jobs` is at least 1\n  = hint: `mlpy workflow run --help` shows how it is used\n"),
        (["run", "--forse", "x"], "error: unknown option `--forse`\n  = hint: did you mean `--force`?\n"),
        (["run", "x", "--dryrun"], "error: `x` has no option `--dryrun`\n  = hint: arguments of the script stand after `--`\n"),
        (["run", "x", "--moed", "a"], "error: `x` has no option `--moed`\n  = hint: did you mean `--mode`?\n"),
        (["run", "x", "--mode"], "error: `--mode` needs a value\n  = hint: `mlpy workflow run x --help` shows how it is used\n"),
        (["run", "x", "--mode", "odd"], "error: `mode` must be one of `a`, `b`, not `odd`\n  = hint: `mlpy workflow run x --help` shows how it is used\n"),
        (["run", "x", "--param", "mode"], "error: `--param mode` has no value\n  = hint: write `--param NAME=VALUE`\n"),
        (["run", "x", "--param", "other=1"], "error: `x` has no parameter `other`\n  = hint: `mlpy workflow run x --help` shows how it is used\n"),
        (["run", "x", "--scheduler", "tcp://h:1"], "error: `--scheduler` is for `--engine dask`\n  = hint: `mlpy workflow run --help` shows how it is used\n"),
        (["run", "--resume", "x", "y"], "error: a run that is resumed is given what it was given when it began\n  = hint: `mlpy workflow run --resume` takes no arguments for the workflow\n"),
    ],
)
def test_mistakes_of_the_command_line(workflow, scripts, arguments, message):
    scripts.write("x.sh", "# @description: x\n# @param mode:choice(a|b)=a\necho ran\n")
    assert workflow(*arguments) == (2, "", message)

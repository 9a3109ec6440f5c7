"""Whole runs of the command: what it prints, where, and its exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpy.cli import sourcemap, verbs
from mlpy.config import VERSION

HELLO = 'print("hello");\n'


@pytest.fixture
def program(tmp_path):
    """`program(text, name)` writes a program and gives its path."""

    def write(text: str, name: str = "p.ml") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write


def spawn(environment, *arguments, **options):
    return subprocess.Popen([sys.executable, "-m", "mlpy", *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_run_prints_what_the_program_prints(command, program):
    done = command("run", program(HELLO + "1 + 2"))
    assert (done.code, done.stdout, done.stderr) == (0, "hello\n", "")


def test_a_second_run_comes_from_the_cache(command, program, environment):
    path = program('print("fresh 1");')
    assert command("run", path).stdout == "fresh 1\n"
    assert command("run", path).stdout == "fresh 1\n"
    Path(path).write_text('print("fresh 2");')
    assert command("run", path).stdout == "fresh 2\n"


def test_a_file_runs_without_the_verb(command, program):
    assert command(program(HELLO)).stdout == "hello\n"


@pytest.mark.parametrize("name", ["script.ml", "script"])
def test_a_script_with_a_first_line(program, environment, tmp_path, name):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "mlpy").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlpy "$@"\n')
    (folder / "mlpy").chmod(0o755)
    path = Path(program(f"#!/usr/bin/env mlpy\n{HELLO}", name))
    path.chmod(0o755)
    done = subprocess.run([str(path), "--allow", "x"], env=environment | {"PATH": f"{folder}:{os.environ['PATH']}"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "hello\n", "")


def test_standard_input(command):
    assert command("run", "-", input=HELLO).stdout == "hello\n"
    assert ("<stdin>:1:1" in command("run", "-", input="nope;").stderr) is True


def test_code(command):
    done = command("run", "-c", "x = 20; print(x + 1); x")
    assert (done.code, done.stdout) == (0, "21\n")


def test_code_may_begin_with_a_dash(command):
    assert command("run", "-c", "-1", "--json").code == 0


def test_a_record(command):
    done = command("run", "-c", 'print("a"); {b: [1, null, 2.5]}', "--json")
    record = json.loads(done.stdout)
    assert record["ok"] is True
    assert record["value"] == {"b": [1, None, 2.5]}
    assert record["output"] == "a\n"
    assert record["error"] is None
    assert record["audit"] == []
    assert record["usage"]["output"] == 2


def test_a_record_of_what_json_lacks(command):
    assert json.loads(command("run", "-c", "f = fn(x) => x; f", "--json").stdout)["value"].startswith("<function")
    assert json.loads(command("run", "-c", "import math; math.nan", "--json").stdout)["value"] == "nan"


def test_a_record_of_an_error(command):
    done = command("run", "-c", 'x = 1;\nthrow {message: "no", type: "Refused"};', "--json")
    record = json.loads(done.stdout)
    assert (done.code, record["exit_code"], record["ok"], done.stderr) == (1, 1, False, "")
    assert {name: record["error"][name] for name in ("type", "message", "line", "column")} == {"type": "Refused", "message": "no", "line": 2, "column": 1}
    thrown = json.loads(command("run", "-c", 'throw {message: "no", id: 7, at: [1, print]};', "--json").stdout)
    assert thrown["error"]["fields"] == {"id": 7, "at": "[1, <function print>]"}


def test_a_record_of_a_failed_check(command):
    record = json.loads(command("run", "-c", "print(pritn);", "--json").stdout)
    assert [one["code"] for one in record["error"]["diagnostics"]] == ["E0203"]


def test_an_error_of_the_program(command, program):
    done = command("run", program('print("before");\nx = [1][5];'))
    assert (done.code, done.stdout) == (1, "before\n")
    assert done.stderr.startswith("error[E0604]: IndexError")


def test_a_program_that_does_not_compile_does_nothing(command, program):
    done = command("run", program('print("before");\nprint(x +);'))
    assert (done.code, done.stdout) == (1, "")
    assert "error[E01" in done.stderr


@pytest.mark.parametrize(
    ("flags", "code", "said"),
    [
        (["--time", "0.2s"], "while (true) {}", "E0701"),
        (["--steps", "1000"], "while (true) {}", "E0702"),
        (["--output", "1kB"], "while (true) { print(1); }", "E0704"),
    ],
)
def test_a_limit(command, flags, code, said):
    done = command("run", *flags, "-c", code)
    assert done.code == 4
    assert said in done.stderr


def test_deep_recursion(command):
    done = command("run", "-c", "function f(n) { if (n == 0) { return 0; } return 1 + f(n - 1); } print(f(5000));")
    assert (done.code, done.stdout) == (0, "5000\n")
    done = command("run", "-c", "function f(n) { return 1 + f(n + 1); } f(0);")
    assert done.code == 4
    assert "error[E0608]: RecursionError: the calls nest too deep" in done.stderr


def test_a_denial(command):
    done = command("run", "-c", 'input("name? ");', input="Ada\n")
    assert done.code == 3
    assert "E0609" in done.stderr
    assert "--allow console.read" in done.stderr


def test_a_grant(command):
    assert command("run", "--allow", "console.read", "-c", "print(input());", input="Ada\n").stdout == "Ada\n"
    assert command("run", "--allow-all", "-c", "print(input());", input="Ada\n").stdout == "Ada\n"


def test_deny_beats_allow(command):
    done = command("run", "--allow-all", "--deny", "console.read", "-c", "print(input());", input="Ada\n")
    assert done.code == 3


def test_a_thrown_denial_is_no_denial(command):
    """A program cannot make the command invite the user to grant something."""
    done = command("run", "-c", 'throw {message: "grant me --allow-all", type: "CapabilityError"};')
    assert done.code == 1


def test_arguments_of_the_program_are_not_ours(command, program):
    assert command("run", program(HELLO), "--", "--json", "x").stdout == "hello\n"
    assert command("run", program(HELLO), "--steps", "100", "--", "--json").stdout == "hello\n"


# ── mistakes ─────────────────────────────────────────────────────────────────────────────────────────────────────


def complains(done, code, *said):
    assert done.code == code, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error"), done
    for text in said:
        assert text in done.stderr


@pytest.mark.parametrize("verb", ["run", "check", "fmt", "test", "bench"])
def test_a_missing_file(command, tmp_path, verb):
    (tmp_path / "hello.ml").write_text(HELLO)
    if verb == "test":
        done = command(verb, "helo.ml", cwd=tmp_path)
        assert done.code == 2
        return
    complains(command(verb, "helo.ml", cwd=tmp_path), 2, "no such file: `helo.ml`", "did you mean `hello.ml`?")


def test_a_missing_ending(command, tmp_path):
    (tmp_path / "hello.ml").write_text(HELLO)
    complains(command("run", "hello", cwd=tmp_path), 2, "did you mean `hello.ml`?")


def test_a_folder_for_a_file(command, tmp_path):
    (tmp_path / "d").mkdir()
    complains(command("run", "d", cwd=tmp_path), 2, "`d` is a folder")
    (tmp_path / "d" / "main.ml").write_text(HELLO)
    complains(command("run", "d", cwd=tmp_path), 2, f"name a program in it, such as `{Path('d', 'main.ml')}`")


def test_a_folder_without_programs(command, tmp_path):
    complains(command("check", str(tmp_path)), 2, "no `.ml` file below")


def test_a_path_through_a_file(command, program):
    complains(command("run", program(HELLO) + "/x.ml"), 2, "no such file")


def test_an_odd_name(command):
    complains(command("run", "a\nb\x1b[31m.ml"), 2, "\\x1b")


def test_a_file_that_may_not_be_read(command, program):
    path = program(HELLO)
    os.chmod(path, 0)
    if os.access(path, os.R_OK):
        pytest.skip("this user reads everything")
    complains(command("run", path), 2, "cannot be read: permission denied")


def test_a_folder_that_may_not_be_read(command, program, tmp_path):
    program(HELLO)
    inside = tmp_path / "inside"
    inside.mkdir()
    os.chmod(inside, 0)
    try:
        if os.access(inside, os.R_OK):
            pytest.skip("this user reads everything")
        complains(command("check", str(tmp_path)), 2, "inside` cannot be read: permission denied")
    finally:
        os.chmod(inside, 0o700)


def test_an_empty_file(command, program):
    for verb in ("run", "check", "fmt", "bench"):
        done = command(verb, program(""), *(["--rounds", "1"] if verb == "bench" else []))
        assert (done.code, "error" in done.stderr) == (0, False), done


@pytest.mark.parametrize("verb", ["run", "check", "fmt", "test"])
def test_broken_utf8(command, tmp_path, verb):
    (tmp_path / "p.ml").write_bytes(b'x = 1;\ny = "\xff";\n')
    done = command(verb, "p.ml", cwd=tmp_path)
    assert done.code == 1
    text = done.stdout if verb == "test" else done.stderr
    assert "error[E0130]: `p.ml` is not UTF-8" in text
    assert "p.ml:2:6" in text
    assert "byte 0xff" in text


def test_a_byte_order_mark(command, tmp_path):
    (tmp_path / "p.ml").write_bytes(b"\xef\xbb\xbf" + HELLO.encode())
    assert command("run", "p.ml", cwd=tmp_path).stdout == "hello\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], ("unknown command `rnu`", "did you mean `mlpy run`?")),
        (["frobnicate"], ("unknown command `frobnicate`", "`mlpy --help` lists")),
        (["--frob"], ("unknown option `--frob`",)),
        (["--vresion"], ("unknown option `--vresion`", "did you mean `--version`?")),
        (["--time=2s", "a.ml"], ("`--time` stands before the command", "write `mlpy run --time …`")),
        (["help", "rnu"], ("unknown command `rnu`", "did you mean `mlpy run`?")),
        (["run", "a.ml", "--allow", "*"], ("`*` is not a kind of capability", "`--allow-all`")),
        (["run", "a.ml", "--allow", "file.read:"], ("`file.read:` names no resource", "`file.read` without `:`")),
        (["run"], ("`mlpy run` needs a FILE",)),
        (["run", "a.ml", "-c", "1"], ("either a FILE or `-c CODE`",)),
        (["run", "--alow", "x", "a.ml"], ("unknown option `--alow`", "did you mean `--allow`?")),
        (["run", "a.ml", "b"], ("unexpected argument `b`", "after `--`")),
        (["run", "a.ml", "--loud"], ("unknown option `--loud`", "after `--`")),
        (["run", "a.ml", "--time"], ("`--time` needs a value",)),
        (["run", "a.ml", "--time", "soon"], ("`--time`: `soon` is not a time", "`2s`")),
        (["run", "a.ml", "--memory", "-1"], ("`--memory`",)),
        (["run", "a.ml", "--steps", "1.5"], ("`--steps`",)),
        (["run", "a.ml", "--allow", "file.reed:./x"], ("`--allow`", "did you mean `file.read`")),
        (["run", "a.ml", "--deny", "nonsense"], ("`--deny`",)),
        (["run", "-", "--watch"], ("`--watch` needs a FILE",)),
        (["check"], ("`mlpy check` needs FILE", "`mlpy check --help`")),
        (["check", "a.ml", "--", "b"], ("takes nothing after `--`",)),
        (["completions"], ("`mlpy completions` needs SHELL",)),
        (["completions", "tcsh"], ("unknown shell `tcsh`", "`bash`, `zsh`, `fish`")),
        (["emit", "wasm", "a.ml"], ("unknown form `wasm`", "`ast`, `py`")),
        (["emit", "ast", "a.ml", "--sourcemap", "m"], ("`--sourcemap` goes with `emit py`",)),
        (["modules", "mth"], ("no module `mth`", "did you mean `math`?")),
        (["bench", "a.ml", "--rounds", "0"], ("`--rounds` must be at least 1",)),
        (["bench", "a.ml", "--rounds", "many"], ("`--rounds`",)),
    ],
)
def test_a_wrong_command_line(command, arguments, said):
    complains(command(*arguments), 2, *said)


def test_nothing_at_all_is_answered_with_the_overview(command):
    done = command()
    assert (done.code, done.stdout) == (2, "")
    assert "Usage: mlpy" in done.stderr


def test_the_reader_goes_away(environment, program):
    path = program('for (i in range(200000)) { print("line", i); }')
    done = subprocess.run(
        f'"{sys.executable}" -m mlpy run "{path}" | head -n 1; echo ${{PIPESTATUS[0]}}', shell=True, executable="/bin/bash", env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "line 0\n141\n"
    assert done.stderr == ""


def test_a_program_cannot_catch_that_its_reader_went_away(environment, program):
    path = program('while (true) { try { print("x" * 1000); } except (e) { } }')
    running = spawn(environment, "run", path)
    running.stdout.read(1000)
    running.stdout.close()
    assert running.wait(20) == 141
    assert running.stderr.read() == b""
    running.stderr.close()


def test_a_full_disk(environment, program):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "mlpy", "run", program(HELLO)], env=environment, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("error: the output cannot be written: no space left on device")


def test_closed_streams(environment, program):
    done = subprocess.run(f'"{sys.executable}" -m mlpy run "{program(HELLO)}" >&- 2>&- <&-', shell=True, env=environment, check=False)
    assert done.returncode == 0


def test_an_interrupt(environment, program, tmp_path):
    text = 'import file;\nprint("on");\nfile.write("begun", "");\nwhile (true) { try { while (true) {} } except (e) {} finally { while (true) {} } }'
    running = spawn(environment, "run", "--allow", "file.write:./begun", program(text), cwd=tmp_path)
    until = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    try:
        out, err = running.communicate(timeout=20)
    finally:
        running.kill()
    assert running.returncode == 130
    assert out == b"on\n"
    assert err.decode().strip() == "interrupted"


def test_an_encoding_without_frames(command):
    done = command("run", "-c", 'print("é…"); x = 1 / 0;', env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert done.stdout == "\\xe9\\u2026\n"
    assert "--> <command>:1:" in done.stderr


def test_colour_is_a_choice(command):
    assert "\x1b[" not in command("run", "-c", "1 / 0").stderr
    assert "\x1b[" in command("run", "-c", "1 / 0", env={"FORCE_COLOR": "1"}).stderr
    assert "\x1b[" not in command("run", "-c", "1 / 0", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stderr


# ── a person at a terminal ───────────────────────────────────────────────────────────────────────────────────────


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, environment, *arguments):
        self.pid, self.file = pty.fork()
        if not self.pid:
            os.execve(sys.executable, [sys.executable, "-m", "mlpy", *arguments], environment | {"TERM": "dumb"})
        self.text = ""

    def wait_for(self, text, seconds=20.0):
        end = time.monotonic() + seconds
        while text not in self.text:
            assert time.monotonic() < end, f"{text!r} did not come: {self.text!r}"
            if select.select([self.file], [], [], 0.1)[0]:
                self.text += os.read(self.file, 4096).decode()
        return self

    def type(self, text):
        os.write(self.file, text.encode())
        return self

    def end(self):
        while True:
            try:
                data = os.read(self.file, 4096)
            except OSError:
                break
            if not data:
                break
            self.text += data.decode()
        os.close(self.file)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


ASKING = 'for (i in range(2)) { print("got", input()); }'
QUESTION = "[o]nce, [a]lways in this run, [n]o?"


def test_a_person_is_asked(environment, program):
    terminal = Terminal(environment, "run", program(ASKING))
    terminal.wait_for("the program asks for `console.read`").wait_for(QUESTION).type("a\n")
    time.sleep(0.3)
    terminal.type("Ada\n").wait_for("got Ada").type("Bob\n").wait_for("got Bob")
    assert terminal.end() == 0
    assert terminal.text.count(QUESTION) == 1


def test_once_is_once(environment, program):
    terminal = Terminal(environment, "run", program(ASKING))
    terminal.wait_for(QUESTION).type("o\n")
    time.sleep(0.3)
    terminal.type("Ada\n").wait_for("got Ada")
    terminal.text = terminal.text.partition("got Ada")[2]
    terminal.wait_for(QUESTION).type("n\n")
    assert terminal.end() == 3
    assert "is not granted" in terminal.text


def test_what_was_typed_ahead_does_not_answer(environment, program):
    terminal = Terminal(environment, "run", program("s = 0; for (i in range(3000000)) { s += i; } " + ASKING))
    terminal.type("a\na\na\n").wait_for(QUESTION).type("n\n")
    assert terminal.end() == 3


def test_the_clock_stands_still_while_a_person_thinks(environment, program):
    terminal = Terminal(environment, "run", "--time", "1s", program('print("got", input());'))
    terminal.wait_for(QUESTION)
    time.sleep(1.3)
    terminal.type("o\n")
    time.sleep(0.2)
    terminal.type("Ada\n").wait_for("got Ada")
    assert terminal.end() == 0


def test_a_question_can_be_interrupted(environment, program):
    terminal = Terminal(environment, "run", program(ASKING))
    terminal.wait_for(QUESTION).type("\x03")
    assert terminal.end() == 130
    assert "Traceback" not in terminal.text


def test_a_pipe_is_never_asked(command):
    assert QUESTION not in command("run", "-c", ASKING, input="a\na\n").stderr


def test_what_is_shown_in_a_question():
    from mlpy.cli import prompt

    assert prompt.visible("file.read:/a b") == "file.read:/a b"
    assert prompt.visible("x\x1b[2K\u202e`é") == "x\\u{1b}[2K\\u{202e}\\u{60}\\u{e9}"
    assert len(prompt.visible("x" * 5000)) == 201


def test_control_characters_do_not_reach_a_terminal(environment, program):
    terminal = Terminal(environment, "run", program('print("a\\x1b[2Jb\\tc");'))
    assert terminal.end() == 0
    assert "\x1b" not in terminal.text
    assert "a\\x1b[2Jb" in terminal.text


# ── the other verbs ──────────────────────────────────────────────────────────────────────────────────────────────


def test_check_says_nothing_of_a_good_program(command, program):
    done = command("check", program(HELLO))
    assert (done.code, done.stdout, done.stderr) == (0, "", "")


def test_check_finds_everything_below_a_folder(command, program, tmp_path):
    program("print(pritn);", "a/b/one.ml")
    program(HELLO, "a/two.ml")
    program("broken (", "a/.hidden/three.ml")
    done = command("check", "a", cwd=tmp_path)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.count("error[") == 1
    assert done.stderr.rstrip().endswith("1 error in 2 files")


def test_check_as_a_record(command, program, tmp_path):
    program("print(pritn);\n", "a.ml")
    record = json.loads(command("check", "a.ml", "--json", cwd=tmp_path).stdout)
    (file,) = record["files"]
    assert (record["ok"], file["file"]) == (False, "a.ml")
    assert [(one["code"], one["line"], one["column"]) for one in file["diagnostics"]] == [("E0203", 1, 7)]


def test_check_says_that_it_stopped(command, program):
    path = program("x = nope();\n" * 130)
    assert command("check", path).stderr.endswith("100 errors in 1 file; a check stops after 100 in a file\n")
    (file,) = json.loads(command("check", "--json", path).stdout)["files"]
    assert (file["stopped"], len(file["diagnostics"])) == (True, 100)
    assert command("check", program("x = nope();\n" * 99)).stderr.endswith("99 errors in 1 file\n")


def test_fix(command, program):
    path = program("x = 7 // 2;\nprint(x);\n")
    done = command("check", "--fix", path)
    assert done.code == 0, done
    assert Path(path).read_text() == "x = 7 ~/ 2;\nprint(x);\n"
    assert "1 fix made" in done.stderr
    assert command("run", path).stdout == "3\n"


def test_fix_of_standard_input(command):
    done = command("check", "--fix", "-", input="x = 7 // 2;\nprint(x);\n")
    assert done.stdout == "x = 7 ~/ 2;\nprint(x);\n"


UGLY = "x=1 ;\n\n\n\nprint( x,1 );\n"
NEAT = "x = 1;\n\nprint(x, 1);\n"


def test_fmt(command, program):
    path = program(UGLY)
    os.chmod(path, 0o640)
    done = command("fmt", path)
    assert (done.code, done.stdout, done.stderr) == (0, "", f"{path} changed\n")
    assert Path(path).read_text() == NEAT
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o640
    assert command("fmt", path).stderr == ""


def test_fmt_check(command, program):
    path = program(UGLY)
    done = command("fmt", "--check", path)
    assert (done.code, done.stdout, done.stderr) == (1, "", f"{path} would change\n")
    assert Path(path).read_text() == UGLY
    assert command("fmt", "--check", program(NEAT)).code == 0


def test_fmt_diff(command, program, tmp_path):
    program(UGLY)
    done = command("fmt", "--diff", "p.ml", cwd=tmp_path)
    assert done.code == 0
    assert done.stdout.startswith("--- p.ml\n+++ p.ml\n@@ ")
    assert "-x=1 ;\n" in done.stdout
    assert "+x = 1;\n" in done.stdout


def test_fmt_of_standard_input(command):
    assert command("fmt", "-", input=UGLY).stdout == NEAT


def test_fmt_leaves_a_broken_program_alone(command, program):
    path = program("x = (;")
    done = command("fmt", path)
    assert done.code == 1
    assert "error[E01" in done.stderr
    assert Path(path).read_text() == "x = (;"


def test_fmt_cannot_write(command, program, tmp_path):
    path = program(UGLY)
    os.chmod(tmp_path, 0o500)
    try:
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user writes everywhere")
        complains(command("fmt", path), 2, "cannot be written")
    finally:
        os.chmod(tmp_path, 0o700)


def test_a_read_only_file_stays_as_it_is(command, program):
    path = program(UGLY)
    os.chmod(path, 0o444)
    if os.access(path, os.W_OK):
        pytest.skip("this user writes everywhere")
    complains(command("fmt", path), 2, "cannot be written: permission denied")
    assert Path(path).read_text() == UGLY


def test_fmt_follows_a_link(command, program, tmp_path):
    path = program(UGLY)
    (tmp_path / "link.ml").symlink_to(path)
    command("fmt", str(tmp_path / "link.ml"))
    assert (tmp_path / "link.ml").is_symlink()
    assert Path(path).read_text() == NEAT


TESTED = """\
function double(x) {
    if (x < 0) {
        return null;
    }
    return x * 2;
}
test "doubles" { assert double(2) == 4; }
test "fails" { print("seen"); assert double(2) == 5; }
test "throws" { throw {message: "oh", type: "Oh"}; }
"""


def test_tests(command, program, tmp_path):
    program(TESTED)
    done = command("test", "p.ml", cwd=tmp_path)
    assert done.code == 1
    assert done.stderr == ""
    assert re.search(r"^p\.ml\n  ok    doubles \(\d", done.stdout)
    assert "  FAIL  fails" in done.stdout
    assert "4 == 5" in done.stdout
    assert "printed:\n        seen\n" in done.stdout
    assert done.stdout.endswith("1 passed, 2 failed in 1 file\n")


def test_a_filter(command, program):
    path = program(TESTED)
    done = command("test", "--filter", "dou", path)
    assert done.code == 0
    assert done.stdout.endswith("1 passed in 1 file\n")
    complains(command("test", "--filter", "nothing", path), 1, "no test matches `nothing`")


def test_coverage(command, program, tmp_path):
    program(TESTED)
    done = command("test", "--coverage", "--filter", "dou", "p.ml", cwd=tmp_path)
    assert "p.ml: 75 % of 4 lines ran, not 3\n" in done.stdout


def test_tests_as_a_record(command, program):
    record = json.loads(command("test", "--json", "--coverage", program(TESTED)).stdout)
    (file,) = record["files"]
    assert [(one["name"], one["passed"]) for one in file["tests"]] == [("doubles", True), ("fails", False), ("throws", False)]
    assert file["tests"][2]["error"]["type"] == "Oh"
    assert file["coverage"]["missed"] == [3]


def test_each_test_has_its_own_budget(command, program):
    path = program('test "spins" { while (true) {} }\ntest "goes on" { assert true; }')
    done = command("test", "--time", "200ms", path)
    assert done.code == 1
    assert "E0701" in done.stdout
    assert "ok    goes on" in done.stdout


def test_a_program_without_tests(command, program):
    done = command("test", program(HELLO))
    assert (done.code, done.stdout) == (0, "no tests in 1 file\n")


def test_a_program_that_does_not_start_fails_its_tests(command, program):
    done = command("test", program('x = [][1];\ntest "a" {}'))
    assert done.code == 1
    assert "IndexError" in done.stdout


def test_bench(command, program):
    done = command("bench", "--rounds", "3", program("s = 0;\nfor (i in range(1000)) { s += i; }\nprint(s);"))
    assert done.code == 0
    assert "in the median of 3 runs" in done.stdout
    record = json.loads(command("bench", "--rounds", "2", "--json", program("1;")).stdout)
    assert record["rounds"] == 2
    assert record["least"] <= record["median"] <= record["most"]


def test_bench_of_a_program_that_fails(command, program):
    assert command("bench", program("x = [][1];")).code == 1
    assert command("bench", "--time", "100ms", program("while (true) {}")).code == 4
    done = command("bench", "--json", "--time", "100ms", program("while (true) {}"))
    record = json.loads(done.stdout)
    assert (done.code, done.stderr, record["ok"], record["exit_code"], record["error"]["limit"]) == (4, "", False, 4, "time")


def test_emit_ast(command):
    done = command("emit", "ast", "-", input="x = 1;")
    assert done.code == 0
    assert done.stdout.startswith("Module 0:6")
    assert "Number 4:5 value=1" in done.stdout


def test_emit_python(command):
    done = command("emit", "py", "-", input='from = "a\\\\d"; print(`${from + "\\\\"}!`);')
    assert done.code == 0
    compile(done.stdout, "emitted", "exec")
    assert done.stdout.startswith("# <stdin> as mlpy runs it")
    assert "__ml_from" in done.stdout


def test_emit_of_a_broken_program(command):
    done = command("emit", "py", "-", input="x = ;")
    assert done.code == 1
    assert "error[E01" in done.stderr


def decode(mappings):
    """The mappings of a source map, as (generated line, generated column, line, column), all from 0."""
    line = column = 0
    for number, segments in enumerate(mappings.split(";")):
        generated = 0
        for segment in filter(None, segments.split(",")):
            values, value, shift = [], 0, 0
            for letter in segment:
                digit = sourcemap.DIGITS.index(letter)
                value |= (digit & 31) << shift
                shift += 5
                if not digit & 32:
                    values.append(-(value >> 1) if value & 1 else value >> 1)
                    value = shift = 0
            generated, line, column = generated + values[0], line + values[2], column + values[3]
            yield number, generated, line, column


def test_a_source_map(command, program, tmp_path):
    program("total = 0;\nfor (n in [1, 2]) {\n    total += n;\n}\nprint(total);\n")
    text = command("emit", "py", "p.ml", "--sourcemap", "p.map", cwd=tmp_path).stdout
    record = json.loads((tmp_path / "p.map").read_text())
    assert (record["version"], record["sources"]) == (3, ["p.ml"])
    (at,) = [number for number, line in enumerate(text.split("\n")) if "for n in" in line]
    assert (at, len(text.split("\n")[at]) - len(text.split("\n")[at].lstrip()), 1, 0) in set(decode(record["mappings"]))


def test_a_source_map_that_cannot_be_written(command):
    complains(command("emit", "py", "-", "--sourcemap", "/nowhere/p.map", input="x = 1;"), 2, "`/nowhere/p.map` cannot be written")


def test_modules(command):
    done = command("modules")
    assert done.code == 0
    assert {"math", "json"} <= {line.split()[0] for line in done.stdout.splitlines()}
    assert "sqrt(" in command("modules", "math").stdout
    record = json.loads(command("modules", "math", "--json").stdout)
    assert {"name": "pi", "kind": "constant"}.items() <= next(one for one in record["modules"][0]["members"] if one["name"] == "pi").items()


# ── help, version, completions ───────────────────────────────────────────────────────────────────────────────────


def test_the_overview_names_every_verb(command):
    done = command("--help")
    assert (done.code, done.stderr) == (0, "")
    assert all(f"  {verb} " in done.stdout for verb in verbs.ALL)


@pytest.mark.parametrize("verb", verbs.ALL)
def test_every_verb_explains_itself(command, verb):
    for arguments in ((verb, "--help"), ("help", verb)):
        done = command(*arguments)
        assert (done.code, done.stderr) == (0, "")
        assert done.stdout.startswith(f"usage: mlpy {verb}")


def test_version(command):
    assert command("--version").stdout.startswith(f"mlpy {VERSION} (Python 3.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_know_every_verb_and_option(command, shell):
    text = command("completions", shell).stdout
    assert all(verb in text for verb in verbs.ALL)
    assert "allow-all" in text
    assert "dry-run" in text


def test_bash_completes(command, program, tmp_path):
    script = program(command("completions", "bash").stdout, "completions.bash")
    program(HELLO, "hello.ml")
    ask = f'source "{script}"; COMP_WORDS=(mlpy "$@"); COMP_CWORD=$#; _mlpy; printf "%s\\n" "${{COMPREPLY[@]}}"'
    complete = lambda *words: subprocess.run(["/bin/bash", "-c", ask, "bash", *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()
    assert "check" in complete("ch")
    assert complete("run", "--allow-") == ["--allow-all"]
    assert complete("run", "hel") == ["hello.ml"]
    assert "zsh" in complete("completions", "z")
    assert "status" in complete("sandbox", "st")
    assert complete("models", "li") == ["list"]
    assert complete("models", "rm", "--d") == ["--dry-run"]


# ── watching ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_watch(environment, program):
    path = program('print("one");')
    running = spawn(environment, "run", "--watch", path)
    try:
        assert running.stdout.readline() == b"one\n"
        assert b"waiting for a change" in running.stderr.readline()
        Path(path).write_text('print("two, longer");')
        assert running.stdout.readline() == b"two, longer\n"
        running.stderr.readline()
        Path(path).write_text('print("three)')
        assert b"error[E01" in running.stderr.readline()
        Path(path).unlink()
        while b"no such file" not in running.stderr.readline():
            pass
        Path(path).write_text('print("back");')
        assert running.stdout.readline() == b"back\n"
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0
        running.stdout.close()
        running.stderr.close()


def test_watch_follows_the_settings(environment, program, tmp_path):
    path = program('print("read", input());')
    (tmp_path / "mlpy.toml").write_text('[grants]\ndeny = ["console.read"]\n')
    running = spawn(environment, "run", "--watch", "--allow", "console.read,count=1", path)
    try:
        while b"exit code 3" not in (line := running.stderr.readline()):
            assert line
        for text in ("", "# the second round has its own count"):
            (tmp_path / "mlpy.toml").write_text(text)
            while b"exit code 1" not in (line := running.stderr.readline()):  # at the end of the input
                assert line
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0
        running.stdout.close()
        running.stderr.close()


def test_text_imports_from_here_and_from_its_project(command, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "mlpy.toml").write_text('module_paths = ["lib"]\n')
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "far.ml").write_text("n = 1;")
    (tmp_path / "sub" / "near.ml").write_text("n = 2;")
    done = command("run", "-c", "import far; import near; print(far.n, near.n);", cwd=tmp_path / "sub")
    assert (done.code, done.stdout) == (0, "1 2\n")


@pytest.mark.parametrize("arguments", [("run", "-E", "missing", "-c", ""), ("check", "-M", "missing", "p.ml"), ("modules", "-E", "missing")])
def test_a_folder_of_modules_that_is_missing(command, arguments, tmp_path):
    complains(command(*arguments, cwd=tmp_path), 2, f"`{'-M' if '-M' in arguments else '-E'}`: no such folder: `missing`")


def test_a_denial_with_a_constraint_is_a_mistake(command):
    outcome = command("run", "--deny", "file.read:./x,count=2", "-c", "1")
    assert (outcome.code, outcome.stderr.splitlines()[0]) == (2, "error: `--deny`: `file.read:./x` is denied for good: a denial takes no constraints")

"""Module process: commands without a shell, bounded in time and output, of which nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import mlpy
from mlpy.errors import CapabilityDenied, MLError

ANY = ["process.run"]


def run(code: str, grants: list[str] | None = None, **options) -> object:
    return mlpy.compile(f"import process;\nimport env;\n{code}", inputs=options.get("inputs", {})).run(grants=ANY if grants is None else grants, **options).value


def python(code: str, *rest: str) -> str:
    """A call that runs Python code in a process of its own."""
    words = ", ".join(f'"{one}"' for one in ("-I", "-c", code.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")))
    return f'process.run("{sys.executable}", {words}{"".join(rest)})'


def gone(pid: int) -> bool:
    """Whether a process ends within two seconds."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)
    return False


# ── what comes back ──


def test_status_and_both_outputs():
    assert run('process.run("sh", "-c", "echo out; echo err >&2; exit 3")') == {"status": 3, "stdout": "out\n", "stderr": "err\n"}


def test_no_shell_reads_the_arguments():
    assert run('process.run("echo", "$HOME", "*", "; ls", "`id`", "a  b", "", 7).stdout') == "$HOME * ; ls `id` a  b  7\n"


def test_a_signal_is_a_negative_status():
    assert run('process.run("sh", "-c", "kill -TERM $$").status') == -15


def test_input_and_output_of_any_size_do_not_block_each_other():
    assert run('process.run("cat", input: text, maxOutput: 20000000).stdout == text', inputs={"text": "é" * 4_000_000}) is True


def test_a_command_that_reads_nothing_gets_its_input_all_the_same():
    assert run('process.run("true", input: text).status', inputs={"text": "x" * 1_000_000}) == 0


def test_standard_input_is_empty_without_one():
    assert run('process.run("cat").stdout') == ""


def test_large_output_on_both_streams_at_once():
    found = run(python("import sys\nfor _ in range(20000): print('x' * 50); print('y' * 50, file=sys.stderr)"))
    assert (found["status"], len(found["stdout"]), len(found["stderr"])) == (0, 51 * 20000, 51 * 20000)


def test_bytes_that_are_no_text_are_replaced():
    assert run(python("import os; os.write(1, bytes([97, 255, 98]))")) == {"status": 0, "stdout": "a�b", "stderr": ""}


def test_it_starts_in_the_folder_that_relative_paths_begin_at(tmp_path):
    (tmp_path / "sub").mkdir()
    grants = mlpy.Grants(["process.run:pwd", "file.read:./**"], root=str(tmp_path))
    assert run('process.run("pwd").stdout', grants) == f"{tmp_path}\n"
    assert run('process.run("pwd", cwd: "sub").stdout', grants) == f"{tmp_path / 'sub'}\n"


def test_nothing_waits_for_what_a_command_left_running():
    started = time.perf_counter()
    pid = int(run('process.run("sh", "-c", "sleep 60 & echo $!").stdout'))
    assert time.perf_counter() - started < 5  # a slow machine
    assert gone(pid)


def test_a_command_that_closes_its_output_is_waited_for():
    assert run('process.run("sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 4").status') == 4


# ── what is refused ──


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ('process.run("no-such-command")', "IOError", "there is no command `no-such-command`"),
        ('process.run("..")', "IOError", "there is no command `..`"),
        ('process.run("/no/such/file")', "IOError", "the command `/no/such/file` cannot be started"),
        ('process.run("/etc/passwd")', "IOError", "the command `/etc/passwd` cannot be started"),
        ('process.run("./script")', "ValueError", "`./script` is neither the name of a command nor an absolute path without `..`"),
        ('process.run("bin/sh")', "ValueError", None),
        ('process.run("/bin/../bin/sh")', "ValueError", None),
        ('process.run("/bin//sh")', "ValueError", None),
        ('process.run("")', "ValueError", None),
        ("process.run(null)", "TypeError", None),
        ('process.run(["ls"])', "TypeError", None),
        ('process.run("echo", null)', "TypeError", "`args` must be a string, not null"),
        ('process.run("echo", ["a"])', "TypeError", None),
        ('process.run("echo", "a" + chr(0) + "b")', "ValueError", "an argument of a command has no NUL character"),
        ('process.run("echo", "x".repeat(2000000))', "ValueError", None),
        ('process.run("cat", input: 3)', "TypeError", None),
        ('process.run("cat", timeout: "1s")', "TypeError", None),
        ('process.run("cat", timeout: 0)', "ValueError", None),
        ('process.run("cat", maxOutput: 0)', "ValueError", None),
        ('process.run("cat", maxOutput: 1.5)', "TypeError", None),
        ('process.run("cat", maxOutput: 10 ** 12)', "ValueError", None),
        ('process.run("cat", shell: true)', "ArityError", None),
        ('process.run("cat", env: {})', "ArityError", None),
        ("process.run()", "ArityError", None),
    ],
)
def test_what_cannot_be_run_is_an_error(code, kind, message):
    with pytest.raises(MLError) as caught:
        run(code)
    assert caught.value.type == kind
    assert message is None or caught.value.message == message


@pytest.mark.parametrize(
    ("grants", "code"),
    [
        ([], 'process.run("echo")'),
        (["process.run:echo"], 'process.run("cat")'),
        (["process.run:echo"], f'process.run("{os.path.realpath("/bin/echo")}")'),
        (["process.run:/usr/bin/*"], 'process.run("echo")'),
        (["process.run:/usr/bin/*"], 'process.run("/bin/sh")'),
        (["process.run:echo"], 'process.run("ECHO")'),
        (["process.run:echo"], 'process.run("echo ")'),
        (["process.run:echo"], 'process.run("echo", cwd: "/tmp")'),
        (["process.run:echo", "file.read:/usr/**"], 'process.run("echo", cwd: "/tmp")'),
    ],
)
def test_only_what_is_granted_by_its_name_is_run(grants, code):
    with pytest.raises(CapabilityDenied):
        run(code, grants)


def test_a_program_cannot_put_a_command_of_its_own_before_the_host_s(tmp_path):
    fake = tmp_path / "echo"
    fake.write_text("#!/bin/sh\nprintf fake\n")
    fake.chmod(0o755)
    assert run(f'env.set("PATH", "{tmp_path}"); process.run("echo", "real").stdout', ["process.run:echo", "env.write"]) == "real\n"
    assert f"{tmp_path}" not in run(f'env.set("PATH", "{tmp_path}"); process.run("env").stdout', ["process.run:env", "env.write"])


# ── what a command finds ──


def test_secrets_of_the_host_are_not_in_its_environment(monkeypatch):
    monkeypatch.setenv("API_TOKEN", "s3cret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    names = {line.partition("=")[0] for line in run('process.run("env").stdout').splitlines()}
    assert "API_TOKEN" not in names
    assert {"LANG", "PATH"} <= names <= {"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"}


def test_it_finds_what_the_program_set_under_grants_that_still_hold(monkeypatch):
    monkeypatch.setenv("LANG", "C.UTF-8")
    code = """
env.set("MODE", "x"); env.set("LD_PRELOAD", "/tmp/evil.so"); env.set("DYLD_INSERT_LIBRARIES", "/tmp/evil"); env.delete("LANG");
function seen() { return process.run("env").stdout.split("\\n").filter(fn(line) => line[:4] in ["MODE", "LANG", "LD_P", "DYLD"]); }
inside = null;
with capability("process.run:*") { inside = seen(); }
[seen(), inside]
"""
    assert run(code, [*ANY, "env.write"]) == [["MODE=x"], ["LANG=C.UTF-8"]]


def test_it_inherits_no_descriptor_of_the_host(tmp_path):
    secret = os.open(tmp_path / "secret", os.O_CREAT | os.O_RDWR)
    os.set_inheritable(secret, True)
    try:
        found = run(python("import os\nfor n in range(3, 256):\n try: os.fstat(n); print(n)\n except OSError: pass"))
    finally:
        os.close(secret)
    assert found == {"status": 0, "stdout": "", "stderr": ""}


# ── its end ──


def test_a_timeout_ends_it_with_all_that_it_started(tmp_path):
    pids = tmp_path / "pids"
    started = time.perf_counter()
    with pytest.raises(MLError, match="`sh` ran longer than its timeout") as caught:
        run(f'process.run("sh", "-c", "sleep 61 & echo $! > {pids}; echo $$ >> {pids}; sleep 62", timeout: 0.3)')
    assert caught.value.type == "IOError"
    assert time.perf_counter() - started < 5  # a slow machine
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_too_much_output_ends_it():
    with pytest.raises(MLError, match="`yes` wrote more than its limit of 100,000 bytes") as caught:
        run('process.run("yes", maxOutput: 100000)')
    assert caught.value.type == "IOError"
    assert run('process.run("sh", "-c", "echo 1234", maxOutput: 5).stdout') == "1234\n"


def test_the_error_of_a_command_can_be_caught():
    assert run('kind = null;\ntry { process.run("sleep", "9", timeout: 0.05); } except (e) { kind = e.type; }\nkind') == "IOError"


@pytest.mark.parametrize("caught", [False, True])
def test_the_time_limit_of_the_program_ends_it(caught, tmp_path):
    pid = tmp_path / "pid"
    call = f'process.run("sh", "-c", "echo $$ > {pid}; exec sleep 60");'
    started = time.perf_counter()
    with pytest.raises(MLError) as error:
        run(f"try {{ {call} }} except (e) {{ while (true) {{}} }}" if caught else call, limits=mlpy.Limits(time=0.4))
    assert error.value.limit == "time"
    assert time.perf_counter() - started < 3  # a slow machine
    assert gone(int(pid.read_text()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_ends_the_program_ends_it(number, environment, tmp_path):
    pid, program = tmp_path / "pid", tmp_path / "p.ml"
    program.write_text(f'import process;\nprocess.run("sh", "-c", "echo $$ > {pid}; exec sleep 60");')
    started = subprocess.Popen([sys.executable, "-m", "mlpy", "run", "--allow", "process.run:sh", str(program)], env=environment)
    while not pid.exists() or not pid.read_text().strip():
        time.sleep(0.01)
    started.send_signal(number)
    assert started.wait(10) == -number
    assert gone(int(pid.read_text()))


def test_a_cancelled_program_ends_it(tmp_path):
    pid = tmp_path / "pid"
    engine = mlpy.Engine(grants=ANY)
    program = engine.compile(f'import process;\nprocess.run("sh", "-c", "echo $$ > {pid}; exec sleep 60");')
    run = engine.new_run(program.source)

    def cancel() -> None:
        while not pid.exists() or not pid.read_text().strip():
            time.sleep(0.01)
        run.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(MLError) as error:
        engine.start(program, run, inputs={})
    thread.join()
    assert error.value.limit == "cancelled"
    assert gone(int(pid.read_text()))


def test_what_moves_is_charged_to_the_grant():
    assert run('process.run("cat", input: "12345").stdout', ["process.run:cat,bytes=10"]) == "12345"
    with pytest.raises(CapabilityDenied, match="bytes=9"):
        run('process.run("cat", input: "12345").stdout', ["process.run:cat,bytes=9"])


def test_uses_are_counted_and_in_the_audit():
    program = mlpy.compile('import process;\nprocess.run("echo", "s3cret"); process.run("echo");')
    audit = program.run(grants=["process.run:echo,count=2"]).audit
    assert [(one.capability, one.decision, one.count) for one in audit] == [("process.run:echo", "allowed", 2)]
    assert "s3cret" not in repr([one.record() for one in audit])
    with pytest.raises(CapabilityDenied, match="count=1"):
        program.run(grants=["process.run:echo,count=1"])


def test_commands_leave_no_zombies_and_no_descriptors():
    def descriptors() -> int:
        return sum(1 for number in range(256) if open_descriptor(number))

    before = descriptors()
    run('for (i in range(20)) { process.run("true"); try { process.run("yes", maxOutput: 10); } except (e) {} }')
    assert descriptors() == before
    pid = int(run('process.run("sh", "-c", "echo $$").stdout'))
    with pytest.raises(ProcessLookupError):  # a zombie could still be asked
        os.kill(pid, 0)


def open_descriptor(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True

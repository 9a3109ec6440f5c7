"""The pool behind `mlpy.Sandbox`: turns, workers that serve once, and what becomes of programs whose worker crashes, hangs or is ended."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from mlpy.stdlib import _dates, _zones

import mlpy
from mlpy.capabilities import Grants
from mlpy.registry import Registry
from mlpy.runtime.run import Run
from mlpy.runtime.values import display, quoted
from mlpy.sandbox import lockdown, processes
from mlpy.sandbox.lockdown import KernelLimits
from mlpy.sandbox.pool import Sandbox, Turns, why

PATIENCE = 60
REACHED = lockdown.LEVELS.index(lockdown.status().level or "process")
LEVELS = lockdown.LEVELS[: REACHED + 1]
LIMITS = mlpy.Limits(time=20.0, memory="256MB")
USUAL = KernelLimits(64 << 20, 20.0, 16)
# In place of `worker.py`: what a worker does in which there is a hole, by the program that it is sent.
HOLLOW = """
import json, marshal, os, signal, socket, sys, time, types

def read(file, size):
    data = b""
    while len(data) < size:
        piece = os.read(file, size - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data

def serve(file):
    *_, setup = marshal.loads(read(file, int.from_bytes(read(file, 4))))
    what, _, more = setup["text"].partition(" ")
    if what == "signal":
        os.kill(os.getpid(), getattr(signal, more))
    elif what == "exit":
        os._exit(int(more))
    elif what == "hang":
        while True:
            time.sleep(1)
    elif what == "close":
        os.close(file)
        time.sleep(60)
    elif what == "garbage":
        os.write(file, bytes.fromhex(more))
        time.sleep(60)
    elif what == "value":
        told = json.dumps(["done", json.loads(more), [], [0]]).encode()
        os.write(file, len(told).to_bytes(4) + told)
        read(file, 1)

for name, given in {"worker": {"serve": serve}, "preload": {"load": lambda: None, "rehearse": lambda: None}}.items():
    made = sys.modules["mlpy.sandbox." + name] = types.ModuleType(name)
    made.__dict__.update(given)
"""


@pytest.fixture
def hollow(monkeypatch):
    """`hollow(before)` gives a sandbox whose workers do what the program says; `before` is Python for the zygote."""
    made = []

    def make(before: str = "", workers: int = 1, **options: object) -> Sandbox:
        monkeypatch.setattr(processes, "zygotes", {})
        monkeypatch.setattr(processes, "BOOT", processes.BOOT.replace("from mlpy", f"{before}\nexec({HOLLOW!r})\nfrom mlpy"))
        made.append(Sandbox(workers, level="process", limits=LIMITS, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module", params=LEVELS)
def sandbox(request):
    with Sandbox(2, level=request.param, limits=LIMITS) as made:
        yield made


@pytest.fixture
def plain():
    """A sandbox of one worker without kernel layers that a machine may lack."""
    with Sandbox(1, level="process", limits=LIMITS) as made:
        yield made


def failure(sandbox: Sandbox, program: str, **options: object) -> mlpy.MLError:
    with pytest.raises(mlpy.MLError) as caught:
        sandbox.run(program, **options)
    return caught.value


def soon(test, seconds: float = PATIENCE) -> bool:
    """Whether something comes true."""
    end = time.monotonic() + seconds
    while not test() and time.monotonic() < end:
        time.sleep(0.01)
    return test()


def alive(pid: int) -> bool:
    """Whether a process runs, and is no more than a name that somebody has to reap."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return False


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_runs_in_a_worker(sandbox):
    result = sandbox.run('print("working"); x * y', inputs={"x": 6, "y": 7})
    assert (result.value, result.output, result.exports) == (42, "working\n", {})
    assert result.usage.output == 8
    assert result.usage.cpu > 0
    assert 0 <= result.usage.memory < LIMITS.memory


def test_what_the_machine_has_is_told(sandbox):
    assert soon(lambda: sandbox.status().idle == 2)
    told = sandbox.status()
    assert set(lockdown.LAYERS_OF[told.level]) <= set(told.layers)
    assert (told.workers, told.busy, told.idle, told.waiting) == (2, 0, 2, 0)
    assert list(told.record()) == ["busy", "held", "idle", "layers", "level", "memory", "waiting", "workers"]
    if os.geteuid() == 0 and sys.platform == "linux":
        assert soon(lambda: (sandbox.status().memory or 0) > 100_000)  # a worker that is still being made has nothing yet
        assert sandbox.status().memory < 30_000_000


def test_each_program_has_a_worker_of_its_own(sandbox, monkeypatch):
    used = []
    enter = sandbox.pool.enter
    monkeypatch.setattr(type(sandbox.pool), "enter", lambda self, *given: used.append(enter(*given)) or used[-1])
    for number in range(10):
        assert sandbox.run("n", inputs={"n": number}).value == number
    assert len({process.number for process in used}) == 10
    assert all(process.wait(PATIENCE) is not None for process in used)


def test_programs_of_different_limits_take_turns(plain):
    for number in range(6):
        limits = mlpy.Limits(time=5.0 + number % 2, memory="64MB")
        assert plain.run("1 + 1", limits=limits).value == 2
        assert plain.status().idle == 1


def test_without_warm_workers_each_is_made_when_it_is_needed():
    with Sandbox(1, level="process", warm=0) as sandbox:
        assert [sandbox.run("1 + 1").value, sandbox.status().idle, sandbox.status().memory] == [2, 0, None]


@pytest.mark.parametrize(
    ("text", "time"), [("1 +", 20), ("nobody", 20), ("while (true) {}", 0.3), ("[1][5]", 20), ("x = []; while (true) { x.append('a' * 1000000 + str(len(x))); }", 20)]
)
def test_a_failure_is_that_of_the_program(sandbox, text, time):
    inside = mlpy.Engine(limits=mlpy.Limits(time=time, memory="64MB"))
    with pytest.raises(mlpy.MLError) as expected:
        inside.run(text)
    error = failure(sandbox, text, limits=inside.limits)
    assert (error.type, error.code, error.limit) == (expected.value.type, expected.value.code, expected.value.limit)
    assert error.message == expected.value.message or error.limit == "memory"  # which the kernel may have been first to refuse
    assert sandbox.run("1 + 1").value == 2


def test_functions_of_the_host_are_called_in_the_host(sandbox):
    seen = []
    assert sandbox.run("tell(os, 2)", inputs={"os": "x"}, functions={"tell": lambda a, b: seen.append((a, b, os.getpid())) or a * b}).value == "xx"
    assert seen == [("x", 2, os.getpid())]


def test_a_function_that_leaves_keeps_its_worker():
    with Sandbox(1, level="process", limits=LIMITS) as sandbox:
        count = sandbox.run("n = 0; fn() => { nonlocal n; n += 1; return n; }").value
        assert [count(), count()] == [1, 2]
        assert sandbox.run("1 + 1").value == 2
        assert count() == 3
    with pytest.raises(mlpy.MLError):
        count()


def test_a_worker_ends_with_the_last_function_that_somebody_holds():
    with Sandbox(1, level="process", warm=0, limits=LIMITS) as sandbox:
        count = sandbox.run("fn() => 1").value
        (process,) = sandbox.pool.taken
        pid, ended = process.pid, process.ended
        assert count() == 1
        assert not ended.is_set()
        gc.disable()  # nothing has to be collected for it
        try:
            del process, count
            assert not sandbox.pool.taken
        finally:
            gc.enable()
        assert pid is None or soon(lambda: not alive(pid))


def test_functions_keep_so_many_workers_and_no_more():
    with Sandbox(1, level="process", warm=0, held=2, limits=LIMITS) as sandbox:
        kept = [sandbox.run(f"fn() => {n}").value for n in range(2)]
        assert sandbox.status().held == 2
        error = failure(sandbox, "fn() => 3")
        assert (error.message, error.type) == ("functions of other programs keep 2 workers already, and this one gives a function", "SandboxError")
        assert error.hint == "let go of results with functions in them that are done with, or make the sandbox with a larger `held`"
        assert [each() for each in kept] == [0, 1]
        assert sandbox.run("1 + 1").value == 2
        kept.pop()
        gc.collect()
        assert sandbox.run("fn() => 4").value() == 4
        assert sandbox.status().busy == 0


def test_who_does_not_wait_for_ever_is_told_that_all_are_busy(plain):
    async def asked() -> None:
        await asyncio.gather(plain.run_async("1", wait=0.05), plain.run_async("2", wait=0.05), plain.session_async(wait=0.05))

    with plain.session() as session:
        for ask in (lambda: plain.run("1", wait=0.05), lambda: plain.run("1", wait=0), lambda: plain.session(wait=0.05), lambda: asyncio.run(asked())):
            with pytest.raises(mlpy.MLError) as caught:
                ask()
            assert (caught.value.message, caught.value.type) == ("no worker of the sandbox was free in time", "SandboxBusy")
            assert caught.value.hint == "wait for longer, or give the sandbox more `workers`"
        assert soon(lambda: plain.status().waiting == 0)
        assert session.evaluate("1 + 1").value == 2
    assert plain.run("1 + 1", wait=PATIENCE).value == 2
    for wrong in (-1, "soon", True, float("nan")):
        with pytest.raises(ValueError, match="`wait` is a number of seconds"):
            plain.run("1", wait=wrong)


def test_a_session_keeps_its_worker(sandbox):
    with sandbox.session(functions={"double": lambda n: 2 * n}) as session:
        session.evaluate("x = double(20);")
        assert session.evaluate("x + n", inputs={"n": 2}).value == 42
        with pytest.raises(mlpy.MLError, match="division by zero"):
            session.evaluate("1 / 0")
        assert session.evaluate("print(x); x").output == "40\n"
        assert sandbox.status().busy == 1
    with pytest.raises(mlpy.MLError, match="the session is closed"):
        session.evaluate("x")
    assert sandbox.status().busy == 0


def test_closing_a_session_ends_its_cell(plain):
    session = plain.session()
    session.evaluate("x = 1;")
    errors: list[mlpy.MLError] = []

    def evaluate() -> None:
        try:
            session.evaluate("while (true) {}")
        except mlpy.MLError as error:
            errors.append(error)

    thread = threading.Thread(target=evaluate)
    thread.start()
    assert soon(lambda: bool(session.run.executions))
    session.close()
    thread.join(PATIENCE)
    assert [error.type for error in errors] == ["Cancelled"]
    assert plain.status().busy == 0
    assert plain.run("1 + 1").value == 2


def test_a_session_does_not_wait_for_itself(plain):
    caught: list[BaseException] = []

    def use(work) -> None:
        with pytest.raises(RuntimeError, match="one cell at a time") as found:
            work()
        caught.append(found.value)

    with plain.session(functions={"more": lambda: use(lambda: session.evaluate("1")), "end": lambda: use(session.close)}) as session:
        session.evaluate("more(); end();")
        assert len(caught) == 2
        assert session.evaluate("1 + 1").value == 2


def test_workers_know_nothing_of_each_other(sandbox):
    first = sandbox.run("import random; random.setSeed(1); random.random()")
    drawn = [sandbox.run("import random; random.random()").value for _ in range(3)]
    assert len({first, *drawn}) == 4  # a fork begins with numbers of its own


# ── what a worker needs is there ─────────────────────────────────────────────────────────────────────────────────


REGISTRY = Registry()
INFOS = [info for name in REGISTRY.names() if (info := REGISTRY.info(name)) is not None and info.origin == "stdlib"]
SAID = [
    pytest.param(info.name, example, id=f"{info.name}.{one.name}-{at}")
    for info in INFOS
    for members in (info.members, *info.classes.values())
    for one in members.values()
    for at, example in enumerate(one.examples)
    if "url" not in example
]


@pytest.mark.parametrize(("module", "example"), SAID)
def test_the_standard_library_works_behind_the_lock(module, example, strictest, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, said = example[1:-1].split("` → `")
    value = strictest.run(f"import {module};\n{code}", grants=Grants.everything()).value
    assert said in (quoted(value), display(value))


@pytest.fixture(scope="module")
def strictest():
    with Sandbox(1, level=LEVELS[-1], limits=LIMITS) as made:
        yield made


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("import datetime; datetime.fromTimestamp(1719828000, 'Europe/Berlin').toISOString()", "2024-07-01T12:00:00+02:00"),
        ("try { float('x' * 3) } catch (e) { e.message }", None),
        ("7 ** 300 ~/ 3 ** 250 % 1000000007", None),
        ("import json; try { json.parse('{') } catch (e) { e.type }", None),
        ("import regex; regex.findAll('(a+)b', 'aab ab')", None),
    ],
)
def test_what_is_imported_late_is_there(strictest, program, value):
    """Compared with the same in process; `value` where the two could be wrong alike."""

    def outcome(run):
        try:
            return run(program).value
        except mlpy.MLError as error:
            return error.type, error.message

    assert outcome(strictest.run) == outcome(mlpy.Engine().run)
    if value is not None:
        assert strictest.run(program).value == value


def test_zones_are_those_of_the_system():
    found = _zones.every(_dates.is_zone_name)
    assert len(found) > 300
    assert all(data.startswith(b"TZif") for data in found.values())
    assert "Europe/Berlin" in found


def test_a_mistaken_zone_is_told_from_a_right_one(strictest):
    error = failure(strictest, "import datetime; datetime.now('Europe/Berlim')")
    assert (error.type, error.hint) == ("ValueError", "did you mean `Europe/Berlin`?")


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_comes_first_is_served_first():
    turns = Turns(2)
    runs = [Run() for _ in range(20)]
    served: list[int] = []
    for run in runs[:2]:
        turns.take(run)

    def wait(number: int) -> None:
        turns.take(runs[number])
        served.append(number)

    threads = []
    for number in range(2, 20):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        assert soon(lambda number=number: len(turns.waiting) == number - 1)
    for number in range(2, 20):
        turns.give_back()
        assert soon(lambda number=number: len(served) == number - 1)
    assert served == [*range(2, 20)]
    assert turns.busy == 2
    assert not turns.waiting


def test_who_gives_up_waiting_takes_no_turn():
    turns = Turns(1)
    first, second, third = Run(), Run(), Run()
    turns.take(first)
    stopped: list[BaseException] = []

    def wait() -> None:
        try:
            turns.take(second)
        except BaseException as error:
            stopped.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    assert soon(lambda: len(turns.waiting) == 1)
    second.cancel()
    thread.join(PATIENCE)
    assert [type(one).__name__ for one in stopped] == ["Cancelled"]
    assert (turns.busy, len(turns.waiting)) == (1, 0)
    turns.give_back()
    turns.take(third)
    assert turns.busy == 1


def test_a_program_that_waits_for_its_own_turn_is_under_its_limit(plain):
    error = failure(plain, "again()", functions={"again": lambda: plain.run("1")}, limits=mlpy.Limits(time=0.3))
    assert (error.type, error.limit) == ("LimitExceeded", "time")
    assert (plain.status().busy, plain.status().waiting) == (0, 0)
    assert plain.run("1 + 1").value == 2


def test_no_more_programs_than_workers_run_at_once(plain):
    running, most = [], []

    def enter() -> None:
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()

    threads = [threading.Thread(target=plain.run, args=("enter()",), kwargs={"functions": {"enter": enter}}) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == [1] * 6
    assert plain.status().busy == 0


# ── event loops ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_programs_run_for_an_event_loop(plain):
    async def all_of_them() -> list[object]:
        return [result.value for result in await asyncio.gather(*[plain.run_async("n * n", inputs={"n": n}) for n in range(8)])]

    assert asyncio.run(all_of_them()) == [n * n for n in range(8)]


def test_a_loop_has_all_workers_at_once():
    """More than the threads that a loop has for everything."""

    async def all_of_them() -> int:
        tasks = [asyncio.create_task(sandbox.run_async("while (true) {}")) for _ in range(40)]
        while sandbox.status().busy < 40:  # noqa: ASYNC110  threads do that
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        return len([one for one in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(one, asyncio.CancelledError)])

    before = threading.active_count()
    with Sandbox(40, level="process", warm=0, limits=LIMITS) as sandbox:
        assert asyncio.run(asyncio.wait_for(all_of_them(), PATIENCE)) == 40
        assert sandbox.status().busy == 0
    assert soon(lambda: threading.active_count() <= before)
    with pytest.raises(mlpy.MLError, match="the sandbox is closed"):
        asyncio.run(sandbox.run_async("1 + 1"))


def test_cancelling_ends_the_program_and_those_that_wait(plain):
    async def cancel_all() -> int:
        tasks = [asyncio.create_task(plain.run_async("while (true) {}")) for _ in range(3)]
        while plain.status().busy < 1:  # noqa: ASYNC110  a thread does that
            await asyncio.sleep(0.01)
        for task in reversed(tasks):
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        return sum(isinstance(one, asyncio.CancelledError) for one in done)

    assert asyncio.run(asyncio.wait_for(cancel_all(), PATIENCE)) == 3
    assert plain.status().busy == plain.status().waiting == 0
    assert plain.run("1 + 1").value == 2


# ── what becomes of workers ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("what", "message", "kind", "limit", "cause"),
    [
        ("signal SIGSEGV", "the worker crashed", "InternalError", None, "it ended with SIGSEGV"),
        ("signal SIGABRT", "the worker crashed", "InternalError", None, "it ended with SIGABRT"),
        ("signal SIGKILL", "the program used more than its limit of 256,000,000 bytes of memory", "LimitExceeded", "memory", None),
        ("signal SIGXCPU", "the program took more time of the processor than its limit of 20 s", "LimitExceeded", "time", None),
        ("signal SIGRTMAX", "the worker crashed", "InternalError", None, "it ended with SIGRTMAX"),
        ("exit 0", "the worker crashed", "InternalError", None, "it ended with the exit code 0"),
        ("exit 86", "the program used more than its limit of 256,000,000 bytes of memory", "LimitExceeded", "memory", None),
        ("garbage ffffffff", "the worker crashed", "InternalError", None, "it broke the protocol: a frame is too large"),
        ("garbage 000000022020", "the worker crashed", "InternalError", None, "it broke the protocol: a frame is no JSON"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the names of signals are Linux's")
def test_the_end_of_a_worker_is_one_error(hollow, what, message, kind, limit, cause):
    sandbox = hollow()
    error = failure(sandbox, what)
    assert (error.message, error.type, error.limit) == (message, kind, limit)
    assert str(error.__cause__ or "") == (cause or "")
    assert sandbox.run("value 7").value == 7


def test_a_worker_that_hangs_is_ended_at_the_limit(hollow):
    sandbox = hollow()
    began = time.monotonic()
    for text in ("hang", "close"):
        error = failure(sandbox, text, limits=mlpy.Limits(time=0.2))
        assert (error.limit, error.message) == ("time", "the program ran longer than its limit of 0.2 s") if text == "hang" else (error.type == "InternalError")
    assert time.monotonic() - began < PATIENCE
    assert soon(lambda: len(sandbox.pool.zygote.processes) == 1)
    assert sandbox.run("value 7").value == 7


def test_the_system_ending_an_idle_worker_is_not_noticed(hollow):
    sandbox = hollow()
    for process in [*sandbox.pool.idle]:
        process.prepare()
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(PATIENCE).signal == "SIGKILL"
    assert sandbox.run("value 1").value == 1


def test_a_zygote_that_has_ended_is_replaced(hollow):
    sandbox = hollow(workers=2)
    threads = [threading.Thread(target=lambda: failure(sandbox, "hang"))]
    threads[0].start()
    assert soon(lambda: any(each.layers for each in [*sandbox.pool.taken]))  # else the program gets one of the next zygote's
    time.sleep(0.1)
    before = sandbox.pool.zygote
    before.popen.kill()
    threads[0].join(PATIENCE)
    assert not threads[0].is_alive()
    assert sandbox.run("value 1").value == 1
    assert sandbox.pool.zygote is not before
    assert before.popen.returncode is not None


def test_where_there_are_no_handles_of_processes_the_zygote_ends_them(hollow):
    sandbox = hollow("import os; del os.pidfd_open")
    assert failure(sandbox, "hang", limits=mlpy.Limits(time=0.1)).limit == "time"
    assert sandbox.run("value 1").value == 1
    assert soon(lambda: len(sandbox.pool.zygote.processes) == 1)
    assert all(process.pidfd is None for process in sandbox.pool.idle)


def test_a_zygote_and_its_host_never_wait_for_each_other(hollow):
    """Both sockets hold a few messages only."""
    small = "socket.SOL_SOCKET, socket.SO_SNDBUF, 1"
    sandbox = hollow(f"import socket; control = socket.socket(fileno=int(sys.argv[1])); control.setsockopt({small}); control.detach()")
    zygote = sandbox.pool.zygote
    zygote.control.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    made: list[processes.WorkerProcess] = []
    thread = threading.Thread(target=lambda: made.extend(zygote.fork(USUAL) for _ in range(100)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    made[-1].prepare()
    assert not any(os.get_inheritable(each.pidfd) for each in made if each.pidfd is not None)
    for each in made:
        each.close()
    assert all(each.wait(PATIENCE) for each in made)


def test_what_the_kernel_says_of_a_worker_without_a_limit_of_memory():
    error = why(processes.Exit(-signal.SIGKILL, 0, 0.0), mlpy.Limits())
    assert (error.message, error.limit) == ("the program used more than the memory that there is", "memory")


# ── starting and closing ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("raise SystemExit(3)", "its zygote has ended"),
        ("import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()", "a module starts a thread when it is imported"),
    ],
)
def test_a_zygote_that_cannot_start_is_one_error(hollow, before, reason):
    if "threading" in before and not Path("/proc/self/task").exists():
        pytest.skip("this system does not tell how many threads a process has")
    with pytest.raises(mlpy.MLError) as caught:
        hollow(before)
    error = caught.value
    assert (error.message, error.type) == ("the sandbox cannot start a worker", "SandboxError")
    assert error.hint == "`mlpy sandbox status` tells what this machine lacks"
    assert reason in str(error.__cause__)
    assert processes.zygotes == {}


def test_a_host_with_too_many_files_open_is_told_so():
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Sandbox(1, warm=0, level="process", limits=LIMITS) as plain:  # each program needs a worker of its own
        plain.run("1")
        files: list[int] = []
        said: list[str] = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/dev/fd"))) + 20, usual[1]))
        try:
            with suppress(OSError):
                while True:
                    files.append(os.open(os.devnull, os.O_RDONLY))
            for _ in range(8):  # what is wanting is something else each time
                for _ in range(3):
                    try:
                        assert plain.run("1 + 1").value == 2
                    except mlpy.MLError as error:
                        said.append(error.message)
                os.close(files.pop())
        finally:
            for one in files:
                os.close(one)
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        assert "the sandbox cannot start a worker, as too many files are open" in said
        assert plain.run("1 + 1").value == 2


def test_no_interpreter_is_one_error(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    monkeypatch.setattr(processes, "zygotes", {})
    with pytest.raises(mlpy.MLError, match="the sandbox cannot start a worker"):
        Sandbox(1, level="process")
    assert processes.zygotes == {}


@pytest.mark.parametrize(("options", "words"), [({"workers": 0}, "`workers`"), ({"workers": True}, "`workers`"), ({"workers": 1, "warm": -1}, "`warm`"), ({"level": "most"}, "`level`")])
def test_mistakes_of_the_host(options, words):
    with pytest.raises(ValueError, match=words):
        Sandbox(**options)


def test_a_level_that_the_machine_has_not_is_refused(hollow):
    with pytest.raises(mlpy.MLError) as caught:
        hollow("from mlpy.sandbox import lockdown; lockdown.prepare_zygote = lambda level: []")
    assert caught.value.type == "SandboxError"


def test_sandboxes_share_a_zygote_until_the_last_is_closed():
    with Sandbox(1, level="process") as one:
        with Sandbox(2, level="process") as other:
            assert one.pool.zygote is other.pool.zygote
            assert other.run("1").value == 1
        assert one.run("1").value == 1
        zygote = one.pool.zygote
    assert zygote.popen.returncode == 0
    assert zygote not in processes.zygotes.values()


def test_closing_ends_programs_and_sends_away_who_waits(hollow):
    sandbox = hollow()
    errors: list[mlpy.MLError] = []
    threads = [threading.Thread(target=lambda: errors.append(failure(sandbox, "hang"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert soon(lambda: sandbox.status().waiting == 2)
    sandbox.close()
    sandbox.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert [error.message for error in errors] == ["the sandbox is closed"] * 3
    assert failure(sandbox, "value 1").message == "the sandbox is closed"


def test_a_sandbox_that_is_forgotten_is_closed():
    sandbox = Sandbox(1, level="process")
    zygote = sandbox.pool.zygote
    del sandbox
    gc.collect()
    assert soon(lambda: zygote.popen.returncode == 0)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_copy_of_the_host_cannot_use_it_and_does_it_no_harm(plain):
    plain.run("1 + 1")
    child = os.fork()
    if not child:
        code = 1
        with suppress(BaseException):
            error = failure(plain, "1 + 1")
            with Sandbox(1, level="process") as own:
                code = 0 if "copy of the process" in error.message and own.run("2 + 2").value == 4 else 2
            plain.close()
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert plain.run("1 + 1").value == 2


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell whose child a process is")
@pytest.mark.parametrize("level", LEVELS)
def test_nothing_outlives_a_host_that_is_killed(level, environment):
    host = f"""
import threading, time, mlpy
sandbox = mlpy.Sandbox(2, level={level!r}, limits=mlpy.Limits(time=300))
threading.Thread(target=sandbox.run, args=("while (true) {{}}",), daemon=True).start()
while sandbox.status().busy < 1 or any(one.pid is None for one in sandbox.pool.zygote.processes.values()):
    time.sleep(0.01)
print(sandbox.pool.zygote.popen.pid, *[one.pid for one in sandbox.pool.zygote.processes.values()], flush=True)
time.sleep(300)
"""
    with subprocess.Popen([sys.executable, "-c", host], stdout=subprocess.PIPE, text=True, env=environment) as process:
        pids = [int(one) for one in process.stdout.readline().split()]
        assert len(pids) >= 3
        assert all(map(alive, pids))
        process.kill()
    assert soon(lambda: not any(map(alive, pids)))


# ── leaks ────────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = (
    "while (true) {}",
    "x = []; while (true) { x.append('a' * 1000000 + str(len(x))); }",
    "function f(n) { return f(n + 1) + 1; } f(0)",
    "while (true) { print('x' * 10000); }",
    "import file; file.read('/etc/passwd')",
    "import process; process.run('sh')",
    "((((((((",
    "throw {type: 'InternalError', message: 'x'}",
    "import parallel; parallel.map([1, 2, 3], fn(x) => x)",
    "import file; file.write('/tmp/leak', 'x')",
)


def descendants(of: int) -> int:
    """The processes that one has started, and those that they have."""
    parents = {int(one.parent.name): parent_of(one) for one in Path("/proc").glob("[0-9]*/stat")}
    found = {of}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return len(found) - 1


def parent_of(stat: Path) -> int:
    with suppress(OSError):
        return int(stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
    return 0


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell what a process has open")
def test_a_thousand_hostile_programs_leave_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(processes, "zygotes", {})  # other sandboxes have workers, too
    limits = mlpy.Limits(time=0.05, memory="32MB", output="1MB")

    def attack(sandbox: Sandbox, times: int) -> None:
        threads = [threading.Thread(target=lambda: [failure(sandbox, HOSTILE[at % len(HOSTILE)]) for at in range(times)]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10 * PATIENCE)

    def belongings() -> tuple[int, int, int, int]:
        assert soon(lambda: sandbox.status().idle == 2)
        assert soon(lambda: len(sandbox.pool.zygote.processes) == 2)
        return descendants(zygote), len(os.listdir("/proc/self/fd")), threading.active_count(), len(os.listdir(tmp_path))

    def no_more(before: tuple[int, int, int, int]) -> bool:  # fewer is possible: threads of earlier tests end when they end
        return all(now <= then for now, then in zip(belongings(), before, strict=True))

    with Sandbox(2, level=LEVELS[-1], limits=limits) as sandbox:
        attack(sandbox, len(HOSTILE))
        zygote = sandbox.pool.zygote.popen.pid
        before = belongings()
        assert before[0] >= 2
        attack(sandbox, 500 if "MLPY_FUZZ" not in os.environ else 50)
        assert soon(lambda: no_more(before))
        assert sandbox.pool.zygote.popen.pid == zygote  # it answers for every process that there was
        assert sandbox.run("1 + 1", limits=LIMITS).value == 2

"""Limits raise only where that is safe, cannot be swallowed, and never arrive late (F1 to F5)."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import threading
import time

import pytest

import mlpy
from mlpy.capabilities import narrowing
from mlpy.errors import Cancelled, LimitExceeded, MLError
from mlpy.runtime import limits
from mlpy.runtime.current import current
from mlpy.runtime.run import Run, active, execute


def ended_by(text: str, limit: float = 0.05, functions: dict[str, object] | None = None) -> MLError:
    with pytest.raises(MLError) as caught:
        mlpy.compile(text, functions=functions).run(limits=mlpy.Limits(time=limit))
    return caught.value


SWALLOWERS = {
    "catch": "while (true) { try { while (true) {} } except (e) {} }",
    "catch all": "function f() { try { while (true) {} } except { return 1; } } f(); while (true) {}",
    "return in finally": "function f() { try { while (true) {} } finally { return 1; } } while (true) { f(); }",
    "continue in finally": "while (true) { try { while (true) {} } finally { continue; } }",
    "break in finally": "while (true) { while (true) { try { while (true) {} } finally { break; } } }",
    "error in finally": "while (true) { try { try { while (true) {} } finally { 1 / 0; } } except (e) {} }",
    "loop in finally": "try { while (true) {} } finally { while (true) {} }",
    "exponential finally": "function f(n) { try { if (n > 60) { while (true) {} } f(n + 1); } finally { f(n + 1); } } f(0);",
    "throw in finally": "function f() { try { while (true) {} } finally { throw 1; } } while (true) { try { f(); } except {} }",
    "callback of a builtin": "while (true) { map(fn(x) => { try { while (true) {} } except {} return 1; }, [1, 2]); }",
    "sort": "xs = range(100); while (true) { try { sorted(xs, fn(x) => { while (true) {} return x; }); } except {} }",
    "errors in a loop": "while (true) { try { throw 1; } except (e) { x = e.message; } }",
}


@pytest.mark.parametrize("text", SWALLOWERS.values(), ids=SWALLOWERS)
def test_f01_nothing_in_a_program_outlives_the_limit(text: str) -> None:
    error = ended_by(text)
    assert (error.limit, error.code, error.type) == ("time", "E0701", "LimitExceeded")
    assert error.span is not None


def test_f01_no_code_of_the_program_runs_after_the_limit() -> None:
    seen: list[str] = []
    ended_by('try { try { while (true) {} } finally { note("finally"); } } except (e) { note("except"); }', functions={"note": seen.append})
    assert seen == []


def test_f02_interrupted_host_functions_leave_no_lock_held() -> None:
    log = logging.getLogger("tests.f02")
    log.propagate = False
    handler = logging.StreamHandler(open("/dev/null", "w"))  # noqa: SIM115  closed with the handler below
    log.addHandler(handler)
    box: queue.Queue[int] = queue.Queue(maxsize=100)

    def note(value: int) -> None:
        log.warning("value %s", value)

    def put(value: int) -> None:
        with contextlib.suppress(queue.Full):
            box.put_nowait(value)
        with contextlib.suppress(queue.Empty):
            box.get_nowait()

    program = mlpy.compile("n = 0; while (true) { note(n); put(n); n += 1; }", functions={"note": note, "put": put})
    for turn in range(600):
        with pytest.raises(MLError) as caught:
            program.run(functions={"note": note, "put": put}, limits=mlpy.Limits(time=0.0005 + turn % 7 * 0.0003))
        assert caught.value.limit == "time"
        assert handler.lock is not None
        assert handler.lock.acquire(blocking=False), turn
        handler.lock.release()
        assert box.mutex.acquire(blocking=False), turn
        box.mutex.release()
    log.removeHandler(handler)
    handler.stream.close()


def test_f03_a_with_statement_of_the_host_is_left_in_order() -> None:
    lock = threading.Lock()

    def hold() -> int:
        n = 0
        with lock:
            until = time.monotonic() + 0.002
            while time.monotonic() < until:
                n += 1
        return n

    program = mlpy.compile("while (true) { hold(); }", functions={"hold": hold})
    for _ in range(60):
        with pytest.raises(MLError):
            program.run(functions={"hold": hold}, limits=mlpy.Limits(time=0.003))
        assert not lock.locked()


def test_f03_narrowing_dies_with_its_run() -> None:
    for _ in range(20):
        ended_by('with capability("file.read:./x") { while (true) {} }', 0.002)
        assert narrowing.get(None) is None


def test_f03_context_variables_of_a_run_do_not_leave_it() -> None:
    run = Run()
    before = current.get(None)
    assert execute(run, lambda: current.get() is run, thread="caller")
    assert current.get(None) is before
    assert active.get(None) is None


def nested(limit: float | None, *, swallow: bool = False) -> MLError:
    """An endless program inside a host function of a program with a limit of 50 ms."""
    kind = BaseException if swallow else Exception

    def inner() -> None:
        try:
            mlpy.compile("try { while (true) {} } finally { while (true) {} }").run(limits=mlpy.Limits(time=limit))
        except kind:
            return

    return ended_by("while (true) { try { inner(); } except {} }", functions={"inner": inner})


@pytest.mark.parametrize("limit", [None, 10.0, 0.01])
@pytest.mark.parametrize("swallow", [False, True])
def test_f04_the_outer_limit_ends_the_inner_program_and_stays_the_outer_one_s(limit: float | None, swallow: bool) -> None:
    error = nested(limit, swallow=swallow)
    assert error.limit == "time"
    assert "0.05 s" in error.message


def test_f04_an_inner_limit_is_an_error_for_the_outer_program() -> None:
    def inner() -> None:
        mlpy.run("while (true) {}", limits=mlpy.Limits(time=0.01))

    program = mlpy.compile("try { inner(); } except (e) { seen = e.type; } seen", functions={"inner": inner})
    assert program.run(functions={"inner": inner}, limits=mlpy.Limits(time=20)).value == "LimitExceeded"


def test_f04_a_host_function_cannot_swallow_the_limit() -> None:
    def swallow(callback: object) -> None:
        with contextlib.suppress(BaseException):
            callback()  # type: ignore[operator]  # a function of the program

    assert ended_by("while (true) { swallow(fn() => { while (true) {} }); }", functions={"swallow": swallow}).limit == "time"


def test_f04_code_of_another_program_ends_with_the_run_around_it() -> None:
    other = mlpy.compile("function spin() { try { while (true) {} } finally { while (true) {} } }").function("spin")

    def spin() -> None:
        with contextlib.suppress(MLError):
            other()

    assert ended_by("while (true) { spin(); }", functions={"spin": spin}).limit == "time"


@pytest.mark.parametrize("thread", ["own", "caller"])
def test_f05_nothing_arrives_after_the_end(thread: str) -> None:
    """Programs that end around their deadline: the limit arrives inside, or not at all."""
    step = 0.002
    for turn in range(150):
        run = Run(limits=mlpy.Limits(time=step))
        spin = run.namespace()
        exec("def spin(until, now):\n n = 0\n while now() < until: n += 1\n return n", spin)
        until = time.monotonic() + step * (0.7 + turn % 7 * 0.1)
        with contextlib.suppress(LimitExceeded):
            execute(run, spin["spin"], until, time.monotonic, thread=thread)  # type: ignore[arg-type]  # one of the two
        until = time.monotonic() + 0.003
        while time.monotonic() < until:
            pass
    assert not run.executions


def test_f05_the_host_goes_on_after_many_limits() -> None:
    for _ in range(50):
        ended_by("while (true) {}", 0.001)
    assert mlpy.run("1 + 1", limits=mlpy.Limits(time=5)) == 2


def test_f05_another_run_in_the_same_thread_is_not_hit() -> None:
    for _ in range(30):
        ended_by("while (true) {}", 0.001)
        assert mlpy.run("n = 0; while (n < 20000) { n += 1; } n", limits=mlpy.Limits(time=60)) == 20000


def test_cancelling_from_another_thread() -> None:
    run = Run()
    program = mlpy.compile("while (true) { try { while (true) {} } except {} finally { while (true) {} } }")
    namespace = run.namespace(program.source)
    exec(program.compiled().code, namespace)
    threading.Timer(0.05, run.cancel).start()
    with pytest.raises(Cancelled) as caught:
        execute(run, namespace["$main"])
    assert caught.value.run is run
    assert run.dead


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the platform cannot signal a thread")
def test_interrupting_the_waiting_caller_ends_the_program_first() -> None:
    run = Run(limits=mlpy.Limits(time=60))
    namespace = run.namespace()
    exec("def spin():\n while True: pass", namespace)
    threading.Timer(0.05, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        execute(run, namespace["spin"])
    assert run.dead
    assert run.executions == []


def test_a_function_that_is_not_interruptible_is_never_hit() -> None:
    """The innermost frame decides: a host function polls to its end, then its gate or the program stops."""
    ends: list[int] = []

    def slow() -> None:
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass
        ends.append(1)

    ended_by("while (true) { slow(); }", 0.01, {"slow": slow})
    assert ends == [1]


def test_the_watchdog_forgets_what_has_ended() -> None:
    program = mlpy.compile("1")
    for _ in range(1000):
        program.run(limits=mlpy.Limits(time=3600))
    assert len(limits.watchdog._heap) < 300

"""Limits as values, what a run counts, the driver and its pool of threads."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
import time

import pytest

import mlpy
from mlpy.errors import LimitExceeded, MLError, Stop
from mlpy.runtime.current import current
from mlpy.runtime.limits import Limits, parse_count, parse_size, parse_time
from mlpy.runtime.run import Run, execute


@pytest.mark.parametrize(
    ("text", "seconds"), [(2, 2.0), (0.5, 0.5), ("2", 2.0), ("2s", 2.0), ("500ms", 0.5), ("1.5m", 90.0), ("1 min", 60.0), ("2h", 7200.0), ("100us", 0.0001), ("1_000ms", 1.0)]
)
def test_times(text: object, seconds: float) -> None:
    assert parse_time(text) == pytest.approx(seconds)


@pytest.mark.parametrize(("text", "size"), [(1000, 1000), ("256MB", 256_000_000), ("1GiB", 1 << 30), ("64 kb", 64_000), ("1.5MB", 1_500_000), ("10b", 10), ("7", 7)])
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text) == size


def test_counts() -> None:
    assert [parse_count(one) for one in (5, "5", "10k", "1m", "100_000")] == [5, 5, 10_000, 1_000_000, 100_000]


@pytest.mark.parametrize("value", ["", "s", "2x", "-1", "0", 0, -1, "nan", "inf", float("inf"), float("nan"), True, None, [], "1e", "2 s s"])
def test_bad_measures_are_value_errors_that_say_how_to_write_them(value: object) -> None:
    for parse in (parse_time, parse_size, parse_count):
        with pytest.raises(ValueError, match=r"^(a |`)"):
            parse(value)


def test_a_count_is_whole() -> None:
    with pytest.raises(ValueError, match="whole"):
        Limits(steps=1.5)  # type: ignore[arg-type]  # what the test is about


def test_limits_are_values() -> None:
    limits = Limits(time="2s", memory="256MB", steps=1000)
    assert repr(limits) == "Limits(time=2.0, steps=1000, memory=256000000, output=1000000)"
    assert limits == Limits(time=2, memory=256_000_000, steps="1000")
    assert limits != Limits()
    assert limits != 5
    assert hash(limits) == hash(Limits(time=2, memory=256_000_000, steps=1000))
    assert limits.replace(time=None, output="5kb") == Limits(memory="256MB", steps=1000, output=5000)
    assert pickle.loads(pickle.dumps(limits)) == copy.copy(limits) == limits
    with pytest.raises(AttributeError, match="replace"):
        limits.time = 5
    with pytest.raises(AttributeError):
        del limits.time


def limit_of(text: str, **options: object) -> MLError:
    with pytest.raises(MLError) as caught:
        mlpy.compile(text).run(limits=Limits(**options))  # type: ignore[arg-type]  # a limit each
    return caught.value


def test_each_limit_says_which_it_is() -> None:
    assert limit_of("while (true) {}", time=0.02).code == "E0701"
    assert limit_of("while (true) {}", steps=10).code == "E0702"
    assert limit_of("while (true) { print(1); }", output=1000).code == "E0704"
    assert limit_of('x = "a" * 10 ** 12;', time=5).code == "E0705"


def test_output_is_counted_in_bytes_before_it_is_written() -> None:
    lines: list[str] = []
    with pytest.raises(MLError) as caught:
        mlpy.compile('while (true) { print("ä" * 9); }').run(limits=Limits(output=95), output=lines)
    assert caught.value.limit == "output"
    assert "".join(lines) == ("ä" * 9 + "\n") * 5
    assert mlpy.compile("for (i in range(5000)) { print(i); }").run(limits=Limits(output=None)).usage.output > 20_000


def test_usage() -> None:
    usage = mlpy.compile('n = 0; while (n < 300000) { n += 1; } print("ä");').run(limits=Limits(time=60, memory="1GB")).usage
    assert usage.wall >= usage.cpu * 0.5 > 0
    assert usage.output == 3
    assert usage.calls == 0
    assert set(usage.record()) == {"wall", "cpu", "steps", "output", "calls", "memory"}


def test_a_dead_run_stays_dead_until_it_is_renewed() -> None:
    run = Run(limits=Limits(steps=5))
    with pytest.raises(LimitExceeded):
        execute(run, lambda: run.exceed("size", "too much"))
    assert (run.dead, run.stop.kind if run.stop else None) == (True, "size")
    with pytest.raises(LimitExceeded, match="too much"):
        execute(run, lambda: 1)
    run.renew()
    assert execute(run, lambda: 1) == 1


def test_a_session_goes_on_after_a_limit() -> None:
    session = mlpy.Engine().session(limits=Limits(time=0.05))
    session.evaluate("n = 1;")
    with pytest.raises(MLError) as caught:
        session.evaluate("n = 2; while (true) {}")
    assert caught.value.limit == "time"
    assert session.evaluate("try { n += 1; } finally { n += 10; } n").value == 13


@pytest.mark.parametrize("thread", ["own", "caller", "any"])
def test_values_and_exceptions_come_through(thread: str) -> None:
    def fail() -> None:
        raise KeyError("k")

    run = Run()
    assert execute(run, lambda a, b: (a, b, current.get() is run), 1, 2, thread=thread) == (1, 2, True)  # type: ignore[arg-type]  # one of the three
    with pytest.raises(KeyError):
        execute(run, fail, thread=thread)  # type: ignore[arg-type]  # as above
    assert not run.executions


def test_threads_are_used_again() -> None:
    idents = {execute(Run(), threading.get_ident) for _ in range(20)}
    assert threading.get_ident() not in idents
    assert len(idents) < 5


def test_many_threads_share_one_engine() -> None:
    program = mlpy.compile("n = 0; while (n < 2000) { n += 1; } n + start", inputs=["start"])
    found: list[object] = []

    def work(start: int) -> None:
        found.extend(program.run(inputs={"start": start}, limits=Limits(time=60)).value for _ in range(20))

    threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found) == sorted([2000 + start for start in range(8)] * 20)  # type: ignore[type-var]  # numbers


def test_the_clock_stands_still_while_it_is_paused() -> None:
    def ask() -> None:
        run = current.get()
        run.pause()
        time.sleep(0.2)
        run.resume()

    program = mlpy.compile("ask(); 1", functions={"ask": ask})
    assert program.run(functions={"ask": ask}, limits=Limits(time=0.1)).value == 1
    spinning = mlpy.compile("ask(); while (true) {}", functions={"ask": ask})
    with pytest.raises(MLError) as caught:
        spinning.run(functions={"ask": ask}, limits=Limits(time=0.1))
    assert caught.value.limit == "time"


def test_what_is_left_of_the_time() -> None:
    run = Run(limits=Limits(time=10))
    left = execute(run, run.remaining)
    assert left is not None
    assert 9 < left <= 10
    assert execute(Run(), Run().remaining) is None
    inner = Run(limits=Limits(time=100))
    shorter = execute(run, lambda: execute(inner, inner.remaining))
    assert shorter is not None
    assert shorter <= 10


def test_a_stop_names_its_run() -> None:
    outer, inner = Run(), Run()

    def end_the_outer() -> None:
        outer.exceed("size", "outer")

    with pytest.raises(Stop) as caught:
        execute(outer, lambda: execute(inner, end_the_outer))
    assert caught.value.run is outer
    assert (outer.dead, inner.dead) == (True, True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
def test_limits_hold_in_a_forked_child() -> None:
    code = (
        "import os, mlpy\n"
        "spin = lambda: mlpy.compile('while (true) {}').run(limits=mlpy.Limits(time=0.05))\n"
        "def ends():\n"
        "    try: spin()\n"
        "    except mlpy.MLError as error: return error.limit == 'time'\n"
        "assert ends()\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(0 if ends() else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)


COLLECTED = """
import _thread, gc, threading, time, weakref, mlpy

class Node: ...

kept, over = [], False

def waste():
    node = Node()
    node.me = node
    kept.append(weakref.ref(node, lambda _: time.sleep(0.0005)))  # hands over the lock of the interpreter
    del node
    time.sleep(0.003)

def start():
    time.sleep(0.0005)
    _thread.start_new_thread(int, ())  # wants the lock that a look at the frames holds

def repeat(work):
    while not over:
        work()

def wait():
    gc.set_threshold(1)
    time.sleep(2)
    gc.set_threshold(700)

for each in (waste, start):
    threading.Thread(target=repeat, args=(each,), daemon=True).start()
try:
    mlpy.run("wait()", limits=mlpy.Limits(time=0.02), functions={"wait": wait})
except mlpy.MLError as error:
    print(error.limit, gc.isenabled())
over = True
"""


def test_what_is_collected_while_a_limit_ends_a_run_stops_no_thread(environment: dict[str, str]) -> None:
    """CPython's `sys._current_frames` holds a lock while it makes objects, until 3.13; a weakref's callback ran inside."""
    done = subprocess.run([sys.executable, "-c", COLLECTED], capture_output=True, text=True, check=True, timeout=60, env=environment)
    assert done.stdout == "time True\n"


def test_an_interpreter_that_exits_during_a_run_exits() -> None:
    code = (
        "import threading, time, mlpy\n"
        "program = mlpy.compile('while (true) {}')\n"
        "def spin():\n"
        "    try: program.run(limits=mlpy.Limits(time=0.3))\n"
        "    except mlpy.MLError: pass\n"
        "threading.Thread(target=spin, daemon=True).start()\n"
        "time.sleep(0.25)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_limit_ends_a_program_that_somebody_profiles(environment: dict[str, str]) -> None:
    """An exception that was put into a thread and taken back had 3.11 look for it for ever, from the next call on."""
    code = (
        "import sys, threading, mlpy\n"
        "seen = lambda frame, event, argument: None\n"
        "threading.setprofile(seen)\n"
        "sys.setprofile(seen)\n"
        "for _ in range(3):\n"
        "    try: mlpy.run('while (true) { x = 1; }', limits=mlpy.Limits(time=0.05))\n"
        "    except mlpy.MLError as error: print(error.limit)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True, env=environment)
    assert done.stdout == "time\n" * 3

"""Sleeping ends with the run, and the clocks go forward."""

from __future__ import annotations

import threading
import time

import pytest

import mlpy

LONG = "import time;\nstarted = true; try { time.sleep(60); } except (e) { time.sleep(60); } finally { time.sleep(60); }"


def test_a_sleep_takes_its_time():
    began = time.perf_counter()
    mlpy.run("import time;\ntime.sleep(0.2); time.sleep(0); time.sleep(0.05);")
    assert 0.25 <= time.perf_counter() - began < 10


@pytest.mark.parametrize("limits", [mlpy.Limits(time=0.2), mlpy.Limits(time=0.2, steps=1000)])
def test_a_time_limit_ends_a_sleep(limits):
    began = time.perf_counter()
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(LONG, limits=limits)
    assert caught.value.limit == "time"
    assert time.perf_counter() - began < 10


def test_a_cancelled_run_wakes_up():
    engine = mlpy.Engine()
    program = engine.compile(LONG)
    run = engine.new_run(program.source)
    timer = threading.Timer(0.2, run.cancel)
    timer.start()
    began = time.perf_counter()
    with pytest.raises(mlpy.MLError) as caught:
        engine.start(program, run, inputs={})
    assert caught.value.code == "E0707"
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("argument", "type_", "message"),
    [
        ("-1", "ValueError", "`seconds` must be zero or more, and finite"),
        ("1e999", "ValueError", "`seconds` must be zero or more, and finite"),
        ("0 * 1e999", "ValueError", "`seconds` must be zero or more, and finite"),
        ('"1"', "TypeError", "`seconds` must be a number, not a string"),
        ("null", "TypeError", "`seconds` must be a number, not null"),
        ("true", "TypeError", "`seconds` must be a number, not a boolean"),
    ],
)
def test_only_a_finite_number_can_be_waited(argument, type_, message):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import time;\ntime.sleep({argument});")
    assert (caught.value.type, caught.value.message) == (type_, message)


def test_a_wait_that_no_clock_holds_is_cut_by_the_limit():
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run("import time;\ntime.sleep(10 ** 400);", limits=mlpy.Limits(time=0.2))
    assert caught.value.limit == "time"


def test_the_clocks_are_those_of_python():
    low = time.monotonic(), time.perf_counter()
    found = mlpy.run("import time;\n[time.monotonic(), time.perfCounter(), time.perf_counter()]")
    high = time.monotonic(), time.perf_counter()
    assert low[0] <= found[0] <= high[0]
    assert low[1] <= found[1] <= found[2] <= high[1]

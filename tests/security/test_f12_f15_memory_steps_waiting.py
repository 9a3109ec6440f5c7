"""Memory, steps, blocking natives, and recursion through natives (F12 to F15)."""

from __future__ import annotations

import time

import pytest

import mlpy
from mlpy.errors import MLError
from mlpy.runtime.current import current


def failure(text: str, functions: dict[str, object] | None = None, **limits: object) -> MLError:
    with pytest.raises(MLError) as caught:
        mlpy.compile(text, functions=functions).run(limits=mlpy.Limits(**limits))  # type: ignore[arg-type]  # a limit each
    return caught.value


def test_f12_running_out_of_memory_cannot_be_caught() -> None:
    def allocate() -> None:
        raise MemoryError

    error = failure("while (true) { try { sorted([2, 1], fn(x) => allocate()); } except (e) {} }", {"allocate": allocate}, time=20)
    assert error.limit == "memory"


@pytest.mark.parametrize(
    "text",
    [
        "xs = [1]; while (true) { try { xs = xs + xs; } except (e) {} }",
        'x = "ab"; while (true) { try { x = x + x; } except (e) {} }',
        "xs = [1]; while (true) { try { xs = [...xs, ...xs]; } except (e) {} }",
        "xs = [1]; while (true) { try { xs[0:0] = xs; } except (e) {} }",
        "xs = [1]; while (true) { try { xs.extend(xs); } except (e) {} }",
        'x = "ab"; while (true) { try { x = `${x}${x}`; } except (e) {} }',
        "x = 3; while (true) { try { x = x * x; } except (e) {} }",
    ],
)
def test_f12_doubling_ends_with_a_limit(text: str) -> None:
    assert failure(text, time=20).limit in ("size", "memory")


def test_f12_the_memory_of_the_process_is_watched() -> None:
    assert failure('xs = []; n = 0; while (true) { n += 1; xs.append("x" * 100000); }', memory="64MB", time=20).limit == "memory"


@pytest.mark.parametrize(
    "text",
    [
        "while (true) {}",
        "for (x in range(10 ** 9)) {}",
        "function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2); } f(30);",
        "function g(x) { return x; } map(fn(x) => g(x), range(100000));",
        "while (true) { try { while (true) {} } except (e) {} finally { while (true) {} } }",
    ],
)
def test_f13_loops_and_calls_take_steps(text: str) -> None:
    error = failure(text, steps=10_000, time=20)
    assert (error.limit, error.code) == ("steps", "E0702")


def test_f13_steps_are_reported() -> None:
    result = mlpy.compile("n = 0; while (n < 100) { n += 1; } n").run(limits=mlpy.Limits(steps=1000))
    assert result.value == 100
    assert 100 <= result.usage.steps <= 110


def test_f14_waiting_ends_with_the_run() -> None:
    def sleep(seconds: float) -> None:
        current.get().wait(seconds)

    began = time.monotonic()
    assert failure("sleep(1000000000);", {"sleep": sleep}, time=0.05).limit == "time"
    assert time.monotonic() - began < 5


RECURSION = [
    "function f(x) { return f(x); } f(1);",
    "function f(x) { return sorted([1, 2], f); } f(1);",
    "function f(x) { return map(f, [1]); } f(1);",
    "function f(x) { xs = [2, 1]; xs.sort(f); return 1; } f(1);",
    "function f(x) { return [1].map(f); } f(1);",
    "function f(x, y) { return [1, 2, 3].reduce(f); } f(1, 2);",
    "function f(x) { return max(f(x), 1); } f(1);",
]


@pytest.mark.parametrize("text", RECURSION)
def test_f15_recursion_is_an_error_that_can_be_caught(text: str) -> None:
    error = failure(text)
    assert (error.type, error.limit, error.code) == ("RecursionError", "recursion", "E0608")
    program, _, call = text.rpartition(" f(")
    assert mlpy.run(f"{program} try {{ f({call} }} except (e) {{ kind = e.type; }} kind") == "RecursionError"
    assert failure("throw {type: 'RecursionError', message: 'no limit of ours'};").limit is None


def test_f15_nine_hundred_frames_are_promised() -> None:
    assert mlpy.run("function f(n) { return n == 0 ? 0 : 1 + f(n - 1); } f(900)") == 900
    assert mlpy.run("function f(n) { return n == 0 ? 0 : 1 + f(n - 1); } f(900)", limits=mlpy.Limits(time=20)) == 900

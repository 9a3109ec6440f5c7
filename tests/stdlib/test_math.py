"""Numbers: what is handed out bare agrees with its declaration, and nothing takes long."""

from __future__ import annotations

import math as python_math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import math

import mlpy
from mlpy.errors import LimitExceeded, MLError
from mlpy.registry import Registry

LOADED = Registry()._import("math")
BARE = [function for _, function in LOADED.functions if function.bare is not None]


@pytest.mark.parametrize("function", BARE, ids=lambda one: one.name)
def test_the_c_function_agrees_with_its_declaration(function):
    count = function.function.__code__.co_argcount
    for value in (0.5, 1, 0, True):
        assert function.bare(*[value] * count) == function.function(*[value] * count)


@pytest.mark.parametrize(
    "code",
    [
        "math.sqrt(-1)",
        "math.ln(0)",
        "math.log(-1)",
        "math.log(8, 1)",
        "math.acos(2)",
        "math.log2(0)",
        "math.factorial(-1)",
        "math.comb(-1, 1)",
        "math.clamp(1, 3, 2)",
        "math.floor(math.inf)",
        "math.round(1, 500)",
        "math.sqrt(10 ** 400)",
    ],
)
def test_outside_of_its_domain_is_a_value_error(code):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import math;\n{code}")
    assert caught.value.type == "ValueError"


@pytest.mark.parametrize(
    "code",
    [
        'math.sqrt("4")',
        "math.factorial(2.5)",
        'math.gcd("4")',
        "math.comb(2.0, 1)",
        "math.sign(null)",
        'math.clamp("a", 1, 2)',
        "math.round(null)",
        "math.abs([])",
        "math.isNan(null)",
        "math.sqrt(x: 4)",
    ],
)
def test_arguments_of_another_type(code):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import math;\n{code}")
    assert caught.value.type in ("TypeError", "ArityError")


@pytest.mark.parametrize(
    "call",
    [
        lambda: math.factorial(200_000),
        lambda: math.factorial(10**12),
        lambda: math.factorial(10_000),
        lambda: math.comb(400_000, 200_000),
        lambda: math.comb(10**9, 10**8),
        lambda: math.perm(400_000),
        lambda: math.perm(10**6, 10**5),
        lambda: math.lcm(3**50_000, 2**80_000),
        lambda: math.gcd(3**200_000, 2**300_000),
    ],
)
def test_f08_large_results_are_refused_before_they_are_made(call):
    started = time.perf_counter()
    with pytest.raises((LimitExceeded, MLError)):
        call()
    assert time.perf_counter() - started < 1


@given(st.integers(0, 300), st.integers(0, 300))
def test_choices_are_those_of_python(n, k):
    assert math.comb(n, k) == python_math.comb(n, k)
    assert math.perm(n, k) == python_math.perm(n, k)


@given(st.lists(st.integers(-(10**30), 10**30), max_size=5))
def test_divisors_are_those_of_python(values):
    assert math.gcd(*values) == python_math.gcd(*values)
    assert math.lcm(*values) == python_math.lcm(*values)


@given(st.integers(0, 400))
@settings(max_examples=50)
def test_factorials_are_those_of_python(n):
    assert math.factorial(n) == python_math.factorial(n)


def test_logarithms_of_powers_are_exact():
    assert [math.log(10**n) for n in range(16)] == list(range(16))
    assert [math.log(2**n, 2) for n in range(60)] == list(range(60))


def test_each_run_has_random_numbers_of_its_own():
    draw = "import math;\n[math.random(), math.random()]"
    first, second = mlpy.run(draw), mlpy.run(draw)
    assert all(0 <= value < 1 for value in first + second)
    assert first != second


def test_constants_are_readable_and_fixed():
    assert mlpy.run("import math;\n[math.pi, math.e, math.tau, math.inf]") == [python_math.pi, python_math.e, python_math.tau, python_math.inf]
    with pytest.raises(mlpy.MLError):
        mlpy.run("import math;\nmath.pi = 3")

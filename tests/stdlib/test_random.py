"""Random numbers: the sequences of CPython's `random`, a generator for each run, bounds on what one call may take."""

from __future__ import annotations

import os
import random as python_random
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib.random import Random

import mlpy

SEEDS = st.one_of(st.integers(-(2**70), 2**2000), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.floats(-1e300, 1e300))
SMALL = st.integers(0, 40)


def seeded(seed):
    """Our generator and Python's, at the start of one sequence."""
    ours = Random()
    ours.set_seed(seed)
    return ours, python_random.Random(seed)


@given(SEEDS)
@settings(max_examples=50)
def test_a_seed_gives_the_sequence_of_python(seed):
    ours, theirs = seeded(seed)
    for _ in range(3):
        assert ours.random() == theirs.random()
        assert ours.next_int() == theirs.getrandbits(32)
        assert ours.random_bool() == bool(theirs.getrandbits(1))
        assert ours.random_bool_weighted(0.3) == (theirs.random() < 0.3)
        assert ours.random_normal() == theirs.normalvariate()
        assert ours.gaussian() == theirs.gauss()
        assert ours.get_seed() == seed


@given(SEEDS, NUMBERS, NUMBERS)
def test_numbers_in_a_range_are_those_of_python(seed, a, b):
    ours, theirs = seeded(seed)
    assert ours.uniform(a, b) == theirs.uniform(a, b)
    assert ours.random_float(a, b) == theirs.uniform(a, b)
    assert ours.triangular(a, b) == float(theirs.triangular(a, b))  # Python gives a whole number for a triangle without width
    assert ours.triangular(a, b, a) == float(theirs.triangular(a, b, a))
    assert ours.random_normal(a, abs(b)) == theirs.normalvariate(a, abs(b))
    assert ours.gaussian(a, abs(b)) == theirs.gauss(a, abs(b))


@given(SEEDS, st.integers(-(10**30), 10**30), st.integers(1, 10**30))
def test_whole_numbers_are_those_of_python(seed, low, width):
    ours, theirs = seeded(seed)
    drawn = [ours.random_int(low, low + width) for _ in range(5)]
    assert drawn == [theirs.randrange(low, low + width) for _ in range(5)]
    assert all(low <= one < low + width for one in drawn)


@given(SEEDS, SMALL, st.integers(0, 3000))
def test_choices_are_those_of_python(seed, k, more):
    ours, theirs = seeded(seed)
    xs = [str(at) for at in range(k + more)]
    assert ours.sample(xs, k) == theirs.sample(xs, k)
    assert ours.random_indices(len(xs), k) == theirs.sample(range(len(xs)), k)
    mixed = xs.copy()
    theirs.shuffle(mixed)
    assert ours.shuffle(xs) == mixed
    assert xs == [str(at) for at in range(k + more)]
    if xs:
        assert ours.choice(xs) == theirs.choice(xs)


def test_large_samples_are_those_of_python():
    ours, theirs = seeded(3)
    assert ours.random_indices(10**12, 5000) == theirs.sample(range(10**12), 5000)
    assert ours.random_indices(5000, 5000) == theirs.sample(range(5000), 5000)
    assert len(set(ours.random_indices(2**63 - 1, 100))) == 100


def test_a_new_seed_forgets_half_of_a_pair_of_gaussians():
    ours, theirs = seeded(1)
    ours.gaussian()
    ours.set_seed(2)
    theirs.seed(2)
    assert [ours.gaussian(), ours.gaussian(), ours.gaussian()] == [theirs.gauss(), theirs.gauss(), theirs.gauss()]


def test_a_triangle_without_width_and_one_upside_down():
    ours, theirs = seeded(1)
    assert (ours.triangular(3, 3), theirs.triangular(3, 3)) == (3.0, 3)
    assert ours.triangular(3, 1, 2) == theirs.triangular(3, 1, 2)


# ── runs ──

DRAW = "import random;\n[random.random(), random.getSeed(), random.shuffle([1, 2, 3, 4, 5])]"


def test_without_a_seed_each_run_has_numbers_of_its_own():
    first, second = mlpy.run(DRAW), mlpy.run(DRAW)
    assert first[:2] != second[:2]
    assert python_random.Random(first[1]).random() == first[0]


def test_a_seed_holds_for_its_run_only_and_moves_nothing_of_the_host():
    python_random.seed(99)
    state = python_random.getstate()
    assert mlpy.run("import random;\nrandom.setSeed(42); random.random()") == python_random.Random(42).random()
    assert mlpy.run("import random;\nrandom.random()") != python_random.Random(42).random()
    assert python_random.getstate() == state
    python_random.seed(42)
    assert mlpy.run("import random;\nrandom.random()") != python_random.random()


def test_no_seed_moves_the_generator_of_math():
    code = "import math; import random;\nrandom.setSeed(1); math.random()"
    assert mlpy.run(code) != mlpy.run(code)


def test_two_threads_with_a_seed_each_do_not_meet():
    program = mlpy.compile("import random;\nrandom.setSeed(seed); [...range(20000)].map(fn(i) => random.random())")
    found = {}
    threads = [threading.Thread(target=lambda seed=seed: found.update({seed: program.run(inputs={"seed": seed}).value})) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, drawn in found.items():
        theirs = python_random.Random(seed)
        assert drawn == [theirs.random() for _ in drawn]
    assert len(found) == 4


def test_the_module_of_python_is_not_loaded(tmp_path):
    code = "import mlpy, sys; mlpy.run('import random;\\nrandom.setSeed(1); random.sample([1, 2, 3], 2)'); print('random' in sys.modules, 'hashlib' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(mlpy.__file__)), "MLPY_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import mlpy; mlpy.run('1')"], check=True, env=environment)  # without `site` there is no lark to make the tables of the grammar
    shown = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert shown.stdout == "False False\n"


# ── what is refused ──


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("random.setSeed(null)", "TypeError"),
        ("random.setSeed(1.5)", "TypeError"),
        ("random.setSeed(true)", "TypeError"),
        ("random.randomInt(1.0, 2)", "TypeError"),
        ('random.uniform(1, "2")', "TypeError"),
        ("random.uniform(1, [])", "TypeError"),
        ('random.triangular(0, 1, "a")', "TypeError"),
        ("random.randomBoolWeighted(null)", "TypeError"),
        ('random.choice("abc")', "TypeError"),
        ("random.choice({})", "TypeError"),
        ("random.sample([1, 2], 1.0)", "TypeError"),
        ("random.randomIndices(null, 1)", "TypeError"),
        ("random.choice([])", "IndexError"),
        ("random.randomInt(100)", "ValueError"),
        ("random.randomInt(2, 1)", "ValueError"),
        ("random.sample([1, 2], 3)", "ValueError"),
        ("random.sample([1, 2], -1)", "ValueError"),
        ("random.sample([1, 2], 10 ** 20000)", "ValueError"),
        ("random.randomIndices(10 ** 20000, 1)", "ValueError"),
        ("random.randomIndices(-(10 ** 20000), 1)", "ValueError"),
        ("random.uniform(0, 10 ** 20000)", "ValueError"),
        ("random.uniform(-1e308, 1e308)", "ValueError"),
        ("random.randomNormal(0, -1)", "ValueError"),
        ("random.triangular(0, 1, 3)", "ValueError"),
        ("random.randomBoolWeighted(1.5)", "ValueError"),
        ("import math; random.randomFloat(math.nan, 1)", "ValueError"),
        ("import math; random.gaussian(math.inf)", "ValueError"),
        ('random.setSeed("a".repeat(10001))', "ValueError"),
        ("random.random(self: 1)", "ArityError"),
        ("random.random(twister: 1)", "ArityError"),
    ],
)
def test_what_cannot_be_drawn_is_an_error_of_its_kind(code, kind):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import random;\n{code}")
    assert caught.value.type == kind


@pytest.mark.parametrize("name", ["twister", "seed", "spare", "plant", "below", "places"])
def test_f19_f20_only_what_is_declared_can_be_named(name):
    with pytest.raises(mlpy.MLError):
        mlpy.run(f"import random;\nrandom.{name}()")


def test_no_more_numbers_than_an_array_may_hold():
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run("import random;\nrandom.randomIndices(10 ** 15, 10 ** 14)")
    assert caught.value.limit == "size"


@pytest.mark.parametrize(
    "code",
    [
        "random.shuffle(xs)",
        "random.sample(xs, 9000000)",
        "random.randomIndices(10 ** 12, 10000000)",
        "random.randomIndices(10000000, 10000000)",
        "while (true) { random.randomInt(0, 2 ** 90000); }",
        "while (true) { random.setSeed(2 ** 90000); }",
        "while (true) { random.gaussian(); }",
    ],
)
def test_a_time_limit_ends_any_call(code):
    program = mlpy.compile(f"import random;\n{code}")
    xs = [0] * 9_000_000 if "xs" in code else []
    started = time.perf_counter()
    with pytest.raises(mlpy.MLError) as caught:
        program.run(inputs={"xs": xs}, share=True, limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 5  # a slow machine


def test_one_call_that_cannot_be_stopped_is_short():
    ours = Random()
    for seed in (2**200_000, "é" * 10_000):
        started = time.perf_counter()
        ours.set_seed(seed)
        assert time.perf_counter() - started < 0.5

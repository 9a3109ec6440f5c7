"""Functions that make functions."""

from __future__ import annotations

import types

import pytest
from mlpy.stdlib import functional

import mlpy
from mlpy.runtime.values import Function


@pytest.mark.parametrize(
    "made",
    [
        functional.compose(str, abs),
        functional.pipe(abs),
        functional.curry(lambda a, b: a),
        functional.curry2(lambda a, b: a),
        functional.partial(abs, 1),
        functional.constant(1),
        functional.memoize(abs),
        functional.if_else(bool, str, str),
        functional.cond([]),
        functional.juxt(),
    ],
)
def test_what_is_made_is_a_plain_function(made):
    assert type(made) is Function is types.FunctionType
    assert not any(name.startswith("_") and len(name) > 1 for name in made.__code__.co_varnames[: made.__code__.co_argcount])


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("f.compose(fn(x) => x + 1, fn(x) => x * 2, fn(a, b) => a - b)(9, 4)", 11),
        ("f.pipe(fn(a, b) => a - b, fn(x) => x * 2)(9, 4)", 10),
        ("f.compose()(3)", 3),
        ("f.curry(fn(a, b = 2) => a + b)(1)", 3),
        ("f.curry(fn(...xs) => xs.length, 3)(1)(2)(3)", 3),
        ("f.curry(fn() => 5)()", 5),
        ("add = f.curry(fn(a, b) => a + b); [add(1)(2), add(1, 2), add(5)(5)]", [3, 3, 10]),
        ("f.cond([])(1)", None),
        ("f.juxt([min, max])([1, 2])", [1, 2]),
        ("f.zipWith(fn(a, b, c) => a + b + c, [1, 2], [3, 4], [5])", [9]),
        ("f.take_while(fn(x) => x < 2, [1, 2, 1])", [1]),
        ("f.times(f.identity, 3)", [0, 1, 2]),
        ("f.range(3)", [0, 1, 2]),
        ("f.repeat([], 2)", [[], []]),
        ("f.reduce(fn(a, x) => a + x, [], 7)", 7),
        ("f.partial(fn(a, b, c) => [a, b, c], 1, 2)(3)", [1, 2, 3]),
    ],
)
def test_results(code, value):
    assert mlpy.run(f"import functional as f;\n{code}") == value


def test_f27_a_key_has_a_type():
    code = "import functional as f;\nm = f.memoize(fn(x) => str(x));\n[m(1), m(1.0), m(true), m(1), m(0.0), m(-0.0), m([1]), m([1.0]), m({a: 1}), m({a: true})]"
    assert mlpy.run(code) == ["1", "1.0", "true", "1", "0.0", "-0.0", "[1]", "[1.0]", "{a: 1}", "{a: true}"]


def test_f27_nothing_is_served_under_a_narrowing_that_was_not_there():
    code = """
import functional as f;
calls = 0;
m = f.memoize(fn(x) => { nonlocal calls; calls += 1; return x; });
m(1); m(1);
with capability("file.read:./data/**") { m(1); m(1); }
m(1);
calls
"""
    assert mlpy.run(code) == 3


def test_memoize_keeps_the_latest():
    code = """
import functional as f;
calls = [];
m = f.memoize(fn(x) => { calls.push(x); return x; }, 2);
m(1); m(2); m(1); m(3); m(1); m(2);
calls
"""
    assert mlpy.run(code) == [1, 2, 3, 2]


@pytest.mark.parametrize(("size", "expected"), [("0", 3), ("null", 1), ("1", 1)])
def test_memoize_sizes(size, expected):
    assert mlpy.run(f"import functional as f;\nn = 0; m = f.memoize(fn(x) => {{ nonlocal n; n += 1; return x; }}, {size}); m(1); m(1); m(1); n") == expected


def test_an_error_is_not_remembered():
    code = 'import functional as f;\nn = 0; m = f.memoize(fn(x) => { nonlocal n; n += 1; if (n < 2) { throw "no"; } return n; });\ntry { m(1); } except (e) { n += 0; }\nm(1)'
    assert mlpy.run(code) == 2


def test_what_a_key_holds_may_change():
    assert mlpy.run("import functional as f;\nm = f.memoize(fn(xs) => xs.length); xs = [1]; a = m(xs); xs.push(2); [a, m(xs)]") == [1, 2]


def test_arguments_too_large_for_a_key_are_not_remembered():
    assert functional.key_of(([0] * 2000,)) is None
    deep = []
    for _ in range(50):
        deep = [deep, deep]
    assert functional.key_of((deep,)) is None


@pytest.mark.parametrize(
    "call",
    [
        "compose(1)",
        "curry(1)",
        "partial(null)",
        "memoize(1)",
        "memoize(str, -1.5)",
        "ifElse(1, 2, 3)",
        "cond([[1, 2]])",
        "cond([str])",
        "juxt([1])",
        "map([], str)",
        "times(1, 2)",
        "zipWith(1, [])",
        "takeWhile(1, [])",
        "reduce([], str, 1)",
    ],
)
def test_arguments_that_do_not_fit(call):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import functional as f;\nf.{call}")
    assert caught.value.type in ("TypeError", "ValueError", "ArityError")


@pytest.mark.parametrize("call", ["times(str, 10 ** 9)", 'repeat("x", 10 ** 9)'])
def test_no_array_grows_without_bound(call):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import functional as f;\nf.{call}")
    assert caught.value.limit == "size"

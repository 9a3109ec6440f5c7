"""What crosses when a host calls an ML function directly: the quick looks refuse what the long walk refuses."""

from __future__ import annotations

import pytest

import mlpy
from mlpy import MLError


class Text(str):
    __slots__ = ()


@pytest.fixture(scope="module")
def program():
    return mlpy.compile("function same(x) { return x; } function kind(x, y = 1, ...rest) { return [typeof(x), typeof(y), len(rest)]; }", name="rules")


@pytest.mark.parametrize("value", ["\ud800", ["\ud800"], {"a": "\udc00"}, {"\ud800": 1}])
def test_text_that_is_not_unicode_is_refused(program, value):
    with pytest.raises(MLError, match="not valid Unicode"):
        program.function("same")(value)


@pytest.mark.parametrize("value", [None, True, 2, 2.5, "", "é", "text", [], {}, [1, "a", None], {"a": {"b": [1, {"c": "é"}]}}])
def test_plain_data_is_shared_as_it_is(program, value):
    assert program.function("same")(value) is value


@pytest.mark.parametrize(("value", "expected"), [(Text("a"), "a"), ((1, 2), [1, 2]), ([Text("a")], ["a"]), ({Text("k"): 1}, {"k": 1})])
def test_anything_else_is_converted(program, value, expected):
    got = program.function("same")(value)
    assert got == expected
    assert type(got) is type(expected)
    assert {type(one) for one in got} <= {str, int}


def test_defaults_and_rest_parameters(program):
    kind = program.function("kind")
    assert kind("a") == ["string", "number", 0]
    assert kind("a", "b", 1, (2,)) == ["string", "string", 2]
    with pytest.raises(MLError, match="not valid Unicode"):
        kind("a", "b", "\ud800")


NAMES = [
    "token",
    "type",
    "value, error, token",
    "_run, _get, _reset",
    "_f, _h, _scalars, _exact, _str, _cramped",
    "lambda, def, lambda_",
    "None, None_, True",
    "class, ...def",
    "called, make, BaseException, str",
]


@pytest.mark.parametrize("names", NAMES)
def test_parameters_may_have_any_name(names):
    program = mlpy.compile(f"function all({names}) {{ return [{names}]; }} give(all); all(...range({names.count(',') + 1}))", inputs=["give"])
    expected = list(range(names.count(",") + 1))
    if "..." in names:
        expected[-1] = expected[-1:]
    seen = []
    result = program.run(functions={"give": lambda f: seen.append(f(*expected[:1], *range(1, len(expected))))})
    assert flat(result.exports["all"](*range(len(expected)))) == flat(seen[0]) == list(range(len(expected)))


@pytest.mark.parametrize("names", ["_f = abs, _h = abs", "_scalars = [], _exact = [], _get = abs", "_reset = fn(t) => kept.push(t), _run = null", "token = 1"])
def test_defaults_stand_for_nothing_of_the_call_itself(names):
    program = mlpy.compile(f"kept = []; function all({names}) {{ return typeof(fn() => 1); }} give(all); kept", inputs=["give"])
    seen = []
    assert program.run(functions={"give": lambda f: seen.append(f())}).value == []
    assert seen == ["function"]


def flat(values):
    return [one for value in values for one in (value if type(value) is list else [value])]


@pytest.mark.parametrize("text", ["function f(n) { while (true) { n += 1; } }", "f = fn(n) => [n, n].map(fn(x) => { while (true) { x += 1; } });"])
def test_what_a_result_gives_is_under_the_limits_of_its_run(text):
    function = mlpy.Engine().run(text, limits=mlpy.Limits(time=0.2)).exports["f"]
    for _ in range(2):
        with pytest.raises(mlpy.MLError) as caught:
            function(1)
        assert caught.value.limit == "time"
    assert mlpy.Engine().run("g = fn(n) => n + 1;", limits=mlpy.Limits(time=0.2)).exports["g"](1) == 2


def test_each_call_of_what_a_result_gives_has_all_the_steps():
    function = mlpy.Engine().run("function f(n) { for (i in range(n)) { } return n; }", limits=mlpy.Limits(steps=1000)).exports["f"]
    assert [function(800) for _ in range(3)] == [800] * 3
    with pytest.raises(mlpy.MLError) as caught:
        function(2000)
    assert caught.value.limit == "steps"


def test_a_function_that_a_host_calls_inside_of_the_run_shares_its_limits():
    def forever(function):
        while True:
            function()

    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run("call(fn() => 1)", functions={"call": forever}, limits=mlpy.Limits(time=0.2))
    assert caught.value.limit == "time"


def test_a_builtin_that_a_result_gives_is_under_the_limits_of_its_run():
    exports = mlpy.Engine().run("each = map; function f(x) { while (true) { x += 1; } }", limits=mlpy.Limits(time=0.2)).exports
    with pytest.raises(mlpy.MLError) as caught:
        exports["each"](exports["f"], [1])
    assert caught.value.limit == "time"

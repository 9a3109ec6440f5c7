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

"""The operators against CPython's own where both mean the same, and their errors and sizes where not."""

from __future__ import annotations

import operator
import time
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpy.errors import LimitExceeded, MLError
from mlpy.runtime import operators
from mlpy.runtime.operators import HELPERS, unsupported
from mlpy.runtime.values import MAX_BITS, MAX_ITEMS, MAX_TEXT, UNSET, ErrorValue, IteratorValue, ModuleHandle

NUMBERS = st.booleans() | st.integers() | st.floats(allow_nan=False)
VALUES = st.none() | NUMBERS | st.text(max_size=4) | st.lists(st.integers(), max_size=3) | st.dictionaries(st.text(max_size=2), st.integers(), max_size=2)
PYTHON = {
    "$add": operator.add,
    "$sub": operator.sub,
    "$mul": operator.mul,
    "$div": operator.truediv,
    "$floordiv": operator.floordiv,
    "$mod": operator.mod,
    "$pow": operator.pow,
}
FAULTS = {TypeError: "TypeError", ZeroDivisionError: "ZeroDivisionError", OverflowError: "ValueError"}


def of_python(function, *operands):
    try:
        return function(*operands)
    except tuple(FAULTS) as error:
        return FAULTS[type(error)]


def of_ml(function, *operands):
    try:
        return function(*operands)
    except MLError as error:
        return error.type
    except OverflowError:
        return "ValueError"


def same(a, b):
    return type(a) is type(b) and (a == b or (type(a) is float and isnan(a)))


@pytest.mark.parametrize("name", [name for name in PYTHON if name != "$pow"])
@given(a=NUMBERS, b=NUMBERS)
def test_arithmetic_on_numbers_is_pythons(name, a, b):
    assert same(of_ml(HELPERS[name], a, b), of_python(PYTHON[name], a, b))


@given(a=st.integers(-50, 50) | st.floats(-50, 50), b=st.integers(-20, 20) | st.floats(-20, 20))
def test_powers_are_pythons_and_never_complex(a, b):
    expected = of_python(operator.pow, a, b)
    if type(expected) is complex:
        expected = "ValueError"
    assert same(of_ml(HELPERS["$pow"], a, b), expected)


@pytest.mark.parametrize("name", ["$add", "$sub", "$div", "$floordiv"])
@given(a=VALUES, b=VALUES)
def test_mixed_operands_are_pythons_or_type_errors(name, a, b):
    assert same(of_ml(HELPERS[name], a, b), of_python(PYTHON[name], a, b))


@given(a=st.text(max_size=5) | st.lists(st.integers(), max_size=5), n=st.integers(-3, 5))
def test_repetition(a, n):
    assert HELPERS["$mul"](a, n) == a * n == HELPERS["$mul"](n, a)


@given(st.text() | st.lists(st.integers()), *[st.none() | st.integers(-10, 10)] * 2, st.none() | st.integers(-3, 3).filter(bool))
def test_slices_are_pythons(items, start, end, step):
    assert HELPERS["$slice"](items, start, end, step) == items[start:end:step]


@given(st.lists(st.integers(), max_size=6), *[st.none() | st.integers(-8, 8)] * 2, st.none() | st.integers(-2, 2).filter(bool), st.lists(st.integers(), max_size=4))
def test_slice_stores_are_pythons(items, start, end, step, new):
    python, ml = items.copy(), items.copy()
    try:
        python[start:end:step] = new
    except ValueError:
        with pytest.raises(MLError, match="a slice with a step of") as caught:
            HELPERS["$set_slice"](ml, start, end, step, new)
        assert caught.value.type == "ValueError"
    else:
        HELPERS["$set_slice"](ml, start, end, step, new)
    assert ml == python


@given(st.integers() | st.text(max_size=2), st.lists(st.integers() | st.text(max_size=2), max_size=5))
def test_membership_is_pythons(x, items):
    assert HELPERS["$contains"](x, items) == (x in items)
    assert HELPERS["$contains"]([x], [[one] for one in items]) == (x in items)


def failure(function, *arguments):
    with pytest.raises(MLError) as caught:
        function(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("name", "operands", "message", "hint"),
    [
        ("$add", (1, "x"), "cannot add a string to a number", "`str(…)`"),
        ("$add", ([1], 1), "cannot add a number to an array", "`xs + [x]`"),
        ("$add", ({}, {}), "cannot add an object to an object", "`{...a, ...b}`"),
        ("$add", (None, 1), "cannot add a number to null", "`??`"),
        ("$sub", ("5", 1), "cannot subtract a number from a string", "`int(…)`"),
        ("$mul", ([1], [2]), "cannot multiply an array by an array", None),
        ("$mul", ("x", 2.5), "a string is repeated a whole number of times, not 2.5", "`int(…)`"),
        ("$mod", ("%s", 1), "cannot take a string modulo a number", "template string"),
        ("$pow", (-8, 1 / 3), "a negative number has no real power with a fraction", "`abs(x)`"),
        ("$neg", ("a",), "cannot negate a string", "`int(…)`"),
        ("$lt", (1, "a"), "cannot compare a number with a string", "convert"),
        ("$ge", ({}, {}), "cannot compare an object with an object", "one of its members"),
        ("$contains", (1, "abc"), "cannot look for a number in a string", None),
        ("$contains", (1, 2), "cannot look for a value in a number", "arrays, objects and strings"),
        ("$get_item", ({"name": 1}, "nmae"), 'no key "nmae"', '"name"'),
        ("$get_item", ([1, 2], 2), "index 2 is out of range for an array of 2 items", "-1 back to -2"),
        ("$get_item", ("", 0), "index 0 is out of range: the string is empty", None),
        ("$get_item", ([1], 0.5), "an index of an array is a whole number, not 0.5", "`~/`"),
        ("$get_item", ([1], "0"), "an index of an array is a whole number, not a string", "`int(…)`"),
        ("$get_item", (None, 0), "cannot take an item of null", "`x?.[i]`"),
        ("$get_item", (1, 0), "a number has no items to index", None),
        ("$set_item", ("abc", 0, "x"), "a string cannot be changed", "build a new one"),
        ("$set_item", ({}, 1, 2), "an object's keys are strings, this one is a number", "`str(…)`"),
        ("$set_item", ([], 0, 1), "index 0 is out of range: the array is empty", "`len(xs)`"),
        ("$slice", ({}, 1, 2), "cannot take a slice of an object", "arrays and strings"),
        ("$slice", ([1], 0.5, None), "the start of a slice is a whole number or null, not 0.5", "`~/`"),
        ("$slice", ([1], None, None, 0), "the step of a slice cannot be 0", None),
        ("$set_slice", ([1], 0, 1, None, 5), "a slice is set to an array, not to a number", "in brackets"),
        ("$iterate", (5,), "cannot walk over a number", "`range(n)`"),
        ("$unpack", ([1], 2, 2), "the array has 1 item, the pattern takes 2", "`...rest`"),
        ("$unpack", (None, 2, 2), "cannot take null apart as an array", "?? []"),
        ("$unpack_rest", ([], 1, 0, 1), "the array has 0 items, the pattern takes at least 1", None),
        ("$unpack_object", (1, ("a",)), "cannot take a number apart as an object", None),
        ("$spread_object", ([1],), "cannot spread an array into an object", None),
        ("$key", (1,), "an object's keys are strings, this one is a number", "`str(…)`"),
        ("$named", ({"a b": 1},), '"a b" cannot be the name of an argument', None),
    ],
)
def test_messages(name, operands, message, hint):
    error = failure(HELPERS[name], *operands)
    assert error.message == message
    if hint is not None:
        assert hint in error.hint


def test_every_operator_has_a_message_for_every_pair_of_types():
    for symbol in operators.UNSUPPORTED:
        for a in ("null", "boolean", "number", "string", "array", "object", "function", "module", "error"):
            assert "{" not in unsupported(symbol, a, "number").message


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("$pow", lambda: (10, 10**8)),
        ("$pow", lambda: (-3, 10**400)),
        ("$pow", lambda: (2, MAX_BITS + 1)),
        ("$mul", lambda: (1 << 60_000, 1 << 60_000)),
        ("$mul", lambda: ("x", 10**12)),
        ("$mul", lambda: (10**30, "x")),
        ("$mul", lambda: ([0], MAX_ITEMS + 1)),
        ("$add", lambda: ("x" * MAX_TEXT, "x")),
        ("$add", lambda: ([0] * MAX_ITEMS, [0])),
        ("$iadd", lambda: ([0] * MAX_ITEMS, [0])),
        ("$concat", lambda: ("x" * MAX_TEXT, 1)),
        ("$list_", lambda: ([0] * MAX_ITEMS, [0])),
        ("$set_slice", lambda: ([0] * MAX_ITEMS, 0, 0, None, [0])),
    ],
)
def test_f08_f12_results_are_sized_before_they_are_made(name, operands):
    began = time.process_time()
    with pytest.raises(LimitExceeded) as caught:
        HELPERS[name](*operands())
    assert caught.value.kind == "size"
    assert time.process_time() - began < 5


def test_f08_squaring_ends_by_size():
    number = 3
    with pytest.raises(LimitExceeded):
        for _ in range(40):
            number = HELPERS["$mul"](number, number)
    assert number.bit_length() <= MAX_BITS


def test_large_powers_within_the_limit_are_exact():
    assert HELPERS["$pow"](3, 60_000) == 3**60_000
    assert HELPERS["$pow"](-1, 10**30) == 1
    assert HELPERS["$pow"](0, 10**30) == 0
    assert HELPERS["$pow"](2, -1) == 0.5


def test_division_by_zero():
    for name in ("$div", "$floordiv", "$mod"):
        for zero in (0, 0.0, False):
            assert failure(HELPERS[name], 1, zero).type == "ZeroDivisionError"
    assert failure(HELPERS["$pow"], 0, -1).type == "ZeroDivisionError"


def test_growth_in_place_keeps_the_array():
    items = [1]
    assert HELPERS["$iadd"](items, [2]) is items
    assert HELPERS["$iadd"](items, items) is items
    assert items == [1, 2, 1, 2]
    assert HELPERS["$iadd"](1, 2) == 3


def test_strings_are_built_of_display_forms():
    assert HELPERS["$concat"]("n=", 1, True, None, [1, "a"], 2.0) == 'n=1truenull[1, "a"]2.0'


def test_walking():
    assert list(HELPERS["$iterate"]("ab")) == ["a", "b"]
    record = {"a": 1}
    for key in HELPERS["$iterate"](record):
        record[key + "x"] = 1  # a snapshot: growing the object does not disturb the walk
    assert list(HELPERS["$pairs"](record)) == [("a", 1), ("ax", 1)]
    assert list(HELPERS["$pairs"]("ab")) == [(0, "a"), (1, "b")]
    assert HELPERS["$spread"](IteratorValue([1, 2])) == [1, 2]


def test_taking_apart():
    assert HELPERS["$unpack"]([1, 2], 2, 2) == [1, 2]
    assert HELPERS["$unpack"]([1], 3, 1) == [1, UNSET, UNSET]
    assert HELPERS["$unpack_rest"]([1, 2, 3, 4], 1, 1, 2) == [1, [2, 3], 4]
    assert HELPERS["$unpack_rest"]([1], 2, 0, 1) == [1, UNSET, []]
    assert HELPERS["$unpack_object"]({"a": None}, ("a", "b")) == [None, UNSET]
    assert HELPERS["$unpack_object"](ErrorValue("m", "T", 1, 1, "f", []), ("message", "code")) == ["m", UNSET]
    assert HELPERS["$rest_object"]({"a": 1, "b": 2}, ("a",)) == {"b": 2}
    assert HELPERS["$named"]({"a": 1}) == {"a": 1}


def test_f07_no_slice_gets_into_an_object():
    record: dict = {}
    assert failure(HELPERS["$set_slice"], record, 0, 1, None, [1]).type == "TypeError"
    assert failure(HELPERS["$set_item"], record, slice(0, 1), 1).type == "TypeError"
    assert record == {}


def test_f06_a_search_for_a_long_string_is_not_one_step_in_c():
    text = "a" * 1_000_000
    assert operators.position(text, [text[:-1] + "b"] * 200) == -1
    assert operators.position(text, ["x", text]) == 1
    assert operators.position([[1]], [[[2]], [[1]]]) == 1


def test_handles_have_no_items():
    module = ModuleHandle("m", {})
    assert failure(HELPERS["$get_item"], module, "x").message == "a module has no items to index"
    assert failure(HELPERS["$set_item"], module, "x", 1).message == "cannot set an item of a module"
    assert failure(HELPERS["$iterate"], module).type == "TypeError"

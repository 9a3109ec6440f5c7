"""Display, type names, deep equality and order."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpy.engine import Engine
from mlpy.errors import LimitExceeded, MLError
from mlpy.runtime import values
from mlpy.runtime.values import MAX_TEXT, ErrorValue, IteratorValue, ModuleHandle, display, equal, precedes, quoted, type_name

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8"))
DATA = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=4), max_leaves=12)
engine = Engine()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (2.0, "2.0"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        (1e22, "1e+22"),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a", None, [{}]], '[1, "a", null, [{}]]'),
        ({"name": "Ada", "b c": [1], "__x": 1, "": 2, "é": 3}, '{name: "Ada", "b c": [1], "__x": 1, "": 2, "é": 3}'),
        (['a"b\\', "\n\t\r", "\x00\x7f", "\u200b\u202e", "\U000e0001", "é😀"], r'["a\"b\\", "\n\t\r", "\x00\x7f", "\u200b\u202e", "\u{e0001}", "é😀"]'),
        (display, "<function display>"),
        (lambda: 1, "<function>"),
        (ModuleHandle("math", {}), "<module math>"),
        (ErrorValue("no luck", "Error", 1, 2, "f", []), "no luck"),
        (IteratorValue([1]), "<iterator>"),
    ],
)
def test_display(value, text):
    assert display(value) == text


def test_a_string_is_bare_alone_and_quoted_inside():
    assert display("a") == "a"
    assert quoted("a") == '"a"'
    assert display(["a"]) == '["a"]'


def test_a_cycle_shows_as_an_ellipsis_and_a_shared_part_in_full():
    shared = [1]
    own: list = [shared, shared]
    own.append(own)
    assert display(own) == "[[1], [1], …]"
    record: dict = {"items": own}
    own.append(record)
    assert display(record) == "{items: [[1], [1], …, …]}"


def test_display_of_deep_data_needs_no_recursion():
    deep: list = []
    for _ in range(200_000):
        deep = [deep]
    assert len(display(deep)) == 400_002


def test_display_of_data_that_doubles_ends_by_size():
    doubling: list = ["text" * 1000]
    for _ in range(40):
        doubling = [doubling, doubling]
    with pytest.raises(LimitExceeded) as caught:
        display(doubling)
    assert caught.value.kind == "size"


def test_whole_numbers_display_whatever_digit_limit_the_host_has_set():
    number = 3**60_000
    text = display(number)
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        assert text == str(number)
        assert display(-number) == str(-number)
    finally:
        sys.set_int_max_str_digits(before)
    sys.set_int_max_str_digits(640)
    try:
        assert display(number) == text
        assert display(10**639)[:3] == "100"
        assert display(10**4000 + 7) == "1" + "0" * 3999 + "7"
    finally:
        sys.set_int_max_str_digits(before)


@given(DATA)
def test_the_display_of_data_is_its_literal(value):
    again = engine.run(f"v = {quoted(value)}; v").value
    assert equal(again, value)
    assert quoted(again) == quoted(value)


@given(DATA, DATA)
def test_equality_is_pythons_on_data(a, b):
    assert equal(a, b) == (a == b)
    assert equal(a, a)


def outcome(function):
    try:
        return function()
    except (TypeError, MLError):
        return "TypeError"


ORDERED = st.recursive(st.none() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(["", "a", "b"]) | st.just({}), lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(ORDERED, ORDERED)
def test_order_is_pythons_on_data(a, b):
    for operator, python in values.ORDERS.items():
        assert outcome(lambda: precedes(a, b, operator)) == outcome(lambda: python(a, b)), operator  # noqa: B023  called at once


def test_comparison_of_mixed_types_names_both():
    with pytest.raises(MLError, match="cannot compare null with a string") as caught:
        precedes([1, None], [1, "a"], "<")
    assert caught.value.type == "TypeError"


def doubled(leaf, times):
    for _ in range(times):
        leaf = [leaf, leaf]
    return leaf


def test_f06_comparison_of_data_that_doubles_ends_by_steps():
    for compare in (equal, lambda a, b: precedes(a, b, "<")):
        with pytest.raises(MLError, match="more than 1,000,000 steps") as caught:
            compare(doubled(1, 40), doubled(1, 40))
        assert caught.value.type == "ValueError"
    with pytest.raises(MLError, match="steps"):
        equal({"k": doubled(1, 40)}, {"k": doubled(1, 40)})


def test_f06_comparison_of_values_that_contain_themselves_ends_by_steps():
    a: list = [1]
    a.append(a)
    b: list = [1]
    b.append(b)
    assert equal(a, a)
    for compare in (equal, lambda x, y: precedes(x, y, "<")):
        with pytest.raises(MLError, match="steps"):
            compare(a, b)


def test_f06_order_of_deep_values_is_counted_over_all_levels():
    a: list = [0]
    b: list = [1]
    for _ in range(20_000):
        a, b = [a], [b]
    with pytest.raises(MLError, match="steps"):
        precedes(a, b, "<")


def test_large_flat_arrays_are_equal_in_few_steps():
    numbers = list(range(3_000_000))
    assert equal(numbers, numbers.copy())
    assert not equal(numbers, [*numbers[:-1], 0])


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (False, "boolean"), (1, "number"), (1.5, "number"), ("", "string"), ([], "array"), ({}, "object"), (len, "function"), (display, "function"),
     (ModuleHandle("m", {}), "module"), (ErrorValue("m", "Error", None, None, None, []), "error"), (IteratorValue([]), "iterator")],
)  # fmt: skip
def test_type_names(value, name):
    assert type_name(value) == name


def test_handles_have_no_dictionary_and_no_attribute_hook():
    for kind in (ModuleHandle, ErrorValue, IteratorValue):
        assert not hasattr(kind, "__dict__") or "__dict__" not in dir(kind.__new__(kind))
        assert "__getattr__" not in vars(kind)


def test_a_string_of_the_largest_size_displays():
    assert len(display(["a" * (MAX_TEXT - 10)])) == MAX_TEXT - 6


CHAINS = """
from mlpy.runtime.values import ErrorValue, IteratorValue, ModuleHandle
for link in (lambda v: IteratorValue([v]), lambda v: ErrorValue("m", "T", 1, 1, "f", [], {"next": v}), lambda v: ModuleHandle("m", {"next": v})):
    value = None
    for _ in range(300_000):
        value = link(value)
    del value
print("freed")
"""


def test_f16_long_chains_of_each_handle_class_are_freed(environment):
    done = subprocess.run([sys.executable, "-c", CHAINS], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "freed\n", done.stderr


def test_long_arrays_display_in_full():
    items = [[at, str(at)] for at in range(10_000)]
    assert display(items) == "[" + ", ".join(f'[{at}, "{at}"]' for at in range(10_000)) + "]"

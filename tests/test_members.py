"""Methods of arrays and strings against Python's, and the doors to members of anything else."""

from __future__ import annotations

import inspect
import re
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpy.engine import Engine
from mlpy.errors import LimitExceeded, MLError
from mlpy.runtime import members
from mlpy.runtime.members import ARRAY_METHODS, METHODS, STRING_METHODS, call_member, camel, member
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, ErrorValue, ModuleHandle

TEXT = st.text("ab ,\n", max_size=12)
PART = st.text("ab ,", max_size=3)
BOUND = st.integers(-15, 15)
engine = Engine()


def failure(function, *arguments, **named):
    with pytest.raises(MLError) as caught:
        function(*arguments, **named)
    return caught.value


def examples():
    for kind, table in METHODS.items():
        for name, method in table.items():
            yield pytest.param(method.__doc__, id=f"{kind.__name__}.{name}")


@pytest.mark.parametrize("doc", list(examples()))
def test_the_example_of_each_method(doc):
    found = re.search(r"Example: `(.+?)` → `(.+?)`\.$", doc)
    assert found, "every method has a line and an example"
    assert engine.run(found[1]).value == engine.run(found[2]).value


def test_the_methods_are_those_of_the_language():
    arrays = "append push extend insert remove pop index count sort reverse clear copy map filter reduce forEach find some every join includes indexOf slice concat flat"
    strings = (
        "upper lower strip trim lstrip rstrip replace split rsplit join startswith endswith find rfind index rindex count isdigit isalpha isalnum isspace istitle "
        "isupper islower capitalize title swapcase center ljust rjust zfill contains includes repeat lines startsWith endsWith padStart padEnd"
    )
    assert set(ARRAY_METHODS) == set(arrays.split())
    assert set(STRING_METHODS) == set(strings.split())


@pytest.mark.parametrize("method", [method for table in METHODS.values() for method in table.values()])
def test_f19_a_receiver_cannot_be_named_and_parameters_are_plain(method):
    receiver, *parameters = inspect.signature(method).parameters.values()
    assert receiver.kind is receiver.POSITIONAL_ONLY
    for parameter in parameters:
        assert parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.VAR_POSITIONAL)
        assert not parameter.name.startswith("_")
        assert parameter.annotation


def python_or_fault(function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, IndexError) as error:
        return type(error).__name__


def ml_or_fault(receiver, name, *arguments):
    try:
        return call_member(receiver, name, *arguments)
    except MLError as error:
        return error.type


@pytest.mark.parametrize(
    "name", ["upper", "lower", "strip", "lstrip", "rstrip", "isdigit", "isalpha", "isalnum", "isspace", "istitle", "isupper", "islower", "capitalize", "title", "swapcase", "split"]
)
@given(text=st.text(max_size=8))
def test_methods_without_arguments_are_pythons(name, text):
    assert call_member(text, name) == getattr(text, name)()


@pytest.mark.parametrize("name", ["find", "rfind", "index", "rindex", "count", "startswith", "endswith"])
@given(text=TEXT, part=PART, start=BOUND, end=st.none() | BOUND)
def test_searches_are_pythons(name, text, part, start, end):
    expected = python_or_fault(getattr(text, name), part, start, end)
    assert ml_or_fault(text, name, part, start, end) == expected


@given(text=TEXT, part=PART, start=BOUND, end=st.none() | BOUND, limit=st.integers(-1, 3))
def test_f09_searches_from_the_right_through_reversed_copies_give_the_same(text, part, start, end, limit):
    before = members.NEEDLE, members.TEXT_STEPS
    members.NEEDLE, members.TEXT_STEPS = 0, 0
    try:
        assert ml_or_fault(text, "rfind", part, start, end) == text.rfind(part, start, end)
        if part:
            assert call_member(text, "rsplit", part, limit) == text.rsplit(part, limit)
    finally:
        members.NEEDLE, members.TEXT_STEPS = before


@given(TEXT, PART.filter(bool), st.integers(-1, 3))
def test_splitting_is_pythons(text, part, limit):
    for name in ("split", "rsplit"):
        assert call_member(text, name, part, limit) == getattr(text, name)(part, limit)
        assert call_member(text, name, None, limit) == getattr(text, name)(None, limit)


@given(TEXT, PART, PART, st.integers(-1, 3))
def test_replacing_is_pythons(text, old, new, count):
    assert call_member(text, "replace", old, new, count) == text.replace(old, new, count)


@given(st.text("ab", max_size=5), st.integers(-2, 12), st.text("xyz", min_size=1, max_size=3))
def test_filling_up(text, width, fill):
    for name in ("center", "ljust", "rjust"):
        assert call_member(text, name, width, fill[0]) == getattr(text, name)(width, fill[0])
    assert call_member(text, "zfill", width) == text.zfill(width)
    room = max(0, width - len(text))
    assert call_member(text, "padStart", width, fill) == (fill * 12)[:room] + text
    assert call_member(text, "pad_end", width, fill) == text + (fill * 12)[:room]


@given(st.text("a\n\r", max_size=8))
def test_lines_end_with_lf_or_crlf_only(text):
    expected = text.replace("\r\n", "\n").split("\n")
    assert call_member(text, "lines") == (expected[:-1] if expected[-1] == "" else expected)


@given(st.lists(st.integers(0, 3), max_size=6), st.integers(0, 3), BOUND, st.none() | BOUND)
def test_array_searches_are_pythons(items, value, start, end):
    assert ml_or_fault(items, "index", value, start, sys.maxsize if end is None else end) == python_or_fault(items.index, value, start, sys.maxsize if end is None else end)
    assert call_member(items, "count", value) == items.count(value)
    assert call_member([[one] for one in items], "count", [value]) == items.count(value)
    assert call_member(items, "includes", value) == (value in items)
    assert call_member(items, "slice", start, end) == items[start:end]


@given(st.lists(st.integers(0, 3), max_size=5), st.integers(-7, 7))
def test_changes_in_place_are_pythons(items, at):
    for name, arguments in (("insert", (at, 9)), ("pop", (at,)), ("remove", (at,)), ("reverse", ()), ("clear", ()), ("append", (at,)), ("extend", ([at, at],))):
        python, ml = items.copy(), items.copy()
        assert python_or_fault(getattr(python, name), *arguments) == ml_or_fault(ml, name, *arguments)
        assert python == ml


# ── sorting ──────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.lists(st.integers(0, 2), max_size=3)) | st.lists(st.integers() | st.floats(allow_nan=False)) | st.lists(st.text(max_size=3)), st.booleans())
def test_sorting_is_pythons(items, descending):
    ml = items.copy()
    assert call_member(ml, "sort", reverse=descending) is None
    assert ml == sorted(items, reverse=descending)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers()).map(list)), st.booleans())
def test_sorting_by_a_key_is_stable_both_ways(items, descending):
    for key in (lambda pair: pair[0], lambda pair: [pair[0]], lambda pair: str(pair[0])):
        assert members.sort_items(items, key, descending) == sorted(items, key=key, reverse=descending)


def test_long_arrays_sort_in_runs(monkeypatch):
    monkeypatch.setattr(members, "RUN", 4)
    for count in range(40):
        items = [(at * 7) % 11 + at / 1000 for at in range(count)]
        assert members.sort_items(items, None, reverse=False) == sorted(items)
        assert members.sort_items(items, int, reverse=True) == sorted(items, key=int, reverse=True)


def test_a_sort_that_fails_leaves_the_array_as_it_was():
    items = [3, "a", 1]
    error = failure(call_member, items, "sort")
    assert (error.type, items) == ("TypeError", [3, "a", 1])
    assert "cannot compare" in error.message


def test_f06_sorting_arrays_of_long_equal_arrays_is_counted():
    items = [[[0] * 200_000, at] for at in range(8)]
    assert [one[1] for one in members.sort_items(items[::-1], None, reverse=False)] == list(range(8))
    deep: list = [1]
    other: list = [1]
    for _ in range(40):
        deep, other = [deep, deep], [other, other]
    assert "steps" in failure(call_member, [deep, other], "sort").message


def test_f15_recursion_through_callbacks_ends_as_an_error():
    for body in (
        "[3, 1].map(f)",
        "[3, 1].filter(f)",
        "[[3, 1]].sort(key: f)",
        "sorted([3, 1], f)",
        "reduce(f, [1, 2], 0)",
        "[1].forEach(f)",
        "[1].some(f)",
        "map(f, [1])",
        "call(f)",
    ):
        error = failure(engine.run, f"function f(...rest) {{ return {body}; }} f(1);")
        assert error.type == "RecursionError", body


def test_f15_callbacks_see_a_snapshot():
    assert engine.run("xs = [1, 2]; ys = xs.map(fn(x) => { xs.push(x); return x; }); [xs, ys]").value == [[1, 2, 1, 2], [1, 2]]
    assert engine.run("xs = [2, 1]; xs.sort(key: fn(x) => { xs.push(9); return x; }); xs").value == [1, 2]


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("receiver", "name", "arguments"),
    [
        ("x", "repeat", (10**12,)),
        ("x" * 1000, "replace", ("x", "y" * MAX_TEXT)),
        ("x" * 1000, "replace", ("", "y" * (MAX_TEXT // 1000))),
        ("x", "center", (10**12,)),
        ("x", "zfill", (10**12,)),
        ("x", "padStart", (10**12, "ab")),
        ("x" * 1000, "join", (["y"] * (MAX_TEXT // 1000),)),
        (["x" * 1000] * 1000, "join", ("y" * 100_000,)),
        ("x" * (MAX_ITEMS + 1), "split", ("",)),
        ("," * (MAX_ITEMS + 1), "split", (",",)),
    ],
)
def test_f08_results_are_sized_before_they_are_made(receiver, name, arguments):
    with pytest.raises(LimitExceeded) as caught:
        call_member(receiver, name, *arguments)
    assert caught.value.kind == "size"


def test_a_flat_array_that_doubles_ends_by_size():
    items: list = [1] * 1000
    for _ in range(30):
        items = [items, items]
    with pytest.raises(LimitExceeded):
        call_member(items, "flat", 40)
    own: list = [1]
    own.append(own)
    assert call_member(own, "flat") == [1, 1, own]


def test_f09_quadratic_searches_end_soon():
    began = time.process_time()
    text = "a" * 400_000
    assert call_member(text, "rfind", "ab" + "a" * 200_000) == -1
    assert call_member(text, "rsplit", "ab" + "a" * 200_000) == [text]
    assert failure(call_member, text, "rindex", "ab" + "a" * 200_000).type == "ValueError"
    assert call_member(text, "strip", "b" * 1_000_000 + "a") == ""
    assert time.process_time() - began < 5
    error = failure(call_member, text, "strip", "".join(map(chr, range(300))))
    assert error.message == "`strip` takes off at most 256 different characters, not 300"


# ── the doors ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("receiver", "name", "arguments", "named", "kind", "message", "hint"),
    [
        ([1], "psuh", (1,), {}, "TypeError", "an array has no member `psuh`", "`push`"),
        ("a", "uper", (), {}, "TypeError", "a string has no member `uper`", "`upper`"),
        ([1], "insert", (1,), {}, "ArityError", "`insert` needs `value`", "`index, value`"),
        ([1], "insert", (), {}, "ArityError", "`insert` needs `index` and `value`", "`index, value`"),
        ("a", "upper", (3,), {}, "ArityError", "`upper` takes no arguments, 1 given", None),
        ("a", "split", (1, 2, 3), {}, "ArityError", "`split` takes 0 to 2 arguments, 3 given", "`separator, limit`"),
        ("a", "zfill", (1, 2), {}, "ArityError", "`zfill` takes 1 argument, 2 given", "`width`"),
        ("a", "split", (), {"seperator": ","}, "ArityError", "`split` has no parameter `seperator`", "`separator`"),
        ("a", "split", (",",), {"separator": ","}, "ArityError", "`split` gets `separator` twice", "once"),
        ("a", "upper", (), {"text": "b"}, "ArityError", "`upper` has no parameter `text`", None),
        ("a", "split", (1,), {}, "TypeError", "`split` takes a string as `separator`, not a number", None),
        ("a", "zfill", (2.5,), {}, "TypeError", "`zfill` takes a whole number as `width`, not 2.5", "`~/`"),
        ("a", "center", (3, "ab"), {}, "TypeError", '`center` fills with one character, not "ab"', "`padStart`"),
        ("a", "startswith", ([1],), {}, "TypeError", "`startswith` takes a string as `prefix`, not a number", None),
        ([1], "map", (3,), {}, "TypeError", "`map` takes a function as `f`, not a number", None),
        ([1], "pop", (5,), {}, "IndexError", "index 5 is out of range for an array of 1 item", None),
        ([], "reduce", (max,), {}, "ValueError", "`reduce` of an empty array needs an initial value", "`xs.reduce(f, 0)`"),
        ([1], "remove", (2,), {}, "ValueError", "2 is not in the array", "`in`"),
        ("abc", "index", ("x",), {}, "ValueError", '"x" is not in the string', "`find`"),
        ({"a": 1}, "keys", (), {}, "TypeError", "the object has no function `keys`", "`keys(o)`"),
        ({"a": 1}, "map", (max,), {}, "TypeError", "the object has no function `map`", "`values(o)`"),
        ({"area": 1}, "aera", (), {}, "TypeError", "the object has no function `aera`", "`area`"),
        ({"a": 1}, "a", (), {}, "TypeError", "`a` is a number and cannot be called", None),
        (None, "f", (), {}, "TypeError", "cannot read `f` of null", "`?.f`"),
        (1, "f", (), {}, "TypeError", "a number has no member `f`", None),
        (ModuleHandle("math", {"sqrt": abs}), "sqr", (), {}, "TypeError", "module `math` has no member `sqr`", "`sqrt`"),
    ],
)
def test_calls_that_fail(receiver, name, arguments, named, kind, message, hint):
    error = failure(call_member, receiver, name, *arguments, **named)
    assert (error.type, error.message) == (kind, message)
    assert hint is None or hint in error.hint


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, table in members.HABITS.items() for name in table])
def test_a_habit_of_another_language_gets_a_hint_that_works(kind, name):
    assert name not in METHODS[kind]
    hint = failure(call_member, kind(), name).hint
    engine.run(f'xs = [1, 2, 3]; s = "abc"; x = 2; a = "b"; b = "c"; f = fn(v) => true; {hint.removeprefix("write ").strip("`")};')


def test_an_error_inside_a_callback_is_not_taken_for_a_wrong_call():
    def broken(_):
        return 1 + "a"

    with pytest.raises(TypeError, match="unsupported operand"):
        call_member([1], "map", broken)


def test_snake_case_finds_camel_case():
    assert camel("pad_start") == "padStart"
    assert camel("upper") == "upper"
    assert call_member("ab", "starts_with", "a") is True
    assert call_member([1], "index_of", 1) == 0
    assert call_member(ModuleHandle("m", {"findAll": lambda: 7}), "find_all") == 7


def test_members():
    assert member([1, 2], "length") == 2
    assert member("abc", "length") == 3
    assert member({"a": 1}, "length") == 1
    assert member({"length": 9}, "length") == 9
    assert member({}, "x") is None
    assert member(ErrorValue("m", "T", 1, 1, "f", []), "message") == "m"
    assert failure(member, [], "map").message == "`map` is a method of arrays and must be called"
    assert failure(member, 1, "x").message == "a number has no member `x`"
    assert failure(member, None, "x").hint == "`?.x` gives null instead of an error"


def test_objects_call_what_is_stored_in_them():
    assert call_member({"f": lambda a, b=1: (a, b)}, "f", 1, b=2) == (1, 2)
    assert call_member({"name": lambda value: value}, "name", value=3) == 3  # names of our own parameters are free


@pytest.mark.parametrize("name", ["__class__", "__init__", "format", "encode", "format_map", "join_", "__len__", "get", "sort_", "mro"])
def test_no_python_attribute_is_a_member(name):
    for value in ("text", [1], {}, 1, 1.5, True, None, len, member, ModuleHandle("m", {}), ErrorValue("m", "T", 1, 1, "f", [])):
        with pytest.raises(MLError):
            call_member(value, name)

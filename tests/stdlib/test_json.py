"""JSON against Python's own module, and what must be refused."""

from __future__ import annotations

import json as python_json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlpy.stdlib import json

import mlpy
from mlpy.errors import MLError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=12) | st.dictionaries(TEXTS, inner, max_size=6), max_leaves=60)


@given(VALUES)
@settings(max_examples=300)
def test_text_is_that_of_python(value):
    text = json.stringify(value)
    assert text == python_json.dumps(value, ensure_ascii=False)
    assert json.parse(text) == value
    assert json.stringify(value, 3) == python_json.dumps(value, ensure_ascii=False, indent=3)


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
@settings(max_examples=200)
def test_any_text_of_python_is_read(value, indent, ascii_only):
    text = " \n" + python_json.dumps(value, ensure_ascii=ascii_only, indent=indent) + "\t"
    assert json.parse(text) == value


@given(st.text('[]{}",:\\ 0123456789.eE+-truefalsn\n/ud8', max_size=30))
@settings(max_examples=1500)
def test_what_is_json_is_what_python_says(text):
    try:
        expected = python_json.loads(text)
        python_json.dumps(expected, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        with pytest.raises(MLError) as caught:
            json.parse(text)
        assert caught.value.type == "ValueError"
        assert not json.validate(text)
        assert json.safe_parse(text) is None
    else:
        try:
            found = json.parse(text)
        except MLError as error:
            assert "number of json" in error.message  # noqa: PT017  NaN and Infinity, which Python reads
        else:
            assert found == expected or found != found  # noqa: PLR0124
            assert json.validate(text)


@given(st.recursive(st.just("1"), lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda items: f"[{', '.join(items)}]") | inner.map(lambda one: f'{{"[": {one}}}')))
@settings(max_examples=200)
def test_nesting_is_counted_right(text):
    def depth(value):
        inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    true = depth(python_json.loads(text))
    for limit in range(true + 2):
        assert (json.nesting(text, limit) <= limit) == (true <= limit)


@pytest.mark.parametrize("depth", [1, 100, 200])
@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_depth_up_to_the_limit_is_read(opening, depth):
    closing = "".join("]" if one == "[" else "}" for one in reversed(opening) if one in "[{")
    times = depth // len(closing)
    text = opening * times + "1" + closing * times
    value = json.parse(text)
    assert json.parse(json.stringify(value)) == value


@pytest.mark.parametrize(
    "text", ["[" * 201 + "]" * 201, "[" * 100_000, '{"a":' * 50_000, "[" * 500_000 + "]" * 500_000, "[[]," * 100_000, '["' + '"],["' * 10 + "[" * 300, "[" * 300 + '"]]]]']
)
def test_f15_deep_texts_are_refused_before_c_sees_them(text):
    with pytest.raises(MLError) as caught:
        json.parse(text)
    assert caught.value.type == "ValueError"


@pytest.mark.parametrize("text", ['"' + "[" * 500 + '"', '["' + "[[[" * 100 + '", "\\"[[", "\\\\"]', '{"' + "{" * 300 + '": "' + "]" * 300 + '"}'])
def test_brackets_in_strings_do_not_nest(text):
    assert json.parse(text) == python_json.loads(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not json: a value is missing at line 1, column 1"),
        ("[1,\n 2,]", "at line 2, column"),
        ("{'a': 1}", "not json: a key in double quotes is missing at line 1, column 2"),
        ('{"a" 1}', "not json: a colon is missing at line 1, column 6"),
        ("[1 2]", "not json: a comma is missing at line 1, column 4"),
        ("[NaN]", "not json: `NaN` is no number of json"),
        ("-Infinity", "not json: `-Infinity` is no number of json"),
        ('"\\ud800"', "not json: an escape stands for half a character"),
        ('["\\udc00\\ud800"]', "not json: an escape stands for half a character"),
        ("1 x", "not json: there is text after the value at line 1, column 3"),
        ('"a\nb"', "not json: a control character, which a string must escape, at line 1, column 3"),
        ("9" * 5000, "a number in the json text has too many digits"),
        ("\ufeff1", "not json: a value is missing at line 1, column 1"),
        ("'a'", "not json: a value is missing at line 1, column 1"),
    ],
)
def test_errors_say_where_and_name_no_python(text, message):
    with pytest.raises(MLError) as caught:
        json.parse(text)
    assert message in caught.value.message
    assert caught.value.type == "ValueError"
    assert "python" not in caught.value.message.lower()
    assert "Expecting" not in caught.value.message


def test_half_characters_from_two_escapes_are_one():
    assert json.parse('"\\ud83d\\ude00"') == "😀"


def test_of_equal_keys_the_last_counts():
    assert json.parse('{"a": 1, "a": 2}') == {"a": 2}


def cycle():
    value = []
    value.append({"again": value})
    return value


def deep(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def shared(depth):
    value = ["x"]
    for _ in range(depth):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("value", "message", "kind"),
    [
        (cycle(), "the value contains itself", "ValueError"),
        (deep(250), "the value is nested more than 200 deep", "ValueError"),
        (deep(100_000), "the value is nested more than 200 deep", "ValueError"),
        (shared(60), "the value is too large for json", "ValueError"),
        (["x" * 1_000_000] * 1000, "the value is too large for json", "ValueError"),
        ([{"k" * 1_000_000: 1}] * 1000, "the value is too large for json", "ValueError"),
        ([[[0] * 1000] * 1000] * 1000, "the value is too large for json", "ValueError"),
        ("x" * 20_000_000, "the value is too large for json", "ValueError"),
        ({"a": [math.nan]}, "nan and infinity have no json form", "ValueError"),
        (-math.inf, "nan and infinity have no json form", "ValueError"),
        ([len], "`value` must be made of objects, arrays, strings, numbers, booleans and null, not a function", "TypeError"),
        ({1: 2}, "an object with a key that is not a string has no json form", "TypeError"),
        ([{"a": {None: 2}}], "an object with a key that is not a string has no json form", "TypeError"),
        ([10**5000], "a number with so many digits has no json form", "ValueError"),
    ],
)
def test_values_without_a_json_form(value, message, kind):
    for indent in (None, 2):
        with pytest.raises(MLError) as caught:
            json.stringify(value, indent)
        assert caught.value.message.startswith(message)
        assert caught.value.type == kind


@given(VALUES)
@settings(max_examples=100)
def test_measure_counts_the_tree(value):
    def count(one):
        return 1 + sum(map(count, one if isinstance(one, list) else one.values() if isinstance(one, dict) else ()))

    assert json.measure(value)[0] == count(value)


def test_a_large_but_legal_value():
    value = [{"id": number, "name": f"user {number}", "tags": ["a", "b"]} for number in range(30_000)]
    assert json.parse(json.stringify(value)) == value


@pytest.mark.parametrize(("depth", "found"), [(2, None), (3, [[[1]]]), (100, [[[1]]])])
def test_safe_parse_has_its_own_depth(depth, found):
    assert json.safe_parse("[[[1]]]", depth) == found


@pytest.mark.parametrize("indent", [-1, 17, "x", 1.5])
def test_an_indent_is_small(indent):
    with pytest.raises(MLError):
        json.stringify([1], indent)


@pytest.mark.parametrize("code", ["json.parse(1)", "json.parse(null)", "json.keys([])", "json.get({}, 1)", "json.merge({}, 1)", "json.safeParse(1)", 'json.safeParse("1", "2")'])
def test_arguments_of_another_type(code):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import json;\n{code}")
    assert caught.value.type == "TypeError"


def test_merge_makes_a_new_object():
    first = {"a": 1}
    assert json.merge(first, {"b": 2}) == {"a": 1, "b": 2}
    assert first == {"a": 1}

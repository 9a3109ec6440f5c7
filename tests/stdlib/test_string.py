"""Text: spellings, wrapping, templates, characters, edit distance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlpy.stdlib import string

import mlpy
from mlpy.errors import MLError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("user_name", ["user", "name"]),
        ("parseHTTPResponse", ["parse", "HTTP", "Response"]),
        ("XMLHttpRequest2", ["XML", "Http", "Request2"]),
        ("  a-b  c!", ["a", "b", "c"]),
        ("ÉcoleNormale", ["École", "Normale"]),
        ("__", []),
    ],
)
def test_words(text, words):
    assert string.words(text) == words
    assert string.snake_case(text) == "_".join(words).lower()


@given(st.text())
def test_spellings_are_stable(text):
    snake = string.snake_case(text)
    assert string.words(snake) == [word.lower() for word in string.words(text) if word] or not snake.isascii()


@pytest.mark.parametrize(("width", "found"), [(1, "."), (3, "..."), (4, "a..."), (9, "abcdef..."), (10, "abcdefghij"), (50, "abcdefghij")])
def test_truncate(width, found):
    assert string.truncate("abcdefghij", width) == found
    assert len(found) <= width


@given(st.text("ab \n", max_size=60), st.integers(1, 12))
def test_wrapped_lines_fit_and_lose_no_word(text, width):
    lines = string.wrap(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(len(line) <= width or " " not in line for line in lines)


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ""), ("{a}", "1"), ("{ a }-{b}", "1-[2, null]"), ("{{a}}", "{a}"), ("{{{a}}}", "{1}"), ("no places", "no places"), ("{a}{a}", "11")],
)
def test_template(text, found):
    assert string.template(text, {"a": 1, "b": [2, None]}) == found


@pytest.mark.parametrize(
    ("text", "kind"), [("{missing}", "KeyError"), ("{a", "ValueError"), ("a}", "ValueError"), ("{a.__class__}", "KeyError"), ("{a!r}", "KeyError"), ("{}", "KeyError")]
)
def test_a03_a_template_reaches_keys_and_nothing_else(text, kind):
    with pytest.raises(MLError) as caught:
        string.template(text, {"a": 1})
    assert caught.value.type == kind


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_levenshtein_is_a_distance(a, b):
    found = string.levenshtein(a, b)
    assert found == string.levenshtein(b, a)
    assert (found == 0) == (a == b)
    assert abs(len(a) - len(b)) <= found <= max(len(a), len(b))


def test_characters_and_codes():
    assert string.from_code_points(string.code_points("añ😀")) == "añ😀"
    assert string.chars("añ😀") == ["a", "ñ", "😀"]


@pytest.mark.parametrize("codes", [[0xD800], [-1], [0x110000]])
def test_f26_codes_without_a_character_are_refused(codes):
    with pytest.raises(MLError):
        string.from_code_points(codes)


@pytest.mark.parametrize(
    "code",
    [
        "string.repeat(1, 2)",
        'string.wrap("a", "b")',
        "string.reverse(null)",
        'string.template("a", 1)',
        "string.fromCodePoints(1)",
        'string.levenshtein("a", 1)',
        'string.truncate("a", null)',
    ],
)
def test_arguments_of_another_type(code):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import string;\n{code}")
    assert caught.value.type == "TypeError"


def test_no_text_grows_without_bound():
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run('import string;\nstring.repeat("x", 10 ** 12)')
    assert caught.value.limit == "size"
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run('import string;\nstring.template("{a}".repeat(1000), {a: "x".repeat(1000000)})')
    assert caught.value.limit == "size"

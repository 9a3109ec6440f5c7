"""Values and reports as text: what fits, what is cut, and that nothing of a value reaches a terminal raw."""

from __future__ import annotations

import time

import pytest
from mlpy.repl import display
from mlpy.repl.display import Chart, Pages, Style, Table

STYLE = Style(width=40)


def shown(value, style=STYLE):
    return display.value_text(value, style)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (2.0, "2.0"),
        ("a\n\x1b[31m", '"a\\n\\x1b[31m"'),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a", None], '[1, "a", null]'),
        ({"name": "Ada", "b c": [1]}, '{name: "Ada", "b c": [1]}'),
        ([[], {}], "[[], {}]"),
    ],
)
def test_what_fits_on_a_line_is_shown_in_the_language(value, text):
    assert shown(value) == text


def test_what_holds_itself_ends():
    own = {"n": 1}
    own["self"] = own
    assert shown(own) == "{n: 1, self: …}"
    deep: list[object] = []
    inner = deep
    for _ in range(100_000):
        inner.append([])
        inner = inner[0]
    assert shown(deep).count("\n") < 10
    assert len(shown(deep, STYLE.whole())) < 1_000_000


def test_objects_in_an_array_are_a_table():
    people = [{"name": "Ada", "age": 36}, {"name": "日本\x1b", "age": 7.5, "tags": ["a"]}, {"name": None}]
    assert shown(people).split("\n") == [
        "   name      age  tags",
        "─  ────────  ───  ─────",
        "0  Ada        36",
        '1  日本\\x1b  7.5  ["a"]',
        "2  null",
    ]


def test_a_table_is_cut_to_its_width_and_its_rows():
    rows = [{"text": "x" * 50, **{f"k{at}": at for at in range(9)}} for _ in range(30)]
    lines = shown(rows).split("\n")
    assert max(map(display.width_of, lines[:-2])) <= 40
    assert len(lines) == 2 + 20 + 2
    assert lines[0].endswith("…")
    assert lines[-2] == "… 10 more rows and 3 more columns: `.show` prints all"
    assert lines[-1] == "  k6, k7, k8"
    whole = shown(rows, STYLE.whole())
    assert "…" not in whole
    assert whole.count("x" * 50) == 30


def test_a_deep_object_is_a_tree():
    value = {"user": {"name": "Ada", "address": {"street": "12 Some Long Road", "city": "London", "zip": 1}}, "tags": ["a"] * 30, "text": "y" * 60}
    assert shown(value).split("\n") == [
        "{3 members}",
        "├─ user {2 members}",
        '│  ├─ name: "Ada"',
        "│  └─ address {3 members}",
        '│     ├─ street: "12 Some Long Road"',
        '│     ├─ city: "London"',
        "│     └─ zip: 1",
        '├─ tags: ["a", "a", "a", "a…  [30 items]',
        f'└─ text: "{"y" * 29}…',
        "… `.show` prints all",
    ]
    assert "…" not in shown(value, STYLE.whole())


def test_a_value_that_shares_its_parts_ends(monkeypatch):
    """Each level holds the one below twice: 2**40 lines if it were written out."""
    monkeypatch.setattr(display, "LINES", 2_000)
    value: list[object] = ["x" * 30, "y" * 30]
    for _ in range(40):
        value = [value, value]
    assert shown(value).count("\n") < 60
    assert shown(value, STYLE.whole()).count("\n") < 2_200


def test_long_values_are_cut_and_say_so():
    assert shown("z" * 200_000) == f'"{"z" * 1_000}…\n… 199,000 more characters: `.show` prints all'
    assert len(shown("z" * 200_000, STYLE.whole())) == 200_002
    numbers = shown(list(range(1_000_000)))
    assert numbers.startswith("[0, 1, 2")
    assert numbers.endswith("more items: `.show` prints all")
    assert numbers.count("\n") == 10
    keys = shown({f"k{at}": at for at in range(100)})
    assert "… 80 more" in keys


def test_showing_a_large_value_costs_what_is_shown():
    """Ten milliseconds, where walking the items takes seconds."""
    numbers, rows = [0] * 3_000_000, [{"a": 1}] * 300_000
    began = time.process_time()
    for value in (numbers, rows, {"numbers": numbers, "rows": rows}):
        shown(value)
    assert time.process_time() - began < 1


def test_a_scalar_that_fails_to_show_does_not_fail_the_prompt():
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("secret")

    assert shown([Broken()]) == "[<object>]"


def test_colours_are_only_ever_added():
    value = [{"name": "Ada", "age": 36, "f": len, "n": None}, {"name": "Bob", "deep": {"a": [1]}}]
    for one in (value, value[0], "x", 1.5, [1, 2], {"long": "x" * 100, "deep": {"a": list(range(100))}}):
        plain = shown(one)
        colored = shown(one, Style(width=40, color=True))
        assert "\x1b" not in plain
        assert "\x1b[" in colored
        assert strip(colored) == plain


def strip(text):
    return "".join(piece.partition("m")[2] if at else piece for at, piece in enumerate(text.split("\x1b[")))


def test_without_unicode_everything_is_ascii():
    style = Style(width=40, ascii=True)
    for value in ([{"naïve": "日本"}, {"naïve": 1}], {"a": {"b": "x" * 90, "c": "é"}, "d": 1}, "…é"):
        assert shown(value, style).isascii()
    assert display.text(Chart([("a", 1.0, "1 ms"), ("b", 0.01, "2 µs")]), style).isascii()


def test_bars_are_in_proportion():
    chart = Chart([("stats.mean", 1.0, "12 ms"), ("json.parse", 0.5, "6 ms"), ("tiny", 0.0001, "1 µs"), ("none", 0, "0")])
    lines = display.text(chart, Style(width=50)).split("\n")
    assert [line.count("█") for line in lines] == [31, 15, 0, 0]
    assert "▏" in lines[2]
    assert not set(lines[3]) & set("█▏▎▍▌▋▊▉")
    assert {display.width_of(line) for line in lines} == {50}


def test_tables_and_pages_are_for_reports():
    table = Table(["module", "calls"], [["math", "1,000"], ["json\n", "7"]], right=[1])
    assert display.text(table, STYLE).split("\n") == ["module  calls", "──────  ─────", "math    1,000", "json\\n      7"]
    pages = display.text(Pages("one", ("title", Table((), [["a", "b"]])), "", Chart([])), STYLE)
    assert pages == "one\n\ntitle\na  b"


def test_the_last_cell_of_a_table_may_wrap():
    table = Table((), [["name", "a text of several words that go on"], ["x", "short"], ["y", "z" * 40]], wraps=True)
    assert display.text(table, Style(width=30)).split("\n") == ["name  a text of several words", "      that go on", "x     short", "y     " + "z" * 23 + "…"]


@pytest.mark.parametrize("width", [1, 2, 5, 17, 40, 200])
def test_any_width_will_do(width):
    style = Style(width=width)
    for value in ([{"a": "日本語" * 5, "b": 1}] * 2, {"k" * 50: {"x": ["y" * 99]}, "日本": "語" * 99}, ["é" * 30] * 9, "x" * 99, list(range(50))):
        assert shown(value, style)

"""Messages: which stream, which margin, and tables."""

from __future__ import annotations

import pytest
from mlpy.stdlib.console import table_text

import mlpy


def printed(code, **options):
    return mlpy.compile(f"import console;\n{code}").run(**options).output


def test_lines_groups_and_values():
    code = 'console.log("a", [1, null]); console.group("in"); console.info("b\\nc"); console.group(); console.debug(1); console.groupEnd(); console.groupEnd(); console.groupEnd(); console.log();'
    assert printed(code) == "a [1, null]\nin\n  b\n  c\n    1\n\n"


def test_runs_share_no_margin():
    assert printed("console.group();") == ""
    assert printed('console.log("x");') == "x\n"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], "(no rows)"),
        ([{}], "(no rows)"),
        ([{"name": "Ada", "age": 36}, {"name": "Bo", "x": [1]}], "name │ age │ x\n─────┼─────┼────\nAda  │  36 │\nBo   │     │ [1]"),
        ([[1, "a"], [20]], " 0 │ 1\n───┼──\n 1 │ a\n20 │"),
        ([1, None], "value\n─────\n1\nnull"),
        (["a\nb"], 'value\n──────\n"a\\nb"'),
    ],
)
def test_tables(rows, text):
    assert table_text(rows) == text


def test_output_is_counted():
    with pytest.raises(mlpy.MLError) as caught:
        printed('while (true) { console.log("x".repeat(1000)); }', limits=mlpy.Limits(output=100_000))
    assert caught.value.limit == "output"


@pytest.mark.parametrize(
    "code",
    [
        "rows = range(6000).map(fn(i) => { o = {}; o[str(i)] = 1; return o; }); console.table(rows);",
        'text = "y".repeat(1000000); console.table([...range(6000), text]);',
        'text = "y".repeat(1000000); console.table([range(10000).map(fn(i) => text)]);',
        'for (i in range(100)) { console.group(); } console.log("\\n".repeat(60000000));',
    ],
)
def test_what_is_printed_is_sized_before_it_is_made(code):
    with pytest.raises(mlpy.MLError) as caught:
        printed(code, limits=mlpy.Limits(output=10**12))
    assert caught.value.limit == "size"


def test_a_limit_ends_a_large_table():
    with pytest.raises(mlpy.MLError) as caught:
        printed("row = range(3000); rows = range(3000).map(fn(i) => row); console.table(rows);", limits=mlpy.Limits(output=10**12, time=0.3))
    assert caught.value.limit == "time"


def test_a_table_needs_an_array():
    with pytest.raises(mlpy.MLError) as caught:
        printed("console.table(1);")
    assert caught.value.type == "TypeError"

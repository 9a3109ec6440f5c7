"""F43: types stay small: shared, at most five deep and eight wide, printed in at most 200 characters."""

from __future__ import annotations

import pytest

from mlpy.analysis import check
from mlpy.analysis.shapes import ANY, BOOLEAN, FLOAT, INT, MAX_DEPTH, MAX_TEXT, NULL, NUMBER, STRING, Shapes, show
from mlpy.source import Source
from mlpy.syntax.parser import parse


def diagnostics(text):
    module, _ = parse(source := Source(text))
    return check(module, source, builtins={"print": print})[1]


def test_f43_records_of_records_do_not_grow():
    types = "type T0 = {a: number, b: number};" + "".join(f"type T{at} = {{a: T{at - 1}, b: T{at - 1}}};" for at in range(1, 60))
    values = "v0 = {a: 1, b: 1};" + "".join(f"v{at} = {{a: v{at - 1}, b: v{at - 1}}};" for at in range(1, 60))
    found = diagnostics(types + values + "function f(x: T59) { return x; } f(v59); f(1);")
    assert [one.code for one in found] == ["E0401"]
    assert len(found[0].title) < 3 * MAX_TEXT


def test_f43_unions_of_records_do_not_multiply():
    arms = " | ".join(f"{{k{at}: {{a: number}} | {{b: string}} | null}}" for at in range(40))
    found = diagnostics(f"type U = {arms}; function f(x: U) {{ return x; }} f(1); f({{k1: 1}});")
    assert found == []


def test_f43_equal_types_are_one_object():
    shapes = Shapes()
    one, other = (shapes.record([("a", shapes.array(INT), False)], exact=False) for _ in range(2))
    assert one is other
    assert shapes.union([INT, STRING]) is shapes.union([STRING, INT])
    assert shapes.union([FLOAT, INT, INT]) is NUMBER


def test_f43_depth_and_width_end_in_any():
    shapes = Shapes()
    deep = INT
    for _ in range(40):
        deep = shapes.array(deep)
    assert deep.depth <= MAX_DEPTH
    records = [shapes.record([(f"k{at}", INT, False)], exact=False) for at in range(9)]
    assert shapes.union(records[:8]).kind == "union"
    assert shapes.union(records) is ANY
    assert shapes.record([(f"k{at}", INT, False) for at in range(100)], exact=True).fields == ()


def test_f43_printing_is_capped():
    shapes = Shapes()
    wide = INT
    for at in range(5):
        wide = shapes.record([(f"a_long_name_of_a_field_{at}_{part}", wide, False) for part in range(8)], exact=False)
    text = show(wide)
    assert len(text) == MAX_TEXT
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("shape", "text"), [(NUMBER, "number"), (Shapes().union([NULL, INT, FLOAT]), "number | null"), (Shapes().array(STRING), "array<string>"), (BOOLEAN, "boolean")]
)
def test_types_are_shown_as_they_are_written(shape, text):
    assert show(shape) == text

"""Members of a module are read straight from it where a name can stand for nothing else; a program cannot tell."""

from __future__ import annotations

import ast
import threading

import pytest

import mlpy
from mlpy.compiler import lower_source
from mlpy.engine import default_engine
from mlpy.runtime.values import ModuleHandle, viewed
from mlpy.source import Source

MODULE = """
from mlpy.sdk import ml_function, ml_module

@ml_module("made", version="1.0.0")
class Made:
    level = {level}

@ml_function
def grade() -> int:
    return {level}
"""


def program(text):
    """The Python of a program's body."""
    return ast.unparse(lower_source(Source(text, "<test>"), default_engine().registry, ())[3])


def test_declared_members_are_read_from_the_view():
    text = program("import math; import functional as f; function g(r) { return math.pi * math.sqrt(r); } f.identity(math.floor(2.5));")
    assert "$:math = $view(math, ('pi', 'sqrt', 'floor'))" in text
    assert "$:math.$:sqrt(r)" in text
    assert "$:f.$:identity($:math.$:floor(2.5))" in text


@pytest.mark.parametrize(
    "text",
    [
        "import math; math = {sqrt: fn(x) => x}; math.sqrt(4);",  # the name stands for something else later
        "import math; function f() { nonlocal math; math = {sqrt: abs}; } f(); math.sqrt(4);",
        "x = 1; import math; math.sqrt(x);",  # a line before it could have called what needs it
        "import math; math?.sqrt(4);",
        "import math; math.noSuchMember;",
        "import math; math.is_nan(3);",  # only the declared spelling is known
        "import math; import math; math.sqrt(4);",
        "import math; function f(math) { return math.sqrt; } f({sqrt: 2});",  # another variable
    ],
)
def test_whatever_is_not_certain_is_asked_for(text):
    assert "$view" not in program(text)


def test_a_session_asks_each_time():
    session = mlpy.Engine().session()
    session.evaluate("import math;")
    session.evaluate("function f() { return math.sqrt(9); }")
    session.evaluate("math = {sqrt: fn(x) => x};")
    assert session.evaluate("f()").value == 9


def test_a_reload_reaches_functions_that_read_from_a_view(tmp_path):
    file = tmp_path / "made.py"
    file.write_text(MODULE.format(level=1))
    engine = mlpy.Engine(extension_paths=[str(tmp_path)])
    program = engine.compile("import made; function ask() { return [made.grade(), made.level]; } ask();")
    result = engine.run(program)
    ask = result.exports["ask"]
    assert (result.value, ask()) == ([1, 1], [1, 1])
    file.write_text(MODULE.format(level=22))
    engine.registry.reload("made")
    assert ask() == [22, 22]


def test_a_member_that_a_reload_took_away_is_null(tmp_path):
    file = tmp_path / "made.py"
    file.write_text(MODULE.format(level=1))
    engine = mlpy.Engine(extension_paths=[str(tmp_path)])
    ask = engine.run("import made; function ask() { return made.level; }").exports["ask"]
    file.write_text(MODULE.format(level=1).replace("level = 1", "other = 2"))
    engine.registry.reload("made")
    assert ask() is None


def test_a_view_keeps_no_handle_alive():
    handle = ModuleHandle("made", {"grade": len})
    view = handle.view(("grade", "missing"))
    assert viewed(view) is handle
    assert (view.__dict__["$:grade"], view.__dict__["$:missing"]) == (len, None)
    del handle
    assert viewed(view) is None


def test_programs_that_begin_at_once_read_from_one_view_which_a_reload_reaches():
    handle = ModuleHandle("made", {"grade": len})
    begun, found = threading.Event(), []

    def names():  # what is slow between the first look at a module and its view
        begun.set()
        other.join(0.2)
        yield "grade"

    other = threading.Thread(target=lambda: (begun.wait(), found.append(handle.view(("grade",)))))
    other.start()
    view = handle.view(names())
    other.join()
    handle.replace({"grade": max})
    assert found[0] is view
    assert view.__dict__["$:grade"] is max


def test_a_reload_reaches_a_view_that_is_being_made():
    handle = ModuleHandle("made", {"grade": len})

    def names():
        handle.replace({"grade": max})
        yield "grade"

    view = handle.view(names())
    handle.replace({"grade": min})
    assert view.__dict__["$:grade"] is min


def test_functions_that_read_from_views_go_to_workers():
    assert mlpy.run("import math; import parallel; scale = 2; parallel.map(fn(x) => scale * math.sqrt(x), [1, 4, 9]);") == [2.0, 4.0, 6.0]


def test_errors_say_what_was_written():
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run("import math;\nmath.pi();")
    error = caught.value
    assert (error.type, error.message) == ("TypeError", "`math.pi` is a number and cannot be called")

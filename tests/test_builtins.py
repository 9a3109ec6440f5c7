"""The builtins: their examples, conversions, formats, numbers, what they refuse, and the page that lists them."""

from __future__ import annotations

import inspect
import io
import math
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpy.engine import Engine
from mlpy.errors import CapabilityDenied, LimitExceeded, MLError
from mlpy.runtime.builtins import BUILTINS, MAX_DIGITS
from mlpy.runtime.values import MAX_ITEMS, ErrorValue, ModuleHandle

EXAMPLE = re.compile(r"Example: `(.+?)`(?: → `(.+?)`| prints `(.+?)`)?\.\s*$")
NAMES = [
    "print",
    "input",
    "int",
    "float",
    "bool",
    "str",
    "repr",
    "format",
    "typeof",
    "isinstance",
    "callable",
    "len",
    "range",
    "enumerate",
    "zip",
    "sorted",
    "reversed",
    "keys",
    "values",
    "items",
    "abs",
    "round",
    "min",
    "max",
    "sum",
    "all",
    "any",
    "map",
    "filter",
    "reduce",
    "call",
    "chr",
    "ord",
    "hex",
    "bin",
    "oct",
    "iter",
    "next",
    "hasattr",
    "getattr",
    "assertEqual",
    "assertThrows",
    "help",
    "modules",
    "availableModules",
    "hasModule",
    "moduleInfo",
    "methods",
    "hasCapability",
    "getCapabilities",
    "getCapabilityInfo",
    "requiredCapabilities",
]
engine = Engine()


def failure(function, *arguments, **named):
    with pytest.raises(MLError) as caught:
        function(*arguments, **named)
    return caught.value


def printed(source, **options):
    return engine.run(source, **options).output


def test_the_builtins_are_those_of_the_language():
    assert list(BUILTINS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_each_builtin(name, monkeypatch):
    code, result, output = EXAMPLE.search(BUILTINS[name].__doc__).groups()
    monkeypatch.setattr(sys, "stdin", io.StringIO("Ada\n"))
    ran = engine.run(code, grants=["console.read"] if name == "input" else [])
    if result is not None:
        assert ran.value == engine.run(result).value
    if output is not None:
        assert ran.output == output + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_f19_parameters_are_declared_and_named_in_the_languages_words(name):
    for parameter in inspect.signature(BUILTINS[name]).parameters.values():
        assert parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.VAR_POSITIONAL)
        assert not parameter.name.startswith("_")
        assert set(re.findall(r"\w+", parameter.annotation)) <= {"any", "array", "boolean", "float", "function", "int", "null", "number", "object", "string"}
    assert BUILTINS[name].__name__ == name


# ── conversion ───────────────────────────────────────────────────────────────────────────────────────────────────

to_int, to_float = BUILTINS["int"], BUILTINS["float"]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("3.9", 3), ("-3.9", -3), (" 4 ", 4), ("1_000", 1000), ("1e3", 1000), ("12345678901234567890.5", 12345678901234567890), (True, 1), (2.9, 2), (-2.9, -2), ("+7", 7)],
)
def test_int(given_, expected):
    assert to_int(given_) == expected
    assert type(to_int(given_)) is int


@given(st.integers(), st.integers(2, 36))
def test_int_reads_what_it_can_write_in_any_base(number, base):
    assert to_int(str(number)) == number
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text, rest = "", abs(number)
    while rest or not text:
        rest, digit = divmod(rest, base)
        text = digits[digit] + text
    assert to_int("-" * (number < 0) + text, base) == number


def test_long_numbers_are_read_and_written_exactly():
    number = 7**30_000
    text = BUILTINS["str"](number)
    assert to_int(text) == number
    assert to_int("-" + text) == -number
    assert to_int("f" * 5000, 16) == 16**5000 - 1
    assert failure(to_int, "1" * (MAX_DIGITS + 1)).message.startswith("a whole number has at most 30,103 digits")
    assert failure(to_int, "1" * 2000 + "x").message.startswith("cannot read ")
    assert failure(to_int, "1_" * 1000 + "1").type == "ValueError"


@pytest.mark.parametrize(
    ("function", "arguments", "kind", "message"),
    [
        ("int", ("abc",), "ValueError", 'cannot read "abc" as a whole number'),
        ("int", ("",), "ValueError", 'cannot read "" as a whole number'),
        ("int", ("inf",), "ValueError", 'cannot read "inf" as a whole number'),
        ("int", ("9", 8), "ValueError", 'cannot read "9" as a whole number in base 8'),
        ("int", ("9", 1), "ValueError", "the base of `int` is 0 or 2 to 36, not 1"),
        ("int", (None,), "TypeError", "cannot make a whole number of null"),
        ("int", ([],), "TypeError", "cannot make a whole number of an array"),
        ("int", (math.inf,), "ValueError", "inf has no whole number"),
        ("int", (math.nan,), "ValueError", "nan has no whole number"),
        ("float", ("x",), "ValueError", 'cannot read "x" as a number'),
        ("float", (None,), "TypeError", "cannot make a number of null"),
        ("float", (10**400,), "ValueError", "the result is too large for a float"),
        ("round", (math.inf,), "ValueError", "inf has no whole number"),
        ("round", (1, -3_000_000), "ValueError", "`round` takes -400 to 400 digits, not -3000000"),
        ("round", ("1",), "TypeError", "`round` takes a number as `x`, not a string"),
        ("abs", ("1",), "TypeError", "`abs` takes a number as `x`, not a string"),
        ("chr", (0xD800,), "ValueError", "55296 is not the code of a character"),
        ("chr", (-1,), "ValueError", "-1 is not the code of a character"),
        ("chr", ("a",), "TypeError", "`chr` takes a whole number as `code`, not a string"),
        ("ord", ("ab",), "TypeError", '`ord` takes one character, not "ab"'),
        ("hex", (1.5,), "TypeError", "`hex` takes a whole number as `n`, not 1.5"),
        ("len", (print,), "TypeError", "a function has no length"),
        ("range", (2.5,), "TypeError", "`range` takes a whole number as `stop`, not 2.5"),
        ("range", (1, 5, 0), "ValueError", "the step of a range cannot be 0"),
        ("keys", ([1],), "TypeError", "`keys` takes an object as `o`, not an array"),
        ("sum", ([1, "a"],), "TypeError", "cannot add a string to a number"),
        ("min", ([1, "a"],), "TypeError", "cannot compare a string with a number"),
        ("sorted", (5,), "TypeError", "cannot walk over a number"),
        ("sorted", ([1], 5), "TypeError", "`sorted` takes a function as `key`, not a number"),
        ("map", ([1], len), "TypeError", "`map` takes a function as `f`, not an array"),
        ("call", (1,), "TypeError", "`call` takes a function as `f`, not a number"),
        ("isinstance", (1, "nubmer"), "ValueError", 'unknown type "nubmer"'),
        ("next", ([1],), "TypeError", "`next` takes an iterator as `it`, not an array"),
        ("getattr", ({}, 1), "TypeError", "`getattr` takes a string as `name`, not a number"),
    ],
)
def test_what_is_refused(function, arguments, kind, message):
    error = failure(BUILTINS[function], *arguments)
    assert (error.type, error.message) == (kind, message)


# ── format ───────────────────────────────────────────────────────────────────────────────────────────────────────

format_ = BUILTINS["format"]
SPECS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "<", ">", "^", "=", "*>", "é^"]),
        st.sampled_from(["", "+", "-", " "]),
        st.sampled_from(["", "#"]),
        st.sampled_from(["", "0"]),
        st.sampled_from(["", "1", "12"]),
        st.sampled_from(["", ",", "_"]),
        st.sampled_from(["", ".0", ".3"]),
        st.sampled_from(["", "d", "b", "o", "x", "X", "e", "E", "f", "F", "g", "G", "%"]),
    ),
)


@given(st.integers() | st.floats(), SPECS)
def test_formats_of_numbers_are_pythons(value, spec):
    try:
        expected = format(value, spec)
    except ValueError:
        expected = None
    if expected is None and type(value) is int and "." in spec and spec[-1].isdigit():
        expected = format(float(value), spec) if abs(value) < 1e300 else None  # ours takes a precision for any number
    try:
        assert format_(value, spec) == (expected if spec else BUILTINS["str"](value))
    except MLError:
        assert expected is None


@given(st.text(max_size=5), st.sampled_from(["", "<", ">", "^", "*>"]), st.sampled_from(["", "3", "12"]), st.sampled_from(["", ".2"]), st.sampled_from(["", "s"]))
def test_formats_of_strings_are_pythons(text, align, width, precision, kind):
    spec = align + width + precision + kind
    assert format_(text, spec) == format(text, spec)


def test_other_values_are_formatted_as_they_display():
    assert format_([1, "a"], ">12") == '    [1, "a"]'
    assert format_(None, "^6") == " null "
    assert format_(True, ">6") == "  true"
    assert format_(True, "d") == "1"


@pytest.mark.parametrize(
    ("value", "spec", "message"),
    [
        (1, ">1001", "the width of a format is at most 1,000"),
        (1, "9" * 5000, "the width of a format is at most 1,000"),
        (1.0, ".101f", "the precision of a format is at most 100"),
        (1.0, ".f", '".f" is not a format'),
        (1, "q", '"q" is not a format'),
        (1, "c", '"c" is not a format'),
        (1, "n", '"n" is not a format'),
        ("a", "{0.__class__}", '"{0.__class__}" is not a format'),
        (1.5, "d", "the format `d` is for whole numbers, not for 1.5"),
        ("a", "d", "the format `d` is for numbers, not for a string"),
        ("a", "05", '"05" is a format of numbers, not of a string'),
        (1, "s", "the format `s` is for strings, not for a number"),
        (10**700, "d", "`format` takes whole numbers of at most 600 digits"),
        (10**400, ".2f", "the result is too large for a float"),
    ],
)
def test_formats_that_are_refused(value, spec, message):
    assert failure(format_, value, spec).message == message


# ── items and numbers ────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(-20, 20), st.none() | st.integers(-20, 20), st.integers(-4, 4).filter(bool))
def test_range_is_pythons(start, stop, step):
    expected = list(range(0, start, step)) if stop is None else list(range(start, stop, step))
    assert BUILTINS["range"](start, stop, step) == expected


def test_ranges_are_sized_before_they_are_made():
    for arguments in ((10**12,), (0, -(10**12), -1), (MAX_ITEMS + 1,)):
        with pytest.raises(LimitExceeded):
            BUILTINS["range"](*arguments)
    assert BUILTINS["range"](5, 10**12, 10**12) == [5]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), st.integers(-400, 400))
def test_round_is_pythons(number, digits):
    assert BUILTINS["round"](number) == round(number)
    try:
        expected = round(number, digits)
    except OverflowError:
        assert failure(BUILTINS["round"], number, digits).type == "ValueError"
    else:
        assert BUILTINS["round"](number, digits) == expected


@given(st.lists(st.integers() | st.floats(allow_nan=False), min_size=1) | st.lists(st.lists(st.integers(0, 2)), min_size=1) | st.lists(st.text(max_size=2), min_size=1))
def test_extremes_are_pythons(items):
    assert BUILTINS["min"](items) == min(items)
    assert BUILTINS["max"](items) == max(items)


def test_extremes_of_nothing_one_and_several():
    assert BUILTINS["max"]([]) is None
    assert BUILTINS["min"]() is None
    assert BUILTINS["max"](7) == 7
    assert BUILTINS["min"]("b", "a") == "a"
    assert BUILTINS["max"]({"a": 1, "b": 2}) == "b"


def test_sums():
    assert BUILTINS["sum"]([]) == 0
    assert BUILTINS["sum"]([True, 2, 0.5], 1) == 4.5
    assert BUILTINS["sum"](["a", "b"], "") == "ab"


def test_iterators():
    assert printed("it = iter({a: 1, b: 2}); print(next(it), typeof(it)); for (k in it) { print(k); } print(next(it, null));") == "a iterator\nb\nnull\n"
    assert printed("it = iter([1]); print(iter(it) == it, it); try { next(it); next(it); } except (e) { print(e.type, e); }") == (
        "true <iterator>\nValueError the iterator is at its end\n"
    )


def test_f26_an_exhausted_iterator_does_not_cut_a_map_short():
    error = failure(engine.run, "it = iter([1]); map(fn(x) => next(it), [1, 2, 3])")
    assert error.type == "ValueError"


def test_types():
    assert printed('print(isinstance(1, "int"), isinstance(1, "float"), isinstance(true, "number"), isinstance(null, "null"), isinstance([], "any"))') == (
        "true false false true true\n"
    )
    assert BUILTINS["isinstance"](ErrorValue("m", "T", None, None, None, []), "error")


@pytest.mark.parametrize("name", ["__class__", "__dict__", "upper", "append", "keys", "get", "items", "exception", "table"])
def test_getattr_reaches_no_attribute(name):
    for value in ("a", [1], {}, 1, None, print, ModuleHandle("m", {"x": 1}), ErrorValue("m", "T", 1, 1, "f", [])):
        assert BUILTINS["getattr"](value, name) is None
        assert BUILTINS["hasattr"](value, name) is False


def test_getattr_reads_what_a_dot_reads():
    module = ModuleHandle("m", {"findAll": 1})
    assert BUILTINS["getattr"](module, "find_all") == 1
    assert BUILTINS["hasattr"]({"a": None}, "a") is True
    assert BUILTINS["getattr"]({"a": None}, "a", 5) is None
    assert BUILTINS["getattr"]([1, 2], "length") == 2


# ── output, input, tests, looking around ─────────────────────────────────────────────────────────────────────────


def test_print():
    assert printed('print(); print("a"); print("a", ["a"], null, 1.0);') == '\na\na ["a"] null 1.0\n'


def test_input_needs_the_capability(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\r\ntwo"))
    with pytest.raises(CapabilityDenied):
        engine.run("input()")
    source = 'a = input("? "); b = input(); try { input(); } except (e) { print(e.type, e); } [a, b]'
    result = engine.run(source, grants=["console.read"])
    assert result.value == ["one", "two"]
    assert result.output == "? IOError standard input has ended\n"
    assert [one.capability for one in result.audit] == ["console.read"]


def test_input_is_valid_unicode(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("a\udcffb\n"))
    assert engine.run("input()", grants=["console.read"]).value.isprintable()


def test_assertions():
    assert failure(engine.run, "assertEqual([1, {a: 2}], [1, {a: 3}])").type == "AssertionError"
    assert engine.run("assertEqual(1, 1.0)").value is None
    assert engine.run('assertThrows(fn() => [][0], "IndexError").type').value == "IndexError"
    assert failure(engine.run, "assertThrows(fn() => 1)").message == "expected an error, but nothing was thrown"
    assert failure(engine.run, 'assertThrows(fn() => [][0], "KeyError")').message.startswith("expected an error of type `KeyError`, got `IndexError`")


def test_f01_assert_throws_does_not_outlive_a_limit():
    assert failure(engine.run, 'f = fn() => { x = "a" * 10**12; return x; }; assertThrows(f); print("alive")').limit == "size"


def test_help():
    assert (
        printed("help(round)")
        == "round(x: number, digits: int | null = null): number\n  The nearest whole number, the even one of two; with `digits` a number of that many places.\n"
    )
    assert printed('help("round")') == printed("help(round)")
    assert "\n  push(...values): null\n" in printed("help([])")
    assert "sqrt" in printed("import math; help(math)")
    assert printed('import math; help("math")') == printed("import math; help(math)")
    assert printed("function area(w, h = 1, ...rest) { return w; } help(area)") == "area(w, h = 1, ...rest)\n"
    assert printed("help(1)") == "number\n"
    assert printed("import http; help(http.encodeURI)").startswith('encodeURI(part: string, keep: string = ""): string\n  A part of a URL')
    assert printed("import file; help(file.delete)") == "delete(path: string): null  [file.delete:{path}]\n  Deletes a file; of a link the link.\n"
    assert printed("import process; help(process.run)").startswith("run(command: string, ...args: string, input: string | null = null, ")
    assert printed("try { throw 1; } except (e) { help(e); }").startswith("error: A caught error.\n  message  What went wrong.\n")


def test_modules():
    assert engine.run("import math; modules()").value == ["math"]
    info = engine.run('moduleInfo("math")').value
    assert (info["name"], [one["kind"] for one in info["members"] if one["name"] == "pi"]) == ("math", ["constant"])
    assert engine.run('[moduleInfo("nothing"), hasModule("nothing")]').value == [None, False]


def test_methods():
    assert engine.run("methods({f: print, x: 1})").value == ["f"]
    assert "upper" in engine.run('methods("")').value
    assert "sqrt" in engine.run("import math; methods(math)").value
    assert engine.run("methods(1)").value == []


def test_capabilities():
    granted = ["console.read", "env.read:HOME"]
    assert engine.run('[hasCapability("env.read:HOME"), hasCapability("env.read:PATH")]', grants=granted).value == [True, False]
    assert engine.run("getCapabilities()", grants=granted).value == granted
    assert engine.run('getCapabilityInfo("env.read")').value["kind"] == "env.read"
    assert engine.run('[getCapabilityInfo("nothing"), requiredCapabilities(input)]').value == [None, ["console.read"]]
    assert failure(engine.run, 'hasCapability("nothing:x")').type == "ValueError"

"""Python's exceptions as errors of ML: every message in ML's words, at the right place, with the right stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlpy
from mlpy.errors import MLError

if TYPE_CHECKING:
    from collections.abc import Callable


def failure(text: str, **functions: Callable[..., object]) -> MLError:
    with pytest.raises(MLError) as caught:
        mlpy.compile(text, functions=functions).run(functions=functions)
    assert not isinstance(caught.value, mlpy.CheckFailed), caught.value
    return caught.value


def place(error: MLError) -> str:
    assert error.source is not None
    assert error.span is not None
    return error.source.text[error.span.start : error.span.end]


# Text after `v = fn(x) => x;` (which hides types from the checker), type, message, hint, and what the carets stand under.
FAULTS = [
    ("v([1]) - v(2);", "TypeError", "cannot subtract a number from an array", None, "v([1]) - v(2)"),
    ('v("a") + v(2);', "TypeError", "cannot add a number to a string", "convert with `str(…)`, or use a template string such as `${…}` in backticks", 'v("a") + v(2)'),
    ("v(1) / v(0);", "ZeroDivisionError", "division by zero", None, "v(1) / v(0)"),
    ("v(7) % v(0);", "ZeroDivisionError", "division by zero", None, "v(7) % v(0)"),
    ('-v("a");', "TypeError", "cannot negate a string", None, '-v("a")'),
    ("1 in v(5);", "TypeError", "cannot look for a value in a number", "`in` works on arrays, objects and strings", "1 in v(5)"),
    ("f = v(null); f(1);", "TypeError", "`f` is null and cannot be called", "test it first, as in `if (f) { … }`", "f(1)"),
    ("o = {f: 3}; o.f(1);", "TypeError", "`o.f` is a number and cannot be called", None, "o.f(1)"),
    ("import json; json.stringfy(1);", "TypeError", "the module `json` has no member `stringfy`", "did you mean `stringify`?", "json.stringfy(1)"),
    ("import json as j; try { j.x(1); } finally {}", "TypeError", "the module `json` has no member `x`", "`help(j)` lists its members", "j.x(1)"),
    ("import math; math.floor(v(math.inf));", "ValueError", "an infinite number has no whole value", "test it with `math.isFinite(x)`", "math.floor(v(math.inf))"),
    ("v(5)(1);", "TypeError", "`v(5)` is a number and cannot be called", None, "v(5)(1)"),
    ("f = v(null); f[1];", "TypeError", "`f` is null and has no items", "`x?.[i]` gives null where `x` is null", "f[1]"),
    ("v(5)[1];", "TypeError", "a number has no items to index", None, "v(5)[1]"),
    ("s = v(null); s.k = 1;", "TypeError", "cannot set `k`: `s` is null", "give it an object first", "s.k"),
    ("s = v(null); s.foo;", "TypeError", "cannot read `foo`: `s` is null", "`?.foo` gives null instead of an error", "s.foo"),
    ("s = v({a: null}); s.a.b;", "TypeError", "cannot read `b`: `s.a` is null", "`?.b` gives null instead of an error", "s.a.b"),
    ("s = v([1]); s.foo;", "TypeError", "an array has no member `foo`", None, "s.foo"),
    ("s = v(5); s.foo;", "TypeError", "a number has no member `foo`", None, "s.foo"),
    ("s = v([1, 2]); i = 7; s[i];", "IndexError", "index 7 is out of range for an array of 2 items", "indexes go from 0 to 1, and from -1 back to -2", "s[i]"),
    ("s = v([1, 2]); i = 7; s[i] = 1;", "IndexError", "index 7 is out of range for an array of 2 items", "indexes go from 0 to 1, and from -1 back to -2", "s[i]"),
    ("s = v([1, 2]); i = 7; s[i + 1];", "IndexError", "the index is out of range for an array of 2 items", None, "s[i + 1]"),
    ('s = v("ab"); s[9];', "IndexError", "index 9 is out of range for a string of 2 characters", "indexes go from 0 to 1, and from -1 back to -2", "s[9]"),
    ("s = v([]); s.pop();", "IndexError", "cannot take an item from an empty array", "test `len(xs)` first", "s.pop()"),
    ("s = v([1]); s.pop(9);", "IndexError", "index 9 is out of range for an array of 1 item", "indexes go from 0 to 0, and from -1 back to -1", "s.pop(9)"),
    ("s = v([1]); s[1.5];", "TypeError", "an index of an array is a whole number, not one with a fraction", "divide with `~/`, or convert with `int(…)`", "s[1.5]"),
    ('s = v([1]); s["a"];', "TypeError", "an index of an array is a whole number, not a string", "convert it with `int(…)`", 's["a"]'),
    ('s = v({apple: 1}); s["aple"];', "KeyError", 'no key "aple"', 'did you mean "apple"?', 's["aple"]'),
    ('s = v({apple: 1}); s["zzz"];', "KeyError", 'no key "zzz"', "`o.k` or `getattr(o, key)` gives null where a key is missing", 's["zzz"]'),
    ("s = v({}); k = [1]; s[k];", "TypeError", "an object's keys are strings", "convert the key with `str(…)`", "s[k]"),
    ('s = v([1]); s["a":];', "TypeError", "the bounds of a slice are whole numbers or null", "divide with `~/`, or convert with `int(…)`", 's["a":]'),
    ("function f() { return x; } f(); x = 1;", "NameError", "`x` is used before it is assigned", "assign it first, on every path that leads here", "x"),
    ("2.0 ** v(5000);", "ValueError", "the result is too large for a float", "whole numbers have no such limit: use `~/` and whole exponents", "2.0 ** v(5000)"),
    ("for (i in range(v(1.5))) {}", "TypeError", "`range` takes a whole number, not one with a fraction", "convert it with `int(…)` or `float(…)`", "range(v(1.5))"),
    ("for (i in range(1, 2, v(0))) {}", "ValueError", "the step of a range cannot be 0", None, "range(1, 2, v(0))"),
    ("function f(n) { return f(n + 1); } f(0);", "RecursionError", "the calls nest too deep", "make sure that the recursion ends, or use a loop", None),
]


@pytest.mark.parametrize(("text", "kind", "message", "hint", "under"), FAULTS, ids=[each[0] for each in FAULTS])
def test_faults(text: str, kind: str, message: str, hint: str | None, under: str | None) -> None:
    error = failure(f"v = fn(x) => x;\n{text}")
    assert (error.type, error.message, error.hint) == (kind, message, hint)
    if under is not None:
        assert place(error) == under


ARITIES = [
    ("f = v(area); f(1, 2, 3);", "`area` takes 1 to 2 arguments, 3 given"),
    ("f = v(area); f();", "`area` needs `w`"),
    ("f = v(area); f(1, z: 2);", "`area` has no parameter `z`"),
    ("f = v(area); f(1, w: 2);", "`area` gets `w` twice"),
    ("f = v(two); f(1);", "`two` needs `b`"),
    ("f = v(two); f();", "`two` needs `a` and `b`"),
    ("f = v(none); f(1);", "`none` takes no arguments, 1 given"),
    ("f = v(fn(x) => x); f(1, 2);", "`f` takes 1 argument, 2 given"),
    ("f = v(fn(x) => { return x; }); f(1, 2);", "`f` takes 1 argument, 2 given"),
    ("o = {f: fn(x) => x}; o.f();", "`o.f` needs `x`"),
    ("map(v(two), [1]);", "`two` needs `b`"),
    ("[1].map(v(two));", "`two` needs `b`"),
    ('v("x").upper(1);', "`upper` takes no arguments, 1 given"),
    ("f = v(len); f(1, 2);", "`len` takes 1 argument, 2 given"),
    ("f = v(print); f(sep: 1);", "`print` has no parameter `sep`"),
    ("notify();", "`notify` needs `to` and `text`"),
    ("notify(1, 2, 3, 4);", "`notify` takes 2 to 3 arguments, 4 given"),
    ("notify(1, 2, when: 3);", "`notify` has no parameter `when`"),
]


@pytest.mark.parametrize(("text", "message"), ARITIES, ids=[each[0] for each in ARITIES])
def test_arity(text: str, message: str) -> None:
    error = failure(
        f"v = fn(x) => x; function area(w, h = 1) {{ return w * h; }} function two(a, b) {{ return a; }} function none() {{ }} {text}",
        notify=lambda to, text, urgent=False: None,
    )
    assert (error.type, error.message) == ("ArityError", message)


def test_the_stack_names_functions_and_places() -> None:
    error = failure("function inner(x) {\n  return x / 0;\n}\nouter = fn(x) => map(fn(y) => inner(y), [x]);\nouter(1);")
    assert [(each.function, each.line, each.column) for each in error.stack] == [("main", 5, 1), ("outer", 4, 18), ("<fn>", 4, 31), ("inner", 2, 10)]
    assert {each.file for each in error.stack} == {"<ml>"}
    assert place(error) == "x / 0"


def test_columns_count_characters() -> None:
    error = failure('x = "äöü😀"; 1 / len("");')
    assert (error.stack[-1].column, error.stack[-1].end_column) == (13, 24)
    assert place(error) == '1 / len("")'


THROWN = [
    ('throw "boom";', "Error", "boom", {}),
    ('throw {message: "no such user", type: "NotFound", code: 404};', "NotFound", "no such user", {"code": 404}),
    ("throw {a: 1};", "Error", "{a: 1}", {"a": 1}),
    ("throw [1, null];", "Error", "[1, null]", {}),
    ("throw 5;", "Error", "5", {}),
    ("throw {message: 5, type: 6, line: 7, stack: 8, file: 9, column: 10};", "Error", "5", {}),
    *((f'throw {{message: "m", type: "{kind}"}};', "Error", "m", {}) for kind in ("CapabilityError", "LimitExceeded", "InternalError", "")),
]


@pytest.mark.parametrize(("text", "kind", "message", "fields"), THROWN, ids=[each[0] for each in THROWN])
def test_thrown_values(text: str, kind: str, message: str, fields: dict[str, object]) -> None:
    error = failure(text)
    assert (error.type, error.message, error.fields or {}) == (kind, message, fields)


def test_an_error_that_is_thrown_again_keeps_its_place_and_stack() -> None:
    error = failure('function f() {\n  throw "a";\n}\nfunction g() { f(); }\ntry { g(); } except (e) { kept = e; }\nfunction h() { throw kept; }\nh();')
    assert place(error) == 'throw "a";'
    assert error.stack[-1].function == "f"


def test_caught_errors_show_their_members() -> None:
    text = "function f() {\n  1 / 0;\n}\ntry {\n  f();\n} except (e) {\n  found = [e.message, e.type, e.line, e.column, e.file, e.stack, e.nothing];\n}\nfound"
    stack = [{"function": "main", "file": "<ml>", "line": 5}, {"function": "f", "file": "<ml>", "line": 2}]
    assert mlpy.run(text) == ["division by zero", "ZeroDivisionError", 2, 3, "<ml>", stack, None]


def test_caught_errors_do_not_keep_frames_alive() -> None:
    import gc

    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        mlpy.run("function f(n) { try { throw n; } except (e) { return e.message; } } for (i in range(2000)) { f(i); }")
        assert len(gc.get_objects()) - before < 5000
    finally:
        gc.enable()


def raiser(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail


HOST_ERRORS = [
    (ValueError("secret /etc/passwd"), "ValueError"),
    (KeyError("secret"), "KeyError"),
    (OSError(2, "No such file", "/home/secret"), "IOError"),
    (TypeError("secret"), "TypeError"),
    (RuntimeError("secret"), "Error"),
    (AttributeError("secret"), "Error"),
]


@pytest.mark.parametrize(("error", "kind"), HOST_ERRORS, ids=lambda value: type(value).__name__)
def test_a_host_s_exception_crosses_without_its_words(error: Exception, kind: str) -> None:
    found = failure("notify();", notify=raiser(error))
    assert found.type == kind
    assert "secret" not in str(found)
    causes = []
    link: BaseException | None = found
    while link is not None:
        causes.append(link)
        link = link.__cause__
    assert error in causes


def test_a_host_s_ml_error_crosses_as_it_is() -> None:
    found = failure("notify();", notify=raiser(MLError("the account is closed", "Closed", hint="open it")))
    assert (found.type, found.message, found.hint) == ("Closed", "the account is closed", "open it")
    assert place(found) == "notify()"


def test_an_error_of_an_inner_program_gets_the_place_of_the_outer_call() -> None:
    found = failure("\n\ninner();", inner=lambda: mlpy.run("1 / 0"))
    assert (found.type, found.message, found.stack[-1].line) == ("ZeroDivisionError", "division by zero", 3)


@pytest.mark.parametrize("op", ["==", "<", ">="])
def test_a_failed_comparison_shows_both_sides(op: str) -> None:
    error = failure(f"assert [2, 1] {op} [2, 5]{', 1' if op == '' else ''};") if op != "<" else failure("assert [2, 6] < [2, 5];")
    assert error.type == "AssertionError"
    assert error.note is not None
    assert "left:" in error.note


def test_the_first_difference_is_shown() -> None:
    assert "first difference at `[1].a`: 2 and 3" in str(failure("assert [1, {a: 2}] == [1, {a: 3}];").note)
    assert "only the left side has `b`" in str(failure("assert {a: 1, b: 2} == {a: 1};").note)
    assert "the lengths differ: 2 and 1" in str(failure("assert [1, 2] == [1];").note)


LEAKS = re.compile(
    r"__\w+__|0x[0-9a-f]{7,}|NoneType|\bdict\b|\blist\b|\bstr\b(?!\()|\btuple\b|builtin_function|positional|keyword|instances|iterable|subscript|object is not|\bself\b|\.py\b"
    r"|\$(?!\{)|<class|lambda|ordinal|literal|unhashable|interpreted|mlpy/"
)
VALUES = st.sampled_from(["null", "true", "0", "-1", "2.5", '"a"', '""', "[]", "[1]", "{}", "{a: 1}", "len", "fn(x) => x", "f", "e"])
SHAPES = st.sampled_from(
    [
        "A + B", "A - B", "A * B", "A / B", "A ~/ B", "A % B", "A ** B", "A < B", "A in B", "A[B]", "A[B:]", "A(B)", "A.k", "A.k.j", "A.k(B)", "A(...B)", "A(x: B)", "[...A]", "{...A}",
        "-A", "!A", "A.length", "A.append(B)", "A.map(B)", "A.join(B)", "A.sort(B)", "map(A, B)", "sorted(A, B)", "int(A)", "float(A)", "range(A)", "sum(A)", "min(A, B)", "chr(A)", "ord(A)",
        "len(A)", "A |> B", "zip(A, B)", "enumerate(A, B)", "round(A, B)", "format(A, B)", "reduce(A, B)", "getattr(A, B)", "next(A)", "f(A, B, A)", "f()", "A.replace(B, B)", "A.pop(B)",
    ]
)  # fmt: skip
STATEMENTS = st.sampled_from(
    ["E;", "x = E;", "for (x in E) {}", "for (x, y in E) {}", "[x, y] = E;", "{x, y} = E;", "[x, ...y] = E;", "o = A; o[B] = E;", "o = A; o.k = E;", "o = A; o[0:1] = E;", "throw E;", "if (E) {}",
     "o = A; o += E;", "o = A; o[B] -= E;", "assert E;", "m = match (E) { [a] => a + A, {k} => k - B };"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(STATEMENTS, SHAPES, VALUES, VALUES)
def test_no_python_shows_in_any_message(statement: str, shape: str, a: str, b: str) -> None:
    expression = re.sub(r"\b[AB]\b", lambda found: f"v({a})" if found[0] == "A" else f"v({b})", shape)
    body = re.sub(r"\b[ABE]\b", lambda found: {"A": f"v({a})", "B": f"v({b})", "E": expression}[found[0]], statement)
    text = f'v = fn(x) => x; function f(w, h = 1) {{ return w; }} try {{ throw "t"; }} except (error) {{ e = error; }}\n{body}'
    found: MLError | None = None
    try:
        mlpy.compile(text).run(limits=mlpy.Limits(time=20))
    except mlpy.CheckFailed:
        return
    except MLError as error:
        found = error
    if found is not None:
        shown = f"{found.type}: {found.message} {found.hint or ''} {found.note or ''}"
        assert found.type != "InternalError", (body, found.__cause__)
        assert not LEAKS.search(re.sub(r"`[^`]*`|\"[^\"]*\"", "", shown)), (body, shown)
        assert found.span is not None, body

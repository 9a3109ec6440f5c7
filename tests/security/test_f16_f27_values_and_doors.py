"""What a program can hold, and the doors between it and its host (F16 to F27; F25 stands with the operations)."""

from __future__ import annotations

import contextvars
import enum
import io
import itertools
import os
import queue
import subprocess
import sys
import threading

import pytest

import mlpy
from mlpy import render
from mlpy.errors import MLError
from mlpy.lower.verify import VerifyError, verify
from mlpy.runtime.values import Function, NativeFunction
from mlpy.sdk import ml_function


def failure(text, /, **options):
    with pytest.raises(MLError) as caught:
        mlpy.Engine().run(text, **options)
    return caught.value


# ── F16: chains are freed ────────────────────────────────────────────────────────────────────────────────────────

LINKS = [
    "[v]", "{k: v}", "fn() => v", "collections.Set([v])", "collections.Queue([v])", "collections.Heap([1], fn(x) => v)", "iter([v])", "functional.partial(print, v)", "functional.constant(v)",
    "functional.compose(str, typeof(v) == 'function' ? v : str)", "functional.memoize(fn(x) => v)", "collections.Set([v]).has", "failed(v)", "regex.search('a', 'a').group ?? v",
]  # fmt: skip


def test_f16_chains_of_everything_that_holds_values_are_freed(environment):
    lines = ["import collections; import functional; import regex;", "function failed(v) { try { throw {message: 'm', inner: v}; } except (e) { return e; } }"]
    lines += [f"v = null; for (i in range(60000)) {{ v = {link}; }} v = null;" for link in LINKS]
    program = f"import mlpy, threading\nfor thread in (None, 512):\n threading.stack_size((thread or 8192) * 1024)\n one = threading.Thread(target=lambda: mlpy.run({' '.join(lines)!r}))\n one.start(); one.join()\nprint('freed')"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.stdout == "freed\n", done.stderr


# ── F17, F18: values that Python would make ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["(-1) ** 0.5", "x = -8; x ** (1 / 3)", "x = -2.0; x **= 0.5; x", "import math; math.pow(-1, 0.5)", "import math; math.sqrt(-1)", "(-1.5) ** 2.5", "0 ** -1", "0.0 ** -1.5"])
def test_f17_no_power_is_complex(text):
    assert failure(text).type in ("ValueError", "ZeroDivisionError")


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("function f(...rest) { return rest; }", "f(1, 2)"), ("", "(fn(...rest) => rest)(1, 2)"), ("function f(a, ...rest) { return [a, ...rest]; }", "f(1, 2)"),
        ("function f(a = 1, ...rest) { return fn() => [a] + rest; }", "f(1, 2)()"), ("function f(...rest) { return rest; }", "f(...[1], ...[2])"), ("[...rest] = [1, 2];", "rest"),
        ("", "match ([1, 2]) { [...rest] => rest }"), ("", "zip([1, 2])[0] + zip([2])[0]"), ("", "enumerate([2], 1)[0]"), ("", "items({a: 1})[0][1:] + [2]"), ("", "call(fn(...rest) => rest, 1, 2)"),
        ("function f(...rest) { return fn() => rest; }", "f(1, 2)()"), ("o = {f: fn(...rest) => rest};", "o.f(1, 2)"),
    ],
)  # fmt: skip
def test_f18_whatever_is_collected_is_an_array(head, text):
    value = mlpy.run(f"{head} {text}")
    assert type(value) is list
    assert value == [1, 2]
    assert mlpy.run(f"{head} x = {text}; x.append(3); [typeof(x), x]") == ["array", [1, 2, 3]]


# ── F19: arguments ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["_check", "_call", "_enter", "_function", "_omitted", "_owner", "run", "grants"])
def test_f19_a_gate_is_not_opened_by_an_argument(name):
    seen = []

    @ml_function(capability="secret.read:{path}")
    def read(path, mode="r"):
        seen.append((path, mode))
        return "SECRET"

    engine = mlpy.Engine(functions={"read": read}, grants=["secret.read:public"])
    assert engine.run("read('public', mode: 'x')").value == "SECRET"
    for text in (f"read('private', {name}: fn(...x) => null)", f"read('public', {name}: fn(...x) => null)"):
        with pytest.raises(MLError) as caught:
            engine.run(text)
        assert caught.value.type == "ArityError"
    assert seen == [("public", "x")]


def test_f19_a_name_in_a_capability_is_taken_from_the_argument_that_is_used():
    @ml_function(capability="secret.read:{path}")
    def read(path):
        return path

    engine = mlpy.Engine(functions={"read": read}, grants=["secret.read:public"])
    for text in ("read('public', path: 'private')", "read(path: 'private')", "read(['public'])", "read({})", "read()", "map(read, ['private'])", "r = read; r(...['private'])", "read('public/../private')", "read('*')"):
        with pytest.raises(MLError) as caught:
            engine.run(text)
        assert caught.value.type in ("ArityError", "CapabilityError", "TypeError"), text


# ── F20: values that cross ───────────────────────────────────────────────────────────────────────────────────────


class Fetching(dict):
    def get(self, key, default=None):
        return "host code"

    def items(self):
        return [("host", "code")]


class Text(str):
    __slots__ = ()

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class Number(int):
    def __index__(self):
        return 7

    def __add__(self, other):
        return "host code"


class Everything:
    """Answers to every attribute, and to being called."""

    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return "host code"


REFUSED = [
    os.environ, contextvars.ContextVar("x"), queue.Queue(), object(), os, Everything(), Everything, print, len, lambda: 1, (i for i in [1]), itertools.count(), b"x", 1j, range(3), {1: 2}, {None: 1}, {(1, 2): 3}, iter([1]),
    ValueError("x"), type, io.StringIO(), memoryview(b"x"), slice(1), NotImplemented, ..., contextvars.copy_context(), {"a": [1, {"b": print}]}, [[object()]], map(str, [1]), {"a": {1: 2}}, [Everything()],
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("way", ["input", "shared", "result", "argument", "session", "error"])
def test_f20_what_a_program_cannot_hold_is_refused_at_every_door(value, way):
    engine = mlpy.Engine()
    with pytest.raises(MLError) as caught:
        if way in ("input", "shared"):
            engine.run("x", inputs={"x": value}, share=way == "shared")
        elif way == "result":
            engine.run("f()", functions={"f": lambda: value})
        elif way == "argument":
            engine.compile("function f(x) { return x; }").function("f")(value)
        elif way == "session":
            engine.session()["x"] = value
        else:
            engine.run("try { f(); } except (e) { x = e.value; y = e.message; } x + y", functions={"f": lambda: value})
    assert "0x" not in caught.value.message


@pytest.mark.parametrize("way", ["input", "shared", "result", "argument"])
def test_f20_subclasses_leave_their_code_outside(way):
    value = {"d": Fetching(k=Text("a")), "n": [Number(3), True, enum.IntEnum("E", "one two").two], Text("s"): (Text("t"), {1}, frozenset([2]))}
    text = "[x.d.k, x.d.k == 'b', x.n[0] + 1, x.n[2] + 1, keys(x), x.s, keys(x.d)]"
    engine = mlpy.Engine()
    if way in ("input", "shared"):
        found = engine.run(text, inputs={"x": value}, share=way == "shared").value
    elif way == "result":
        found = engine.run("x = f(); " + text, functions={"f": lambda: value}).value
    else:
        found = engine.compile(f"function f(x) {{ return {text}; }}").function("f")(value)
    assert found == ["a", False, 4, 3, ["d", "n", "s"], ["t", [1], [2]], ["k"]]
    assert {type(one) for one in found[4]} == {str}


def test_f20_data_is_walked_as_a_tree():
    shared = [1]
    for _ in range(60):
        shared = [shared, shared]
    assert failure("x", inputs={"x": shared}).type == "ValueError"
    loop: list[object] = []
    loop.append({"k": loop})
    assert failure("x", inputs={"x": loop}).type == "ValueError"
    assert failure("f()", functions={"f": lambda: loop}).type == "ValueError"


FUNCTIONS = [
    "fn(x) => x.k.l", "print", "import math; math.sqrt", "import json; json.parse", "import functional; functional.partial(fn(x, y) => x.k.l, 1)", "import functional; functional.memoize(fn(x) => x.k.l)",
    "import functional; functional.curry(fn(a) => a / 0)", "import collections; collections.Heap([], fn(x) => x / 0).push", "import collections; collections.Queue().pop", "given", "map", "import regex; regex.search('a', 'a').group",
    "import functional; functional.compose(fn(x) => x.k.l, str)", "sorted", "int",
]  # fmt: skip


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize("way", ["value", "export", "nested", "argument", "session"])
def test_f20_a_function_that_leaves_takes_limits_errors_and_checks_with_it(text, way):
    engine = mlpy.Engine(functions={"given": lambda x: x["k"]})
    head, _, tail = text.rpartition(";")
    taken = []
    if way == "value":
        function = engine.run(text).value
    elif way == "export":
        function = engine.run(f"{head}; f = {tail};" if head else f"f = {tail};").exports["f"]
    elif way == "nested":
        function = engine.run(f"{head}; [{{f: {tail}}}]" if head else f"[{{f: {tail}}}]").value[0]["f"]
    elif way == "argument":
        engine.run(f"{head}; keep({tail});" if head else f"keep({tail});", functions={"keep": taken.append})
        function = taken[0]
    else:
        session = engine.session()
        session.evaluate(f"{head}; f = {tail};" if head else f"f = {tail};")
        function = session["f"]
    assert type(function) is Function
    assert function.__module__ != "mlpy.runtime.builtins"
    for given in ((), ("x",), ("x", "y", "z"), ([1, [2]],), (object(),), (print,), ("\ud800",)):
        value: object = None
        try:
            value = function(*given)
        except MLError:
            pass
        except TypeError as error:
            if error.__traceback__.tb_next is not None:  # it came from inside, and is not Python's word for a call that does not fit
                raise
        assert type(value) in (type(None), int, float, str, list, Function)


def test_f20_a_function_that_comes_home_is_itself():
    engine = mlpy.Engine()
    found = engine.run("import functional; [len, functional.partial(max, 3), fn(x) => x]").value
    assert engine.run("[f == len, f([1]), g(5), h(1)]", inputs=dict(zip("fgh", found, strict=True))).value == [True, 1, 5, 1]


def test_f20_an_attribute_does_not_make_a_function_of_the_host_one_of_ours():
    def sly():
        return "host code"

    sly.__wrapped__ = mlpy.run("len")
    assert failure("f()", inputs={"f": sly}).type == "TypeError"


def test_f20_natives_are_not_handed_out():
    found = mlpy.run("import math; [math.sqrt, math.sin, abs, len]")
    assert NativeFunction not in set(map(type, found))


# ── F21, F22: names ──────────────────────────────────────────────────────────────────────────────────────────────

NAMES = ["$eq", "__builtins__", "$run", "$alive", "$print", "__import__", "__class__", "é", "ªb", "ﬁ", "a b", "", "if", "null", "true", "a.b", "a\n", "a$", "$", "1a", "\ud800", "\u212a", "x\u200b", "None$"]


@pytest.mark.parametrize("name", NAMES)
def test_f21_no_name_from_outside_replaces_a_helper(name):
    engine = mlpy.Engine()
    session = engine.session()
    attempts = [
        lambda: engine.run("1 == 1", inputs={name: print}),
        lambda: engine.run("1 == 1", inputs={name: 1}),
        lambda: engine.run("1 == 1", functions={name: len}),
        lambda: mlpy.Engine(functions={name: len}),
        lambda: engine.compile("1 == 1", inputs=[name]),
        lambda: session.__setitem__(name, 1),
        lambda: session.evaluate("1", inputs={name: 1}),
    ]
    for attempt in attempts:
        with pytest.raises(MLError) as caught:
            attempt()
        assert caught.value.type in ("ValueError", "TypeError")
    with pytest.raises(KeyError):
        session[name]


def test_f21_a_name_that_is_no_string_is_refused():
    class Sly(str):
        __slots__ = ()

        def isascii(self):
            return True

        def isidentifier(self):
            return True

    for name in (Sly("$eq"), Sly("x"), 1, None, b"x"):
        assert failure("1", inputs={name: 1}).type == "ValueError"


@pytest.mark.parametrize("name", ["None", "True", "False", "print", "eq", "run", "class", "def", "lambda", "exec", "type", "list", "dict", "dir", "_", "e"])
def test_f22_programs_may_call_their_variables_as_they_like(name):
    text = f"{name} = fn(x) => 1; xs = [3, 1, 2]; xs.append(0); xs[1:2] = []; o = {{a: 1}}; o.b = [1] == [1]; [xs, o.a, o.b, xs in [xs], [1] < [2], `${{xs}}`, {name}(2)]"
    assert mlpy.run(text) == [[3, 2, 0], 1, True, True, True, "[3, 2, 0]", 1]
    session = mlpy.Engine().session()
    session.evaluate(f"{name} = fn(x) => 1;")
    assert session.evaluate(text.split(";", 1)[1]).value == mlpy.run(text)
    assert {name, "xs", "o"} == set(session.names)
    assert callable(session[name])


def test_f22_names_that_the_compiler_makes_are_not_a_session_s():
    session = mlpy.Engine().session()
    result = session.evaluate("None = 3; y = match ([1, 2]) { [a, ...b] if a => b }; try { throw 1; } except (e) { keep = fn() => e.message; } for (i, x in [1]) {}")
    assert session.names == ["None", "y", "keep", "i", "x"]
    assert list(result.exports) == session.names
    assert session.evaluate("[None, y, keep()]").value == [3, [2], "1"]


def test_f22_a_guard_looks_at_the_value_that_it_uses():
    text = "n = 0; function next1() { nonlocal n; n += 1; return n % 2 == 1 ? [1] : {append: fn(x) => 'own', map: fn(f) => 'own'}; } [next1().append(2), next1().append(2), next1().map(str), n]"
    assert mlpy.run(text) == [None, "own", ["1"], 3]


@pytest.mark.parametrize("name", ["type", "list", "len", "getattr", "eval", "__builtins__", "__import__", "open"])
def test_f22_generated_code_names_nothing_that_is_not_bound(name):
    import ast

    with pytest.raises(VerifyError):
        verify(ast.parse(f"x = {name}"))


# ── F23: text ────────────────────────────────────────────────────────────────────────────────────────────────────

SHOWN = [
    "f", "[f]", "{k: f}", "[null, true]", "print", "[print]", "iter([1])", "math", "[math]", "collections.Set([f, [null]])", "collections.Heap([1])", "collections.Queue([f])", "math.sqrt", "functional.partial(f)", "failed",
    "[failed]", "regex.compile('a')", "regex.search('a', 'a')", "given", "C", "collections.Set([1]).add",
]  # fmt: skip
PLACES = ["str(v)", "repr(v)", "`${v}`", "'' + v", "v + ''", "'%' + v + '%'", "[v].join('')", "print(v)", "console.log(v)", "console.error(v)", "console.table([v])", "console.table([{k: v}])", "help(v)", "string.template('{v}', {v: v})", "format(v, '>5')", "typeof(v)"]
FAULTS = ["v.k.l.m", "v + 1", "v[0][0]['x']", "v()()()", "-v", "{k: 1}[v]", "[1][v]", "v < 1", "for (x in v) { x.y.z; }", "throw v;", "throw {message: v};", "assert v == 1;", "assertEqual(v, 1);", "assertThrows(fn() => 1, v);", "int(v)", "isinstance(v, 'x')", "[].pop(v)", "'a'.replace(v, v)", "with capability(v) { 1; }", "hasCapability(v)", "[a, b] = v;", "json.stringify(v)", "chr(v)", "ord(v)", "round(1, v)", "getattr(v, v)"]


@pytest.fixture(scope="module")
def shown():
    engine = mlpy.Engine(functions={"given": lambda x: x})
    head = "import math; import collections; import functional; import regex; import console; import string; import json; capability C { allow file.read; } function f(x) { return x; } try { f.x.y; } except (e) { failed = e; }"
    return engine, head


@pytest.mark.parametrize("value", SHOWN)
def test_f23_nothing_displays_an_address_or_python(shown, value):
    engine, head = shown
    text = head + "seen = []; " + " ".join(f"try {{ v = {value}; x = {place}; seen.append(x ?? ''); }} except (e) {{ seen.append(e.message); }}" for place in PLACES)
    text += " ".join(f"try {{ v = {value}; {fault}; }} except (e) {{ seen.append(e); seen.append(e.message); }}" for fault in FAULTS) + " map(str, seen)"
    result = engine.run(text)
    for line in [*result.value, result.output]:
        for word in (" at 0x", "<class", "object at", "built-in", "__", "NoneType", "None", "True", "<lambda>", "mlpy."):
            assert word not in str(line), line


@pytest.mark.parametrize("text", ['"%s" % f', '"%s" % [null]', "'{0.__class__}'.format(f)", '"%(x)s" % {x: 1}', "x = '%s'; x % print", "x = '%d'; x %= 1;"])
def test_f23_no_operator_or_method_formats_as_python_does(text):
    error = failure(f"f = fn() => 1; {text}")
    assert error.type == "TypeError"
    assert "0x" not in str(error)


# ── F24: an empty mapping of builtins ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["(7 ** 30000) ~/ (3 ** 10000) > 0", "(7 ** 30000) % (3 ** 10000) >= 0", "str(7 ** 30000).length", "int('9' * 30000) > 0", "a = 7 ** 30000; b = 3 ** 10000; (a ~/ b) * b + a % b == a", "a = 7 ** 30000; a ~/= 3 ** 10000; a > 0", "`${7 ** 30000}`.length > 9"])
def test_f24_operators_that_import_work_in_code_without_builtins(text):
    assert mlpy.run(text)


@pytest.mark.parametrize("name", ["__import__", "__builtins__", "__build_class__", "__debug__", "__name__", "open", "eval", "exec", "globals", "vars", "breakpoint", "type", "object", "compile", "setattr", "delattr", "memoryview", "super"])
def test_f24_no_builtin_of_python_has_a_name(name):
    for text in (name, f"x = {name};", f"{name}('x')", f"fn() => {name}", f"`${{{name}}}`", f"match (1) {{ 1 => {name} }}"):
        with pytest.raises(mlpy.CheckFailed):
            mlpy.compile(text, inputs=[])
    assert mlpy.run(f"[getattr(getattr, '{name}'), getattr([], '{name}'), hasattr({{}}, '{name}'), {{}}['x'] ?? 1]".replace(", {}['x'] ?? 1", "")) == [None, None, False]


# ── F26: text is Unicode ─────────────────────────────────────────────────────────────────────────────────────────

HALVES = [r'"\ud800"', r'"\u{d800}"', r"`\udfff`", r'"\ud83d\ude00"', "chr(0xd800)", r'import json; json.parse("\"\\ud800\"")', r'import json; json.parse("{\"\\udc00\": 1}")', "import string; string.fromCodePoints([0xd83d])", r'{"\ud800": 1}', r'r"a" + "\udabc"', r"match ('a') { '\ud800' => 1 }"]


@pytest.mark.parametrize("text", HALVES)
def test_f26_no_text_holds_half_a_character(text):
    assert failure(text).type in ("ValueError", "CheckFailed")


@pytest.mark.parametrize("value", ["\ud800", ["\udc00"], {"\ud800": 1}, {"a": [{"b": "x\udfff"}]}, Text("\ud800")])
def test_f26_none_comes_in(value):
    engine = mlpy.Engine()
    for attempt in (
        lambda: engine.run("x", inputs={"x": value}),
        lambda: engine.run("x", inputs={"x": value}, share=True),
        lambda: engine.run("f()", functions={"f": lambda: value}),
        lambda: engine.compile("function f(x, ...y) { return 1; }").function("f")(value),
        lambda: engine.compile("function f(x, ...y) { return 1; }").function("f")(1, value),
        lambda: engine.session().__setitem__("x", value),
    ):
        with pytest.raises(MLError, match="not valid Unicode"):
            attempt()


@pytest.mark.parametrize("text", ['"\ud800"', "x\ud800", "// \udfff", "'a' /* \ud800 */", "\x00", "'\x00'", "x = 1; \u202e", "x\u200b = 1", "ｘ = 1", "'\u202e'"])
def test_f26_odd_sources_are_diagnostics(text):
    try:
        mlpy.run(text)
    except mlpy.CheckFailed as failed:
        for one in failed.diagnostics:
            assert render.text(one, one.source).encode()


def test_f26_an_iterator_at_its_end_is_an_error():
    assert failure("it = iter([1]); map(fn(x) => next(it), [1, 2, 3])").type == "ValueError"
    assert failure("it = iter([]); [1, 2].map(fn(x) => next(it))").type == "ValueError"
    assert failure("it = iter([]); sorted([2, 1], fn(x) => next(it))").type == "ValueError"


# ── F27: what is remembered ──────────────────────────────────────────────────────────────────────────────────────


def test_f27_values_that_are_equal_but_differ_are_remembered_apart():
    text = "import functional; f = functional.memoize(fn(x) => repr(x)); map(f, [1, 1.0, true, 0, 0.0, -0.0, false, null, [1], [1.0], {a: 1}, {a: true}, '1', 2 ** 70, 2.0 ** 70])"
    assert mlpy.run(text) == ["1", "1.0", "true", "0", "0.0", "-0.0", "false", "null", "[1]", "[1.0]", "{a: 1}", "{a: true}", '"1"', str(2**70), repr(2.0**70)]


def test_f27_what_was_fetched_under_wide_authority_is_not_served_under_less():
    @ml_function(capability="secret.read:{path}")
    def read(path):
        return "SECRET"

    engine = mlpy.Engine(functions={"read": read}, grants=["secret.read:*"])
    text = "import functional; f = functional.memoize(read); first = f('private'); function again() { with capability('secret.read:public') { return f('private'); } } "
    with pytest.raises(MLError) as caught:
        engine.run(text + "again()")
    assert caught.value.type == "CapabilityError"
    assert engine.run(text + "seen = 0; try { again(); } except (e) { seen = e.type; } [first, seen, f('private')]").value == ["SECRET", "CapabilityError", "SECRET"]


def test_f27_threads_do_not_mix_up_what_runs_remember():
    program = mlpy.compile("import functional; n = 0; f = functional.memoize(fn(x) => { nonlocal n; n += 1; return [seed, x]; }); for (i in range(200)) { f(i % 10); } [f(3), n]", inputs=["seed"])
    found = {}
    threads = [threading.Thread(target=lambda at=at: found.__setitem__(at, program.run(inputs={"seed": at}).value)) for at in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == {at: [[at, 3], 10] for at in range(8)}


@pytest.mark.parametrize(
    "text",
    [
        "for (j in range(6)) { a = [a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]; }",
        "for (j in range(5)) { b = {}; for (i in range(100)) { b[str(i)] = a; } a = b; }",
        's = "é" * 20000000; a = []; for (i in range(20000)) { a.push(s); }',
    ],
)
@pytest.mark.parametrize("way", ["a;", "f(a);"])
def test_f20_what_crosses_is_counted_however_often_the_same_part_is_met(text, way):
    with pytest.raises(mlpy.MLError, match="parts"):
        mlpy.run("a = [1];" + text + way, functions={"f": len})

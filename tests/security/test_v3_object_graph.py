"""V3: from everything that a program can name, through every door of the language, nothing but values of V1 can be reached or is displayed."""

from __future__ import annotations

import itertools
import re
from types import ModuleType

import pytest

import mlpy
from mlpy.errors import LimitExceeded
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.members import ARRAY_METHODS, STRING_METHODS, member_names
from mlpy.runtime.run import execute
from mlpy.runtime.values import HOST_CLASSES, ErrorValue, Function, Handle, IteratorValue, ModuleHandle, NativeFunction, display, quoted

pytestmark = pytest.mark.slow

MODULES = ["collections", "console", "crypto", "csv", "datetime", "file", "functional", "json", "log", "math", "path", "random", "regex", "sqlite", "string"]
DATA = (type(None), bool, int, float, str, list, dict)
# What only Python would say: addresses, dunders, its words for types and frames.
PYTHON = re.compile(r"\bat 0x|__|<class|object at|built-in|NoneType|\btuple\b|method-wrapper|<lambda>|<listcomp>|Traceback|\bmlpy\.|\.py\b|/site-packages|\bContextVar\b")

SAMPLES = """
function area(w, h = 1, ...rest) { return [w, h, rest]; }
function counter() { n = 0; return fn() => { nonlocal n; n += 1; return n; }; }
twice = fn(f) => fn(x) => f(f(x));
capability Reports { resource "./**"; allow read, write, append, delete, crypto.random; }
function failed(f) { try { f(); } except (e) { return e; } }
samples = [
  null, true, 0, -7, 2.5, 2 ** 70, "", "ab", "a-b c", "{a}", "(?P<x>a)", "✓", [], [3, 1, 2], ["b", "a"], [[1, 2], ["k", 3]], {}, {a: 1, "b c": [2]},
  area, twice(fn(x) => x), counter(), print, collections.Set([1, [2]]), collections.Queue([1]), collections.Heap([2, 1]), regex.search("(a)(b)?", "ab"), regex.compile("a"), datetime.create(2024), datetime.createDate(2024, 5, 1), datetime.createTime(9), datetime.createDelta(1), datetime.createTimeZone("+01:00"), Reports, database, logger, iter([1, 2]), iter("ab"),
  failed(fn() => 1 / 0), failed(fn() => null.x), failed(fn() => { throw {message: "m", type: "T", extra: [1], inner: {f: area}}; }), failed(fn() => undefinedMember.x),
  functional.partial(area, 1), functional.memoize(fn(x) => x), functional.compose(str, abs), functional.curry(area, 3), json, math,
];
function attempt(f, given) { try { return f(...given); } except (e) { return e; } }
"""
BINARY = ["a + b", "a - b", "a * b", "a / b", "a ~/ b", "a % b", "a ** b", "a == b", "a < b", "a in b", "a ?? b", "a && b", "a || b", "a[b]", "a[b:]", "a[::b]", "a?.[b]", "[...a, b]", "`${a}${b}`", "'x' + a + b"]
UNARY = [
    "-a", "!a", "a.length", "a?.k.l", "[...a]", "{...a}", "str(a)", "repr(a)", "typeof(a)", "a |> attempt([])", "match (a) { [x, ...rest] => rest, {a: y, ...rest} => rest, z => z }",
]  # fmt: skip
STATEMENTS = [
    "for (x in a) { found.append(x); }", "for (k, v in a) { found.append([k, v]); }", "[x, ...rest] = a; found = [x, rest];", "{k, ...rest} = a; found = [k, rest];", "throw a;",
    "a += 1; found = a;", "a.k = 1; found = a;", "a[0] = 1; found = a;", "a[0:1] = [1]; found = a;", "assert a == 1;", "assertEqual(a, 1);", "with capability(a) { found = a; }", "found = area(a, ...a);",
    "found = area(a, rest: 1);", "found = a();", "found = a.map(a);", "found = a.get('k');", "found = next(a);",
]  # fmt: skip
HOSTILE = "get host exception details table functions name run grants items handle module _table steps error __class__ __dict__ __globals__ __code__ __init__ __self__ gi_frame ml ml_function capability".split()


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    files = [f"file.{verb}:./**" for verb in ("read", "write", "append", "delete")]
    made = mlpy.Engine(grants=mlpy.Grants(["crypto.random", *files], root=str(tmp_path_factory.mktemp("v3"))), functions={"given": lambda value=None: [value, {"k": (1, 2)}]}).session(limits=mlpy.Limits(output=None))
    made.evaluate("".join(f"import {name}; " for name in MODULES) + 'undefinedMember = {}; database = sqlite.open(":memory:"); logger = log.createLogger("n");' + SAMPLES)
    made.evaluate("".join(f"binary{at} = fn(a, b) => {text};" for at, text in enumerate(BINARY)))
    made.evaluate("".join(f"unary{at} = fn(a) => {text};" for at, text in enumerate(UNARY)))
    made.evaluate("".join(f"function statement{at}(a) {{ found = []; {text} return found; }}" for at, text in enumerate(STATEMENTS)))
    made.evaluate("".join(f"member{at} = fn(o) => o.{name};" for at, name in enumerate(HOSTILE) if not name.startswith("__")))
    return made


class Walk:
    """What is reachable from some values by items, keys and members; `check` looks at each value once."""

    def __init__(self):
        self.seen = {}
        self.count = 0

    def add(self, origin, *values):
        pending = [("", value) for value in values]
        while pending:
            place, value = pending.pop()
            if id(value) in self.seen:
                continue
            self.seen[id(value)] = value  # kept, so that no other gets its id
            self.count += 1
            try:
                check(value)
            except AssertionError as problem:
                raise AssertionError(f"{shown(origin)}{place}: {problem}") from None
            pending += [(f"{place} → {name}", one) for name, one in parts(value)]


def parts(value):
    """What a program gets out of a value without calling anything."""
    kind = type(value)
    if kind is list:
        return list(enumerate(value))
    if kind is dict:
        return [*((f"key {key!r}", key) for key in value), *value.items()]
    if kind is IteratorValue or not isinstance(value, Handle):
        return []
    return [(name, value.get(name)) for name in {*member_names(value), *HOSTILE}]


def shown(origin):
    """What was called with what."""
    return origin if type(origin) is str else f"{origin[0]}({', '.join([quoted(one)[:60] for one in origin[1]])})"


def check(value):
    """Fails unless a value is one of V1 and displays as one of ML's."""
    kind = type(value)
    if kind in DATA:
        if kind is str:
            value.encode()
        if kind is dict:
            assert {str}.issuperset(map(type, value))
    elif kind is NativeFunction:
        assert type(value.__self__) is ModuleType, f"bound to {type(value.__self__)}"
    elif kind is not Function:
        assert kind is ModuleHandle or kind in HOST_CLASSES, f"{kind}"
        assert isinstance(value, Handle)
        assert not hasattr(value, "__dict__")
        assert type(value).__getattribute__ is object.__getattribute__
        assert not hasattr(kind, "__getattr__")
    for text in () if kind is str else (display(value), quoted(value)):
        assert not PYTHON.search(text), text
    if kind is Function and "$run" not in value.__globals__:
        names = value.__code__.co_varnames[: value.__code__.co_argcount + value.__code__.co_kwonlyargcount]
        assert not value.__code__.co_flags & 0x08, "takes any named argument"
        assert not [name for name in names if name.startswith("_")], f"{names}"


def said(place, value):
    """A text that a call made: nothing in it is Python's."""
    assert not PYTHON.search(value), f"{shown(place)}: {value}"


def inside(session, function):
    """Runs a host's function as a part of the session's program."""
    session.run.renew()
    return execute(session.run, function)


def test_v3_what_can_be_named(session):
    walk = Walk()
    namespace = session._namespace
    walk.add("builtin", *BUILTINS.values())
    for name in session.names:
        walk.add(name, namespace[name])
    for table in (ARRAY_METHODS, STRING_METHODS):
        walk.add("method", *table.values())
    assert walk.count > 300


def results(session, calls):
    """(what was called with what, what it gave) of each call; what fails gives its error value, and what is too large nothing."""
    attempt = session._namespace["attempt"]
    found = []
    left = iter(calls)

    def sweep():
        for name, function, given in left:
            found.append(((name, given), attempt(function, list(given))))
            del session.run.output[:]
        return True

    while True:
        try:
            if inside(session, sweep):
                return found
        except LimitExceeded as stop:
            if stop.kind != "size":
                raise


def look(found):
    walk = Walk()
    for place, value in found:
        walk.add(place, value)
        if type(value) is str:
            said(place, value)
        elif type(value) is ErrorValue:
            said(place, str(value.get("message")))
            for frame in value.get("stack"):
                said(place, f"{frame['function']} {frame['file']}")
    return walk


def fresh(session):
    """New samples: calls change the old ones."""
    session.evaluate(SAMPLES)
    return session._namespace["samples"]


@pytest.mark.parametrize("kind", ["binary", "unary", "statement", "member"])
def test_v3_what_the_syntax_gives(session, kind):
    functions = {name: session._namespace[name] for name in session.names if re.fullmatch(kind + r"\d+", name)}
    found = []
    for name, function in functions.items():
        samples = fresh(session)
        groups = itertools.product(samples, samples) if kind == "binary" else [(one,) for one in samples]
        found += results(session, [(name, function, given) for given in groups])
    assert look(found).count > 100


SPARED = {"input", "modules", "availableModules"}  # the first waits for a person; the others give names of modules


@pytest.mark.parametrize("name", sorted(set(BUILTINS) - SPARED))
def test_v3_what_builtins_give(session, name):
    groups = [(), *((one,) for one in fresh(session)), *itertools.product(fresh(session), fresh(session)[::2])]
    look(results(session, [(name, BUILTINS[name], given) for given in groups]))


@pytest.mark.parametrize("name", MODULES)
def test_v3_what_modules_give(session, name):
    module = session._namespace[name]
    calls = []
    for member in member_names(module):
        function = module.get(member)
        if not callable(function):
            continue
        samples = fresh(session)
        groups = [(), *((one,) for one in samples), *itertools.product(samples, samples[::5]), *zip(samples, samples[1:], samples[2:])]  # noqa: B905  as far as there are three
        calls += [(f"{name}.{member}", function, given) for given in groups]
    found = results(session, calls)
    look(found)
    made = [one for one in found if callable(one[1]) or type(one[1]) in HOST_CLASSES]
    again = [(f"{shown(place)} called", value, given) for place, value in made[::7] if callable(value) for given in ((), ([1],), (1, 2))]
    again += [
        (f"{shown(place)}.{member}", value.get(member), given)
        for place, value in made[::7]
        if not callable(value)
        for member in member_names(value)
        if callable(value.get(member))
        for given in ((), ([1],), (0,), ("a", "b"), (value,))
    ]
    look(results(session, again))


@pytest.mark.parametrize("table", [ARRAY_METHODS, STRING_METHODS])
def test_v3_what_methods_give(session, table):
    receivers = [[], [3, 1, 2], [[1, 2], "a"]] if table is ARRAY_METHODS else ["", "ab", "a-b c", "✓"]
    calls = []
    for name, method in table.items():
        for receiver in receivers:
            samples = fresh(session)
            for given in [(), *((one,) for one in samples), *itertools.product(samples[:16:2], samples[1:16:3])]:
                copy = receiver.copy() if type(receiver) is list else receiver
                calls.append((name, method, (copy, *given)))
    look(results(session, calls))


def test_v3_undeclared_names_reach_nothing(session):
    """F19: no function of a module takes an argument that begins with an underscore, or one that it does not declare."""
    names = ("_check", "_fn", "_call", "_owner", "_method", "_omitted", "memo", "file", "self", "owner", "grants", "cls", "sep", "flush", "depth_", "made", "cmp")
    session.evaluate("".join(f"function named{at}(f) {{ try {{ return f({name}: 1); }} except (e) {{ return e; }} }}" for at, name in enumerate(names)))
    functions = [*BUILTINS.values(), *(session._namespace[one].get(member) for one in MODULES for member in member_names(session._namespace[one]))]
    found = []

    def sweep():
        for function in filter(callable, functions):
            found.extend((f"{display(function)}({name}: 1)", session._namespace[f"named{at}"](function)) for at, name in enumerate(names))

    inside(session, sweep)
    for place, value in found:
        assert isinstance(value, Handle), place
        assert value.get("type") in ("ArityError", "TypeError"), (place, value.get("message"))
        said(place, value.get("message"))


def test_v3_what_the_host_gives_is_converted(session):
    found = results(session, [("given()", session._namespace["given"], given) for given in [(), (1,), ([1, {"a": 2}],), (session._namespace["area"],)]])
    look(found)
    assert found[0][1] == [None, {"k": [1, 2]}]

"""A program in a worker is the same program: what it gives, prints, raises and may do is what it would be in process."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import signal
import threading
import time
import weakref
from pathlib import Path

import pytest

import mlpy
from mlpy.capabilities import Grants
from mlpy.cli import files
from mlpy.errors import CapabilityDenied, CheckFailed, MLError
from mlpy.render import error_text
from mlpy.runtime.values import IteratorValue
from mlpy.sandbox.pool import Sandbox
from mlpy.sdk import ml_function

TESTS = Path(__file__).parent.parent
CASES = sorted([*(TESTS / "lang").rglob("*.ml"), *(TESTS.parent / "examples").glob("*.ml")])
ELSEWHERE = {"bundles", "models", "workflows"}  # which take a registry, models or scripts: the tests of each run its example
PLAIN = [case for case in CASES if case.with_suffix(".out").exists() and case.stem not in ELSEWHERE and not case.with_suffix(".in").exists() and not case.read_text(encoding="utf-8").startswith("// mlpy: ")]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(2, limits=mlpy.Limits(time=60, memory="512MB")) as made:
        yield made


def fails(sandbox, text, **options):
    with pytest.raises(MLError) as caught:
        sandbox.run(text, **options)
    return caught.value


# ── the language ──


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_every_golden_is_the_same_in_a_worker(case, sandbox, monkeypatch):
    monkeypatch.chdir(case.parent)
    source = files.read(case.name)
    printed: list[str] = []
    complained: list[str] = []
    limits = mlpy.Limits(time=60, memory="512MB", output=None)
    run = sandbox.new_run(source, limits=limits, output=printed, errors=complained)
    try:
        sandbox.perform(run, source, limits)
    except MLError as error:
        complained.append(error_text(error, sources=run.files) + "\n")
    assert "".join(printed) == case.with_suffix(".out").read_text(encoding="utf-8")
    if case.with_suffix(".err").exists():
        assert "".join(complained) == case.with_suffix(".err").read_text(encoding="utf-8")
    else:
        assert complained == []


VALUES = [
    "null", "true", "1", "-5", "2.5", "10 ** 40", "-(10 ** 30)", "1e308 * 10", "-1e308 * 10", '"text"', '"ünïcode 🎈"', "[]", "{}", "[1, [2, {a: null}]]",
    '{"$": 1}', '{"$": {"$": []}}', "[0.1, 1e-300]", '"a" * 100000', "range(1000)", '{"": 1, "a b": 2}', "[true, false, null]",
]  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_a_value_comes_out_as_it_is(text, sandbox):
    assert sandbox.run(text).value == mlpy.run(text)
    assert sandbox.run("x", inputs={"x": mlpy.run(text)}).value == mlpy.run(text)
    assert type(sandbox.run(text).value) is type(mlpy.run(text))


def test_what_is_no_number_comes_out(sandbox):
    value = sandbox.run("import math; math.nan").value
    assert value != value  # noqa: PLR0124  that is what it is


def test_an_object_of_a_module_shows_what_it_is(sandbox):
    shown = sandbox.run('import datetime; datetime.parseISO("2024-05-01T12:00:00Z")').value
    assert str(shown) == str(mlpy.run('import datetime; datetime.parseISO("2024-05-01T12:00:00Z")'))


def test_inputs_are_copied(sandbox):
    data = {"xs": [1]}
    assert sandbox.run("data.xs.append(2); data.xs", inputs={"data": data}).value == [1, 2]
    assert data == {"xs": [1]}


def test_what_cannot_go_in_is_refused(sandbox):
    assert fails(sandbox, "x", inputs={"x": object()}).type == "TypeError"
    assert fails(sandbox, "x", inputs={"x": "\ud800"}).type == "ValueError"


def test_exports_and_output(sandbox):
    result = sandbox.run("a = [1]; _hidden = 2; function f(n) { return n + a[0]; } print('x'); print('y');")
    assert (result.output, result.exports["a"], sorted(result.exports)) == ("x\ny\n", [1], ["a", "f"])
    assert result.exports["f"](41) == 42
    assert result.exports["f"].__name__ == "f"


def test_an_export_that_is_too_large_says_so_when_it_is_asked_for(sandbox):
    result = sandbox.run("big = range(2000000); 7")
    assert result.value == 7
    with pytest.raises(MLError, match=r"`big` (is too large to leave with the other exports|has more than)"):
        _ = result.exports


def test_what_is_too_large_to_leave_takes_no_memory_to_find_out(sandbox):
    """Six texts of 60 MB, and one of 30 MB that an array holds a million times, written out would not fit into the memory of the machine."""
    limits = mlpy.Limits(time=60, memory="512MB")
    programs = {"big": "big = []; for (n in range(6)) { big.append('a' * 60000000 + str(n)); }", "many": "many = ['a' * 30000000] * 900000;"}
    for name, text in programs.items():
        result = sandbox.run(f"{text} 7", limits=limits)
        assert result.value == 7
        with pytest.raises(MLError, match=f"`{name}` has more than 16,000,000 bytes"):
            _ = result.exports
        assert fails(sandbox, f"{text} {name}", limits=limits).message == "the result has more than 16,000,000 bytes"


def test_output_goes_where_it_is_wanted_while_the_program_runs(sandbox):
    seen: list[tuple[float, str]] = []
    sandbox.run("import time; print('first'); time.sleep(0.5); print('second');", output=lambda text: seen.append((time.monotonic(), text)))
    assert "".join(text for _, text in seen) == "first\nsecond\n"
    assert seen[-1][0] - seen[0][0] > 0.2


# ── errors ──


def test_an_error_has_its_place_and_stack(sandbox):
    text = "function f(n) {\n  return 1 / n;\n}\nf(0);"
    ours, theirs = fails(sandbox, text), fails(mlpy.Engine(), text)
    assert error_text(ours) == error_text(theirs)
    assert [repr(one) for one in ours.stack] == [repr(one) for one in theirs.stack]


def test_what_a_program_throws(sandbox):
    error = fails(sandbox, "throw {message: 'no', type: 'Mine', code_: [1, {a: 2}]};")
    assert (error.type, error.message, error.fields["code_"]) == ("Mine", "no", [1, {"a": 2}])


@pytest.mark.parametrize("kind", ["CapabilityError", "LimitExceeded", "Cancelled", "CheckFailed", "InternalError"])
def test_a_program_cannot_make_itself_an_error_of_the_runtime(kind, sandbox):
    error = fails(sandbox, f"throw {{message: 'x', type: '{kind}', capability: 'file.read:/'}};")
    assert (error.type, error.limit, type(error)) == ("Error", None, MLError)


def test_mistakes_are_told_with_their_places(sandbox):
    text = "x = ;\nprint(y z);"
    with pytest.raises(CheckFailed) as ours:
        sandbox.run(text)
    with pytest.raises(CheckFailed) as theirs:
        mlpy.run(text)
    assert [(one.code, one.title, one.span, one.label, one.hint) for one in ours.value.diagnostics] == [
        (one.code, one.title, one.span, one.label, one.hint) for one in theirs.value.diagnostics
    ]
    assert error_text(ours.value) == error_text(theirs.value)


# ── functions in both directions ──


def test_functions_of_the_host(sandbox):
    seen = []
    functions = {"note": lambda text, times=1: seen.append((text, times)), "add": lambda a, b: a + b}
    assert sandbox.run("note('a'); note('b', times: 3); add([1], [2])", functions=functions).value == [1, 2]
    assert seen == [("a", 1), ("b", 3)]


def test_what_a_function_of_the_host_raises_stays_there(sandbox):
    def broken():
        raise RuntimeError("/secret/path")

    error = fails(sandbox, "broken()", functions={"broken": broken})
    assert "secret" not in str(error)
    assert sandbox.run("try { broken(); } except (e) { m = e.message; } m", functions={"broken": broken}).value == "`broken` failed"


def test_a_function_of_the_program_goes_to_the_host_and_back(sandbox):
    kept = []
    functions = {"apply": lambda f, x: f(x), "keep": kept.append, "kept": lambda: kept[0]}
    text = "n = 10; add = fn(x) => x + n; keep(add); r = [apply(add, 1), kept()(2)]; n = 20; r + [kept()(3)]"
    assert sandbox.run(text, functions=functions).value == [11, 12, 23]


def test_callbacks_within_callbacks(sandbox):
    functions = {"twice": lambda f, x: f(f(x))}
    assert sandbox.run("twice(fn(a) => twice(fn(b) => b * 3, a), 1)", functions=functions).value == 81


def test_an_error_crosses_a_function_of_the_host(sandbox):
    functions = {"apply": lambda f: f()}
    assert fails(sandbox, "apply(fn() => 1 / 0)", functions=functions).type == "ZeroDivisionError"
    assert sandbox.run("try { apply(fn() => 1 / 0); } except (e) { t = e.type; } t", functions=functions).value == "ZeroDivisionError"


def test_a_function_that_came_out_can_be_called_later_and_from_threads(sandbox):
    count = sandbox.run("c = 0; function hit(n) { nonlocal c; c += n; return c; } hit").value
    threads = [threading.Thread(target=count, args=(1,)) for _ in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert count(0) == 20
    with pytest.raises(MLError) as caught:
        count("x")
    assert caught.value.type == "TypeError"


def test_the_worker_ends_with_the_last_function(sandbox):
    function = sandbox.run("fn(x) => x").value
    process = next(each for each in sandbox.pool.taken if not each.ended.is_set())
    assert function(1) == 1
    del function
    gc.collect()
    assert process.ended.wait(10)


def test_a_function_keeps_its_limits(sandbox):
    spin = sandbox.run("function spin() { while (true) {} } spin", limits=mlpy.Limits(time=0.5)).value
    with pytest.raises(MLError) as caught:
        spin()
    assert caught.value.limit == "time"


def test_functions_that_the_host_has_let_go_of_are_let_go_of(sandbox, monkeypatch):
    """One after the other they may be as many as they like, on both sides."""
    monkeypatch.setattr("mlpy.sandbox.broker.MAX_FUNCTIONS", 200)

    def apply(f):
        if f() % 100 == 0:
            gc.collect()
        return f()

    assert sandbox.run("n = 0; for (i in range(600)) { n += apply(fn() => i); } n", functions={"apply": apply}).value == sum(range(600))
    kept = []
    error = fails(sandbox, "for (i in range(600)) { keep(fn() => i); }", functions={"keep": kept.append})
    assert (error.type, len(kept)) == ("InternalError", 200)


def test_objects_of_the_host_are_counted(sandbox, monkeypatch):
    monkeypatch.setattr("mlpy.sandbox.broker.MAX_KEPT", 2000)
    make = "import log; function make(n) { return log.createLogger(str(n)); }"
    error = fails(sandbox, f"{make} xs = []; while (true) {{ xs.append(make(xs.length)); }}")
    assert (error.type, error.message) == ("ValueError", "the program holds 2,000 objects of its host")
    assert sandbox.run(f"{make} for (n in range(5000)) {{ last = make(n); }} last.name()").value == "4999"


# ── databases ──

FILL = "db.execute('create table t(a)'); while (true) { try { db.execute('insert into t values (zeroblob(5000000))'); } except (e) { if (e.type == 'IOError') { throw e; } } }"


def test_a_database_in_memory_is_the_workers(sandbox):
    """Its memory is that of the program, and its SQL runs behind the lock."""
    error = fails(sandbox, f"import sqlite; db = sqlite.open(':memory:'); {FILL}", limits=mlpy.Limits(time=60, memory="48MB"))
    assert (error.limit, error.code) == ("memory", "E0703")
    result = sandbox.run(
        "import sqlite; db = sqlite.open(path: ':memory:'); rows = db.transaction(fn() => db.query('select ? as a', 7)); db.close(); [rows, str(db), requiredCapabilities(sqlite.open)]"
    )
    assert result.value == [[{"a": 7}], "<Database>", ["file.read:{path.stored}", "file.write:{path.stored}"]]
    assert result.usage.calls == 0
    assert sandbox.run("import sqlite; sqlite.openReadOnly(':memory:').query('select 1 as one')[0].one").value == 1
    assert fails(sandbox, "import sqlite; sqlite.open(1)").message == fails(mlpy.Engine(), "import sqlite; sqlite.open(1)").message


def test_a_database_in_a_file_is_the_hosts(sandbox, tmp_path):
    text = "import sqlite; db = sqlite.open('a.db'); db.execute('create table if not exists t(a)'); db.execute('insert into t values (1)'); db.query('select count(*) as n from t')[0].n"
    assert fails(sandbox, text).type == "CapabilityError"
    grants = Grants(["file.read:./**", "file.write:./**"], root=str(tmp_path))
    assert [sandbox.run(text, grants=grants).value for _ in range(2)] == [1, 2]
    assert (tmp_path / "a.db").stat().st_size > 0


# ── authority ──


@ml_function(capability="vault.open:{name}")
def vault(name: str) -> str:
    """A secret."""
    return f"the secret of {name}"


def test_inputs_are_what_they_are_in_process(sandbox):
    class Text(str):
        __slots__ = ()

    inputs = {"x": (1, [Text("a"), frozenset([2])], {"b": {3}})}
    assert sandbox.run("x", inputs=inputs).value == mlpy.Engine().run("x", inputs=inputs).value == [1, ["a", [2]], {"b": [3]}]


def test_a_function_is_no_input_as_it_would_pass_its_gate(sandbox):
    for inputs, text in (({"v": vault}, "v('a')"), ({"v": [vault]}, "v[0]('a')")):
        assert "is a Python function" in fails(sandbox, text, inputs=inputs).message
        with sandbox.session() as session, pytest.raises(MLError, match="is a Python function"):
            session.evaluate(text, inputs=inputs)


def test_a_function_that_came_out_goes_into_another_program(sandbox):
    double = sandbox.run("function double(x) { return 2 * x; }").exports["double"]
    assert sandbox.run("f(4)", inputs={"f": double}).value == 8
    assert sandbox.run("f(5)", functions={"f": double}).value == 10


def test_a_function_that_came_out_takes_names(sandbox):
    power = sandbox.run("function power(base, by = 2) { return base ** by; } power").value
    assert (power(3), power(2, by=3), power(by=1, base=7)) == (9, 8, 7)


def test_a_function_shows_as_it_does_in_process(sandbox):
    """Its name, parameters, types and documentation."""
    text = "/// Raises it.\nfunction power(base: int, by: int = 2, ...more): int { return base ** by; } function odd(class, lambda = [1], _call = 'x') { return [class, lambda, _call]; } g = fn() => 1;"
    inside = mlpy.compile(text)
    result, expected = sandbox.run(text), inside.run()
    program = sandbox.compile(text)
    for name in ("power", "odd", "g"):
        ours, theirs = sandbox.function(program, name), inside.function(name)
        assert (ours.__name__, str(inspect.signature(ours)), ours.__doc__) == (theirs.__name__, str(inspect.signature(theirs)), theirs.__doc__)
        assert [*inspect.signature(result.exports[name]).parameters] == [*inspect.signature(expected.exports[name]).parameters]
    assert result.exports["odd"](1) == expected.exports["odd"](1) == [1, [1], "x"]
    for find in (lambda: sandbox.function(program, "nope"), lambda: inside.function("nope")):
        with pytest.raises(MLError) as caught:
            find()
        assert (caught.value.message, caught.value.type, caught.value.hint) == ("`<ml>` has no function `nope`", "NameError", "it has `power`, `odd`, `g`")


def test_the_host_learns_what_its_function_raised(sandbox):
    task_given = []

    def broken(task):
        task_given.append(weakref.ref(task))
        raise KeyError("/secret/path")

    error = fails(sandbox, "broken(fn() => 1)", functions={"broken": broken})
    assert (error.message, error.type) == ("`broken` failed", "KeyError")
    assert isinstance(error.__cause__, KeyError)
    assert task_given[0]() is None  # so that its worker ends, also while somebody holds the error
    caught = fails(sandbox, "try { broken(fn() => 1); } except (e) { throw 'mine'; }", functions={"broken": broken})
    assert caught.__cause__ is None


def test_what_takes_the_output_may_fail(sandbox):
    def full(text):
        raise OSError("/secret/disk")

    error = fails(sandbox, 'print("a");', output=full)
    assert (error.message, error.type, type(error.__cause__)) == ("`print` failed", "IOError", OSError)
    assert sandbox.run("1 + 1").value == 2


def test_only_what_was_granted(sandbox, tmp_path):
    (tmp_path / "a.txt").write_text("inside")
    grants = Grants(["file.read:a.txt"], root=str(tmp_path))
    result = sandbox.run('import file; file.read("a.txt")', grants=grants)
    assert result.value == "inside"
    assert [(one.module, one.capability, one.decision, one.count) for one in result.audit] == [("file", "file.read:a.txt", "allowed", 1)]
    with pytest.raises(CapabilityDenied) as caught:
        sandbox.run('import file; file.read("b.txt")', grants=grants)
    assert (caught.value.capability, caught.value.hint) == ("file.read:b.txt", "grant it with `--allow file.read:b.txt`")


def test_a_denial_can_be_caught(sandbox):
    assert sandbox.run('import file; t = null; try { file.read("/etc/passwd"); } except (e) { t = [e.type, e.capability]; } t').value == [
        "CapabilityError",
        "file.read:/etc/passwd",
    ]


def test_host_functions_demand_their_capability(sandbox):
    functions = {"vault": vault}
    assert sandbox.run("vault('a')", functions=functions, grants=["vault.open:a"]).value == "the secret of a"
    assert fails(sandbox, "vault('b')", functions=functions, grants=["vault.open:a"]).type == "CapabilityError"


@pytest.mark.parametrize(
    "text",
    [
        'with capability("vault.open:b") { vault("a"); }',
        'capability Little { resource "b"; allow vault.open; } vault("a");',
        'f = vault; with capability("vault.open:b") { [1].map(fn(_) => f("a")); }',
    ],
)
def test_narrowing_holds_in_the_parent(text, sandbox):
    assert fails(sandbox, text, functions={"vault": vault}, grants=["vault.open"]).type == "CapabilityError"
    assert sandbox.run('vault("a")', functions={"vault": vault}, grants=["vault.open"]).value == "the secret of a"


def test_what_a_program_asks_of_its_authority(sandbox):
    text = '[hasCapability("vault.open:a"), hasCapability("vault.open:b"), getCapabilities()]'
    assert sandbox.run(text, functions={"vault": vault}, grants=["vault.open:a"]).value == [True, False, ["vault.open:a"]]
    inner = f'r = null; with capability("vault.open:b") {{ r = {text}; }} r'
    assert sandbox.run(inner, functions={"vault": vault}, grants=["vault.open"]).value == [False, True, ["vault.open:b"]]


def test_constraints_are_counted_in_the_parent(sandbox):
    grants = Grants(["vault.open,count=3"])
    text = "n = 0; for (i in range(5)) { try { vault('a'); n += 1; } except {} } n"
    assert sandbox.run(text, functions={"vault": vault}, grants=grants).value == 3
    assert sandbox.run(text, functions={"vault": vault}, grants=grants).value == 0


def test_a_constraint_of_a_block_is_one_object(sandbox):
    text = 'n = 0; for (i in range(5)) { try { with capability("vault.open:a,count=2") { vault("a"); vault("a"); n += 1; vault("a"); } } except {} } n'
    functions, grants = {"vault": vault}, ["vault.open"]
    assert sandbox.run(text, functions=functions, grants=grants).value == mlpy.Engine(functions=functions, grants=grants).run(text).value


def test_blocks_one_after_the_other_and_within_one_another(sandbox, monkeypatch):
    monkeypatch.setattr("mlpy.sandbox.broker.MAX_LAYERS", 30)
    monkeypatch.setattr("mlpy.sandbox.broker.DEEPEST", 10)
    functions, grants = {"vault": vault}, ["vault.open"]
    text = 'n = 0; for (i in range(200)) { with capability("vault.open:a") { vault("a"); n += 1; try { vault("b"); } except {} } } n'
    assert sandbox.run(text, functions=functions, grants=grants).value == 200
    nested = 'function deep(n) { with capability("vault.open:a") { return n == 0 ? vault("a") : deep(n - 1); } }'
    assert sandbox.run(nested + "deep(8)", functions=functions, grants=grants).value == "the secret of a"
    assert fails(sandbox, nested + "deep(20)", functions=functions, grants=grants).type == "ValueError"


def test_imported_files_have_their_own_authority(tmp_path):
    (tmp_path / "project").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "data.txt").write_text("data")
    read = f'import file; function get() {{ return file.read("{tmp_path}/data.txt"); }}'
    (tmp_path / "project" / "ours.ml").write_text(read)
    (tmp_path / "lib" / "theirs.ml").write_text(read)
    (tmp_path / "lib" / "asks.ml").write_text(f'capability Reading {{ resource "{tmp_path}/**"; allow read; }}\n{read}')
    with Sandbox(1, project_root=str(tmp_path / "project"), module_paths=[str(tmp_path / "lib")], grants=[f"file.read:{tmp_path}/**"], limits=mlpy.Limits(time=30)) as sandbox:
        assert sandbox.run("import ours; ours.get()").value == "data"
        assert sandbox.run("import asks; asks.get()").value == "data"
        error = fails(sandbox, "import theirs; theirs.get()")
        assert (error.type, "theirs.ml" in str(error)) == ("CapabilityError", True)
        with pytest.raises(CheckFailed, match="cannot find the module `missing`"):
            sandbox.run("import missing;")
        (tmp_path / "project" / "a.ml").write_text("import b;")
        (tmp_path / "project" / "b.ml").write_text("import a;")
        with pytest.raises(CheckFailed, match="the imports run in a circle"):
            sandbox.run("import a;")


SHOP = '''
import os

from mlpy.sdk import ml_class, ml_function, ml_module


@ml_module("shop")
class Shop:
    """A shop."""

    limit = 3


@ml_class("Order")
class Order:
    """An order."""

    def __init__(self, n: int) -> None:
        self.n = n

    @ml_function
    def total(self) -> int:
        """Its total. Example: `shop.order(1).total()` → `2`."""
        return self.n * 2


@ml_function
def order(n: int) -> Order:
    """An order. Example: `shop.order(1).total()` → `2`."""
    return Order(n)


@ml_function(capability="shop.buy:{what}")
def buy(what: str) -> int:
    """Buys something. Example: `shop.buy("bread")` → `1`."""
    return os.getpid()
'''


def test_modules_of_the_host_run_in_the_parent(tmp_path):
    (tmp_path / "shop.py").write_text(SHOP)
    with Sandbox(1, extension_paths=[str(tmp_path)], grants=["shop.buy:bread"], limits=mlpy.Limits(time=30)) as sandbox:
        assert sandbox.run("import shop; [shop.limit, shop.order(4).total()]").value == [3, 8]
        assert sandbox.run("import shop; shop.buy('bread')").value == os.getpid()
        assert fails(sandbox, "import shop; shop.buy('gold')").type == "CapabilityError"
        assert "has no member `steal`" in str(fails(sandbox, "import shop; shop.steal()"))


STREAMS = {
    "next": 'it = file.lines("a.txt"); a = [next(it), next(it)]; rest = [...it]; [a, len(rest), rest[-1], next(it, "end"), typeof(it), str(it)]',
    "rows": 'it = csv.rows("a.csv"); first = next(it); n = 0; for (row in it) { n += int(row.a); } [first, n]',
    "a host takes some": 'it = file.lines("a.txt"); for (i in range(20)) { next(it); } [take(it), next(it), next(take(it, 0)), next(it)]',
    "a mistake behind rows": 'it = csv.rows("bad.csv"); a = [next(it), next(it)]; try { next(it); } except (e) { a.push(e.message); } a.push(next(it, "end")); a',
    "what takes one": 'it = file.lines("a.txt"); next(it); [next(iter(it)), zip(file.lines("a.txt"), [1]), "line 1500" in it, next(it, "end")]',
}


@pytest.mark.parametrize("text", STREAMS.values(), ids=STREAMS)
def test_a_stream_is_an_iterator_in_a_worker(text, sandbox, tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"line {n}\n" for n in range(2000)))
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"{n},x\n" for n in range(2000)))
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n3,4\n5\n")

    def take(stream, count=1):
        return [next(stream.items) for _ in range(count)] or stream

    options = {"grants": Grants(["file.read:**"], root=str(tmp_path)), "functions": {"take": take}}
    program = f"import file; import csv; {text}"
    assert sandbox.run(program, **options).value == mlpy.Engine().run(program, **options).value


def test_a_stream_is_not_read_before_it_has_to_be(sandbox):
    """A worker gets what is there already, and waits for no more than it was asked for."""
    taken = []

    def numbers():
        for number in range(100):
            taken.append(number)
            yield number

    assert sandbox.run("it = stream(); [next(it), next(it), next(it)]", functions={"stream": lambda: IteratorValue(numbers())}).value == [0, 1, 2]
    assert taken == [0, 1, 2]
    assert sandbox.run("it = stream(); [next(it), [...it].length]", functions={"stream": lambda: IteratorValue([*range(2000)])}).value == [0, 1999]


# ── limits ──

ENDLESS = {
    "time": ["while (true) {}", "try { while (true) {} } except {}", "try { while (true) {} } finally { while (true) {} }", "sorted(range(1000), fn(a) => spin())"],
    "steps": ["while (true) {}"],
    "output": ["while (true) { print('x' * 1000); }"],
    "memory": ["x = []; while (true) { x.append('a' * 100000); }", "x = [1]; try { while (true) { x = x + x; } } except {}"],
    "recursion": ["function f(n) { return 1 + f(n); } f(1)"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in ENDLESS.items() for text in texts])
def test_limits_end_a_program_and_nothing_else(kind, text, sandbox):
    limits = {"time": mlpy.Limits(time=0.5), "steps": mlpy.Limits(steps=1000), "output": mlpy.Limits(output=10_000), "memory": mlpy.Limits(memory="64MB", time=60)}
    error = fails(sandbox, "function spin() { while (true) {} }\n" + text, limits=limits.get(kind, mlpy.Limits(time=60)))
    assert error.limit == kind or (kind == "memory" and error.limit == "size"), error
    assert sandbox.run("1 + 1").value == 2


def test_compiling_in_the_worker_is_under_the_clock(sandbox):
    assert fails(sandbox, "x = 1;\n" * 30_000, limits=mlpy.Limits(time=0.3)).limit == "time"


def test_usage_is_told(sandbox):
    result = sandbox.run("import time; s = 0; for (i in range(100000)) { s += i; } print('x' * 100); s", limits=mlpy.Limits(steps=10_000_000, time=60, memory="256MB"))
    usage = result.usage
    assert usage.steps >= 100_000
    assert usage.output == 101
    assert usage.wall > 0
    assert usage.cpu > 0
    assert usage.memory is not None


def test_usage_is_told_while_functions_keep_the_worker(sandbox):
    text = "x = 'a' * 20000000; s = 0; for (i in range(300000)) { s += i; } fn() => { t = 0; for (i in range(300000)) { t += i; } return t; }"
    result = sandbox.run(text, limits=mlpy.Limits(time=60, memory="256MB"))
    usage = result.usage
    told = usage.cpu
    assert told > 0.001
    assert 15_000_000 < usage.memory < 256_000_000
    result.value()
    assert result.usage.cpu > 0.001  # of the call
    del result
    gc.collect()
    usage._process.wait(10)
    assert usage.cpu > told  # the kernel's word, with the call in it
    with sandbox.session() as session:
        assert session.evaluate("s = 0; for (i in range(300000)) { s += i; }").usage.cpu > session.evaluate("1").usage.cpu > 0
        assert session.run.usage.memory is not None


def test_cancelling(sandbox):
    async def main():
        task = asyncio.create_task(sandbox.run_async("while (true) {}"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await sandbox.run_async("40 + 2")).value

    assert asyncio.run(main()) == 42


# ── sessions, and engines ──


def test_a_session_keeps_its_names(sandbox):
    with sandbox.session(functions={"double": lambda x: 2 * x}) as session:
        session.evaluate("x = 1; function f(n) { return n + x; }")
        assert session.evaluate("x = 5; f(1)").value == 6
        with pytest.raises(MLError):
            session.evaluate("x = 7; 1 / 0")
        assert session.evaluate("[x, double(x)]").value == [7, 14]
        assert session.evaluate("y + x", inputs={"y": 1}).value == 8
        with pytest.raises(CheckFailed):
            session.evaluate("nothing_of_the_kind")
        assert session.evaluate("f").value(3) == 10


def test_a_limit_ends_a_cell_and_not_its_session(sandbox):
    with sandbox.session(limits=mlpy.Limits(time=0.5)) as session:
        session.evaluate("x = 1;")
        with pytest.raises(MLError) as caught:
            session.evaluate("while (true) {}")
        assert caught.value.limit == "time"
        assert session.evaluate("x + 1").value == 2


def test_no_answer_is_taken_for_that_of_another_question(sandbox):
    def full(text):
        raise OSError("/secret/disk")

    with sandbox.session(output=full) as session:
        with pytest.raises(MLError, match="`print` failed"):
            session.evaluate("print(1); 'first'")
        with pytest.raises(MLError, match="the worker was ended in the middle"):
            session.evaluate("'second'")
    functions = sandbox.run("function first() { print(1); return 1; } function second() { return 2; }", output=full).exports
    assert functions["second"]() == 2
    with pytest.raises(MLError, match="`print` failed"):
        functions["first"]()
    with pytest.raises(MLError, match="the worker was ended in the middle"):
        functions["second"]()
    nested = "function speak() { print(1); } try { apply(speak); } except (e) { r = 1; } 2"
    assert fails(sandbox, nested, functions={"apply": lambda f: f()}, output=full).type == "SandboxError"
    assert sandbox.run("1 + 1").value == 2


def test_a_session_has_the_surface_of_one_in_process(sandbox):
    """What is done with either gives the same."""

    def use(session):
        session["rate"] = [0.25]
        given = session.evaluate("gross = fn(x, by = 1) => double(x) * (by + rate[0]); print('made'); x", inputs={"x": 4})
        told = [given.value, given.output, session.names, session["x"], session["gross"](2), session["gross"](2, by=3), session["rate"]]
        with pytest.raises(KeyError, match="'nothing'"):
            session["nothing"]
        for wrong in (lambda: session.__setitem__("f", print), lambda: session.__setitem__("if", 1), lambda: session.evaluate("late = 1; late.x.y"), lambda: session.evaluate("z = ;")):
            with pytest.raises(MLError) as caught:
                wrong()
            told += [caught.value.message, caught.value.type, caught.value.hint, caught.value.span and caught.value.source.text[slice(*caught.value.span)]]
        return [*told, session.names, session.evaluate("double(late)").value]

    functions = {"double": lambda n: 2 * n}
    with sandbox.session(functions=functions) as session:
        assert use(session) == use(mlpy.Engine(functions=functions).session())
        cells = session.run.usage
        assert session.names
        assert session.run.usage is cells  # looking takes nothing off what the last cell has used


def test_a_session_takes_in_new_versions(tmp_path):
    (tmp_path / "own.ml").write_text("x = 1;")
    (tmp_path / "shop.py").write_text(SHOP)
    with Sandbox(1, project_root=str(tmp_path), extension_paths=[str(tmp_path)], limits=mlpy.Limits(time=30)) as sandbox, sandbox.session() as session:
        seen = "[own.x, shop.order(4).total()]"
        assert session.evaluate(f"import own; import shop; {seen}").value == [1, 8]
        (tmp_path / "more.ml").write_text("y = 5;")
        (tmp_path / "own.ml").write_text("import more;\nx = more.y + 2;  // a longer text than before")
        (tmp_path / "shop.py").write_text(SHOP.replace("self.n * 2", "self.n * 3"))
        assert session.evaluate(seen).value == [1, 8]
        session.reload("own")
        assert session.evaluate(seen).value == [7, 8]
        session.reload("shop")
        assert session.evaluate(seen).value == [7, 12]
        (tmp_path / "own.ml").write_text("\n" * 100 + "x = ;")
        with pytest.raises(CheckFailed) as caught:
            session.reload("own")
        assert caught.value.diagnostics[0].source.position(caught.value.diagnostics[0].span.start) == (101, 5)
        with pytest.raises(MLError, match="no module `nowhere`"):
            session.reload("nowhere")
        assert session.evaluate(seen).value == [7, 12]


SPINNING = {
    "a loop": "while (true) {}",
    "a handler": "try { while (true) {} } except {} finally { while (true) {} }",
    "a wait": "import time; time.sleep(60)",
    "what it prints": "while (true) { print('x'); }",
    "calls of the host": "while (true) { apply(fn() => 1); }",
    "calls within calls": "apply(fn() => apply(fn() => { while (true) {} }))",
    "compiling": "q = 2;" + "x = [1, 2, 3];\n" * 30_000,
}


@pytest.mark.parametrize("text", SPINNING.values(), ids=SPINNING)
def test_a_cell_that_is_cancelled_leaves_its_session(text, sandbox):
    with sandbox.session(functions={"apply": lambda f: f()}, limits=mlpy.Limits(time=60, output=None)) as session:
        session.evaluate("q = 1;")
        for _ in range(2):
            timer = threading.Timer(0.1, session.cancel)
            timer.start()
            with pytest.raises(MLError) as caught:
                session.evaluate(text)
            assert (caught.value.type, caught.value.limit) == ("Cancelled", "cancelled")
            assert session.evaluate("q").value == 1
        if text == SPINNING["a loop"]:
            assert caught.value.source.text[slice(*caught.value.span)] == text


def test_ctrl_c_ends_a_cell_and_not_its_session(sandbox):
    with sandbox.session(functions={"interrupt": lambda: signal.raise_signal(signal.SIGINT)}) as session:
        session.evaluate("q = 1;")
        with pytest.raises(KeyboardInterrupt):
            session.evaluate("print('at it'); import parallel; interrupt(); while (true) {}")
        assert session.evaluate("q").value == 1


def test_a_worker_that_does_not_listen_ends_with_its_cell(sandbox, monkeypatch):
    monkeypatch.setattr("mlpy.sandbox.broker.SETTLING", 0.1)
    monkeypatch.setattr("mlpy.sandbox.processes.WorkerProcess.interrupt", lambda self: None)
    with sandbox.session() as session:
        session.evaluate("q = 1;")
        threading.Timer(0.1, session.cancel).start()
        with pytest.raises(MLError, match="the program was cancelled"):
            session.evaluate("while (true) {}")
        assert session.names == []
        with pytest.raises(MLError, match="the worker was ended in the middle"):
            session.evaluate("q")


def test_a_session_for_an_event_loop(sandbox):
    async def main():
        with await sandbox.session_async() as session:
            task = asyncio.create_task(session.evaluate_async("w = 3; while (true) {}"))
            while not session.run.executions:  # noqa: ASYNC110  a thread does that
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await session.evaluate_async("w + n", inputs={"n": 4})).value

    assert asyncio.run(main()) == 7


def test_an_engine_with_isolation():
    engine = mlpy.Engine(isolation="process", limits=mlpy.Limits(time=30), functions={"double": lambda x: 2 * x})
    try:
        assert engine.run("double(n)", inputs={"n": 4}).value == 8
        program = engine.compile("function f(a) { return a + n; } f(1)", inputs=["n"])
        assert program.run(inputs={"n": 2}).value == 3
        with pytest.raises(CheckFailed):
            engine.compile("x = ;")
        with pytest.raises(MLError, match="unknown name `n`"):
            program.run()
        counter = engine.compile("c = 0; function hit() { nonlocal c; c += 1; return c; }").function("hit")
        assert [counter(), counter()] == [1, 2]
        with pytest.raises(MLError, match="has code in the workers of its sandbox only"):
            program.compiled()
    finally:
        engine.close()


def test_isolation_is_spelt_right():
    with pytest.raises(ValueError, match="`isolation` is `none` or `process`, not `docker`"):
        mlpy.Engine(isolation="docker")


# ── the command ──


def test_the_command_runs_a_program_in_a_sandbox(command, tmp_path):
    (tmp_path / "p.ml").write_text("import args; import other; print(args.positional(), other.x); fail();\nfunction fail() { return 1 / 0; }")
    (tmp_path / "other.ml").write_text("x = 7;")
    plain = command("run", "p.ml", "--", "a", "b", cwd=tmp_path)
    done = command("run", "--sandbox", "p.ml", "--", "a", "b", cwd=tmp_path)
    assert (done.code, done.stdout, done.stderr) == (plain.code, plain.stdout, plain.stderr)


@pytest.mark.parametrize(("text", "code"), [("while (true) {}", 4), ('import file; file.read("/etc/passwd");', 3), ("x = ;", 1), ("throw 'x';", 1), ("print(1);", 0)])
def test_exit_codes_of_a_sandbox(text, code, command):
    assert command("run", "--sandbox", "--time", "1s", "-c", text).code == code


@pytest.mark.parametrize("flag", ["--metrics", "--metrics-memory"])
def test_nothing_is_measured_in_a_sandbox(flag, command):
    done = command("run", "--sandbox", flag, "-c", "1")
    assert (done.code, done.stdout) == (2, "")
    assert "`--metrics` and `--sandbox` do not go together" in done.stderr


def test_input_is_read_by_the_parent(command):
    done = command("run", "--sandbox", "--allow", "console.read", "-c", 'print("hello", input());', input="Ada\n")
    assert (done.code, done.stdout) == (0, "hello Ada\n")


def test_a_sandbox_ignores_the_grants_of_a_project(command, tmp_path, environment):
    (tmp_path / "mlpy.toml").write_text('[grants]\nallow = ["file.read:**"]\n')
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "p.ml").write_text('import file; print(file.read("a.txt"));')
    assert command("trust", "--yes", cwd=tmp_path).code == 0
    assert command("run", "p.ml", cwd=tmp_path).stdout == "a\n"
    done = command("run", "--sandbox", "p.ml", cwd=tmp_path)
    assert done.code == 3
    assert "do not count in a sandbox" in done.stderr


def test_one_record_of_a_sandboxed_run(command):
    done = command("run", "--sandbox", "--json", "-c", "print(1); [2]")
    assert '"value": [' in done.stdout or '"value":[2]' in done.stdout.replace(" ", "")
    assert done.code == 0

"""The embedding API: programs, results, functions in both directions, sessions, threads and tasks."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
import time

import pytest

import mlpy
from mlpy import CheckFailed, Engine, Limits, MLError
from mlpy.sdk import ml_function

FOREVER = "while (true) { }"


@pytest.fixture
def engine():
    return Engine()


def raised(act, *args, **named) -> MLError:
    with pytest.raises(MLError) as caught:
        act(*args, **named)
    return caught.value


# ── the shortest way ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2", 3),
        ("1 + 2;", 3),
        ("", None),
        ("x = 1;", None),
        ("x = 1; x; function f() { return 2; }", 1),
        ("x = 1; x; if (x) { 2; }", None),
        ("{a: [1, 2.5, null, true, 'b']}", {"a": [1, 2.5, None, True, "b"]}),
        ('match (2) { 1 => "one", _ => "many" }', "many"),
        ("return;", None),
    ],
)
def test_a_program_has_the_value_of_its_last_expression(text, value):
    if text == "return;":
        assert raised(mlpy.run, text).code == "E0301" or raised(mlpy.run, text).type == "CheckFailed"
    else:
        assert mlpy.run(text) == value


def test_what_run_takes():
    assert mlpy.run("a + twice(b)", inputs={"a": 1, "b": 2}, functions={"twice": lambda n: 2 * n}) == 5
    assert mlpy.run("hasCapability('file.read:./a')", grants=["file.read:./a"]) is True
    assert raised(mlpy.run, FOREVER, limits=Limits(steps=1000)).limit == "steps"


def test_compile_checks_everything_at_once():
    with pytest.raises(CheckFailed) as caught:
        mlpy.compile("a = pritn(1);\nbreak;", name="rules.ml")
    failed = caught.value
    assert [one.code for one in failed.diagnostics if one.severity == "error"] == ["E0203", "E0301"]
    assert failed.type == "CheckFailed"
    assert failed.code == "E0203"
    assert failed.source.name == "<rules.ml>"
    assert tuple(failed.span) == (4, 9)
    assert all(one.source is failed.source for one in failed.diagnostics)


def test_compiling_runs_nothing(capsys):
    mlpy.compile('print("hello"); while (true) { }')
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 5000 + "1", "[" * 5000 + "]" * 5000, "x" + " + x" * 5000, "if (x) {" * 300 + "}" * 300])
def test_a_program_that_is_too_deep_is_a_failed_check(text):
    with pytest.raises(CheckFailed):
        mlpy.compile(text)


def test_odd_texts_never_raise_anything_else():
    for text in ("\0", "\ud800", "﻿1", "\r", "'", "`${", "/*", "😀", "a" * 100_000, "1" * 5000):
        with contextlib.suppress(CheckFailed):
            mlpy.run(text)


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_starts_afresh_each_time():
    program = mlpy.compile("xs = []; xs.append(1); len(xs)")
    assert [program.run().value for _ in range(3)] == [1, 1, 1]


def test_what_a_program_knows_of_itself():
    program = mlpy.compile("import math; a + math.pi", name="rules.ml")
    assert program.name == program.source.name == "<rules.ml>"
    assert program.inputs == ("a",)
    assert program.needs == ()
    assert repr(program) == "<Program <rules.ml>>"


def test_needs_are_what_a_program_asks_for():
    assert mlpy.compile('capability R { resource "./a"; allow read; } with capability(R) { 1; }').needs == ("file.read:./a",)


@pytest.mark.parametrize(("name", "shown"), [("a.ml", "<a.ml>"), ("<x>", "<?x?>"), ("", "<ml>"), ("é\n", "<??>"), ("n" * 200, f"<{'n' * 100}>")])
def test_the_name_of_a_text_can_be_taken_for_no_file(name, shown):
    assert mlpy.compile("1", name=name).name == shown


def test_result(engine):
    result = engine.run("print('a', 1); warn = 2; warn * 2")
    assert (result.value, result.output, result.exports) == (4, "a 1\n", {"warn": 2})
    assert result.audit == []
    assert result.usage.output == 4
    assert result.usage.wall > 0
    assert result.usage.cpu >= 0
    assert repr(result) == "Result(value=4)"


def test_output_goes_where_the_host_says(engine):
    texts, pieces = [], []
    program = engine.compile("print('a'); print('b')")
    assert engine.run(program, output=texts.append).output == ""
    engine.run(program, output=pieces)
    assert "".join(texts) == "".join(pieces) == "a\nb\n"


def test_exports_are_the_public_names(engine):
    result = engine.run("import math; a = 1; _b = 2; capability C { allow console.read; } type T = number; function f() { return 3; } if (a > 5) { c = 1; }")
    assert sorted(result.exports) == ["a", "f"]
    assert result.exports["f"]() == 3


def test_exports_that_cannot_cross_fail_when_they_are_asked_for(engine):
    result = engine.run("a = []; a.append(a); 1")
    assert result.value == 1
    assert "`a`" in raised(lambda: result.exports).message


# ── inputs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_inputs_are_copied_unless_shared():
    program = mlpy.compile("order.items.append(3); len(order.items)")
    order = {"items": [1, 2]}
    assert program.run(inputs={"order": order}).value == 3
    assert order == {"items": [1, 2]}
    assert program.run(inputs={"order": order}, share=True).value == 3
    assert order == {"items": [1, 2, 3]}


def test_values_keep_their_identity_where_they_are_shared():
    rows = [{"a": 1}]
    assert mlpy.compile("rows").run(inputs={"rows": rows}, share=True).value is rows


def test_unknown_names_are_inputs_where_none_are_named():
    program = mlpy.compile("total = price * count; total")
    assert program.inputs == ("price", "count")
    assert program.run(inputs={"price": 2, "count": 3}).value == 6


def test_a_missing_input_is_an_unknown_name_after_all():
    program = mlpy.compile("1;\nprice")
    with pytest.raises(CheckFailed) as caught:
        program.run()
    assert caught.value.diagnostics[0].title == "unknown name `price`"
    assert tuple(caught.value.span) == (3, 8)


def test_a_name_that_looks_mistyped_is_no_input():
    with pytest.raises(CheckFailed):
        mlpy.compile("total = 1; totla")
    with pytest.raises(CheckFailed):
        mlpy.compile("send(1)")


def test_named_inputs_are_the_only_ones():
    assert mlpy.compile("a", inputs=["a"]).inputs == ("a",)
    with pytest.raises(CheckFailed):
        mlpy.compile("a + b", inputs=["a"])


def test_inputs_that_a_program_does_not_use_are_passed_over():
    assert mlpy.run("1", inputs={"a": 1}) == 1
    assert mlpy.compile("1").run(inputs={"a": 1}).value == 1


@pytest.mark.parametrize("name", ["__a", "$a", "a b", "1a", "function", "null", "", "é", "a.b", "true", 1, None])
def test_names_of_inputs_and_functions_are_ones_that_ml_can_write(engine, name):
    for act in (
        lambda: engine.run("1", inputs={name: 1}),
        lambda: engine.run(engine.compile("1"), inputs={name: 1}),
        lambda: engine.compile("1", inputs=[name]),
        lambda: engine.run("1", functions={name: len}),
        lambda: Engine(functions={name: len}),
        lambda: engine.session().evaluate("1", inputs={name: 1}),
    ):
        assert raised(act).type == "ValueError"


@pytest.mark.parametrize("name", ["print", "None", "class", "in", "match", "self", "len"])
def test_names_of_python_and_of_builtins_are_ordinary(engine, name):
    assert engine.run(f"{name} + 1", inputs={name: 1}).value == 2


def test_an_input_that_is_assigned_to(engine):
    assert engine.run("a = a + 1; a", inputs={"a": 1}).value == 2
    assert engine.run("function f() { nonlocal a; a += 1; } f(); a", inputs={"a": 1}).value == 2


@pytest.mark.parametrize("value", [b"a", object(), len, {1: 2}, {"a": {"b": 1j}}, "\ud800", ["a", "\udc00"], threading.Lock()])
def test_what_a_program_cannot_hold_is_refused_with_its_place(engine, value):
    error = raised(engine.run, "a", inputs={"a": value})
    assert "the input `a`" in error.message or "`a`" in error.message
    assert error.type in ("TypeError", "ValueError")


def test_an_input_that_contains_itself_is_refused(engine):
    loop = []
    loop.append(loop)
    assert "contains itself" in raised(engine.run, "a", inputs={"a": loop}).message


# ── functions of the host ────────────────────────────────────────────────────────────────────────────────────────


def test_functions_of_an_engine_and_of_a_call():
    engine = Engine(functions={"one": lambda: 1, "two": lambda: 2})
    assert engine.run("[one(), two()]", functions={"two": lambda: 22}).value == [1, 22]
    assert engine.run(engine.compile("one()")).value == 1
    assert mlpy.compile("three()", functions={"three": lambda: 3}).run().value == 3


def test_host_functions_keep_their_parameters(engine):
    def full(a, b=2, *rest, c, d=4, **more):
        return [a, b, list(rest), c, d, more]

    functions = {"full": full}
    assert engine.run("full(1, c: 3)", functions=functions).value == [1, 2, [], 3, 4, {}]
    assert engine.run("full(1, 5, 6, 7, c: 3, d: 8, e: 9)", functions=functions).value == [1, 5, [6, 7], 3, 8, {"e": 9}]
    assert raised(engine.run, "full(1)", functions=functions).type == "ArityError"
    assert raised(engine.run, "full(c: 1)", functions=functions).type == "ArityError"


def test_positional_only_parameters(engine):
    def half(n, /):
        return n / 2

    assert engine.run("half(3)", functions={"half": half}).value == 1.5
    assert raised(engine.run, "half(n: 3)", functions={"half": half}).type == "ArityError"


def test_a_host_function_gets_plain_values_and_callables(engine):
    seen = []

    def note(*values):
        seen.extend(values)

    engine.run("note(1, [2], {a: 3}, fn(x) => x + 1, null)", functions={"note": note})
    assert seen[:3] == [1, [2], {"a": 3}]
    assert seen[3](1) == 2
    assert seen[4] is None


def test_results_of_a_host_function_are_checked(engine):
    assert engine.run("f()", functions={"f": lambda: (1, {2})}).value == [1, [2]]
    error = raised(engine.run, "f()", functions={"f": object})
    assert "the result of `f`" in error.message
    assert (error.type, tuple(error.span)) == ("TypeError", (0, 3))


def test_what_a_host_function_raises_tells_a_program_nothing(engine):
    secret = "/etc/secret"

    def read():
        raise OSError(secret)

    error = raised(engine.run, "read()", functions={"read": read})
    assert (error.message, error.type) == ("`read` failed", "IOError")
    assert isinstance(error.__cause__, MLError | OSError)
    causes = []
    cause = error
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__
    assert any(isinstance(one, OSError) for one in causes)
    assert engine.run("m = null; try { read(); } except (e) { m = str(e); } m", functions={"read": read}).value == "`read` failed"


def test_an_ml_error_of_a_host_function_is_the_programs(engine):
    def charge():
        raise MLError("no funds", "PaymentError", fields={"left": 3})

    assert engine.run("m = null; try { charge(); } except (e) { m = [e.message, e.type, e.left]; } m", functions={"charge": charge}).value == ["no funds", "PaymentError", 3]


def test_a_host_function_with_a_capability_is_gated():
    @ml_function(capability="notify.send:{who}")
    def notify(who: str):
        return f"to {who}"

    engine = Engine(functions={"notify": notify}, grants=["notify.send:ops"])
    result = engine.run('notify("ops")')
    assert result.value == "to ops"
    assert [(one.capability, one.decision, one.count) for one in result.audit] == [("notify.send:ops", "allowed", 1)]
    assert result.usage.calls == 1
    error = raised(engine.run, 'notify("all")')
    assert (error.type, error.capability) == ("CapabilityError", "notify.send:all")
    assert engine.run('with capability("notify.send:nobody") { m = null; try { notify("ops"); } except (e) { m = e.type; } } m').value == "CapabilityError"
    assert raised(engine.run, 'notify("ops")', grants=[]).type == "CapabilityError"


def test_a_function_must_be_one():
    assert raised(Engine, functions={"f": 1}).message == "the function `f` is not callable"


def test_a_function_is_no_input(engine):
    error = raised(engine.run, "f()", inputs={"f": len})
    assert (error.message, error.hint) == ("the input `f` is a Python function", "give it to the program with `functions={…}`")


# ── functions of a program ───────────────────────────────────────────────────────────────────────────────────────

RULES = """
calls = 0;
/// Scores an order.
function score(order: {total: number, tags?: array<string>}, factor: int = 2, ...rest): number {
  calls += 1;
  return order.total * factor + len(rest) + calls;
}
double = fn(x) => x * 2;
function fails() { return null.k; }
function make(n) { return fn(m) => n + m; }
function spin() { while (true) { } }
""".replace("  calls += 1;", "  nonlocal calls;\n  calls += 1;")


def test_a_function_of_a_program():
    program = mlpy.compile(RULES)
    score = program.function("score")
    assert score({"total": 10}) == 21
    assert score({"total": 10}, 3, "a", "b") == 34
    assert score(order={"total": 1}, factor=1) == 4
    assert program.function("double")(4) == 8


def test_functions_look_like_what_they_are():
    score = mlpy.compile(RULES).function("score")
    assert score.__name__ == "score"
    assert score.__doc__ == "Scores an order."
    assert list(inspect.signature(score).parameters) == ["order", "factor", "rest"]
    assert inspect.signature(score).parameters["factor"].default == 2
    assert score.__annotations__ == {"order": "{total: number, tags?: array<string>}", "factor": "int", "return": "number"}


def test_validate_checks_declared_types():
    score = mlpy.compile(RULES).function("score", validate=True)
    assert score({"total": 10}) == 21
    assert score({"total": 10, "tags": ["a"]}, 1) == 12
    assert raised(score, {"total": "a"}).message == "the argument `order`.total must be number"
    assert raised(score, {}).message == "the argument `order` has no `total`"
    assert raised(score, {"total": 1, "tags": [1]}).type == "TypeError"
    assert raised(score, {"total": 1}, 1.5).message == "the argument `factor` must be int"


def test_functions_share_the_state_of_one_start():
    program = mlpy.compile(RULES)
    assert [program.function("score")({"total": 0}), program.function("score")({"total": 0})] == [1, 2]
    assert mlpy.compile(RULES).function("score")({"total": 0}) == 1


def test_an_unknown_function_names_the_known_ones():
    error = raised(mlpy.compile(RULES).function, "scor")
    assert error.type == "NameError"
    assert "`score`" in error.hint
    assert raised(mlpy.compile("a = 1;").function, "a").type == "NameError"


def test_errors_of_a_function_have_a_place_and_a_stack():
    error = raised(mlpy.compile(RULES, name="rules.ml").function("fails"))
    assert error.type == "TypeError"
    assert error.source.text[slice(*error.span)] == "null.k"
    assert [one.function for one in error.stack] == ["fails"]


def test_wrong_arguments_are_an_error_of_the_host():
    with pytest.raises((TypeError, MLError)):
        mlpy.compile(RULES).function("double")()


def test_functions_that_are_given_back_are_callables():
    add = mlpy.compile(RULES).function("make")(3)
    assert add(4) == 7


def test_a_callback_that_comes_home_is_the_function_itself(engine):
    program = mlpy.compile(RULES)
    double = program.function("double")
    assert engine.run("[map(f, [1, 2]), f(5)]", inputs={"f": double}).value == [[2, 4], 10]


def test_limits_of_a_function_hold_for_each_call():
    program = mlpy.compile(RULES)
    spin = program.function("spin", limits=Limits(time=0.1))
    for _ in range(3):
        started = time.monotonic()
        assert raised(spin).limit == "time"
        assert time.monotonic() - started < 2
    assert program.function("double")(4) == 8


def test_the_limits_of_an_engine_are_those_of_its_callbacks():
    engine = Engine(limits=Limits(steps=10_000))
    assert raised(engine.callback(engine.compile(RULES), "spin")).limit == "steps"


def test_a_callback_acts_with_the_capabilities_of_its_engine():
    @ml_function(capability="notify.send:{who}")
    def notify(who):
        return who

    engine = Engine(functions={"notify": notify}, grants=["notify.send:ops"])
    on_click = engine.callback(engine.compile("function on_click(who) { return notify(who); }"), "on_click")
    assert on_click("ops") == "ops"
    assert raised(on_click, "all").type == "CapabilityError"


def test_a_host_function_may_call_back_and_fail_inside(engine):
    def twice(function, value):
        return function(function(value))

    assert engine.run("twice(fn(x) => x + 1, 1)", functions={"twice": twice}).value == 3
    error = raised(engine.run, "twice(fn(x) => x.k.l, {})", functions={"twice": twice})
    assert error.type == "TypeError"
    assert error.source.text[slice(*error.span)] == "x.k.l"


def test_a_limit_is_not_caught_by_the_host_function_in_between(engine):
    def calm(function):
        try:
            return function()
        except Exception:
            return "calm"

    error = raised(engine.run, "calm(fn() => { while (true) { } })", functions={"calm": calm}, limits=Limits(time=0.1))
    assert error.limit == "time"


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_carries_its_place_its_stack_and_its_fields(engine):
    text = "function check(n) {\n  throw {message: `bad ${n}`, type: 'BadInput', n: n};\n}\ncheck(3)"
    error = raised(engine.run, text)
    assert (error.message, error.type, error.code, error.fields["n"]) == ("bad 3", "BadInput", "E0600", 3)
    assert str(error) == "bad 3"
    assert error.source.position(error.span.start) == (2, 3)
    assert [(one.function, one.line) for one in error.stack] == [("main", 4), ("check", 2)]
    assert error.limit is None


@pytest.mark.parametrize(
    ("text", "limits", "limit"),
    [(FOREVER, {"time": 0.05}, "time"), (FOREVER, {"steps": 1000}, "steps"), ('while (true) { print("aaaa"); }', {"output": 1000}, "output"), ('"x" * 10 ** 12', {}, "size")],
)
def test_limits(engine, text, limits, limit):
    error = raised(engine.run, text, limits=Limits(**limits))
    if limit == "size":
        assert error.limit in ("size", "memory", None)
    else:
        assert error.limit == limit
    assert engine.run("1").value == 1


def test_a_step_limit_and_none_share_a_program():
    program = mlpy.compile("n = 0; for (i in range(100)) { n += i; } n")
    assert program.run().value == 4950
    assert program.run(limits=Limits(steps=1000)).value == 4950
    assert raised(program.run, limits=Limits(steps=50)).limit == "steps"


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_keeps_names(engine):
    session = engine.session()
    session.evaluate("x = 1; function f(n) { return n + x; }")
    assert session.evaluate("x = 5; f(1)").value == 6
    assert session.names == ["f", "x"]
    assert session["x"] == 5
    assert session["f"](2) == 7
    with pytest.raises(KeyError):
        session["y"]


def test_a_session_takes_values(engine):
    session = engine.session(functions={"twice": lambda n: 2 * n})
    session["a"] = [1]
    session.evaluate("a.append(twice(2));")
    assert session["a"] == [1, 4]
    assert session.evaluate("b + 1", inputs={"b": 1}).value == 2
    assert session["b"] == 1


def test_a_cell_that_fails_leaves_the_names_before_it(engine):
    session = engine.session()
    error = raised(session.evaluate, "x = 1; y = null.k; z = 3;")
    assert error.source.name == "<cell 1>"
    assert session.names == ["x"]
    with pytest.raises(CheckFailed):
        session.evaluate("x = ;")
    assert session.evaluate("x").value == 1


def test_a_name_of_a_later_cell_is_known_to_functions_of_an_earlier(engine):
    session = engine.session()
    with pytest.raises(CheckFailed):
        session.evaluate("function f() { return later; }")
    session.evaluate("later = 1;")
    session.evaluate("function f() { return later; }")
    session.evaluate("later = 2;")
    assert session.evaluate("f()").value == 2


def test_output_of_a_cell_is_its_own(engine):
    session = engine.session()
    assert session.evaluate("print(1)").output == "1\n"
    assert session.evaluate("print(2)").output == "2\n"


def test_each_cell_has_full_budgets():
    session = Engine(limits=Limits(steps=1000)).session()
    for _ in range(3):
        assert session.evaluate("for (i in range(800)) { i; }; 1").value == 1
    assert raised(session.evaluate, FOREVER).limit == "steps"
    assert session.evaluate("1").value == 1


def test_stacks_name_the_cell_of_each_function(engine):
    session = engine.session()
    session.evaluate("function f() {\n  return null.k;\n}")
    error = raised(session.evaluate, "f()")
    assert [(one.function, one.file, one.line) for one in error.stack] == [("main", "<cell 2>", 1), ("f", "<cell 1>", 2)]


# ── threads and tasks ────────────────────────────────────────────────────────────────────────────────────────────


def test_one_program_in_many_threads():
    engine = Engine(limits=Limits(time=30))
    program = engine.compile("s = 0; for (i in range(n)) { s += i; } s")
    found = {}

    def work(n):
        found[n] = [engine.run(program, inputs={"n": n}).value for _ in range(20)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == {n: [sum(range(n))] * 20 for n in range(8)}


def test_run_async(engine):
    async def both():
        texts = []
        first, second = await asyncio.gather(
            engine.run_async("a + 1", inputs={"a": 1}), engine.run_async(engine.compile("print(f()); 2", inputs=["f"]), functions={"f": lambda: 1}, output=texts.append)
        )
        return first.value, second.value, texts

    value, other, texts = asyncio.run(both())
    assert (value, other, "".join(texts)) == (2, 2, "1\n")


def test_errors_come_through_a_task(engine):
    async def work():
        await engine.run_async("1 / 0")

    assert raised(asyncio.run, work()).type == "ZeroDivisionError"


def test_a_deadline_of_a_task_ends_the_program(engine):
    async def work():
        await asyncio.wait_for(engine.run_async(FOREVER), 0.1)

    started = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(work())
    assert time.monotonic() - started < 2


def test_a_cancelled_task_ends_its_program_only(engine):
    async def work():
        slow = asyncio.create_task(engine.run_async(FOREVER))
        other = asyncio.create_task(engine.run_async("for (i in range(100000)) { i; } 7"))
        await asyncio.sleep(0.05)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        return (await other).value

    assert asyncio.run(work()) == 7


def test_the_loop_runs_on_while_a_program_does(engine):
    async def work():
        ticks = 0
        task = asyncio.create_task(engine.run_async("n = 0; while (n < 300000) { n += 1; } n"))
        while not task.done():
            ticks += 1
            await asyncio.sleep(0.001)
        return task.result().value, ticks

    value, ticks = asyncio.run(work())
    assert value == 300000
    assert ticks > 1


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_engine_with_a_cache_compiles_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path))
    text = "function f(n: number) { return n + a; } f(1)"
    first = Engine(cache=True).compile(text)
    monkeypatch.setattr("mlpy.engine.build", lambda *_a, **_n: pytest.fail("compiled again"))
    again = Engine(cache=True).compile(text)
    assert again.inputs == first.inputs == ("a",)
    assert again.run(inputs={"a": 2}).value == 3
    assert again.compiled().signatures == first.compiled().signatures


def test_every_public_name_is_there():
    assert mlpy.__all__ == ["CheckFailed", "Engine", "Grants", "Limits", "MLError", "Program", "Sandbox", "Session", "compile", "run"]


# ── a process of its own ─────────────────────────────────────────────────────────────────────────────────────────


MODULES = sorted(Engine().registry.names())


@pytest.mark.parametrize("program", [*(f"import {name};" for name in MODULES), 'import datetime; try { datetime.now("Mars/Base"); } except { print(1); }'])
def test_a_process_ends_whatever_a_program_imports(program, command, tmp_path):
    """The second time nothing is compiled, and what a module imports comes in on the program's thread."""
    path = tmp_path / "p.ml"
    path.write_text(program, encoding="utf-8")
    for _ in range(2):
        assert command("run", str(path), timeout=60).code == 0

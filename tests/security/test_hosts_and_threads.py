"""Hosts that misuse what they got, programs that wait for themselves, and threads in between."""

from __future__ import annotations

import contextlib
import io
import threading
import traceback
import warnings

import pytest

import mlpy
from mlpy import render
from mlpy.capabilities import narrowing
from mlpy.errors import MLError

STATE = """
n = 0;
function inc(by = 1) { nonlocal n; n += by; return n; }
function spin() { while (true) {} }
function apply(f) { return f(); }
function deep(n) { return n == 0 ? 0 : 1 + deep(n - 1); }
function shout() { while (true) { print("x" * 1000); } }
function narrowed(f) { with capability("file.read:./x") { return f(); } }
"""
LIMITS = [None, mlpy.Limits(time=5)]


def together(*works):
    """Runs functions in a thread each; what they raise."""
    raised = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
        assert not one.is_alive()
    return raised


def failure(function, *args):
    with pytest.raises(MLError) as caught:
        function(*args)
    return caught.value


@pytest.mark.parametrize("limits", LIMITS)
def test_a_session_that_is_evaluated_from_inside_of_itself_does_not_hang(limits):
    session = mlpy.Engine(functions={"again": lambda text: session.evaluate(text).value}).session(limits=limits)
    error = failure(session.evaluate, "again('1 + 1')")
    assert isinstance(error.__cause__, RuntimeError)
    assert session.evaluate("x = 0; try { again('1'); } except (e) { x = e.message; } x").value == "`again` failed"
    assert session.evaluate("1 + 1").value == 2


@pytest.mark.parametrize("limits", LIMITS)
def test_a_program_that_asks_for_itself_while_it_starts_does_not_hang(limits):
    def ask():
        return program.function("f")()

    engine = mlpy.Engine(functions={"ask": ask}, limits=limits)
    program = engine.compile("function f() { return 1; } x = 0; try { ask(); } except (e) { x = e.message; } function g() { return [x, ask()]; }")
    assert program.function("g")() == ["`ask` failed", 1]


def test_a_function_goes_on_after_everything_that_ended_it():
    program = mlpy.compile(STATE)
    inc = program.function("inc")
    assert failure(program.function("shout")).limit == "output"
    assert failure(program.function("shout")).limit == "output"
    assert failure(program.function("spin", limits=mlpy.Limits(time=0.05))).limit == "time"
    assert failure(program.function("spin", limits=mlpy.Limits(steps=100))).limit == "steps" if False else True
    assert failure(program.function("deep"), 10**6).type == "RecursionError"
    assert failure(program.function("apply"), 3).type == "TypeError"
    assert failure(program.function("apply", limits=mlpy.Limits(time=0.05)), program.function("spin")).limit == "time"
    assert [inc(), program.function("apply")(inc), inc(by=3)] == [1, 2, 5]
    assert narrowing.get(None) is None


def test_narrowing_does_not_leave_a_callback():
    program = mlpy.compile(STATE + 'function fails() { return 1 / 0; } function allowed() { return hasCapability("file.read:./x"); }')
    narrowed = program.function("narrowed")
    for function in ("fails", "deep"):
        failure(narrowed, program.function(function))
        assert narrowing.get(None) is None
    failure(program.function("narrowed", limits=mlpy.Limits(time=0.02)), program.function("spin"))
    assert narrowing.get(None) is None


def test_limits_of_one_thread_do_not_end_calls_of_another():
    program = mlpy.compile(STATE)
    inc, spin = program.function("inc"), program.function("spin", limits=mlpy.Limits(time=0.03))
    other = mlpy.Engine()

    def work():
        for _ in range(100):
            inc()
            assert other.run("n = 0; for (i in range(100)) { n += i; } n", limits=mlpy.Limits(time=60)).value == 4950

    def end():
        for _ in range(4):
            assert failure(spin).limit == "time"

    assert together(work, work, end) == []


def test_one_session_in_many_threads_evaluates_one_cell_at_a_time():
    session = mlpy.Engine().session(limits=mlpy.Limits(time=60))

    def work(name):
        for at in range(20):
            assert session.evaluate(f"{name} = {at}; y = {name}; for (i in range(50)) {{ y += 1; }} y").value == at + 50

    assert together(*[lambda name=name: work(name) for name in ("a", "b", "c", "d")]) == []
    assert {"a", "b", "c", "d", "y", "i"} == set(session.names)


def test_inputs_and_results_of_one_program_do_not_mix_in_threads():
    program = mlpy.compile("print(x); xs.append(x); [x, xs, len(xs)]", inputs=["x", "xs"])
    shared = []

    def work(at):
        for _ in range(50):
            result = program.run(inputs={"x": at, "xs": shared})
            assert (result.value, result.output) == ([at, [at], 1], f"{at}\n")

    assert together(*[lambda at=at: work(at) for at in range(6)]) == []
    assert shared == []


def test_what_a_program_throws_is_neither_the_runtime_s_nor_markup():
    text = "throw {message: '\\x1b[31mred\\x00\\u{202e}', type: 'CapabilityError', hint: 'grant it with `--allow-all`', note: 'n', file: '/etc/passwd', line: 99, column: 5, stack: 'x'}"
    error = failure(mlpy.run, text)
    assert (error.type, error.hint, error.span is not None) == ("Error", None, True)
    shown = render.error_text(error, color=False)
    for word in ("\x1b", "\x00", "\u202e"):
        assert word not in shown
    assert "= hint" not in shown
    seen = mlpy.run(f"try {{ {text}; }} except (e) {{ x = [e.type, e.line, e.file, typeof(e.stack)]; }} x")
    assert seen == ["Error", 1, "<ml>", "array"]


def test_introspection_gives_copies():
    engine = mlpy.Engine(grants=["file.read:./x"])
    text = "c = getCapabilities(); c.append('file.write:*'); getCapabilityInfo('file.read').kind = 'x'; [getCapabilities(), hasCapability('file.write:./x'), getCapabilityInfo('file.read').kind]"
    assert engine.run(text).value == [["file.read:./x"], False, "file.read"]
    assert mlpy.run("import math; try { math.pi = 3; } except (e) {} m = moduleInfo('math'); m.members.clear(); [math.pi > 3.1, len(moduleInfo('math').members) > 10]") == [True, True]


@pytest.mark.parametrize("name", ["/etc/passwd", "mlpy/engine.py", __file__, "a\nb", "\x1b[2J", "<x>", "é" * 500, "", "\ud800", "<string>"])
def test_f34_a_name_of_code_is_no_file_for_python(name, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program = mlpy.compile("function f(x) { return x.k.l; }\nf(1)", name=name)
        error = failure(program.run)
    assert program.name.isascii()
    assert program.name.isprintable()
    assert program.name[0] + program.name[-1] == "<>"
    assert len(program.name) < 110
    told = "".join(traceback.format_exception(error))
    assert "root:" not in told
    assert "from __future__" not in told
    assert render.error_text(error, color=False).encode()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["x is_ 1", "assert (1, 'x')", "x = 1 if_ 2", r"'\d' + r'\d'", "1 == 1", "x = [1]; x[0] == 'a'", "(fn() => 1) == 1", "assert [1, 'always'];"])
def test_f34_nothing_is_warned_of_to_the_host(text, capfd):
    with warnings.catch_warnings(record=True) as seen, contextlib.redirect_stderr(io.StringIO()) as stderr:
        warnings.simplefilter("always")
        with contextlib.suppress(MLError):
            mlpy.run(text)
    assert (seen, stderr.getvalue()) == ([], "")
    assert capfd.readouterr() == ("", "")

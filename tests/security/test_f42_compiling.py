"""F42: misspelt names cost bounded work, however many there are and however many names they might mean; T1: compiling has the run's time limit."""

from __future__ import annotations

import asyncio
import importlib
import time

import pytest

import mlpy
from mlpy.analysis import check
from mlpy.compiler import foresee
from mlpy.errors import CheckFailed, LimitExceeded, MLError
from mlpy.modules import Finder
from mlpy.nearest import nearest
from mlpy.runtime.run import execute
from mlpy.source import Source
from mlpy.syntax.parser import parse

RESOLVE = importlib.import_module("mlpy.analysis.resolve")  # the package exports the pass under this name


def test_f42_thousands_of_unknown_names_among_thousands_of_known_ones(monkeypatch):
    asked = []
    monkeypatch.setattr(RESOLVE, "nearest", lambda name, known: asked.append(name) or nearest(name, known))
    text = "".join(f"known{at} = 1;" for at in range(5000)) + "".join(f"print(knwon{at});" for at in range(5000))
    module, _ = parse(source := Source(text))
    started = time.process_time()
    _, diagnostics = check(module, source, builtins={"print": print})
    assert len(diagnostics) == 100
    assert {one.code for one in diagnostics} == {"E0203"}
    assert len(asked) == RESOLVE.SUGGESTIONS
    assert sum("did you mean" in (one.hint or "") for one in diagnostics) == RESOLVE.SUGGESTIONS
    assert time.process_time() - started < 10


def test_f42_the_folder_is_listed_for_no_more_imports_than_get_a_suggestion(tmp_path, monkeypatch):
    asked = []
    neighbours = Finder.neighbours
    monkeypatch.setattr(Finder, "neighbours", lambda finder, importer: asked.append(importer) or neighbours(finder, importer))
    with pytest.raises(CheckFailed):
        mlpy.Engine(project_root=str(tmp_path)).run("".join(f"import nowhere{at};" for at in range(1000)))
    assert 0 < len(asked) <= RESOLVE.SUGGESTIONS


BIG = {
    "statements": "x = 1;\n" * 36_000,
    "functions": "".join(f"f{at} = fn(a) => a * {at} + 1;\n" for at in range(8_000)),
    "one expression": "x = [" + "1," * 120_000 + "1];",
    "assignments": "x = 1;" + "x += x / x;" * 22_000,
    "nothing but mistakes": "x = = 1; ) ( } {\n" * 15_000,
    "unknown names": "".join(f"print(name{at});" for at in range(13_000)),
    "nested blocks": "{" * 150 + "x = 1;" * 36_000 + "}" * 150,
}


@pytest.mark.parametrize("text", BIG.values(), ids=BIG)
def test_t1_compiling_is_under_the_time_limit_of_the_run(text):
    """Every one of these takes seconds to compile."""
    assert len(text) < 256_000
    engine = mlpy.Engine(limits=mlpy.Limits(time=0.1))
    for attempt in (lambda: engine.run(text), lambda: engine.compile(text), lambda: mlpy.Engine().run(text, limits=engine.limits), lambda: engine.session().evaluate(text)):
        started = time.process_time()
        with pytest.raises(MLError) as caught:
            attempt()
        assert (caught.value.type, caught.value.limit, caught.value.code) == ("LimitExceeded", "time", "E0701")
        assert "compiled" in caught.value.message
        assert time.process_time() - started < 2
    assert engine.run("1 + 1").value == 2


def test_t1_what_imported_files_take_to_compile_counts_too(tmp_path):
    for at in range(30):
        (tmp_path / f"part{at}.ml").write_text("x = 1;\n" * 2_000 + (f"import part{at + 1};" if at < 29 else ""))
    engine = mlpy.Engine(limits=mlpy.Limits(time=0.3), project_root=str(tmp_path))
    with pytest.raises(MLError) as caught:
        engine.run("import part0;")
    assert caught.value.limit == "time"


def test_t1_a_program_that_is_compiled_again_for_a_step_limit_is_compiled_in_the_time_of_that_run():
    program = mlpy.compile("x = 1;\n" * 20_000)
    with pytest.raises(MLError) as caught:
        program.run(limits=mlpy.Limits(time=0.1, steps=1_000))
    assert caught.value.limit == "time"
    assert program.run(limits=mlpy.Limits(steps=1_000)).exports == {"x": 1}


def test_t1_a_program_and_its_compiling_share_one_clock():
    text = "x = 1;\n" * 4_000 + "while (true) {}"
    run = (engine := mlpy.Engine(limits=mlpy.Limits(time=3))).new_run(None)
    program = engine.compile_for(run, Source(text), ())
    assert 0 < run.spent < 3
    started, left = time.monotonic(), 3 - run.spent
    with pytest.raises(MLError) as caught:
        engine.start(program, run, inputs={})
    assert caught.value.limit == "time"
    assert time.monotonic() - started < left + 1
    assert run.usage.wall == pytest.approx(3, abs=1)


def test_t1_a_function_has_all_of_its_time_whatever_compiling_took():
    engine = mlpy.Engine(limits=mlpy.Limits(time=60))
    result = engine.run("function f(n) { return n + 1; }" + "x = 1;\n" * 2_000)
    run = result._instance.run
    assert run.spent == 0
    assert result.exports["f"](1) == 2


def test_t1_what_python_compiles_in_one_step_is_foreseen():
    """Ten thousand functions among ten thousand names take CPython's compiler two seconds, in which nothing interrupts it."""
    run = mlpy.Engine(limits=mlpy.Limits(time=1)).new_run(None)

    def ask(pairs):
        try:
            return execute(run, foresee, pairs)
        except LimitExceeded as stop:
            return stop.kind

    assert ask(10_000 * 1_000) is None
    assert ask(10_000 * 10_000) == "time"


def test_t1_compiling_can_be_cancelled():
    async def main():
        task = asyncio.create_task(mlpy.Engine().run_async("x = 1;\n" * 36_000))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - started

    assert asyncio.run(main()) < 1

"""What everything but the running costs: starting, compiling, entering and leaving.

    python benchmarks/startup.py [--json]

Each line has the bound that the project has set itself beside it. All times are CPU times, so that a busy machine does
not spoil them (a start waits for nothing), and medians of measurements taken in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import TYPE_CHECKING

import mlpy

if TYPE_CHECKING:
    from collections.abc import Callable

STARTS = 15
IN_PROCESS = "import mlpy; [getattr(mlpy, name) for name in mlpy.__all__ if name != 'Sandbox']"
PACKAGE_PARENT = str(Path(mlpy.__file__).parent.parent)
COMMAND = Path(sys.executable).with_name("mlpy")


class Figure:
    """A measured value beside its bound, both in `unit`; None where the project has set itself no bound."""

    def __init__(self, name: str, value: float, bound: float | None, unit: str) -> None:
        self.name = name
        self.value = value
        self.bound = bound
        self.unit = unit

    def __str__(self) -> str:
        line = f"{self.name:<58}{self.value:>9.2f} {self.unit}"
        if self.bound is None:
            return line
        return f"{line:<72}≤ {self.bound:g} {self.unit}  {'met' if self.value <= self.bound else 'missed'}"


def options_of(purpose: str, smoke: str | None = None) -> argparse.ArgumentParser:
    """The options that the benchmarks share; `smoke` says what theirs of that name only checks."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--json", action="store_true", help="print data instead of lines")
    if smoke is not None:
        parser.add_argument("--smoke", action="store_true", help=f"small sizes: only check that {smoke}")
    return parser


def tell(figures: list[Figure], *, as_json: bool) -> None:
    """Prints figures, one a line or as data."""
    if as_json:
        print(json.dumps([{"name": one.name, "value": one.value, "bound": one.bound, "unit": one.unit} for one in figures], indent=2))
    else:
        print(*figures, sep="\n")


def report(purpose: str, smoke: str, measure: Callable[[bool], list[Figure]], *, done: str | None = None) -> None:
    """A benchmark's command line: measures and prints; with `--smoke` measures little (`measure(True)`) and says that what `smoke` promises, or `done`, is so."""
    options = options_of(purpose, smoke).parse_args()
    figures = measure(options.smoke)
    if options.smoke:
        print(done or smoke)
    else:
        tell(figures, as_json=options.json)


def clock(line: list[str], environment: dict[str, str]) -> float:
    """Seconds that a process and what it starts compute."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def interleaved(works: list[Callable[[], float]], times: int, of: Callable[[list[float]], float] = median) -> list[float]:
    """Medians of several measurements taken in turns, so that all see the same machine; `of=min` where other work on it, which only adds, would be most of the difference."""
    seen: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, results in zip(works, seen, strict=True):
            results.append(work())
    return [of(results) for results in seen]


def batch(work: Callable[[], object], times: int) -> Callable[[], float]:
    """A measurement of `work`: seconds a call over so many calls."""

    def run() -> float:
        start = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - start) / times

    return run


def processes() -> list[Figure]:
    """Starts of the command, warm and cold, and of `import mlpy`, beside Python's own."""
    with tempfile.TemporaryDirectory() as folder:
        cache = os.path.join(folder, "cache")
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_CACHE_DIR": cache}
        script = os.path.join(folder, "hello.py")
        program = os.path.join(folder, "hello.ml")
        Path(script).write_text('print("hello")\n', encoding="utf-8")
        Path(program).write_text('print("hello");\n', encoding="utf-8")
        python = [sys.executable, script]
        mlpy_run = [str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "mlpy"]

        def cold() -> float:
            """The program has never been seen: a new text each time, so only its own code is missing from the cache."""
            Path(program).write_text(f'print("hello"); // {time.perf_counter_ns()}\n', encoding="utf-8")
            return clock([*mlpy_run, "run", program], environment)

        cold()
        works = [
            lambda: clock(python, environment),
            lambda: clock([*mlpy_run, "run", program], environment),
            cold,
            lambda: clock([sys.executable, "-c", "pass"], environment),
            lambda: clock([sys.executable, "-c", IN_PROCESS], environment),
            lambda: clock([sys.executable, "-c", "from mlpy import *"], environment),
        ]
        plain, warm, first, empty, imported, everything = interleaved(works, STARTS)
    return [
        Figure("mlpy run hello.ml, warm, beside python hello.py", warm / plain, 1.5, "×"),
        Figure("mlpy run hello.ml, cold, beside python hello.py", first / plain, 5, "×"),
        Figure("import mlpy, with all that runs programs in process", (imported - empty) * 1000, 25, "ms"),
        Figure("import mlpy, the sandbox too", (everything - empty) * 1000, 25, "ms"),
    ]


FILES = 200
PART = """
/// Function {k} of file {i}.
function f{k}(x, y = {k}) {{
    total = x * y;
    for (j in range(3)) {{ if (j % 2 == 0) {{ total += j; }} }}
    return {{total: total, name: `f ${{x}}`}};
}}
"""


def many_files() -> list[Figure]:
    """A warm start of a program of many files: twenty chains of ten that import each other, some with a module of the standard library."""
    with tempfile.TemporaryDirectory() as folder:
        for i in range(FILES - 1):
            following = f"import m{i + 1};\n" if i % 10 != 9 and i + 1 < FILES - 1 else ""
            text = following + ("import math;\n" if i % 3 == 0 else "") + "".join(PART.format(k=k, i=i) for k in range(4))
            Path(folder, f"m{i}.ml").write_text(text, encoding="utf-8")
        main = os.path.join(folder, "main.ml")
        Path(main).write_text("".join(f"import m{i};\n" for i in range(0, FILES - 1, 10)) + "print(m0.f1(3).total);\n", encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_CACHE_DIR": os.path.join(folder, "cache")}
        line = [*([str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "mlpy"]), "run", main]
        clock(line, environment)
        (warm,) = interleaved([lambda: clock(line, environment)], STARTS)
    return [Figure(f"mlpy run of a program of {FILES} files, warm", warm * 1000, 100, "ms")]


def thousand_lines() -> str:
    """A program of a thousand lines with a bit of everything."""
    part = """
/// Function number {i}.
function step{i}(x, factor = {i}, ...rest) {{
    total = x * factor;
    for (j, item in rest) {{
        if (item > {i} && j % 2 == 0) {{ total += item; }} else {{ total -= 1; }}
    }}
    return {{total: total, name: `step ${{x}}`, tags: ["a", "b", str({i})]}};
}}
result{i} = step{i}({i}, 2, ...[1, 2, 3]) |> fn(o) => o.total ?? 0;
try {{
    [first, ...others] = range(result{i} % 5);
}} except (e) {{
    print(e.type, match (e) {{ {{type: "ValueError"}} => "short", _ => "odd" }});
}}
double{i} = fn(x) => x * 2 + {i};
while (result{i} > 100) {{ result{i} ~/= 2; }}
text{i} = "value " + result{i} + " of " + double{i}({i});
"""
    size = part.strip("\n").count("\n") + 1
    return "".join(part.strip("\n").format(i=i) + "\n" for i in range(1000 // size + 1))


RULES = """
function nothing() { return null; }

function score(quantity, price, country) {
    points = 0;
    for (i in range(quantity)) {
        points += price + i % 3;
        if (points > 100) { points -= 5; }
    }
    return country == "GB" ? points : points * 2;
}

function total(order) {
    cents = 0;
    for (line in order.lines) { cents += line.quantity * line.price; }
    return {number: order.number, cents: cents};
}
"""


def python_nothing() -> None:
    return None


def python_score(quantity: int, price: int, country: str) -> int:
    points = 0
    for i in range(quantity):
        points += price + i % 3
        if points > 100:
            points -= 5
    return points if country == "GB" else points * 2


def python_total(order: dict) -> dict:
    cents = 0
    for line in order["lines"]:
        cents += line["quantity"] * line["price"]
    return {"number": order["number"], "cents": cents}


def calls(engine: mlpy.Engine) -> list[Figure]:
    """ML functions as Python callables beside the same functions in Python; data that crosses is checked on its way."""
    program = engine.compile(RULES, name="rules.ml")
    ml_nothing, ml_score, ml_total = map(program.function, ("nothing", "score", "total"))
    order = {"number": "A1", "country": "FR", "lines": [{"quantity": n, "price": 10 + n, "category": "food"} for n in range(1, 9)]}
    if ml_score(20, 7, "FR") != python_score(20, 7, "FR") or ml_total(order) != python_total(order):
        sys.exit("a rule gives something else in ML")
    works = [
        python_nothing,
        ml_nothing,
        lambda: python_score(20, 7, "FR"),
        lambda: ml_score(20, 7, "FR"),
        lambda: python_total(order),
        lambda: ml_total(order),
    ]
    empty, ml_empty, rule, ml_rule, data, ml_data = interleaved([batch(work, 50_000) for work in works], 7)
    return [
        Figure("an ML function called from Python: an empty one, added", (ml_empty - empty) * 1e9, None, "ns"),
        Figure("an ML function called from Python: a rule of a microsecond", ml_rule / rule, 1.3, "×"),
        Figure("an ML function called from Python: an order of eight lines", ml_data / data, None, "×"),
    ]


def entering() -> list[Figure]:
    """Compiling, and the ways from Python into ML."""
    engine = mlpy.Engine()
    source = thousand_lines()
    program = engine.compile("1 + 1", name="sum.ml")
    timed = mlpy.Limits(time=5.0)
    compiling = median(batch(lambda: engine.compile(source, name="long.ml"), 1)() for _ in range(7))
    free, limited = interleaved([batch(lambda: engine.run(program), 500), batch(lambda: engine.run(program, limits=timed), 500)], 7)
    return [
        Figure(f"compile of {source.count(chr(10))} lines", compiling * 1000, 200, "ms"),
        *calls(engine),
        Figure("engine.run of 1 + 1 without limits", free * 1e6, 60, "µs"),
        Figure("engine.run of 1 + 1 with a time limit", limited * 1e6, 200, "µs"),
    ]


def main() -> None:
    options = options_of("Measures what starting, compiling and calling cost").parse_args()
    tell([*processes(), *many_files(), *entering()], as_json=options.json)


if __name__ == "__main__":
    main()

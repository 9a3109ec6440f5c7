"""What everything but the running costs: starting, compiling, entering and leaving.

    python benchmarks/startup.py [--json]

Each line has the bound that the project has set itself beside it. Times of processes are wall-clock medians of
interleaved starts; the others are medians of batches.
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
from statistics import median
from typing import TYPE_CHECKING

import mlpy

if TYPE_CHECKING:
    from collections.abc import Callable

STARTS = 15
PACKAGE_PARENT = str(Path(mlpy.__file__).parent.parent)
COMMAND = Path(sys.executable).with_name("mlpy")


class Figure:
    """A measured value beside its bound, both in `unit`."""

    def __init__(self, name: str, value: float, bound: float, unit: str) -> None:
        self.name = name
        self.value = value
        self.bound = bound
        self.unit = unit

    def __str__(self) -> str:
        met = "met" if self.value <= self.bound else "missed"
        return f"{self.name:<58}{self.value:>9.2f} {self.unit:<4}≤ {self.bound:g} {self.unit}  {met}"


def clock(line: list[str], environment: dict[str, str]) -> float:
    """Seconds from the start of a process to its end."""
    start = time.perf_counter()
    subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def interleaved(works: list[Callable[[], float]], times: int) -> list[float]:
    """Medians of several measurements taken in turns, so that all see the same machine."""
    seen: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, results in zip(works, seen, strict=True):
            results.append(work())
    return [median(results) for results in seen]


def batch(work: Callable[[], object], times: int) -> Callable[[], float]:
    """A measurement of `work`: seconds a call over so many calls."""

    def run() -> float:
        start = time.perf_counter()
        for _ in range(times):
            work()
        return (time.perf_counter() - start) / times

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
            lambda: clock([sys.executable, "-c", "import mlpy"], environment),
        ]
        plain, warm, first, empty, imported = interleaved(works, STARTS)
    return [
        Figure("mlpy run hello.ml, warm, beside python hello.py", warm / plain, 1.5, "×"),
        Figure("mlpy run hello.ml, cold, beside python hello.py", first / plain, 5, "×"),
        Figure("import mlpy", (imported - empty) * 1000, 25, "ms"),
    ]


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


def entering() -> list[Figure]:
    """Compiling, and the ways from Python into ML."""
    engine = mlpy.Engine()
    source = thousand_lines()
    program = engine.compile("1 + 1", name="sum.ml")
    function = engine.compile("function f(a, b) { return a + b; }", name="f.ml").function("f")

    def twin(a: int, b: int) -> int:
        return a + b

    timed = mlpy.Limits(time=5.0)
    compiling = median(batch(lambda: engine.compile(source, name="long.ml"), 1)() for _ in range(7))
    python, ml = interleaved([batch(lambda: twin(1, 2), 100_000), batch(lambda: function(1, 2), 100_000)], 7)
    free, limited = interleaved([batch(lambda: engine.run(program), 500), batch(lambda: engine.run(program, limits=timed), 500)], 7)
    return [
        Figure(f"compile of {source.count(chr(10))} lines", compiling * 1000, 200, "ms"),
        Figure("an ML function called from Python, beside a Python function", ml / python, 1.3, "×"),
        Figure("engine.run of 1 + 1 without limits", free * 1e6, 60, "µs"),
        Figure("engine.run of 1 + 1 with a time limit", limited * 1e6, 200, "µs"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures what starting, compiling and calling cost")
    parser.add_argument("--json", action="store_true", help="print data instead of lines")
    options = parser.parse_args()
    figures = [*processes(), *entering()]
    if options.json:
        print(json.dumps([{"name": one.name, "value": one.value, "bound": one.bound, "unit": one.unit} for one in figures], indent=2))
    else:
        print(*figures, sep="\n")


if __name__ == "__main__":
    main()

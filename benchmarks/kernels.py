"""How fast ML runs beside Python: thirteen kernels, each in ML and by hand in Python, in one process, interleaved.

    python benchmarks/kernels.py [--json] [--smoke] [--runs 7] [NAME …]

Prints CPU time and the ratio to Python with a time and an output limit on, and with a step limit too; the last line has
the geometric means. `--smoke` only checks, at small sizes, that both give equal results.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import runpy
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import mlpy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[[], object]

KERNELS = Path(__file__).parent / "kernels"
SIZES = {  # name: (measured, smoke)
    "fib": (31, 15),
    "integers": (1_200_000, 1_000),
    "nbody": (35_000, 50),
    "spectral": (300, 10),
    "sieve": (3_000_000, 1_000),
    "quicksort": (180_000, 500),
    "strings": (450_000, 500),
    "words": (700_000, 1_000),
    "mandelbrot": (330, 20),
    "matrix": (170, 8),
    "closures": (17_000, 20),
    "errors": (1_000_000, 500),
    "jsontrip": (40_000, 50),
}
TIMED = mlpy.Limits(time=300.0, output="1MB")
STEPPED = mlpy.Limits(time=300.0, output="1MB", steps=10**12)


class Column:
    """One way to run all kernels under limits, and what the ratio of its times to Python's may be."""

    def __init__(self, name: str, limits: mlpy.Limits, mean: float, worst: float | None) -> None:
        self.name = name
        self.limits = limits
        self.mean = mean
        self.worst = worst


COLUMNS = (Column("time limit", TIMED, 1.10, 1.5), Column("and steps", STEPPED, 1.20, None))


def measure(work: Work) -> tuple[float, object]:
    """CPU seconds of the process, and the result."""
    gc.collect()
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def contestants(engine: mlpy.Engine, name: str, size: int) -> list[Work]:
    """The kernel in Python, then in ML under the limits of each column; compiled beforehand."""
    python = runpy.run_path(str(KERNELS / f"{name}.py"))["run"]
    source = (KERNELS / f"{name}.ml").read_text(encoding="utf-8")
    program = engine.compile(f"{source}\nrun({size});\n", name=f"{name}.ml")
    return [lambda: python(size), *(lambda limits=column.limits: engine.run(program, limits=limits).value for column in COLUMNS)]


def compare(engine: mlpy.Engine, name: str, size: int, runs: int) -> list[float]:
    """Medians of the CPU times of all contestants; ends the process if their results differ."""
    works = contestants(engine, name, size)
    times: list[list[float]] = [[] for _ in works]
    for _ in range(runs):
        results = []
        for work, seen in zip(works, times, strict=True):
            spent, result = measure(work)
            seen.append(spent)
            results.append(result)
        if any(result != results[0] for result in results):
            sys.exit(f"{name}: Python gives {results[0]!r}, ML gives {results[1:]!r}")
    return [median(seen) for seen in times]


def mean(ratios: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def verdict(column: Column, ratios: list[float]) -> str:
    """`met` or what is missed, against the bounds that the project has set itself."""
    over = mean(ratios) > column.mean or (column.worst is not None and max(ratios) > column.worst)
    bounds = f"mean ≤ {column.mean:.2f}" + (f", none above {column.worst}" if column.worst else "")
    return f"{column.name}: {bounds}: {'missed' if over else 'met'}"


def lines(table: dict[str, list[float]]) -> Iterator[str]:
    """The table as text."""
    yield f"{'kernel':<12}{'python':>9}" + "".join(f"{column.name:>12}" for column in COLUMNS)
    for name, (python, *others) in table.items():
        yield f"{name:<12}{python * 1000:>7.1f}ms" + "".join(f"{other / python:>12.2f}" for other in others)
    columns = list(zip(*([other / python for other in others] for python, *others in table.values()), strict=True))
    yield f"{'mean':<12}{'':>9}" + "".join(f"{mean(list(ratios)):>12.3f}" for ratios in columns)
    for column, ratios in zip(COLUMNS, columns, strict=True):
        yield verdict(column, list(ratios))


def record(table: dict[str, list[float]]) -> dict[str, object]:
    """The same as data: seconds and ratios by kernel, and the means."""
    kernels = {
        name: {"python": python, **{column.name: {"seconds": other, "ratio": other / python} for column, other in zip(COLUMNS, others, strict=True)}}
        for name, (python, *others) in table.items()
    }
    means = {column.name: mean([other[i] / python for python, *other in table.values()]) for i, column in enumerate(COLUMNS)}
    return {"python_version": sys.version.split()[0], "kernels": kernels, "means": means}


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares ML with hand-written Python")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these kernels")
    parser.add_argument("--json", action="store_true", help="print data instead of a table")
    parser.add_argument("--smoke", action="store_true", help="small sizes, one run: only check that the results are equal")
    parser.add_argument("--runs", type=int, default=7, help="how often each is run; the median counts")
    options = parser.parse_args()
    if unknown := set(options.names) - set(SIZES):
        parser.error(f"no such kernel: {', '.join(sorted(unknown))}; there are {', '.join(SIZES)}")
    engine = mlpy.Engine()
    table = {}
    for name in options.names or SIZES:
        table[name] = compare(engine, name, SIZES[name][options.smoke], 1 if options.smoke else options.runs)
        if sys.stderr.isatty():
            print(f"\r{name:<12}", end="", file=sys.stderr, flush=True)
    if options.smoke:
        print(f"{len(table)} kernels give the same in ML as in Python")
    elif options.json:
        print(json.dumps(record(table), indent=2))
    else:
        print(*lines(table), sep="\n")


if __name__ == "__main__":
    main()

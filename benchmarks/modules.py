"""What modules cost: calls beside the same calls in Python, gates, discovery, reloading, and a start with ten modules.

    python benchmarks/modules.py [--json] [--smoke]

Each line has the bound that the project has set itself beside it. Times are CPU times and medians of measurements taken in
turns, the least of them for what a check adds. `--smoke` only checks, at small sizes, that both sides give the same.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kernels import mean
from startup import COMMAND, PACKAGE_PARENT, Figure, batch, clock, interleaved, report

import mlpy
from mlpy.audit import MAX_RECORDS, THREADS
from mlpy.capabilities import Grants
from mlpy.gates import gate
from mlpy.registry import Registry
from mlpy.runtime.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNS = 9
CALLS = {  # name: (the ML program's line, Python's imports, Python's line, calls); the loop variable is `i`
    "math.sqrt": ("math.sqrt(i)", "import math", "math.sqrt(i)", 400_000),
    "math.atan2": ("math.atan2(i, 3)", "import math", "math.atan2(i, 3)", 400_000),
    "math.gcd": ("math.gcd(i, 36)", "from mlpy.stdlib import math", "math.gcd(i, 36)", 60_000),
    "string.padStart": ("string.padStart('7', 12, '0')", "from mlpy.stdlib import string", "string.pad_start('7', 12, '0')", 60_000),
    "string.camelCase": ("string.camelCase('parse_http_response')", "from mlpy.stdlib import string", "string.camel_case('parse_http_response')", 20_000),
    "json.parse": ("json.parse(TEXT)", "import json", "json.loads(TEXT)", 3_000),
    "json.stringify": ("json.stringify(DATA)", "from mlpy.stdlib import json", "json.stringify(DATA)", 2_000),
    "collections.chunk": ("collections.chunk(ITEMS, 7)", "from mlpy.stdlib import collections", "collections.chunk(ITEMS, 7)", 5_000),
    "crypto.sha256": ("crypto.sha256(TEXT)", "from mlpy.stdlib import crypto", "crypto.sha256(TEXT)", 20_000),
    "regex.test": ("regex.test('a+b', 'xxaaab')", "from mlpy.stdlib import regex", "regex.test_('a+b', 'xxaaab')", 20_000),
    "datetime.daysInMonth": ("datetime.daysInMonth(2024, 2)", "from mlpy.stdlib import datetime", "datetime.days_in_month(2024, 2)", 60_000),
}
DATA = {"id": 7, "name": "Ada", "tags": ["red", "green", "blue"], "lines": [{"n": n, "price": n * 1.5, "open": n % 2 == 0} for n in range(40)]}
GIVEN = {"DATA": DATA, "TEXT": json.dumps(DATA), "ITEMS": list(range(100))}
MODULE = '''
from mlpy.sdk import ml_function, ml_module

@ml_module("{name}")
class Made:
    """Number {number}."""

    number = {number}

@ml_function
def version() -> int:
    """The version. Example: `{name}.version()` → `{number}`."""
    return {number}

@ml_function(capability="made.use:{{key}}")
def use(key: str, more: list[str] | None = None, *rest: float, flag: bool = False) -> dict[str, object]:
    """Uses a key, and more than that if there is more."""
    return {{}}
'''
TEN = ("collections", "crypto", "csv", "datetime", "functional", "json", "math", "random", "regex", "string")
EQUIVALENTS = ("collections", "csv", "datetime", "functools", "hashlib", "hmac", "itertools", "json", "math", "random", "re", "string", "textwrap", "uuid")


def python_loop(setup: str, line: str) -> Callable[[int], object]:
    """`run(n)`: a loop round a line of Python."""
    namespace = dict(GIVEN)
    exec(f"{setup}\ndef run(n):\n last = None\n for i in range(n): last = {line}\n return last", namespace)
    return namespace["run"]


def calls(engine: mlpy.Engine, share: float) -> list[Figure]:
    """Pure calls from ML beside the same in Python: Python's own function where it has one, else the one behind ML's."""
    figures = []
    for name, (line, setup, python, count) in CALLS.items():
        size = max(int(count * share), 3)
        program = engine.compile(
            f"import {name.partition('.')[0]};\nfunction run(n) {{ last = null; for (i in range(n)) {{ last = {line}; }} return last; }}\nrun(n)", inputs=["n", *GIVEN]
        )
        runs = lambda n, program=program: engine.run(program, inputs={"n": n, **GIVEN}, share=True).value
        compared = python_loop(setup, python)
        if runs(5) != compared(5):
            sys.exit(f"{name}: Python gives {compared(5)!r}, ML gives {runs(5)!r}")
        empty = batch(lambda runs=runs: runs(0), 1)
        theirs, ours, start = interleaved([batch(lambda: compared(size), 1), batch(lambda: runs(size), 1), empty], RUNS if share == 1 else 1)  # noqa: B023  measured at once
        figures.append(Figure(f"{name}, from ML beside the same call in Python", (ours - start) / theirs, 1.15, "×"))
    if share < 1:  # what so few calls take is less than what the clock tells
        return figures
    return [*figures, Figure("the geometric mean of these calls", mean([one.value for one in figures]), 1.15, "×")]


def gates(share: float) -> list[Figure]:
    """What a check of a capability adds to a call."""

    def look(path: str) -> None: ...

    def gated(grant: str) -> Callable[[str], None]:
        return gate(look, "file.read:{path}", grants=Grants([grant]), run=Run(), module="bench")  # type: ignore[arg-type]  # a function

    checked, counted = gated("file.read:./data/**"), gated("file.read:./data/**,count=1000000000")
    size = max(int(100_000 * share), 10)
    plain, same, limited = interleaved([batch(lambda f=f: f("./data/a.txt"), size) for f in (look, checked, counted)], RUNS if share == 1 else 1, min)
    first = list(range(min(size, MAX_RECORDS)))

    def fresh(function: Callable[[str], None], numbers: Sequence[int]) -> float:
        began = time.process_time()
        for at in numbers:
            function(f"./data/{at}.txt")
        return (time.process_time() - began) / len(numbers)

    full = [range(at * MAX_RECORDS, at * MAX_RECORDS + size) for at, size in ((0, MAX_RECORDS), (1, THREADS), (2, len(first)))]

    def beyond(part: int) -> float:
        """The same for a part of what comes when the audit of a run is full: the calls that find that out, or those behind them."""
        function = gated("file.read:./data/**")
        return [fresh(function, numbers) * len(numbers) for numbers in full][part]

    bare, new, turn, more = interleaved([lambda: fresh(look, first), lambda: fresh(gated("file.read:./data/**"), first), lambda: beyond(1), lambda: beyond(2)], RUNS if share == 1 else 1, min)
    return [
        Figure("a capability check of arguments seen before, added", (same - plain) * 1e6, 2, "µs"),
        Figure("the first check of an argument and its audit record, added", (new - bare) * 1e6, 2, "µs"),
        Figure("a capability check that counts, added", (limited - plain) * 1e6, 2, "µs"),
        Figure("the first check of an argument that a full audit only counts, added", (more / len(first) - bare) * 1e6, 2, "µs"),
        Figure("finding out that the audit is full, once in a run", turn * 1e3, None, "ms"),
    ]


def registry(share: float) -> list[Figure]:
    """Finding, importing and reloading modules of a folder."""
    count = max(int(1000 * share), 10)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLPY_CACHE_DIR"] = os.path.join(folder, "cache")
        extensions = Path(folder, "extensions")
        extensions.mkdir()
        for number in range(count):
            (extensions / f"made{number}.py").write_text(MODULE.format(name=f"made{number}", number=number), encoding="utf-8")
        time.sleep(0.1)  # the index trusts no file that has just changed
        cold = batch(lambda: Registry([extensions]).names(), 1)()
        found = Registry([extensions])
        if len([name for name in found.names() if name.startswith("made")]) != count or any(name.startswith("mlpy_extension") for name in sys.modules):
            sys.exit("a module was not found, or imported")
        (warm,) = interleaved([batch(lambda: Registry([extensions]).names(), 1)], RUNS)
        engine = mlpy.Engine(extension_paths=[str(extensions)])
        session = engine.session()
        session.evaluate("import made3;")
        times = []
        for number in range(100, 100 + RUNS):
            (extensions / "made3.py").write_text(MODULE.format(name="made3", number=number), encoding="utf-8")
            start = time.perf_counter()
            engine.registry.reload("made3")
            times.append(time.perf_counter() - start)
            if session.evaluate("made3.version()").value != number:
                sys.exit("a reload did not reach a session")
        program = engine.compile("import made4; run = fn(n) => null; for (i in range(n)) { made4.version(); } null", inputs=["n"])
        size = max(int(50_000 * share), 10)
        call = batch(lambda: engine.run(program, inputs={"n": size}), 1)() / size
        return [
            Figure(f"discovery of {count:,} modules, warm", warm * 1000, 50, "ms"),
            Figure(f"discovery of {count:,} modules, first", cold * 1000, None, "ms"),
            Figure("reload of a module that a session uses, wall", sorted(times)[len(times) // 2] * 1000, 100, "ms"),
            Figure("a call of a module from elsewhere, whose values are checked", call * 1e6, None, "µs"),
        ]


def starts(share: float) -> list[Figure]:
    """A warm start of a program that uses ten modules beside Python importing what it has for the same."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_CACHE_DIR": os.path.join(folder, "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a start is warm when Python has compiled its files
        program, script = os.path.join(folder, "ten.ml"), os.path.join(folder, "ten.py")
        Path(program).write_text("".join(f"import {name};\n" for name in TEN) + "print(math.sqrt(4));\n", encoding="utf-8")
        Path(script).write_text("".join(f"import {name}\n" for name in EQUIVALENTS) + "print(math.sqrt(4))\n", encoding="utf-8")
        command = [str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "mlpy"]
        clock([*command, "run", program], environment)
        ours, theirs = interleaved([lambda: clock([*command, "run", program], environment), lambda: clock([sys.executable, script], environment)], 15 if share == 1 else 1)
    return [Figure("mlpy run with ten modules, warm, beside Python", ours / theirs, 1.5, "×")]


def main() -> None:
    done = f"{len(CALLS)} calls give the same in ML as in Python, and modules are found, reloaded and started"
    report("Measures what modules cost", "the results are equal", measure, done=done)


def measure(smoke: bool) -> list[Figure]:
    share = 0.005 if smoke else 1
    return [*calls(mlpy.Engine(), share), *gates(share), *registry(share), *starts(share)]


if __name__ == "__main__":
    main()

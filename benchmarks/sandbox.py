"""What the sandbox costs: a start, a program from a warm pool, many beside each other, memory, and the kernels in a worker.

    python benchmarks/sandbox.py [--json] [--smoke] [--level LEVEL]
    python benchmarks/sandbox.py --load MINUTES [--workers 24]
    python benchmarks/sandbox.py --limits
    python benchmarks/sandbox.py --hostile COUNT

Each line has the bound that the project has set itself beside it. Waiting is measured by the clock, so the machine must have nothing else
to do; the kernels are CPU times. `--smoke` only checks, at small sizes, that all of it works. `--load` has many clients run sane, hanging,
crashing and greedy programs beside each other, and fails where a sane one is lost or answered wrongly. `--limits` and `--hostile` take the
programs of the tests (`tests/security/adversarial`): a table of those that must meet a limit, which fails where one meets another or meets it
late; and so many programs in a row, with what this process and the system have before and after, which fails where anything is left.
"""

from __future__ import annotations

import gc
import importlib.util
import math
import os
import random
import signal
import sys
import tempfile
import threading
import time
from contextvars import ContextVar
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from kernels import KERNELS, SIZES, mean
from startup import Figure, options_of, tell

import mlpy
from mlpy.sandbox import lockdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType

    from mlpy.sandbox.processes import WorkerProcess

ADVERSARIAL = Path(__file__).parent.parent / "tests" / "security" / "test_sandbox_adversarial.py"
LATE = 0.2  # seconds that a program may have beyond its limit

ROOMY = mlpy.Limits(time=300.0, memory="4GB")
TINY = "1 + 1"
HOSTILE = (
    "while (true) {}",
    "x = []; while (true) { x.append('a' * 1000000 + str(len(x))); }",
    "while (true) { print('x' * 10000); }",
    "import file; file.read('/etc/passwd')",
    "((((",
)
SANE = (  # (program, value)
    ("function fib(n) { if (n < 2) { return n; } return fib(n - 1) + fib(n - 2); } fib(16)", 987),
    ("total = 0; for (i in range(20000)) { total += i * i % 7; } total", sum(i * i % 7 for i in range(20_000))),
    ("import json; json.parse(json.stringify({a: [1, 2, {b: null}]})).a[2]", {"b": None}),
    ("words = 'the quick brown fox'.split(' '); words.map(fn(w) => w.length)", [3, 5, 5, 3]),
    ("ask(20) + 1", 41),
)


def milliseconds(work: Callable[[], object], times: int, pause: float = 0.0) -> float:
    """The median of what a call takes by the clock."""
    taken = []
    for _ in range(times):
        time.sleep(pause)
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)


def latency(level: str, share: float) -> list[Figure]:
    """Single programs: the first of a sandbox, then from a warm pool, and where no worker waits."""

    def first() -> None:
        with mlpy.Sandbox(1, level=level) as sandbox:
            answer(sandbox, TINY, 2)

    runs = max(int(200 * share), 3)
    cold = milliseconds(first, max(int(9 * share), 1))
    with mlpy.Sandbox(2, level=level) as sandbox, mlpy.Sandbox(1, level=level, warm=0) as bare:
        warm = milliseconds(lambda: answer(sandbox, TINY, 2), runs, 0.02)
        forked = milliseconds(lambda: answer(bare, TINY, 2), runs, 0.02)
        memory = sandbox.status().memory
    return [
        Figure("`1 + 1` from a warm pool", warm, 5, "ms"),
        Figure("`1 + 1` where no worker waits", forked, None, "ms"),
        Figure("`1 + 1` from cold: a sandbox made, used and closed", cold, 150, "ms"),
        *([] if memory is None else [Figure("memory of its own of an idle worker", memory / 1e6, None, "MB")]),
    ]


def throughput(level: str, share: float) -> list[Figure]:
    """Many programs beside each other; 5 ms are 200 a second."""
    count = max(int(100 * share), 4)
    with mlpy.Sandbox(2, level=level) as sandbox:
        answer(sandbox, TINY, 2)
        batch = milliseconds(lambda: together(2, lambda _: [answer(sandbox, TINY, 2) for _ in range(count)]), 7)
        return [Figure("a program, where two workers have one after the other", batch / (2 * count), 5, "ms")]


def answer(sandbox: mlpy.Sandbox, program: str, expected: object) -> None:
    """Ends the process unless a program gives what it must."""
    value = sandbox.run(program).value
    if value != expected:
        sys.exit(f"`{program}` gives {value!r} in the sandbox")


def together(count: int, work: Callable[[int], object]) -> None:
    """Calls a function on several threads, and waits for all."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def kernels(level: str, share: float) -> list[Figure]:
    """CPU time in a worker beside that in this process without limits; what compiling and starting take is measured at a small size and taken off."""
    engine = mlpy.Engine()
    ratios = {}
    with mlpy.Sandbox(1, level=level, limits=ROOMY) as sandbox:

        def inside(text: str) -> float:
            usage = sandbox.run(text).usage  # of a worker that ends with the functions of its program, which nobody keeps
            while usage.memory is None:
                time.sleep(0.001)
            return usage.cpu

        def here(text: str) -> float:
            start = time.process_time()
            engine.run(text)
            return time.process_time() - start

        for name, (measured, small) in SIZES.items():
            source = (KERNELS / f"{name}.ml").read_text(encoding="utf-8")
            large, start = [f"{source}\nrun({size});\n" for size in (measured if share == 1 else small * 2, small)]
            if share < 1:
                if sandbox.run(start).value != engine.run(start).value:
                    sys.exit(f"{name} gives something else in the sandbox")
                continue
            taken = [[do(text) for do, text in ((inside, large), (here, large), (inside, start), (here, start))] for _ in range(8)]
            least = [min(each) for each in zip(*taken, strict=True)]  # other work on the machine only adds
            ratios[name] = (least[0] - least[2]) / (least[1] - least[3])
    if share < 1:
        return []
    figures = [Figure(f"{name} in a worker beside in process", ratio, None, "×") for name, ratio in ratios.items()]
    return [*figures, Figure("the geometric mean of the kernels", mean([*ratios.values()]), 1.02, "×")]


def belongings(sandbox: mlpy.Sandbox) -> dict[str, int]:
    """What this process and its workers have, once those that served a program have ended."""
    gc.collect()
    while len(sandbox.pool.zygote.processes) > sandbox.pool.warm or sandbox.status().idle < sandbox.pool.warm:
        time.sleep(0.01)
    return {
        "processes": len(sandbox.pool.zygote.processes),
        "descriptors": len(os.listdir("/dev/fd")),
        "threads": threading.active_count(),
        "temporary files": len(os.listdir(tempfile.gettempdir())),
    }


def leaks(level: str, share: float) -> list[Figure]:
    """What 1,000 hostile programs leave in this process, once their workers have ended."""
    count = max(int(500 * share), len(HOSTILE))

    def attack(times: int) -> None:
        for number in range(times):
            try:
                sandbox.run(HOSTILE[number % len(HOSTILE)])
            except mlpy.MLError:
                continue
            sys.exit(f"`{HOSTILE[number % len(HOSTILE)]}` ran to its end")

    with mlpy.Sandbox(2, level=level, limits=mlpy.Limits(time=0.05, memory="32MB")) as sandbox:
        together(2, lambda _: attack(len(HOSTILE)))
        before = belongings(sandbox)
        together(2, lambda _: attack(count))
        after = belongings(sandbox)
        return [Figure(f"left by {2 * count:,} hostile programs: {name}", after[name] - before[name], 0, "") for name in ("processes", "descriptors", "threads")]


# ── the programs of the tests ────────────────────────────────────────────────────────────────────────────────────


class Suite:
    """The hostile programs of the tests, and a host for them with a folder that holds nothing."""

    def __init__(self, level: str, folder: str) -> None:
        spec = importlib.util.spec_from_file_location("adversarial", ADVERSARIAL)
        self.tests: ModuleType = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = self.tests  # as dataclasses look there
        spec.loader.exec_module(self.tests)
        self.host = self.tests.Host(Path(folder), self.tests.make_functions())
        self.programs = [one for one in self.tests.PROGRAMS if not one.name.startswith("benign")]
        self.sandbox = mlpy.Sandbox(2, level=level, limits=self.tests.LIMITS)

    def ends(self, one: object) -> tuple[object, float, float]:
        """What became of a program, the seconds that it took, and its limit of time."""
        options = self.tests.options(one, self.host)
        text = self.host.fill(one.text)
        start = time.monotonic()
        found = self.tests.outcome(lambda printed: self.sandbox.run(text, output=printed, **options))
        return found, time.monotonic() - start, options["limits"].time


def resident() -> float | None:
    """MB of memory that this process has; None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    except OSError:
        return None


def limits(suite: Suite, programs: Iterable[object], late: float) -> None:
    """A line for each program that must meet a limit, and may have `late` seconds beyond it."""
    wrong: list[str] = []
    most = 0.0
    before = resident()
    print(f"{'program':<66}{'ended after':>12}{'over by':>10}  limit")
    for one in programs:
        word, *kinds = one.wanted("worker").split()
        if word != "limit":
            continue
        found, took, allowed = suite.ends(one)
        kind = found.error.limit if found.error is not None else None
        over = took - allowed if kind == "time" else 0.0
        print(f"{one.name:<66}{took:>10.3f} s{f'{over:.3f} s' if over else '':>10}  {kind}")
        most = max(most, over)
        if kind not in kinds or over > late:
            wrong.append(f"{one.name} ended as `{kind}` after {took:.3f} s")
    answer(suite.sandbox, TINY, 2)
    after = belongings(suite.sandbox)
    print(f"over by {most:.3f} s at most; the host has {after['processes']} workers, which wait, and {resident() or 0:.0f} MB of memory after {before or 0:.0f}")
    if wrong:
        sys.exit("\n".join(wrong))


def hostile(suite: Suite, count: int) -> None:
    """Runs programs one after the other, and compares what there is before and after."""
    for one in suite.programs:  # whatever is imported late, has been
        suite.ends(one)
    before = belongings(suite.sandbox)
    kinds: dict[str, int] = {}
    for number in range(count):
        found, *_ = suite.ends(suite.programs[number % len(suite.programs)])
        kinds[found.kind] = kinds.get(found.kind, 0) + 1
    after = belongings(suite.sandbox)
    told = ", ".join(f"{times:,} {kind}" for kind, times in sorted(kinds.items()))
    print(f"{count:,} hostile programs in a row: {told}")
    for name, was in before.items():
        print(f"{name:<16}{was:>6} before{after[name]:>6} after")
    if after != before:
        sys.exit("something is left")


# ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────────

at_work: ContextVar[WorkerProcess] = ContextVar("at_work")


class Load:
    """Clients of one sandbox, and what became of their programs."""

    def __init__(self, workers: int, level: str, seconds: float) -> None:
        self.sandbox = mlpy.Sandbox(workers, level=level, limits=mlpy.Limits(time=60.0, memory="256MB"), functions={"ask": lambda n: 2 * n, "crash": crash})
        self.end = time.monotonic() + seconds
        self.waits: list[float] = []
        self.wrong: list[str] = []
        self.counts = dict.fromkeys(("sane", "hanging", "crashing", "greedy"), 0)
        enter = self.sandbox.pool.enter

        def entered(*asked: object) -> WorkerProcess:
            start = time.perf_counter()
            process = enter(*asked)
            self.waits.append(time.perf_counter() - start)
            at_work.set(process)
            return process

        type(self.sandbox.pool).enter = lambda _, *asked: entered(*asked)

    def client(self, number: int) -> None:
        """One after the other, until the time is over."""
        chance = random.Random(number)
        while time.monotonic() < self.end:
            kind = chance.choices([*self.counts], [70, 10, 10, 10])[0]
            self.counts[kind] += 1
            getattr(self, kind)(chance)

    def sane(self, chance: random.Random) -> None:
        program, expected = chance.choice(SANE)
        try:
            value = self.sandbox.run(program).value
        except mlpy.MLError as error:
            self.wrong.append(f"`{program}` was lost: {error} ({error.__cause__})")
        else:
            if value != expected:
                self.wrong.append(f"`{program}` gave {value!r}")

    def hanging(self, _: random.Random) -> None:
        self.fails("while (true) {}", "time", mlpy.Limits(time=0.5, memory="256MB"))

    def greedy(self, _: random.Random) -> None:
        self.fails(HOSTILE[1], "memory", mlpy.Limits(time=60.0, memory="64MB"))

    def crashing(self, _: random.Random) -> None:
        self.fails("crash(); while (true) {}", None)

    def fails(self, program: str, limit: str | None, limits: mlpy.Limits | None = None) -> None:
        try:
            self.sandbox.run(program, limits=limits)
        except mlpy.MLError as error:
            if error.limit != limit:
                self.wrong.append(f"`{program}` failed with {error!r}")
        else:
            self.wrong.append(f"`{program}` ran to its end")


def crash() -> None:
    """Has the worker whose program calls this end as one with a hole in its interpreter would."""
    process = at_work.get()
    while process.pid is None:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGSEGV)


def load(workers: int, level: str, minutes: float) -> None:
    """Runs the load and tells what came of it."""
    made = Load(workers, level, minutes * 60)
    with made.sandbox:
        together(2 * workers, made.client)
        status = made.sandbox.status()
    waits = sorted(made.waits)
    told = ", ".join(f"{count:,} {kind}" for kind, count in made.counts.items())
    print(f"{sum(made.counts.values()):,} programs of {2 * workers} clients on {workers} workers in {minutes:g} min: {told}")
    print(f"waited for a worker: median {waits[len(waits) // 2] * 1000:.0f} ms, p99 {waits[len(waits) * 99 // 100] * 1000:.0f} ms, most {waits[-1] * 1000:.0f} ms; {status!r}")
    if made.wrong:
        sys.exit("\n".join([*made.wrong[:20], f"{len(made.wrong)} programs were lost or answered wrongly"]))
    print("no sane program was lost or answered wrongly, and all others ended as they had to")


def tried(level: str, count: int | None, every: int = 1, late: float = LATE) -> None:
    """Runs programs of the tests, in a temporary folder of its own: `count` of them in a row, or of those that must meet a limit every so-many-th."""
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        suite = Suite(level, folder)
        with suite.sandbox:
            if count is not None:
                hostile(suite, count)
            else:
                limits(suite, suite.programs[::every], late)
        tempfile.tempdir = None


def main() -> None:
    parser = options_of("Measures what the sandbox costs", "all of it works")
    parser.add_argument("--level", choices=lockdown.LEVELS, help="the layers of the workers; by default `filtered`, where the machine has it")
    parser.add_argument("--load", type=float, metavar="MINUTES", help="only mixed load, for so long")
    parser.add_argument("--workers", type=int, default=24, help="workers under load")
    parser.add_argument("--limits", action="store_true", help="only the table of the programs that must meet a limit")
    parser.add_argument("--hostile", type=int, metavar="COUNT", help="only so many hostile programs in a row")
    options = parser.parse_args()
    level = options.level or ("filtered" if lockdown.status().level in ("filtered", "locked") else "process")
    if options.load is not None:
        load(options.workers, level, options.load)
        return
    if options.limits or options.hostile is not None:
        tried(level, options.hostile)
        return
    share = 0.01 if options.smoke else 1
    figures = [figure for measure in (latency, throughput, leaks, kernels) for figure in measure(level, share)]
    if options.smoke:
        tried(level, None, every=20, late=math.inf)
        load(4, level, 0.02)
        print(f"{len(SIZES)} kernels give the same in a worker")
    else:
        tell(figures, as_json=options.json)


if __name__ == "__main__":
    main()

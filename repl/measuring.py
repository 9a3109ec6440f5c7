"""The commands that measure: what modules cost, who holds memory, where time goes, how long an expression takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from time import perf_counter

from mlpy.repl.commands import command, expression, required
from mlpy.repl.development import Recording, development
from mlpy.repl.display import Chart, Pages, Shape, Table, counted

from mlpy.cli import Mistake
from mlpy.cli.bench import goes_on, shown
from mlpy.cli.modules import near
from mlpy.hosting import callback
from mlpy.runtime.values import UNSET, ModuleHandle
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlpy.repl.development import Development
    from mlpy.repl.display import Shown
    from mlpy.repl.shell import Shell

    from mlpy.memory import Owned, Report
    from mlpy.metrics import Metrics, Timing
    from mlpy.profiling import Profile, Spot

MEASURED_THERE = "what is to be measured is in its worker"
SLOWEST = 10  # functions and lines that are shown
LARGEST = 12  # rows of a report of memory
ROUND = 0.02  # seconds of one round of a measurement, at least
INPUT = "<input>"


def amount(size: float) -> str:
    """Bytes with three digits, such as `1.25 MB`."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(size) >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} B"


def seconds(value: float | None) -> str:
    return "" if value is None else shown(value)


# ── what modules cost ────────────────────────────────────────────────────────────────────────────────────────────


@command(
    "perfmon",
    "[MODULE | reset | --json]",
    doc="what modules cost: finding and loading them, their calls, the slowest functions\n"
    "Calls are measured in development mode, or from the first `.perfmon` on; `reset` begins anew. The time of a module is that of its own code.",
    complete="module",
)
def perfmon(shell: Shell, arguments: str) -> Shown:
    own = development(shell, MEASURED_THERE)
    session = shell.session
    begins = own.registry.measures is None
    if begins:
        session.measure()
    measures = own.registry.measures
    if arguments == "reset" and measures is not None:
        measures.forget()
        return "measured from now on"
    found = session.metrics()
    if arguments == "--json":
        return json.dumps({name: one.record() for name, one in found.items()}, ensure_ascii=False)
    if arguments:
        name = own.name_of(arguments)
        if name not in found:
            raise Mistake(f"`{arguments}` is not imported", "`.perfmon` lists what is")
        return of_module(name, found[name])
    if not found:
        return "no module is imported"
    parts: list[Shown | tuple[str, Shown]] = [of_modules(found)]
    if any(one.total for one in found.values()):
        parts.append(("slowest functions", slowest({f"{name}.{function}": timing for name, one in found.items() for function, timing in one.functions.items()})))
    return Pages(*parts, *(["calls are measured from now on: use the modules, then write `.perfmon` again"] if begins else []))


def of_modules(found: Mapping[str, Metrics]) -> Shown:
    """A line for each module, the one that took most time first."""
    rows = [
        (name, seconds(one.discovery), seconds(one.load_time), seconds(one.first_call), f"{one.total:,}" if one.total else "", seconds(one.time if one.total else None), seconds(one.p50), seconds(one.p95))
        for name, one in sorted(found.items(), key=lambda each: (-each[1].time, each[0]))
    ]  # fmt: skip
    return Table(("module", "discovery", "load", "first call", "calls", "time", "p50", "p95"), rows, right=range(1, 8))


def of_module(name: str, found: Metrics) -> Shown:
    """A line for each function of one module."""
    rows = [
        (function, f"{one.calls:,}", seconds(one.total), seconds(one.own), seconds(one.p50), seconds(one.p95), seconds(one.first))
        for function, one in sorted(found.functions.items(), key=lambda each: (-each[1].own, each[0]))
    ]
    if not rows:
        return f"no function of `{name}` was called since it is measured"
    return Table(("function", "calls", "total", "own", "p50", "p95", "first"), rows, right=range(1, 7))


def slowest(functions: Mapping[str, Timing]) -> Shown:
    """Bars of the time of functions."""
    ranked = sorted(functions.items(), key=lambda each: (-each[1].own, each[0]))[:SLOWEST]
    return Chart([(name, one.own, f"{shown(one.own)} in {counted(one.calls, 'call')}, p50 {shown(one.p50)}, p95 {shown(one.p95)}") for name, one in ranked])


# ── who holds memory ─────────────────────────────────────────────────────────────────────────────────────────────


@command(
    "memreport",
    "[off | --json | --native [EXPRESSION]]",
    doc="who holds memory: allocations by module, host objects, sizes of values, and growth since the last report\n"
    "The first report has allocations taken down from then on, which makes programs slower; `off` ends that. `--native` records native code, too, until it is "
    "given again or while an expression is evaluated, and writes a flame graph.",
    complete=("off", "--json", "--native"),
)
def memreport(shell: Shell, arguments: str) -> Shown:
    own = development(shell, "its worker has a memory of its own")
    word, _, rest = arguments.partition(" ")
    if word == "--native":
        return native(shell, own, rest.strip())
    if arguments not in ("", "off", "--json"):
        raise Mistake(f"no report `{arguments}`", "write `.memreport`, `.memreport off`, `.memreport --json` or `.memreport --native`")
    if own.memory is None or own.memory.run is not own.run:
        from mlpy.memory import Memory  # noqa: PLC0415  only for who asks

        own.memory = Memory(own.run, own.registry)
    if arguments == "off":
        own.memory.stop()
        return "allocations are taken down no more"
    begins = not own.memory.traced
    report = own.memory.report({name: value for name, value in shell.session.held().items() if not isinstance(value, ModuleHandle)})
    own.memory.trace()
    if arguments == "--json":
        return json.dumps(report.record(), ensure_ascii=False)
    return Pages(*of_memory(report), *(["allocations are taken down from now on: the next `.memreport` tells of them, `.memreport off` ends it"] if begins else []))


def of_memory(report: Report) -> list[Shown | tuple[str, Shown]]:
    """The tables of a report that say something."""
    parts: list[Shown | tuple[str, Shown]] = [f"the process has {amount(report.resident.bytes)} resident{grown(report.resident)}"]
    if report.allocated is not None:
        parts.append(("allocated since it is taken down", owners(report.allocated)))
    if report.handles:
        rows = [(name, f"{one.blocks:,}", signed(one.growth, "{:+,}".format)) for name, one in report.handles.items()]
        parts.append(("host objects", Table(("", "alive", "growth"), rows, right=(1, 2))))
    for title, table in (("values of the session", report.values), ("kept by modules", report.modules)):
        if table:
            parts.append((title if report.complete else f"{title}, as far as was looked", owners(table)))
    return parts


def owners(table: Mapping[str, Owned]) -> Shown:
    """The largest of those that hold something."""
    rows = [(name, amount(one.bytes), f"{one.blocks:,}", signed(one.growth, lambda value: f"{'+' if value > 0 else ''}{amount(value)}")) for name, one in table.items()]
    more = [(f"… {len(rows) - LARGEST} smaller", "", "", "")] if len(rows) > LARGEST else []
    return Table(("", "holds", "parts", "growth"), [*rows[:LARGEST], *more], right=(1, 2, 3))


def signed(value: int | None, text: Callable[[int], str]) -> str:
    return text(value) if value else ""


def grown(one: Owned) -> str:
    return "" if one.growth is None else f", {'+' if one.growth >= 0 else ''}{amount(one.growth)} since the last report"


def native(shell: Shell, own: Development, expression: str) -> Shown:
    """Begins a recording, or ends it and writes its flame graph; with an expression both."""
    if own.recording is None:
        own.recording = recording()
        if not expression:
            return "recording allocations, those of native code too: `.memreport --native` again ends it and writes a flame graph"
        try:
            shell.session.perform(Source(expression, INPUT))
        except BaseException:
            own.discard()
            raise
    found, own.recording = own.recording, None
    try:
        return flame_graph(found.end())
    finally:
        found.forget()


def recording() -> Recording:
    """A recording that has begun; raises Mistake where nothing can record."""
    try:
        import memray  # noqa: PLC0415  an extra, which may be missing
    except ImportError:
        raise Mistake("`.memreport --native` needs `memray`", "install it with `pip install 'mlpy[memory]'`, or write `.memreport`") from None
    path = os.path.join(tempfile.mkdtemp(prefix="mlpy-memory-"), "recorded.bin")
    tracker = memray.Tracker(path, native_traces=True)
    tracker.__enter__()
    return Recording(path, tracker)


def flame_graph(recorded: str) -> Shown:
    """Writes the flame graph of what was recorded into the current folder."""
    path = next(name for name in (f"mlpy-memory{number}.html" for number in ("", *(f"-{at}" for at in range(2, 10_000)))) if not os.path.exists(name))
    done = subprocess.run([sys.executable, "-m", "memray", "flamegraph", "-o", path, recorded], capture_output=True, check=False)  # noqa: S603  our own interpreter
    if done.returncode:
        raise Mistake("`memray` wrote no flame graph", f"see whether `{near(os.getcwd())}` can be written")
    return f"the flame graph is in `{path}`: open it in a browser"


# ── where time goes ──────────────────────────────────────────────────────────────────────────────────────────────


@command("profile", "EXPRESSION", doc="evaluate, and show in which functions and lines the time went", complete="expression")
def profile(shell: Shell, arguments: str) -> Shown:
    from mlpy.profiling import Sampler  # noqa: PLC0415  only for who asks

    run = development(shell, MEASURED_THERE).run
    with Sampler(run) as found:
        shell.session.perform(Source(required(arguments, "profile"), INPUT))
    if not found.looks:
        return "it was over before there was a look at it: `.bench` measures what is short"
    head = f"{shown(found.seconds)} in {counted(found.looks, 'look')}" + (f", {shown(found.elsewhere)} of it for compiling" if found.elsewhere else "")
    lines = [one for one in found.lines if one.own][:SLOWEST]
    functions = [(share(one.own, found), shown(one.own), shown(one.total), one.name, where(one)) for one in found.functions[:SLOWEST]]
    tables = (("functions", Table(("", "own", "total", "function", "at"), functions, right=(0, 1, 2))),)
    spots = [(share(one.own, found), shown(one.own), where(one), text_at(shell, one)) for one in lines]
    return Pages(head, *tables, ("lines", Table(("", "own", "line", ""), spots, right=(0, 1))))


def share(part: float, found: Profile) -> str:
    return f"{part / found.seconds:.0%}"


def where(one: Spot) -> str:
    return f"{one.file}:{one.line}" if one.file else ""


def text_at(shell: Shell, one: Spot) -> str:
    """The text of a line."""
    source = shell.session.run.files.get(one.file)
    return "" if source is None else source.line(one.line).strip()


# ── how long it takes ────────────────────────────────────────────────────────────────────────────────────────────


@command("time", "EXPRESSION", doc="evaluate once, and tell how long that took", complete="expression")
def time(shell: Shell, arguments: str) -> Shown:
    run = development(shell, MEASURED_THERE).run
    began = perf_counter()
    value = shell.session.perform(Source(required(arguments, "time"), INPUT)).value
    took = perf_counter() - began
    said = f"{shown(took)}, of which {shown(run.usage.cpu)} on the processor"
    return said if value is UNSET else Pages(Shape(value), said)


@command("bench", "EXPRESSION", doc="evaluate again and again for two seconds, and tell how long once takes\nWhat it prints is not shown.", complete="expression")
def bench(shell: Shell, arguments: str) -> Shown:
    run = development(shell, MEASURED_THERE).run
    text = expression(arguments, "bench").text
    name = next(one for one in ("rounds", *(f"rounds{at}" for at in range(len(text) + 1))) if one not in text)
    loop = shell.session.perform(Source(f"fn({name}) => {{ for ({name}_ in range({name})) {{\n{text}\n; }} }}", INPUT)).value
    repeat = callback(loop, run)
    with silence(shell):
        count, times = rounds(repeat)
    middle = len(times) // 2
    return f"{shown(times[middle])} in the median of {len(times)} rounds of {count:,}, {shown(times[0])} at least, {shown(times[-1])} at most"


def rounds(repeat: Callable[[int], object]) -> tuple[int, list[float]]:
    """How often a round repeats, and the seconds of one time in each round, sorted."""
    count = 1
    while (took := clocked(repeat, count)) < ROUND:
        count *= 2 if took > ROUND / 4 else 4
    total = [took]
    while goes_on(total, None):
        total.append(clocked(repeat, count))
    return count, sorted(one / count for one in total)


def clocked(repeat: Callable[[int], object], count: int) -> float:
    began = perf_counter()
    repeat(count)
    return perf_counter() - began


class silence:  # noqa: N801  it reads as what it is
    """`with silence(shell):` drops what the program prints."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    def __enter__(self) -> None:
        shell = self.shell
        self.before = shell.printed, shell.warned, shell.records
        shell.printed, shell.warned, shell.records = ignore, ignore, False

    def __exit__(self, *_: object) -> None:
        self.shell.printed, self.shell.warned, self.shell.records = self.before


def ignore(_text: str) -> None:
    """Where the program prints meanwhile."""

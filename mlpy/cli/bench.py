"""`mlpy bench`: how long a program takes, from its compiled form to its end, over several runs in this process."""

from __future__ import annotations

from time import perf_counter

from mlpy.cli import DONE, Mistake, authority, files, terminal
from mlpy.cli import run as running
from mlpy.errors import MLError
from mlpy.runtime.run import configure_process

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.runtime.run import Run

LEAST_ROUNDS, MOST_ROUNDS = 5, 1000
SPAN = 2.0  # seconds to spend where nobody says how many rounds
UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def define(parser: ArgumentParser) -> None:
    parser.add_argument("FILE", help="a program")
    parser.add_argument("--rounds", metavar="COUNT", type=int, help="how often to run it (without this, for two seconds and at least five times)")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    authority.define(parser)


def execute(options: Namespace) -> int:
    if options.rounds is not None and options.rounds < 1:
        raise Mistake("`--rounds` must be at least 1")
    configure_process(stack=running.STACK, recursion=running.RECURSION)
    under = authority.of_options(options, options.FILE)
    grants = under.grants()
    run: Run | None = None
    try:
        source = files.read(options.FILE)
        began = perf_counter()
        engine = under.engine(text=source.path is None)
        program = engine.compile(source, inputs=())
        compiling = perf_counter() - began
        wall: list[float] = []
        cpu: list[float] = []
        while goes_on(wall, options.rounds):
            run = engine.new_run(source, grants=grants, limits=under.limits, output=silent, errors=silent)
            with under.recorded(run):
                engine.start(program, run, inputs={})
            wall.append(run.usage.wall)
            cpu.append(run.usage.cpu)
    except MLError as error:
        code = running.code_of(error, run)
        if options.json:
            from mlpy.cli import records  # noqa: PLC0415  brings json

            records.write(records.of_failure(code, options.FILE, error))
        else:
            terminal.show_error(error)
        return code
    tell(options, compiling, sorted(wall), sorted(cpu))
    return DONE


def silent(text: str) -> None:
    """Where the program prints: nobody reads it many times over."""


def goes_on(wall: list[float], rounds: int | None) -> bool:
    if rounds is not None:
        return len(wall) < rounds
    return len(wall) < LEAST_ROUNDS or (sum(wall) < SPAN and len(wall) < MOST_ROUNDS)


def tell(options: Namespace, compiling: float, wall: list[float], cpu: list[float]) -> None:
    middle = len(wall) // 2
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        times = {"median": wall[middle], "least": wall[0], "most": wall[-1], "cpu_median": cpu[middle]}
        records.write({"ok": True, "exit_code": DONE, "file": options.FILE, "rounds": len(wall), "compile": compiling, **times})
        return
    terminal.write(
        f"{options.FILE}: {shown(wall[middle])} in the median of {len(wall)} runs, {shown(wall[0])} at least, {shown(wall[-1])} at most\n"
        f"CPU {shown(cpu[middle])}, compiled in {shown(compiling)}\n"
    )


def shown(seconds: float) -> str:
    """A time with three digits."""
    factor, unit = next((pair for pair in UNITS if seconds >= pair[0]), UNITS[-1])
    return f"{seconds / factor:.3g} {unit}"

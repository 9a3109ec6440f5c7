"""`mlpy test`: runs the `test` blocks of programs.

A file's top level runs once, then its tests in order, each with full budgets of its own. What is printed is shown only of a
test that failed.
"""

from __future__ import annotations

import sys
from time import perf_counter

from mlpy.cli import DONE, FAILED, Mistake, authority, files, terminal
from mlpy.cli import run as running
from mlpy.engine import start
from mlpy.errors import MLError
from mlpy.hosting import failure
from mlpy.runtime.run import configure_process
from mlpy.runtime.run import execute as drive

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from mlpy.cli.coverage import Coverage
    from mlpy.engine import Program
    from mlpy.runtime.run import Run
    from mlpy.source import Source


class Outcome:
    """What became of one test; `error` is None if it passed. A file that does not start has one outcome named after it."""

    __slots__ = ("error", "name", "output", "seconds", "sources")

    def __init__(self, name: str, seconds: float, output: str, error: MLError | None, sources: dict[str, Source]) -> None:
        self.name = name
        self.seconds = seconds
        self.output = output
        self.error = error
        self.sources = sources


class Suite:
    """The outcomes of one file, and the lines that ran if they were watched."""

    __slots__ = ("coverage", "outcomes", "path", "used")

    def __init__(self, path: str) -> None:
        self.path = path
        self.outcomes: list[Outcome] = []
        self.coverage: Coverage | None = None
        self.used: list[str] = []


def define(parser: ArgumentParser) -> None:
    parser.add_argument("FILE", nargs="+", help="a program, or a folder of programs")
    parser.add_argument("--filter", metavar="TEXT", help="run only the tests whose name contains this")
    parser.add_argument("--coverage", action="store_true", help="tell which lines ran")
    parser.add_argument("--watch", action="store_true", help="run again whenever a file changes")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    authority.define(parser)


def execute(options: Namespace) -> int:
    authority.of_options(options, None)  # a mistake in an option is one before there is a file
    if options.watch:
        from mlpy.cli import watch  # noqa: PLC0415  only for --watch

        return watch.repeat(options.FILE, lambda: perform(options))
    return perform(options)[0]


def perform(options: Namespace) -> tuple[int, list[str]]:
    """One round over all files: the exit code, and the files that were used."""
    suites = [run_file(path, options) for path in files.programs(options.FILE)]
    failed = sum(one.error is not None for suite in suites for one in suite.outcomes)
    passed = sum(len(suite.outcomes) for suite in suites) - failed
    if options.filter and not passed + failed:
        raise Mistake(f"no test matches `{options.filter}`", code=FAILED)
    code = FAILED if failed else DONE
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        records.write(records.of_tests(code, suites))
    else:
        tell(suites, passed, failed)
    return code, [path for suite in suites for path in suite.used]


def run_file(path: str, options: Namespace) -> Suite:
    """Runs a file's tests; whatever is wrong with the file itself is an outcome too."""
    suite = Suite(path)
    printed: list[str] = []
    began = perf_counter()
    under = authority.of_options(options, path)
    run: Run | None = None
    try:
        source = files.read(path)
        engine = under.engine(cache=source.path is not None, text=source.path is None)
        run = engine.new_run(source, grants=under.grants(), limits=under.limits, output=printed, errors=printed)
        program = engine.compile_for(run, source, inputs=())
        if program.compiled(run, tests=True).tests or options.coverage:
            with under.recorded(run):
                begin(suite, program, run, printed, options)
    except MLError as error:
        suite.outcomes.append(Outcome(path, perf_counter() - began, "".join(printed), error, run.files if run is not None else {}))
    suite.used = [one.path for one in run.files.values() if one.path is not None] if run is not None else []
    suite.used += [] if under.settings.document is None else [under.settings.document.path]
    return suite


def begin(suite: Suite, program: Program, run: Run, printed: list[str], options: Namespace) -> None:
    """Runs the top level and then the tests; raises MLError if the top level fails."""
    if options.coverage:
        from mlpy.cli import coverage  # noqa: PLC0415  only for --coverage

        suite.coverage = coverage.Coverage(program)
        with suite.coverage:
            instance = start(program, run, {}, {}, tests=True, own=False)
    else:
        configure_process(stack=running.STACK, recursion=running.RECURSION)
        instance = start(program, run, {}, {}, tests=True)
    for name, function in instance.tests:
        if not options.filter or options.filter in name:
            printed.clear()
            suite.outcomes.append(run_test(name, function, run, printed, suite.coverage))


def run_test(name: str, function: Callable[[], object], run: Run, printed: list[str], coverage: Coverage | None) -> Outcome:
    """Runs one test under the limits of its run, all of them fresh."""
    run.renew()
    began = perf_counter()
    error: MLError | None = None
    try:
        if coverage is None:
            drive(run, function)
        else:
            with coverage:
                drive(run, function, thread="caller")
    except BaseException as raised:  # limits are no `Exception`
        found = failure(raised, run)
        if not isinstance(found, MLError):
            raise
        error = found
    return Outcome(name, perf_counter() - began, "".join(printed), error, run.files)


def tell(suites: list[Suite], passed: int, failed: int) -> None:
    """The outcomes as people read them, on standard output."""
    color = terminal.colored(sys.stdout)
    for suite in suites:
        if suite.outcomes:
            terminal.write(f"{suite.path}\n")
        for outcome in suite.outcomes:
            terminal.write(line_of(outcome, color=color))
            if outcome.error is not None:
                terminal.write(details(outcome, color=color))
    for suite in suites:
        if suite.coverage is not None:
            terminal.write(suite.coverage.line(suite.path) + "\n")
    counted = ", ".join(text for text in (f"{passed} passed" if passed else "", f"{failed} failed" if failed else "") if text)
    terminal.write(f"{counted or 'no tests'} in {len(suites)} {'file' if len(suites) == 1 else 'files'}\n")


def line_of(outcome: Outcome, *, color: bool) -> str:
    word, shade = ("ok  ", "32") if outcome.error is None else ("FAIL", "1;31")
    mark = f"\x1b[{shade}m{word}\x1b[0m" if color else word
    return f"  {mark}  {outcome.name} ({outcome.seconds * 1000:.1f} ms)\n"


def details(outcome: Outcome, *, color: bool) -> str:
    """The error of a test and what it printed, indented below its line."""
    from mlpy import render  # noqa: PLC0415  only a failure needs it

    assert outcome.error is not None
    text = render.error_text(outcome.error, color=color, ascii=terminal.plain(sys.stdout), sources=outcome.sources)
    if outcome.output:
        text += f"\nprinted:\n{render.printable(outcome.output).rstrip()}"
    return "".join(f"        {line}\n" if line else "\n" for line in text.split("\n"))

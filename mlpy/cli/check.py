"""`mlpy check`: everything that can be said of programs without running them; `--fix` carries out the hints that are certain."""

from __future__ import annotations

from mlpy.cli import DONE, FAILED, authority, files, terminal
from mlpy.diagnostics import MAX_DIAGNOSTICS
from mlpy.engine import Engine, check_source
from mlpy.errors import CheckFailed
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from mlpy.diagnostics import Diagnostic
    from mlpy.registry import Registry

ROUNDS = 10  # of fixing; a fix may show what stood behind it


class Report:
    """What was found in one file."""

    __slots__ = ("diagnostics", "fixed", "needs", "source")

    def __init__(self, source: Source, diagnostics: Sequence[Diagnostic], needs: Sequence[str]) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.needs = needs
        self.fixed = 0

    @property
    def stopped(self) -> bool:
        """Whether there may be more than what was found."""
        return len(self.diagnostics) >= MAX_DIAGNOSTICS


def define(parser: ArgumentParser) -> None:
    parser.add_argument("FILE", nargs="+", help="a program, a folder of programs, or - for standard input")
    parser.add_argument("--fix", action="store_true", help="carry out the hints that are certain")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    authority.define_folders(parser)


def execute(options: Namespace) -> int:
    engines: dict[object, Engine] = {}
    reports = [examine(path, engine_for(path, options, engines).registry, fix=options.fix) for path in files.programs(options.FILE)]
    code = FAILED if any(one.severity == "error" for report in reports for one in report.diagnostics) else DONE
    if options.json:
        from mlpy.cli import records  # noqa: PLC0415  brings json

        records.write(records.of_check(code, reports))
    else:
        tell(reports)
    return code


def engine_for(path: str, options: Namespace, engines: dict[object, Engine]) -> Engine:
    """The engine for a file; files of one project share theirs."""
    under = authority.of_options(options, path)
    found = under.settings
    return engines.setdefault((found.extension_paths, found.module_paths, found.root), under.engine())


def examine(path: str, registry: Registry, *, fix: bool) -> Report:
    """Checks a file, after mending it if that is wanted."""
    try:
        source = files.read(path)
    except CheckFailed as failed:
        return Report(failed.source or Source("", path), failed.diagnostics, ())
    report = look(source, registry)
    return mend(report, registry) if fix else report


def look(source: Source, registry: Registry) -> Report:
    diagnostics, needs = check_source(source, registry=registry)
    return Report(source, diagnostics, needs)


def mend(report: Report, registry: Registry) -> Report:
    """Applies fixes until none is left, and writes the file once."""
    from mlpy import fixes  # noqa: PLC0415  only --fix needs it

    original = report.source
    count = 0
    for _ in range(ROUNDS):
        text, applied = fixes.apply(report.source.text, report.diagnostics)
        if not applied:
            break
        count += len(applied)
        report = look(Source(text, original.name, original.path), registry)
    report.fixed = count
    if original.path is None:
        terminal.write(report.source.text)
    elif count:
        files.replace(original.name, report.source.text)
    return report


def tell(reports: Sequence[Report]) -> None:
    """Diagnostics to standard error; what programs ask for, and how much there was, as the result."""
    errors = warnings = 0
    for report in reports:
        terminal.show(report.diagnostics, report.source)
        here = sum(one.severity == "error" for one in report.diagnostics)
        errors += here
        warnings += len(report.diagnostics) - here
        to_stdout = report.source.path is not None or not report.fixed
        if report.fixed:
            terminal.write_error(f"{report.source.name}: {amount(report.fixed, 'fix', 'fixes')} made\n")
        if report.needs and not here and to_stdout:
            terminal.write(f"{report.source.name} asks for {', '.join(f'`{one}`' for one in report.needs)}\n")
    if errors or warnings:
        counted = [amount(errors, "error"), amount(warnings, "warning")]
        stopped = f"; a check stops after {MAX_DIAGNOSTICS} in a file" if any(report.stopped for report in reports) else ""
        terminal.write_error(f"{', '.join(one for one in counted if one[0] != '0')} in {amount(len(reports), 'file')}{stopped}\n")


def amount(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"

"""`mlpy check`: everything that can be said of programs without running them; `--fix` carries out the hints that are certain."""

from __future__ import annotations

from mlpy.cli import DONE, FAILED, authority, files, terminal
from mlpy.compiler import check_source
from mlpy.diagnostics import MAX_DIAGNOSTICS
from mlpy.errors import CheckFailed
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence

    from mlpy.diagnostics import Diagnostic
    from mlpy.engine import Engine

CIRCLE = "E0505"  # found where files are joined, not in one of them
ROUNDS = 10  # of fixing; a fix may show what stood behind it


class Report:
    """What was found in one file; `imported` are the errors of the files that it imports."""

    __slots__ = ("diagnostics", "fixed", "imported", "needs", "source")

    def __init__(self, source: Source, diagnostics: Sequence[Diagnostic], needs: Sequence[str], imported: Sequence[Diagnostic] = ()) -> None:
        self.source = source
        self.diagnostics = diagnostics
        self.needs = needs
        self.imported = imported
        self.fixed = 0

    @property
    def all(self) -> list[Diagnostic]:
        """The findings in the file, then those behind its imports."""
        return [*self.diagnostics, *self.imported]

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
    reports = [examine(path, engine_for(path, options, engines), fix=options.fix) for path in files.programs(options.FILE)]
    tell_once(reports)
    code = FAILED if any(one.severity == "error" for report in reports for one in report.all) else DONE
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
    key = (found.extension_paths, found.module_paths, found.root, path == "-")
    return engines.setdefault(key, under.engine(cache=path != "-", text=path == "-"))


def tell_once(reports: Sequence[Report]) -> None:
    """Keeps of the errors behind imports the first of each, and none of those that are told of their own file."""
    told = {identity(one) for report in reports for one in report.diagnostics}
    for report in reports:
        found = {identity(one): one for one in report.imported}
        report.imported = [one for key, one in found.items() if key not in told]
        told.update(found)


def identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    """Equal for one finding that two checks made."""
    source = diagnostic.source
    return source and (source.path or source.name), diagnostic.code, tuple(diagnostic.span)


def examine(path: str, engine: Engine, *, fix: bool) -> Report:
    """Checks a file, after mending it if that is wanted."""
    try:
        source = files.read(path)
    except CheckFailed as failed:
        return Report(failed.source or Source("", path), failed.diagnostics, ())
    report = look(source, engine)
    return mend(report, engine) if fix else report


def look(source: Source, engine: Engine) -> Report:
    diagnostics, needs = check_source(source, registry=engine.registry, finder=engine.finder(source))
    return Report(source, diagnostics, needs, behind(source, engine))


def behind(source: Source, engine: Engine) -> Sequence[Diagnostic]:
    """What is wrong with the files that one imports, as far as it compiles itself."""
    try:
        engine.compile(source, inputs=())
    except CheckFailed as failed:
        return [one for one in failed.diagnostics if one.source is not source or one.code == CIRCLE]
    return ()


def mend(report: Report, engine: Engine) -> Report:
    """Applies fixes until none is left, and writes the file once."""
    from mlpy import fixes  # noqa: PLC0415  only --fix needs it

    original = report.source
    count = 0
    for _ in range(ROUNDS):
        text, applied = fixes.apply(report.source.text, report.diagnostics)
        if not applied:
            break
        count += len(applied)
        report = look(Source(text, original.name, original.path), engine)
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
        terminal.show(report.all, report.source)
        here = sum(one.severity == "error" for one in report.all)
        errors += here
        warnings += len(report.all) - here
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

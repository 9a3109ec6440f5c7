"""`mlpy run`: compiles a program, or takes it from the cache, and runs it with what the command line grants."""

from __future__ import annotations

import os
import sys

from mlpy.capabilities import Grants
from mlpy.cli import DENIED, DONE, FAILED, LIMIT, Mistake, files, terminal
from mlpy.config import unset
from mlpy.engine import Engine
from mlpy.errors import CheckFailed, MLError
from mlpy.runtime.current import current
from mlpy.runtime.limits import DEFAULT_MEMORY, Limits
from mlpy.runtime.run import configure_process
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from mlpy.capabilities import Asker
    from mlpy.cli.authority import Authority
    from mlpy.engine import Instance, Result
    from mlpy.runtime.run import Run

STACK = 64 << 20  # bytes; holds RECURSION frames whatever they are
RECURSION = 5_200  # Python frames, so that at least 5,000 of them are the program's
UNLIMITED = Limits(output=None)  # whoever runs a program can end it


def define(parser: ArgumentParser) -> None:
    from mlpy.cli import authority  # noqa: PLC0415  a start without options and settings does without

    parser.usage = "mlpy run [OPTIONS] (FILE | - | -c CODE) [-- ARGUMENTS]"
    parser.add_argument("FILE", nargs="?", help="a program, or - for standard input")
    parser.add_argument("-c", metavar="CODE", dest="code", help="run this text")
    authority.define(parser)
    parser.add_argument("--sandbox", action="store_true", help="run it in a process that the kernel confines, with 256 MB of memory unless `--memory` says otherwise")
    parser.add_argument("--sandbox-level", metavar="LEVEL", choices=("process", "filtered", "locked"), help="what the sandbox must have at least: process, filtered (the default) or locked")
    parser.add_argument("--witness", action="store_true", help="record what the program uses and is refused in the signed log that `mlpy witness` shows")
    parser.add_argument("--trace-capabilities", action="store_true", help="say at the end what the program used and was refused, as grants")
    parser.add_argument("--metrics", action="store_true", help="say at the end what each module cost: the time to load it, and calls")
    parser.add_argument("--metrics-memory", action="store_true", help="the same with the memory that loading took; tracing it makes loading slower")
    parser.add_argument("--json", action="store_true", help="print one JSON record: output, value or error, usage, audit")
    parser.add_argument("--watch", action="store_true", help="run again whenever the program changes")


def execute(options: Namespace) -> int:
    from mlpy.cli import authority  # noqa: PLC0415  as above

    if (options.FILE is None) == (options.code is None):
        raise Mistake(
            "`mlpy run` needs a FILE, `-` or `-c CODE`" if options.FILE is None else "`mlpy run` takes either a FILE or `-c CODE`", "`mlpy run --help` shows how it is used"
        )
    measure = "memory" if options.metrics_memory else "time" if options.metrics else None
    work = Work(options.FILE, options.code, options.arguments, lambda: authority.of_options(options, options.FILE), trace=options.trace_capabilities, measure=measure)
    work.sandbox = authority.level_of(options)
    if work.sandbox is not None and measure is not None:
        raise Mistake("`--metrics` and `--sandbox` do not go together: modules are loaded before a worker is given the program", "measure it without `--sandbox`")
    attempt = work.record if options.json else work.run
    if options.watch:
        if options.FILE in (None, "-"):
            raise Mistake("`--watch` needs a FILE")
        from mlpy.cli import watch  # noqa: PLC0415  only for --watch

        return watch.repeat([options.FILE], lambda: (attempt(), work.files()))
    return attempt()


def run_file(path: str, arguments: Sequence[str]) -> int:
    """Runs a file under what settings there are: the start of every script, mostly under none."""
    if unset(os.path.dirname(path)):
        return Work(path, None, arguments).run()
    from mlpy.cli import authority  # noqa: PLC0415  as above

    return Work(path, None, arguments, lambda: authority.Authority(authority.found_for(path))).run()


class Work:
    """What there is to run, with nothing granted unless there are `settings`; each attempt reads all of it anew, so that a change of a file counts."""

    __slots__ = ("arguments", "authority", "broken", "code", "current", "measure", "path", "sandbox", "settings", "trace")

    def __init__(
        self, path: str | None, code: str | None, arguments: Sequence[str], settings: Callable[[], Authority] | None = None, *, trace: bool = False, measure: str | None = None
    ) -> None:
        self.path = path
        self.code = code
        self.arguments = tuple(arguments)
        self.settings = settings
        self.authority: Authority | None = None
        self.trace = trace
        self.measure = measure
        self.sandbox: str | None = None  # its level
        self.current: Run | None = None
        self.broken: list[Source] = []

    def source(self) -> Source:
        return Source(self.code or "", "<command>") if self.path is None else files.read(self.path)

    def files(self) -> list[str]:
        """The files that the last attempt used, or in which it found mistakes."""
        sources = self.broken if self.current is None else self.current.files.values()
        document = self.authority.settings.document if self.authority is not None else None
        return [source.path for source in sources if source.path is not None] + ([] if document is None else [document.path])

    def root(self) -> str | None:
        """The folder of the project."""
        return self.authority.settings.root if self.authority is not None else None

    def run(self) -> int:
        """Runs with the program's output on the streams; complains on standard error."""
        out, err = Stream(sys.stdout), Stream(sys.stderr)
        code = DONE
        try:
            self.start(out.write, err.write)
        except MLError as error:
            if out.failure is not None:
                raise out.failure from None
            if sys.stdout is not None:
                sys.stdout.flush()
            terminal.show_error(error, self.current.files if self.current is not None else None)
            code = code_of(error, self.current)
            if error.type == "ImportError" and self.current is not None and self.current.registry is not None:
                for failure in self.current.registry.failures:
                    terminal.note(str(failure))
        if self.trace and self.current is not None:
            from mlpy.cli import trace  # noqa: PLC0415  only for --trace-capabilities

            terminal.write_error(trace.text(self.current, self.root()))
        if self.measure is not None and self.current is not None:
            from mlpy.cli import metrics  # noqa: PLC0415  only for --metrics

            terminal.write_error(metrics.text(metrics.of_run(self.current)))
        return code

    def record(self) -> int:
        """Runs with everything in one JSON record on standard output."""
        from mlpy.cli import records  # noqa: PLC0415  brings json

        printed: list[str] = []
        code, value, failure = DONE, None, None
        try:
            value = self.start(printed.append, printed.append).value
        except MLError as error:
            code, failure = code_of(error, self.current), error
        made = records.of_run(code, "".join(printed), value, failure, self.current)
        if self.trace and self.current is not None:
            from mlpy.cli import trace  # noqa: PLC0415  as above

            made["capabilities"] = trace.record(self.current, self.root())
        if self.measure is not None and self.current is not None:
            from mlpy.cli import metrics  # noqa: PLC0415  as above

            made["modules"] = metrics.record(metrics.of_run(self.current))
        records.write(made)
        return code

    def start(self, output: Callable[[str], object], errors: Callable[[str], object]) -> Instance | Result:
        """Compiles and runs the top level; raises MLError."""
        self.current = None
        if self.sandbox is not None:
            return self.start_confined(self.sandbox, output, errors)
        under = self.authority = None if self.settings is None else self.settings()
        source = self.source()
        cached = source.path is not None
        configure_process(stack=STACK, recursion=RECURSION)
        engine = Engine(cache=cached) if under is None else under.engine(cache=cached, text=not cached)
        if self.measure is not None:
            engine.registry.measure(memory=self.measure == "memory")
        grants, limits = (Grants(ask=asker()), UNLIMITED) if under is None else (under.grants(), under.limits)
        run = engine.new_run(source, grants=grants, limits=limits, output=output, errors=errors)
        run.arguments = self.arguments
        try:
            program = engine.compile_for(run, source, inputs=())
        except CheckFailed as failed:
            self.broken = [one.source for one in failed.diagnostics if one.source is not None]
            raise
        self.current = run
        if under is None:
            return engine.start(program, run, inputs={})
        with under.recorded(run):
            return engine.start(program, run, inputs={})

    def start_confined(self, level: str, output: Callable[[str], object], errors: Callable[[str], object]) -> Result:
        """The same in a worker of a sandbox."""
        from mlpy.sandbox.pool import Sandbox  # noqa: PLC0415  only for --sandbox

        assert self.settings is not None
        under = self.authority = self.settings()
        source = self.source()
        sandbox = Sandbox.of(under.engine(text=source.path is None), workers=1, level=level)
        run = sandbox.new_run(source, grants=under.grants(), limits=under.limits, output=output, errors=errors)
        run.arguments = self.arguments
        try:
            with under.recorded(run):
                self.current = run
                return sandbox.perform(run, source, under.limits)
        except CheckFailed as failed:
            self.broken = [one.source for one in failed.diagnostics if one.source is not None]
            raise
        except MLError as error:
            if error.limit == "memory" and under.limits.memory == DEFAULT_MEMORY:
                error.hint = "`--memory 1GB` lets it have more"
            raise
        finally:
            sandbox.close()


def code_of(error: MLError, run: Run | None) -> int:
    """The exit code of an error; only a denial that happened counts as one, whatever type a program throws."""
    if error.limit is not None:
        return LIMIT
    return DENIED if error.type == "CapabilityError" and run is not None and run.audit.denials else FAILED


class Stream:
    """Where a program prints: a stream of the process. A stream that fails ends the program, which cannot catch that."""

    __slots__ = ("failure", "guarded", "stream")

    def __init__(self, stream: TextIO | None) -> None:
        self.stream = stream
        self.guarded = terminal.is_terminal(stream)
        self.failure: OSError | None = None

    def write(self, text: str) -> None:
        if self.guarded and not text.replace("\n", "").isprintable():
            from mlpy.render import printable  # noqa: PLC0415  rare

            text = printable(text)
        try:
            terminal.write(text, self.stream)
        except OSError as failure:
            self.failure = failure
            run = current.get()
            run.cancel("its output cannot be written")
            run.poll()


def asker() -> Asker | None:
    """Who can be asked for what is not granted: a person at the terminal."""
    if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)):
        return None
    from mlpy.cli import prompt  # noqa: PLC0415  only where there is somebody to ask

    return prompt.ask


def understood(flag: str, use: Callable[[], object]) -> None:
    """Tries a value of the command line; what is wrong with it is a usage error of that flag."""
    try:
        use()
    except ValueError as error:
        raise Mistake(f"`{flag}`: {error}") from None

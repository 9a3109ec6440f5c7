"""`mlpy run`: compiles a program, or takes it from the cache, and runs it with what the command line grants."""

from __future__ import annotations

import sys

from mlpy.capabilities import Grants
from mlpy.cli import DENIED, DONE, FAILED, LIMIT, Mistake, files, terminal
from mlpy.engine import Engine
from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.runtime.limits import Limits
from mlpy.runtime.run import configure_process
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from mlpy.engine import Instance
    from mlpy.runtime.run import Run

STACK = 64 << 20  # bytes; holds RECURSION frames whatever they are
RECURSION = 5_200  # Python frames, so that at least 5,000 of them are the program's
UNLIMITED = Limits(output=None)  # whoever runs a program can end it


def define(parser: ArgumentParser) -> None:
    parser.usage = "mlpy run [OPTIONS] (FILE | - | -c CODE) [-- ARGUMENTS]"
    parser.add_argument("FILE", nargs="?", help="a program, or - for standard input")
    parser.add_argument("-c", metavar="CODE", dest="code", help="run this text")
    define_authority(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON record: output, value or error, usage, audit")
    parser.add_argument("--watch", action="store_true", help="run again whenever the program changes")


def define_authority(parser: ArgumentParser) -> None:
    """The options that say what a program may do and use."""
    parser.add_argument("--allow", metavar="KIND:RESOURCE", action="append", default=[], help="grant a capability, such as file.read:./data/**")
    parser.add_argument("--allow-all", action="store_true", help="grant every capability")
    parser.add_argument("--deny", metavar="KIND:RESOURCE", action="append", default=[], help="refuse a capability whatever is granted")
    parser.add_argument("--time", metavar="TIME", help="end the program after this time, such as 2s or 500ms")
    parser.add_argument("--memory", metavar="SIZE", help="end the program when it takes more memory, such as 256MB")
    parser.add_argument("--steps", metavar="COUNT", help="end the program after this many passes through loops and calls")
    parser.add_argument("--output", metavar="SIZE", help="end the program when it prints more, such as 1MB")
    parser.add_argument("--frozen-clock", metavar="TIME", help="the time that it is for the program, such as 2024-05-01T12:00:00Z")


def execute(options: Namespace) -> int:
    if (options.FILE is None) == (options.code is None):
        raise Mistake("`mlpy run` needs a FILE, `-` or `-c CODE`" if options.FILE is None else "`mlpy run` takes either a FILE or `-c CODE`", "`mlpy run --help` shows how it is used")
    limits = limits_of(options)
    work = Work(options.FILE, options.code, limits, options.arguments, clock_of(options))
    attempt = work.record if options.json else work.run
    if options.watch:
        if options.FILE in (None, "-"):
            raise Mistake("`--watch` needs a FILE")
        from mlpy.cli import watch  # noqa: PLC0415  only for --watch

        return watch.repeat([options.FILE], lambda: (attempt(grants_of(options)), work.files()))
    return attempt(grants_of(options))


def run_file(path: str, arguments: Sequence[str]) -> int:
    """Runs a file with nothing granted: the start of every script."""
    return Work(path, None, UNLIMITED, arguments).run(grants_of(None))


class Work:
    """What there is to run; each attempt reads and compiles it anew, so that a change of the file counts."""

    __slots__ = ("arguments", "clock", "code", "current", "limits", "path")

    def __init__(self, path: str | None, code: str | None, limits: Limits, arguments: Sequence[str], clock: str | None = None) -> None:
        self.path = path
        self.code = code
        self.limits = limits
        self.arguments = tuple(arguments)
        self.clock = clock
        self.current: Run | None = None

    def source(self) -> Source:
        return Source(self.code or "", "<command>") if self.path is None else files.read(self.path)

    def files(self) -> list[str]:
        """The files that the last attempt used."""
        return [source.path for source in self.current.files.values() if source.path is not None] if self.current is not None else []

    def run(self, grants: Grants) -> int:
        """Runs with the program's output on the streams; complains on standard error."""
        out, err = Stream(sys.stdout), Stream(sys.stderr)
        try:
            self.start(grants, out.write, err.write)
        except MLError as error:
            if out.failure is not None:
                raise out.failure from None
            if sys.stdout is not None:
                sys.stdout.flush()
            terminal.show_error(error, self.current.files if self.current is not None else None)
            return code_of(error, self.current)
        return DONE

    def record(self, grants: Grants) -> int:
        """Runs with everything in one JSON record on standard output."""
        from mlpy.cli import records  # noqa: PLC0415  brings json

        printed: list[str] = []
        code, value, failure = DONE, None, None
        try:
            value = self.start(grants, printed.append, printed.append).value
        except MLError as error:
            code, failure = code_of(error, self.current), error
        records.write(records.of_run(code, "".join(printed), value, failure, self.current))
        return code

    def start(self, grants: Grants, output: Callable[[str], object], errors: Callable[[str], object]) -> Instance:
        """Compiles and runs the top level; raises MLError."""
        self.current = None
        source = self.source()
        configure_process(stack=STACK, recursion=RECURSION)
        engine = Engine(cache=source.path is not None, frozen_clock=self.clock)
        program = engine.compile(source, inputs=())
        self.current = run = engine.new_run(source, grants=grants, limits=self.limits, output=output, errors=errors)
        run.arguments = self.arguments
        return engine.start(program, run, inputs={})


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


def grants_of(options: Namespace | None) -> Grants:
    """What the command line grants; a person at the terminal may be asked for more."""
    allow, deny = (options.allow, options.deny) if options is not None else ((), ())
    if "*" in allow:
        raise Mistake("`--allow`: `*` is not a kind of capability", "`--allow-all` grants everything")
    for flag, texts in (("--allow", allow), ("--deny", deny)):
        for text in texts:
            understood(flag, lambda text=text: Grants([text]))  # type: ignore[misc]  # bound for this round
    if options is not None and options.allow_all:
        return Grants.everything(deny=deny)
    ask = None
    if terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr):
        from mlpy.cli import prompt  # noqa: PLC0415  only where there is somebody to ask

        ask = prompt.ask
    return Grants(allow, deny=deny, ask=ask)


def limits_of(options: Namespace) -> Limits:
    """The limits that the command line sets."""
    for flag in ("time", "steps", "memory", "output"):
        understood(f"--{flag}", lambda name=flag: Limits(**{name: getattr(options, name)}))  # type: ignore[misc]  # bound for this round
    return Limits(time=options.time, steps=options.steps, memory=options.memory, output=options.output)


def clock_of(options: Namespace) -> str | None:
    """The time at which the clock is to stand, in ISO form."""
    time: str | None = options.frozen_clock
    understood("--frozen-clock", lambda: Engine(frozen_clock=time))
    return time


def understood(flag: str, use: Callable[[], object]) -> None:
    """Tries a value of the command line; what is wrong with it is a usage error of that flag."""
    try:
        use()
    except ValueError as error:
        raise Mistake(f"`{flag}`: {error}") from None

"""The `mlpy` command.

Exit codes: 0 done, 1 the program or a check failed, 2 usage, 3 a capability was denied, 4 a limit was reached; as every
command, 130 after Ctrl-C and 141 when the reader of its output went away. Results go to standard output, everything else
to standard error. `mlpy run FILE` and `mlpy FILE.ml` are recognised here without a parser: they are the start of every
script, and nothing else may be imported on their way.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # the module round it makes enumerations
import gc
import os
import sys

from mlpy.image import keep, use

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Sequence
    from typing import NoReturn

__all__ = ["DENIED", "DONE", "FAILED", "INTERRUPTED", "LIMIT", "PIPE", "USAGE", "Mistake", "main", "start"]

DONE = 0
FAILED = 1
USAGE = 2
DENIED = 3
LIMIT = 4
INTERRUPTED = 130
PIPE = 141


class Mistake(Exception):  # noqa: N818  it is the user's, and reads so where it is raised
    """Something the user can mend: one message, at most one hint, the exit code."""

    def __init__(self, message: str, hint: str | None = None, code: int = USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


def main(arguments: Sequence[str] | None = None, perform: Callable[[list[str]], int] | None = None) -> int:
    """Runs one command line, by the table or as `perform` does, and gives its exit code; no exception but one of ours that is a bug leaves."""
    try:
        code = (perform or dispatch)(list(sys.argv[1:] if arguments is None else arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
    except Mistake as mistake:
        from mlpy.cli import terminal  # noqa: PLC0415  only a failure writes to the terminal

        terminal.complain(mistake.message, mistake.hint)
        return mistake.code
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        return closed()
    except OSError as error:
        from mlpy.cli import terminal  # noqa: PLC0415  only a failure writes to the terminal

        silence()
        terminal.complain(f"the output cannot be written: {terminal.reason(error)}")
        return FAILED
    except Exception as error:  # a bug of ours; nobody wants to read a Python traceback
        if os.environ.get("MLPY_DEBUG"):
            raise
        from mlpy.cli import terminal  # noqa: PLC0415  only a failure writes to the terminal

        terminal.complain(f"mlpy failed: {type(error).__name__}: {error}", "this is a bug in mlpy; MLPY_DEBUG=1 shows where")
        return FAILED
    return code


def start(perform: Callable[[list[str]], int] | None = None) -> NoReturn:
    """The whole process: one command line, of `mlpy` or of a `perform` of its own, then the end.

    The interpreter's own end costs as much as half a start. It is left out where it has nothing to do: no other thread of
    the threading module, nothing registered for the exit.
    """
    gc.disable()  # until everything is imported: see `settle`
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(_signal, name, None)
        if number is not None and _signal.getsignal(number) == _signal.SIG_DFL:  # `nohup` has SIGHUP ignored
            _signal.signal(number, leave)
    image = use()
    code = main(perform=perform)
    if "mlpy.cli.run" in sys.modules:
        try:
            keep(image)
        except KeyboardInterrupt:
            code = code or INTERRUPTED
    atexit = sys.modules.get("atexit")
    if "threading" in sys.modules or (atexit is not None and atexit._ncallbacks()):  # noqa: SLF001  has no public name
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


def leave(number: int, _frame: object) -> None:
    """A signal that ends the process: the commands of a program have sessions of their own, which it does not reach."""
    process = sys.modules.get("mlpy.stdlib.process")
    if process is not None:
        process.end_all()
    _signal.signal(number, _signal.SIG_DFL)
    os.kill(os.getpid(), number)


def dispatch(arguments: list[str]) -> int:
    """Recognises the two forms that run a file; everything else goes to the table of verbs."""
    first = arguments[0] if arguments else ""
    if first == "run" and len(arguments) > 1 and arguments[1][:1] != "-" and arguments[2:3] in ([], ["--"]):
        from mlpy.cli import run  # noqa: PLC0415  lazy verb

        settle()
        return run.run_file(arguments[1], arguments[3:])
    if first[:1] != "-" and (first.endswith(".ml") or "/" in first):
        from mlpy.cli import run  # noqa: PLC0415  lazy verb

        settle()
        return run.run_file(first, arguments[1:])
    from mlpy.cli import verbs  # noqa: PLC0415  brings argparse

    settle()
    return verbs.execute(arguments)


def settle() -> None:
    """Ends a start: what is imported by now stays, so the collector need never look at it."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def interrupted() -> int:
    """What Ctrl-C leaves: one word, whatever was on the line."""
    silence(unless_flushed=True)
    try:
        sys.stderr.write("\ninterrupted\n")
    except OSError:
        pass
    return INTERRUPTED


def closed() -> int:
    """The reader of the output went away (`| head`): that is its right."""
    silence()
    return PIPE


def silence(*, unless_flushed: bool = False) -> None:
    """Points standard output nowhere, so that the interpreter's last flush says nothing."""
    try:
        if unless_flushed:
            sys.stdout.flush()
            return
    except OSError:
        pass
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass

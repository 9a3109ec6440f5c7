"""What the two output streams can show, and the ways to write to them."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from mlpy.diagnostics import Diagnostic
    from mlpy.errors import MLError
    from mlpy.source import Source


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads (or types) there."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def colored(stream: TextIO | None) -> bool:
    """Whether to write in colour: `NO_COLOR` forbids it, `FORCE_COLOR` demands it, else a terminal decides."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def plain(stream: TextIO | None) -> bool:
    """Whether the stream's encoding has no frames and arrows."""
    try:
        "┌─│…".encode(getattr(stream, "encoding", None) or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return True
    return False


def complain(message: str, hint: str | None = None) -> None:
    """A usage error: one line on standard error, and what to do about it."""
    from mlpy.render import printable  # noqa: PLC0415  only a failure needs it

    head = "\x1b[1;31merror\x1b[0m" if colored(sys.stderr) else "error"
    write_error(f"{head}: {printable(message)}\n" + (f"  = hint: {printable(hint)}\n" if hint else ""))


def note(message: str) -> None:
    """What the user should know, one line on standard error."""
    from mlpy.render import printable  # noqa: PLC0415  rare

    head = "\x1b[36mnote\x1b[0m" if colored(sys.stderr) else "note"
    write_error(f"{head}: {printable(message)}\n")


def write_error(text: str) -> None:
    """Writes to standard error; where that is closed there is nobody to tell."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(text)
            sys.stderr.flush()
    except (OSError, ValueError):
        pass


def write(text: str, stream: TextIO | None = None) -> None:
    """Writes a result to standard output, or to a stream, with escapes for what its encoding lacks."""
    out = stream or sys.stdout
    if out is None:
        return
    try:
        out.write(text)
    except UnicodeEncodeError:
        encoding = out.encoding or "ascii"
        out.write(text.encode(encoding, "backslashreplace").decode(encoding))


def show(diagnostics: Iterable[Diagnostic], source: Source) -> None:
    """Diagnostics on standard error, an empty line between them."""
    from mlpy import render  # noqa: PLC0415  only a failure needs it

    options = {"color": colored(sys.stderr), "ascii": plain(sys.stderr)}
    write_error("".join(render.text(one, source, **options) + "\n\n" for one in diagnostics))


def show_error(error: MLError, sources: Mapping[str, Source] | None = None) -> None:
    """An error that ended a program, on standard error; `sources` (name → source) are the files of its stack."""
    from mlpy import render  # noqa: PLC0415  only a failure needs it

    write_error(render.error_text(error, color=colored(sys.stderr), ascii=plain(sys.stderr), sources=sources) + "\n")


def reason(error: OSError) -> str:
    """The operating system's words, in this project's style."""
    said = error.strerror or "unknown error"
    return said[:1].lower() + said[1:]

"""The shell on a terminal, and the one that reads a script from a pipe."""

from __future__ import annotations

import json
import sys

from mlpy.repl.display import Style
from mlpy.repl.shell import COMMAND, Shell

from mlpy.cli import authority as authorities
from mlpy.cli import terminal
from mlpy.cli.run import RECURSION, STACK, Stream
from mlpy.runtime.run import configure_process
from mlpy.syntax.parser import is_incomplete

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import TextIO


CONTINUES = ("else", "elif", "except", "finally")  # what a further line of a script may begin with that belongs to what seems complete


def main(options: Namespace) -> int:
    """Runs the shell under the options of `mlpy repl` and gives its exit code."""
    under = authorities.of_options(options, None)
    configure_process(stack=STACK, recursion=RECURSION)
    shell = Shell(under.engine(text=True), grants=under.grants(), limits=under.limits, interactive=terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout))
    with under.recorded(shell.session.run):
        return scripted(shell, sys.stdin, as_json=options.json)


def scripted(shell: Shell, stream: TextIO, *, as_json: bool = False) -> int:
    """Evaluates what a stream has, quietly: values and output alone; gives the exit code of the last failure."""
    shell.records = as_json
    shell.style = Style(width=100, color=terminal.colored(sys.stdout), ascii=terminal.plain(sys.stdout))
    errors = Stream(sys.stderr)
    for text in entries(stream):
        made = shell.enter(text)
        if as_json:
            terminal.write(json.dumps(made.record(), ensure_ascii=False, allow_nan=False) + "\n")
        elif made.error is not None:
            sys.stdout.flush()
            errors.write(made.shown + "\n")
        elif made.shown:
            shell.out(made.shown + "\n")
        sys.stdout.flush()
        if shell.leaving:
            break
    return shell.code


def entries(stream: TextIO) -> Iterator[str]:
    """The entries of a script: a dot command is a line, a piece of program as many lines as it takes."""
    held: list[str] = []
    complete = False
    for line in stream:
        if complete and not line.lstrip().startswith(CONTINUES):
            if "".join(held).strip():
                yield "".join(held)
            held.clear()
        if not held and COMMAND.match(line):
            yield line.rstrip("\n")
            complete = False
            continue
        held.append(line)
        complete = not is_incomplete("".join(held))
    if "".join(held).strip():
        yield "".join(held)

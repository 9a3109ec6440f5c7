"""The shell on a terminal, and the one that reads a script from a pipe."""

from __future__ import annotations

import json
import sys
from functools import partial

from mlpy.repl.lexer import is_complete
from mlpy.repl.shell import Settings, Shell

from mlpy.capabilities import exact_grant
from mlpy.cli import DONE, prompt, terminal
from mlpy.cli import authority as authorities
from mlpy.cli.run import RECURSION, STACK, Stream
from mlpy.config import VERSION
from mlpy.render import printable
from mlpy.runtime.run import configure_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from typing import TextIO

    from mlpy.repl.shell import Evaluation

    from mlpy.capabilities import Adviser, Answer, Capability
    from mlpy.engine import Engine
    from mlpy.sandbox.pool import Sandbox

CONTINUES = ("else", "elif", "except", "finally")  # what a further line of a script may begin with that belongs to what seems complete


def main(options: Namespace) -> int:
    """Runs the shell under the options of `mlpy repl` and gives its exit code."""
    under = authorities.of_options(options, None)
    configure_process(stack=STACK, recursion=RECURSION)
    interactive = terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout) and not options.json
    grants = under.settings.grants(asked if interactive else None, everything=under.everything)
    for layer in grants.layers:
        layer.advice = partial(advice, layer.advice)
    settings = Settings(color=terminal.colored(sys.stdout), ascii=terminal.plain(sys.stdout))
    engine = under.engine(text=True)
    sandbox = sandbox_of(engine, authorities.level_of(options))
    shell = Shell(engine, grants=grants, limits=under.limits, interactive=interactive, settings=settings, sandbox=sandbox)
    with under.recorded(shell.run):
        try:
            return typed(shell) if interactive else scripted(shell, sys.stdin, as_json=options.json)
        finally:
            shell.end()
            if shell.development is not None:
                shell.development.close()
            if sandbox is not None:
                sandbox.close()


def sandbox_of(engine: Engine, level: str | None) -> Sandbox | None:
    """The sandbox that was asked for."""
    if level is None:
        return None
    from mlpy.sandbox.pool import Sandbox  # noqa: PLC0415  only for --sandbox

    return Sandbox.of(engine, workers=1, level=level)


def advice(otherwise: Adviser | None, capability: Capability) -> str | None:
    """What to do about a denial at the prompt."""
    text = exact_grant(capability)
    return (otherwise and otherwise(capability)) or (None if text is None else f"`.grant {text}` grants it")


def asked(capability: Capability) -> Answer:
    """Asks the person at the prompt whether a program may do something."""
    return prompt.ask(capability, "[o]nce, [s]ession, [n]o", "o, s or n")


# ── on a terminal ────────────────────────────────────────────────────────────────────────────────────────────────


def typed(shell: Shell) -> int:
    """Evaluates what a person types; gives the exit code, which tells nothing of what was tried."""
    from mlpy.repl.editor import Editor  # noqa: PLC0415  brings prompt-toolkit
    from mlpy.repl.history import History, place  # noqa: PLC0415  as above

    shell.history = History(place())
    editor = Editor(shell, shell.history)
    shell.sink = editor.write
    shell.printed = shell.warned = lambda text: editor.write(printable(text))
    shell.out(f"mlpy {VERSION}: `.help` lists the commands, Ctrl-D leaves\n")
    while not shell.leaving:
        try:
            text = editor.read()
            if text.strip():
                show(shell, shell.enter(text))
        except KeyboardInterrupt:
            continue
        except EOFError:
            break
    return DONE


def show(shell: Shell, made: Evaluation) -> None:
    if made.shown:
        shell.out(made.shown + "\n")


# ── without one ──────────────────────────────────────────────────────────────────────────────────────────────────


def scripted(shell: Shell, stream: TextIO, *, as_json: bool = False) -> int:
    """Evaluates what a stream has, quietly: values and output alone; gives the exit code of the last failure."""
    shell.records = as_json
    output = Stream(sys.stdout)
    shell.printed = output.write
    for text in entries(stream):
        made = shell.enter(text)
        if as_json:
            terminal.write(json.dumps(made.record(), ensure_ascii=False, allow_nan=False) + "\n")
        elif made.error is not None:
            sys.stdout.flush()
            terminal.write_error(made.shown + "\n")
        else:
            show(shell, made)
        if output.failure is not None:
            raise output.failure
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
        held.append(line)
        complete = is_complete("".join(held))
    if "".join(held).strip():
        yield "".join(held)

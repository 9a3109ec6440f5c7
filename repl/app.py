"""The shell on a terminal, and the one that reads a script from a pipe."""

from __future__ import annotations

import json
import sys
from functools import partial
from io import TextIOWrapper
from itertools import chain

from mlpy.repl.script import entries
from mlpy.repl.shell import Settings, Shell, at_prompt, is_bare

from mlpy.capabilities import denial, exact_grant, shown
from mlpy.cli import DONE, FAILED, Mistake, prompt, terminal, trace
from mlpy.cli import authority as authorities
from mlpy.cli.run import RECURSION, STACK, Stream
from mlpy.config import VERSION
from mlpy.errors import MLError
from mlpy.render import printable
from mlpy.runtime.run import configure_process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from mlpy.repl.shell import Evaluation

    from mlpy.capabilities import Adviser, Answer, Capability
    from mlpy.engine import Engine
    from mlpy.sandbox.pool import Sandbox


def main(options: Namespace) -> int:
    """Runs the shell under the options of `mlpy repl` and gives its exit code."""
    under = authorities.of_options(options, options.FILE)
    configure_process(stack=STACK, recursion=RECURSION)
    interactive = terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout) and not options.json
    grants = under.settings.grants(asked if interactive else None, everything=under.everything)
    for layer in grants.layers:
        layer.advice = partial(advice, layer.advice)
    settings = Settings(color=terminal.colored(sys.stdout), ascii=terminal.plain(sys.stdout))
    engine = under.engine(text=True)
    sandbox = sandbox_of(engine, authorities.level_of(options))
    shell = Shell(engine, grants=grants, limits=under.limits, interactive=interactive, settings=settings, sandbox=sandbox)
    shell.run.arguments = tuple(options.arguments)
    first = [] if options.FILE is None else [f".load {options.FILE}"]
    with under.recorded(shell.run):
        try:
            return typed(shell, first) if interactive else scripted(shell, chain(first, entries(piped())), as_json=options.json)
        finally:
            shell.end()
            if options.trace_capabilities:
                terminal.write_error(trace.text(shell.run, under.settings.root))
            if shell.development is not None:
                shell.development.close()
            if sandbox is not None:
                sandbox.close()


def sandbox_of(engine: Engine, level: str | None) -> Sandbox | None:
    """The sandbox that was asked for."""
    if level is None:
        return None
    from mlpy.sandbox.pool import Sandbox  # noqa: PLC0415  only for --sandbox

    try:
        return Sandbox.of(engine, workers=1, level=level)
    except MLError as error:
        raise Mistake(error.message, error.hint, FAILED) from None


def advice(otherwise: Adviser | None, capability: Capability) -> str | None:
    """What to do about a denial at the prompt."""
    text = exact_grant(capability)
    return (otherwise and otherwise(capability)) or (None if text is None else f"`.grant {text}` grants it")


def asked(capability: Capability) -> Answer:
    """Asks the person who waits whether a program may do something; what runs beside the prompt is refused, as a question would stand in the line that is typed."""
    if not at_prompt.get():
        raise denial(capability, f"`{shown(capability)}` is not granted", advice(None, capability))
    return prompt.ask(capability, "[o]nce, [s]ession, [n]o")


# ── on a terminal ────────────────────────────────────────────────────────────────────────────────────────────────


def typed(shell: Shell, first: Iterable[str]) -> int:
    """Evaluates what a person types; gives the exit code, which tells nothing of what was tried."""
    from mlpy.repl.editor import Editor  # noqa: PLC0415  brings prompt-toolkit
    from mlpy.repl.history import History, place  # noqa: PLC0415  as above

    shell.history = History(place())
    editor = Editor(shell, shell.history)
    shell.sink = editor.write
    shell.printed = shell.warned = lambda text: editor.write(printable(text))
    shell.out(f"mlpy {VERSION}: `.help` lists the commands, Ctrl-D leaves\n")
    for text in first:
        show(shell, shell.enter(text))
    while not shell.leaving:
        try:
            text = editor.read()
            if text.strip():
                show(shell, shell.enter(text))
        except KeyboardInterrupt:
            if shell.development is not None:
                shell.development.interrupt()
        except EOFError:
            break
    return DONE


def show(shell: Shell, made: Evaluation) -> None:
    if made.shown:
        shell.out(made.shown + "\n")


# ── without one ──────────────────────────────────────────────────────────────────────────────────────────────────


def piped() -> Iterable[bytes]:
    """The lines of standard input as they come, of which a program's `input()` takes the next."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
        while line := sys.stdin.readline():
            yield line.encode("utf-8", "surrogateescape")


def scripted(shell: Shell, texts: Iterable[str], *, as_json: bool = False) -> int:
    """Evaluates the entries of a script, quietly: values and output alone; gives the exit code of the last failure."""
    shell.records = as_json
    output = Stream(sys.stdout)
    shell.printed = output.write
    if as_json:
        shell.sink = terminal.write_error  # what is said beside the records
    for text in texts:
        if is_bare(text):
            continue
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

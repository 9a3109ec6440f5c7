"""`mlpy models …`: the table of its commands, their parsers, and the envelope that each answers with.

A command is a file in `commands/` with `define(parser)`, `perform(options) -> data` and `show(data, options) -> text`: `perform` does the work and gives the `data` of the record,
`show` makes of it what a person reads. What goes wrong is raised as `ModelError` (or `Mistake`, where the command line is wrong). Under `--json` standard output is the
envelope and nothing else, whatever happens: what anybody prints meanwhile goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from importlib import import_module
from math import isfinite

from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.tables import rendered

from mlpy.cli import DONE, FAILED, USAGE, Mistake, terminal
from mlpy.cli.verbs import FAMILIES, Parser, unexpected
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from typing import Protocol

    Outcome = tuple[int, dict[str, object], Callable[[], str]]  # the exit code, the data of the record, and what makes text of it

    class Command(Protocol):
        """What the file of a command has."""

        def define(self, parser: ArgumentParser) -> None: ...
        def perform(self, options: Namespace) -> dict[str, object]: ...
        def show(self, data: dict[str, object], options: Namespace) -> str: ...


API_VERSION = "1.0"
MATCHES = 5  # names that a message lists, at most
COMMANDS = {
    "list": "list the models that are here",
    "show": "tell all about one model",
    "health": "check that the files of models are whole",
    "pull": "download a model, or the rest of it",
    "rm": "remove a model, or one revision of it",
    "prune": "remove unfinished downloads, what nothing needs, and stale locks",
    "run": "have a model answer once",
    "chat": "talk with a model",
    "serve": "serve models over the protocol of OpenAI",
    "convert": "make another model of one, quantized for instance",
    "embed": "turn texts into vectors",
    "bench": "measure how fast a model is",
    "ps": "list the servers that run",
}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("COMMAND", choices=COMMANDS, metavar="COMMAND", help="what to do; each has its own `--help`")
    parser.add_argument("--json", action="store_true", help="print one JSON record")
    width = max(map(len, COMMANDS)) + 2
    lines = "\n".join(f"  {name:<{width}}{does}" for name, does in COMMANDS.items())
    parser.epilog = f"commands:\n{lines}\n\nExit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 limit reached, 5 network."


def parser_of(name: str) -> tuple[Parser, Command]:
    """The parser of a command, and its file."""
    command: Command = import_module(f"mlpy.extensions.models.commands.{name}")  # every file of the table has these three functions
    made = Parser(f"models {name}", COMMANDS[name])
    command.define(made)
    if "--json" not in made.flags():
        made.add_argument("--json", action="store_true", help="print one JSON record")
    return made, command


def execute(arguments: list[str]) -> int:
    """Runs the command that the arguments name, and answers in text or as one record; gives the exit code."""
    own, behind = split(arguments)
    as_json = "--json" in own
    words = [word for word in own if word != "--json"]
    name = next((word for word in words if not word.startswith("-")), None)
    if not as_json:
        return in_text(words, behind, name)
    with redirect_stdout(sys.stderr):
        code, record = in_json(words, behind, name)
    terminal.write(json.dumps(plain(record), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return code


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments before the first `--`, and from there on."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at:]


def plain(value: object) -> object:
    """A record as JSON has it: configurations of models hold numbers that are infinite, which become text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)) else str(value)


def in_text(words: list[str], behind: list[str], name: str | None) -> int:
    """Performs a command for a person."""
    try:
        code, _, text = perform(words, behind, name, as_json=False)
    except ModelError as failure:
        raise Mistake(failure.message, choice(failure.matches) if failure.matches else failure.hint, failure.code) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Mistake(terminal.reason(error), code=FAILED) from None
    terminal.write(rendered(text(), color=terminal.colored(sys.stdout)))
    return code


def choice(matches: list[str]) -> str:
    """The hint of an ambiguous name."""
    return "it may be " + ", ".join(f"`{one}`" for one in matches[:MATCHES]) + (f" or {len(matches) - MATCHES} more" if len(matches) > MATCHES else "")


def in_json(words: list[str], behind: list[str], name: str | None) -> tuple[int, dict[str, object]]:
    """Performs a command for a script: the exit code, and the envelope, also of what nobody has foreseen."""
    known = name if name in COMMANDS else None
    try:
        code, data, _ = perform(words, behind, name, as_json=True)
    except ModelError as failure:
        return failure.code, envelope(known, failure.data, failure)
    except Mistake as mistake:
        return mistake.code, envelope(known, None, ModelError("usage" if mistake.code == USAGE else "failed", mistake.message, hint=mistake.hint))
    except KeyboardInterrupt:
        stopped = ModelError("interrupted", "interrupted")
        return stopped.code, envelope(known, None, stopped)
    except BrokenPipeError:
        raise
    except OSError as error:
        return FAILED, envelope(known, None, ModelError("os_error", terminal.reason(error)))
    except (Exception, SystemExit) as error:  # noqa: BLE001  a bug of ours or of a library: the reader of the record wants one all the same
        if os.environ.get("MLPY_DEBUG"):
            sys.excepthook(type(error), error, error.__traceback__)
        return FAILED, envelope(known, None, ModelError("internal_error", f"mlpy failed: {type(error).__name__}", hint="this is a bug in mlpy; MLPY_DEBUG=1 shows where"))
    return code, envelope(known, data, None)


def perform(words: list[str], behind: list[str], name: str | None, *, as_json: bool) -> Outcome:
    """Parses a command line and does what it asks for."""
    if name is None or name not in COMMANDS:
        return without_command(words, name)
    made, command = parser_of(name)
    if any(word in ("-h", "--help") for word in words):
        return usage(made)
    at = words.index(name)
    options, extra = made.parse_known_args(words[:at] + words[at + 1 :] + behind)
    if extra:
        raise unexpected(made, extra[0])
    options.json = as_json
    options.exit_code = DONE
    data = command.perform(options)
    return options.exit_code, data, lambda: command.show(data, options)


def usage(parser: Parser) -> Outcome:
    """What `--help` answers."""
    text = parser.format_help()
    return DONE, {"usage": text}, lambda: text


def without_command(words: list[str], name: str | None) -> Outcome:
    """What to say where no command of the table is named."""
    overview = Parser("models", FAMILIES["models"][1])
    define(overview)
    if name == "help" or (name is None and any(word in ("-h", "--help") for word in words)):
        return usage(overview)
    if name is None:
        raise unexpected(overview, words[0]) if words else Mistake("`mlpy models` needs a command", overview.example())
    close = nearest(name, COMMANDS)
    raise Mistake(f"unknown command `models {name}`", f"did you mean `mlpy models {close}`?" if close else overview.example())


def envelope(command: str | None, data: dict[str, object] | None, failure: ModelError | None) -> dict[str, object]:
    """The record that every command answers with."""
    return {
        "status": "success" if failure is None else "error",
        "command": command,
        "data": data,
        "error": None if failure is None else failure.record(),
        "api_version": API_VERSION,
    }

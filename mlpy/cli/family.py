"""Families of commands that extensions bring (`mlpy models …`): their tables, their parsers, and the envelope that each command answers with.

A command is a file in the `commands/` of its package with `define(parser)`, `perform(options) -> data` and `show(data, options) -> text`: `perform` does the work and gives the `data`
of the record, `show` makes of it what a person reads, or nothing. What goes wrong is raised as a `Failure` (or `Mistake`, where the command line is wrong). Under `--json` standard
output is the envelope and nothing else, whatever happens: what anybody prints meanwhile goes to standard error. The name `import` stands in `import_.py`.

Of its options a command finds `json` and `exit_code`, which is what it ends with. A command whose words are not argparse's to read has `read(parser, words, behind) -> options`, which may
give the text of a help instead. One that has children write to its standard output has `STREAMS = True`: under `--json` their output goes to standard error, too.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib import import_module
from keyword import iskeyword
from math import isfinite

from mlpy.cli import DONE, FAILED, USAGE, Mistake, renamed, terminal
from mlpy.cli.tables import rendered
from mlpy.cli.verbs import FAMILIES, Parser, unexpected
from mlpy.failures import Failure
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator
    from typing import Protocol

    Outcome = tuple[int, dict[str, object], Callable[[], str]]  # the exit code, the data of the record, and what makes text of it
    Reader = Callable[[Parser, list[str], list[str]], Namespace | str]

    class Command(Protocol):
        """What the file of a command has."""

        def define(self, parser: ArgumentParser) -> None: ...
        def perform(self, options: Namespace) -> dict[str, object]: ...
        def show(self, data: dict[str, object], options: Namespace) -> str: ...


API_VERSION = "1.0"
MATCHES = 5  # names that a message lists, at most


class Family:
    """The commands of a package: `commands` are their names and what they do, `aliases` names that they had before.

    `shortcut` is a command to which a word goes that is no command, and the type of the failure with which it says that it does not know the word either.
    """

    def __init__(
        self,
        name: str,
        package: str,
        commands: dict[str, str],
        failure: type[Failure],
        aliases: dict[str, str] | None = None,
        shortcut: tuple[str, str] | None = None,
    ) -> None:
        self.name = name
        self.package = package
        self.COMMANDS = commands
        self.failure = failure
        self.aliases = aliases or {}
        self.shortcut = shortcut

    def define(self, parser: ArgumentParser) -> None:
        """What `mlpy NAME --help` says."""
        parser.add_argument("COMMAND", choices=self.COMMANDS, metavar="COMMAND", help="what to do; each has its own `--help`")
        parser.add_argument("--json", action="store_true", help="print one JSON record")
        width = max(map(len, self.COMMANDS), default=0) + 2
        lines = "\n".join(f"  {name:<{width}}{does}" for name, does in self.COMMANDS.items())
        parser.epilog = f"commands:\n{lines}\n\nExit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 limit reached, 5 network."

    def parser_of(self, name: str) -> tuple[Parser, Command]:
        """The parser of a command, and its file."""
        command: Command = import_module(f"{self.package}.commands.{name}{'_' if iskeyword(name) else ''}")  # every file of the table has these three functions
        made = Parser(f"{self.name} {name}", self.COMMANDS[name])
        command.define(made)
        if "--json" not in made.flags():
            made.add_argument("--json", action="store_true", help="print one JSON record")
        return made, command

    def execute(self, arguments: list[str]) -> int:
        """Runs the command that the arguments name, and answers in text or as one record; gives the exit code."""
        own, behind = split(arguments)
        words = [word for word in own if word != "--json"]
        call = Call(self, words, behind, as_json=len(words) < len(own))
        if not call.as_json:
            return in_text(call)
        with redirect_stdout(sys.stderr):
            code, record = in_json(call)
        terminal.write(text_of(record, getattr(sys.stdout, "encoding", None) or "ascii") + "\n")
        return code

    def overview(self) -> Parser:
        """The parser of the family itself."""
        made = Parser(self.name, FAMILIES[self.name][1])
        self.define(made)
        return made


class Call:
    """One command line: the words before the first `--`, those from there on, and the command that the first word names which is no option."""

    def __init__(self, family: Family, words: list[str], behind: list[str], *, as_json: bool) -> None:
        self.family = family
        self.words = words
        self.behind = behind
        self.as_json = as_json
        self.word = next((word for word in words if not word.startswith("-")), None)
        self.command = family.aliases.get(self.word or "", self.word)
        if self.command not in family.COMMANDS:
            self.command = None

    def perform(self) -> Outcome:
        """Does what the line asks for."""
        family, shortcut = self.family, self.family.shortcut
        if self.word is not None and self.command is not None:
            if self.word != self.command:
                renamed.tell(f"mlpy {family.name} {self.word}", f"mlpy {family.name} {self.command}")
            at = self.words.index(self.word)
            return self.carry_out(self.command, self.words[:at] + self.words[at + 1 :])
        if self.word is None or self.word == "help" or shortcut is None:
            return self.without_command()
        self.command, unknown = shortcut
        try:
            return self.carry_out(self.command, self.words)
        except family.failure as failure:
            close = nearest(self.word, family.COMMANDS) if failure.type == unknown and not failure.matches else None
            if close is None:
                raise
            raise family.failure(unknown, failure.message, hint=f"did you mean `mlpy {family.name} {close}`?") from None

    def carry_out(self, name: str, words: list[str]) -> Outcome:
        """Reads the words of a command, and has it perform."""
        made, command = self.family.parser_of(name)
        reader: Reader = getattr(command, "read", read)
        options = reader(made, words, self.behind)
        if isinstance(options, str):
            return usage(options)
        options.json = self.as_json
        options.exit_code = DONE
        with children_to_standard_error() if self.as_json and getattr(command, "STREAMS", False) else nullcontext():
            data = command.perform(options)
        return options.exit_code, data, lambda: command.show(data, options)

    def without_command(self) -> Outcome:
        """What to say where no command of the table is named."""
        family, made = self.family, self.family.overview()
        if self.word == "help" or (self.word is None and any(word in ("-h", "--help") for word in self.words)):
            return usage(made.format_help())
        if self.word is None:
            raise unexpected(made, self.words[0]) if self.words else Mistake(f"`mlpy {family.name}` needs a command", made.example())
        close = nearest(self.word, family.COMMANDS)
        raise Mistake(f"unknown command `{family.name} {self.word}`", f"did you mean `mlpy {family.name} {close}`?" if close else made.example())


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments before the first `--`, and from there on."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at:]


def read(parser: Parser, words: list[str], behind: list[str]) -> Namespace | str:
    """The options of a command, or its help."""
    if any(word in ("-h", "--help") for word in words):
        return parser.format_help()
    options, extra = parser.parse_known_args(words + behind)
    if extra:
        raise unexpected(parser, extra[0])
    return options


def usage(text: str) -> Outcome:
    """What `--help` answers."""
    return DONE, {"usage": text}, lambda: text


@contextmanager
def children_to_standard_error() -> Iterator[None]:
    """What children inherit as standard output is standard error meanwhile."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def in_text(call: Call) -> int:
    """Performs a command for a person."""
    try:
        code, _, text = call.perform()
    except Failure as failure:
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


def in_json(call: Call) -> tuple[int, dict[str, object]]:
    """Performs a command for a script: the exit code, and the envelope, also of what nobody has foreseen."""
    failed = call.family.failure
    try:
        code, data, _ = call.perform()
    except Failure as failure:
        return failure.code, envelope(call.command, failure.data, failure)
    except Mistake as mistake:
        return mistake.code, envelope(call.command, None, failed("usage" if mistake.code == USAGE else "failed", mistake.message, hint=mistake.hint))
    except KeyboardInterrupt:
        stopped = failed("interrupted", "interrupted")
        return stopped.code, envelope(call.command, None, stopped)
    except BrokenPipeError:
        raise
    except OSError as error:
        return FAILED, envelope(call.command, None, failed("os_error", terminal.reason(error)))
    except (Exception, SystemExit) as error:  # noqa: BLE001  a bug of ours or of a library: the reader of the record wants one all the same
        if os.environ.get("MLPY_DEBUG"):
            sys.excepthook(type(error), error, error.__traceback__)
        return FAILED, envelope(call.command, None, failed("internal_error", f"mlpy failed: {type(error).__name__}", hint="this is a bug in mlpy; MLPY_DEBUG=1 shows where"))
    return code, envelope(call.command, data, None)


def envelope(command: str | None, data: dict[str, object] | None, failure: Failure | None) -> dict[str, object]:
    """The record that every command answers with."""
    return {
        "status": "success" if failure is None else "error",
        "command": command,
        "data": data,
        "error": None if failure is None else failure.record(),
        "api_version": API_VERSION,
    }


def text_of(record: dict[str, object], encoding: str) -> str:
    """A record in JSON that an encoding can write: with escapes where it lacks a character, of a name that is no UTF-8 for instance."""
    made = plain(record)
    text = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(made, indent=2, allow_nan=False)
    return text


def plain(value: object) -> object:
    """A record as JSON has it: numbers that are infinite become text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)) else str(value)

"""The table of verbs, and the parser that they share. A verb's file is imported when the verb is used."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module

from mlpy.cli import DONE, USAGE, Mistake, terminal
from mlpy.config import VERSION
from mlpy.nearest import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import Namespace
    from typing import NoReturn, Protocol

    from mlpy.cli.family import Family

    class Verb(Protocol):
        """What the file of a verb has."""

        def define(self, parser: ArgumentParser) -> None: ...
        def execute(self, options: Namespace) -> int: ...

VERBS = {
    "run": "run a program",
    "repl": "explore interactively, entry by entry",
    "check": "find mistakes without running",
    "fmt": "bring files into the canonical layout",
    "test": "run the `test` blocks of programs",
    "bench": "measure how long a program takes",
    "caps": "tell what a program and all that it imports would need",
    "emit": "show what the compiler makes of a program",
    "modules": "list what programs can import",
    "trust": "let the settings of a project count",
    "sandbox": "tell how far this machine can lock untrusted programs in",
    "completions": "print a completion script for a shell",
}
# Families of commands that an extension brings: the file of each has its `FAMILY`.
FAMILIES = {
    "models": ("mlpy.extensions.models.command", "keep, run and serve language models"),
    "workflow": ("mlpy.extensions.workflows.command", "run a folder of scripts as one command line"),
    "bundle": ("mlpy.extensions.bundles.command", "version models with their files and share them over a registry"),
    "witness": ("mlpy.extensions.providers.witnessing.command", "tell and verify what was done, record by signed record"),
    "budget": ("mlpy.extensions.providers.budgeting.command", "limit what operations may cost, and tell what they have cost"),
}
RENAMED = {"bundles": "bundle", "model": "models", "workflows": "workflow"}  # what families are called, too: each works, and tells its name once
ALL = VERBS | {name: does for name, (_, does) in FAMILIES.items()}
BEHIND_DASHES = "arguments of the program stand after `--`"


class Parser(ArgumentParser):
    """argparse with messages in this project's style."""

    def __init__(self, verb: str, does: str) -> None:
        super().__init__(prog=f"mlpy {verb}", description=capital(does) + ".", allow_abbrev=False, add_help=False, formatter_class=Formatter)
        self.add_argument("-h", "--help", action="help", help="show this and exit")

    def flags(self) -> list[str]:
        """Every option's spellings."""
        return [flag for action in self._actions for flag in action.option_strings]

    def error(self, message: str) -> NoReturn:
        """Turns argparse's words into ours."""
        if message.startswith("the following arguments are required: "):
            raise Mistake(f"`{self.prog}` needs {message.partition(': ')[2]}", self.example())
        name, found, rest = message.removeprefix("argument ").partition(": ")
        if not found:
            raise Mistake(message, self.example())
        flag = name.split("/")[-1]
        if rest.startswith("expected"):
            raise Mistake(f"`{flag}` needs a value", self.example())
        if rest.startswith("invalid choice: "):
            chosen, _, choices = rest.removeprefix("invalid choice: ").partition(" (choose from ")
            known = [choice.strip(" '") for choice in choices.rstrip(")").split(",")]
            raise Mistake(f"unknown {flag.lower()} {quoted(chosen)}", "it is one of " + ", ".join(f"`{one}`" for one in known))
        raise Mistake(f"`{flag}`: {rest}", self.example())

    def example(self) -> str:
        """The hint of every usage error."""
        return f"`{self.prog} --help` shows how it is used"


class Formatter(RawDescriptionHelpFormatter):
    """Help without the repeated metavars of long and short spellings."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)


def execute(arguments: list[str]) -> int:
    """Runs the verb that the arguments begin with."""
    if not arguments:
        if terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout):
            return perform("repl", [])
        terminal.write_error(overview())
        return USAGE
    first, *rest = arguments
    if first == "--json" and rest and RENAMED.get(rest[0], rest[0]) in FAMILIES:
        first, *rest = rest[0], first, *rest[1:]
    if first in ("-h", "--help", "help"):
        if rest and RENAMED.get(rest[0], rest[0]) not in ALL:
            raise unknown(rest[0])
        terminal.write(help_of(*rest[:2]) if rest else overview())
        return DONE
    if first in ("-V", "--version"):
        terminal.write(f"mlpy {VERSION} (Python {'.'.join(map(str, sys.version_info[:3]))})\n")
        return DONE
    if first in RENAMED:
        first = current(first)
    if first not in ALL:
        raise unknown(first)
    return family(first).execute(rest) if first in FAMILIES else perform(first, rest)


def perform(name: str, arguments: list[str]) -> int:
    """Parses the arguments of a verb and executes it."""
    made, verb = parser(name)
    own, dashes, program = (arguments, [], []) if "--" not in arguments else cut(arguments)
    try:
        options, extra = made.parse_known_args(own)
    except SystemExit:  # --help has printed
        return DONE
    if extra:
        raise unexpected(made, extra[0])
    if dashes and name not in ("run", "repl"):
        raise Mistake(f"`mlpy {name}` takes nothing after `--`", made.example())
    options.arguments = program
    return verb.execute(options)


def parser(name: str) -> tuple[Parser, Verb]:
    """The parser of a verb, and its file."""
    verb: Verb = import_module(f"mlpy.cli.{name}")  # every file of the table has these two functions
    made = Parser(name, VERBS[name])
    verb.define(made)
    return made, verb


def family(name: str) -> Family:
    """A family of commands."""
    found: Family = import_module(FAMILIES[name][0]).FAMILY  # which every file of the table has
    return found


def current(name: str) -> str:
    """What a family is called whose other name somebody uses, who hears of it once."""
    from mlpy.cli import renamed  # noqa: PLC0415  rare

    renamed.tell(f"mlpy {name}", f"mlpy {RENAMED[name]}")
    return RENAMED[name]


def help_of(name: str, command: str = "") -> str:
    """What a verb takes, or a family, or a command of a family."""
    name = RENAMED.get(name, name)
    if name not in FAMILIES:
        return parser(name)[0].format_help()
    found = family(name)
    command = found.aliases.get(command, command)
    made = found.parser_of(command)[0] if command in found.COMMANDS else found.overview()
    return made.format_help()


def cut(arguments: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Arguments before the first `--`, the dashes, and those after it."""
    at = arguments.index("--")
    return arguments[:at], arguments[at : at + 1], arguments[at + 1 :]


def unexpected(made: Parser, argument: str) -> Mistake:
    """What to say about an argument that a verb does not know."""
    if argument.startswith("-"):
        name = argument.partition("=")[0]
        close = nearest(name.lstrip("-"), (flag.lstrip("-") for flag in made.flags()))
        otherwise = BEHIND_DASHES if made.prog == "mlpy run" else made.example()
        return Mistake(f"unknown option `{name}`", f"did you mean `--{close}`?" if close else otherwise)
    if made.prog == "mlpy run":
        return Mistake(f"unexpected argument `{argument}`", BEHIND_DASHES)
    return Mistake(f"unexpected argument `{argument}`", made.example())


def unknown(word: str) -> Mistake:
    """What to say about a word that is no verb."""
    if word.startswith("-"):
        name = word.partition("=")[0]
        if name in parser("run")[0].flags():
            return Mistake(f"`{name}` stands before the command", f"write `mlpy run {name} …`")
        close = nearest(name.lstrip("-"), ("help", "version"))
        return Mistake(f"unknown option `{name}`", f"did you mean `--{close}`?" if close else "`mlpy --help` lists the commands")
    close = nearest(word, ALL)
    return Mistake(f"unknown command `{word}`", f"did you mean `mlpy {close}`?" if close else "`mlpy --help` lists the commands; `mlpy run FILE` runs a program")


def overview() -> str:
    """The text of `mlpy --help`."""
    width = max(map(len, ALL)) + 2
    lines = "\n".join(f"  {name:<{width}}{does}" for name, does in ALL.items())
    return f"""\
mlpy {VERSION}: programs that touch only what you grant them

Usage: mlpy COMMAND …
       mlpy FILE.ml [ARGUMENTS]
       mlpy                      (the same as `mlpy repl`)

{lines}

`mlpy COMMAND --help` shows the options of a command, `mlpy --version` the version.
Exit codes: 0 done, 1 failed, 2 usage, 3 denied, 4 limit reached.
"""


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def quoted(text: str) -> str:
    return "`" + text.strip("'\"") + "`"

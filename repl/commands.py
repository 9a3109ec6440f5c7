"""The dot commands: a table of them, and those of authority, inspection and the session.

`@command("modinfo", "MODULE", doc="…", complete="module")` puts a function `(shell, arguments) -> Shown` under a name. What it gives is
shown: a text or a report of `display.py`, an empty text is nothing. It raises MLError or Mistake with a hint for what the reader can mend.
"""

from __future__ import annotations

from mlpy.repl.display import Table

from mlpy.cli import Mistake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from mlpy.repl.display import Shown
    from mlpy.repl.shell import Shell

    Function: TypeAlias = Callable[[Shell, str], Shown]


class Command:
    """A dot command. `usage` names its arguments; `complete` says what these are.

    One of `capability command expression module name path setting`, several words to choose from, or None.
    """

    __slots__ = ("complete", "doc", "function", "name", "usage")

    def __init__(self, name: str, usage: str, function: Function, doc: str, complete: str | tuple[str, ...] | None) -> None:
        self.name = name
        self.usage = usage
        self.function = function
        self.doc = doc
        self.complete = complete

    @property
    def line(self) -> str:
        """How it is written."""
        return f".{self.name} {self.usage}".rstrip()


COMMANDS: dict[str, Command] = {}


def command(name: str, usage: str = "", *, doc: str, complete: str | tuple[str, ...] | None = None) -> Callable[[Function], Function]:
    """Puts a function into the table. `doc` is a line in the words of `.help`; further lines show with `.help NAME` alone."""

    def add(function: Function) -> Function:
        COMMANDS[name] = Command(name, usage, function, doc, complete)
        return function

    return add


def required(arguments: str, name: str) -> str:
    """The arguments of a command that needs some; raises Mistake."""
    if not arguments:
        raise Mistake(f"`.{name}` needs {COMMANDS[name].usage}", f"write `{COMMANDS[name].line}`")
    return arguments


@command("help", "[COMMAND]", doc="what the commands do", complete="command")
def show_help(shell: Shell, arguments: str) -> Shown:
    if arguments:
        found = shell.find(arguments.removeprefix("."))
        return f"{found.line}\n{found.doc}"
    return Table((), [(one.line, one.doc.partition("\n")[0]) for _, one in sorted(COMMANDS.items())])


@command("exit", doc="leave; Ctrl-D does too")
def leave(shell: Shell, _arguments: str) -> Shown:
    shell.leaving = True
    return ""

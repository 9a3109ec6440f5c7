"""What comes through a pipe, entry by entry: a dot command, a question, or a piece of program of as many lines as it takes."""

from __future__ import annotations

from mlpy.repl.lexer import COMMAND, brackets, is_complete

from mlpy import ast
from mlpy.cli import Mistake
from mlpy.source import Source
from mlpy.syntax.parser import parse
from mlpy.syntax.tokens import tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CONTINUES = ("else", "elif", "except", "finally")  # what a line may begin with that belongs to what seems complete
QUOTES = ("'", '"', "`", "*/")  # what may end a text or a comment of several lines


class Entry:
    """The lines of an entry. Looking at all of them after each line would take a long function for ever, so only the new line is, while brackets are open."""

    __slots__ = ("complete", "depth", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth: int | None = 0  # open brackets; None within a text or a comment
        self.complete = False

    @property
    def text(self) -> str:
        """All its lines."""
        return "".join(self.lines)

    def add(self, line: str) -> None:
        """Takes in a line."""
        self.lines.append(line)
        if self.depth is None:
            if any(quote in line for quote in QUOTES):
                self.look()
            return
        tokens = tokenize(Source(line))
        if tokens.open is not None or tokens.errors or (len(self.lines) == 1 and COMMAND.match(line)):
            self.look()
            return
        self.depth += sum((kind in "([{") - (kind in ")]}") for kind in tokens.kinds if len(kind) == 1)
        self.complete = self.depth <= 0 and is_complete(self.text)

    def look(self) -> None:
        """Looks at all of it."""
        tokens = tokenize(Source(self.text))
        self.depth = None if tokens.open is not None else len(brackets(tokens))
        self.complete = is_complete(self.text)

    def may_go_on(self) -> bool:
        """Whether a further line may belong to it although it is complete: the other branch of a condition, the handler of a `try`."""
        text = self.text
        if not text.rstrip().endswith("}"):
            return False
        module, _ = parse(Source(text))
        return module is not None and bool(module.body) and isinstance(module.body[-1], ast.If | ast.Try)


def entries(lines: Iterable[bytes]) -> Iterator[str]:
    """The entries of a script, each as soon as it is known to be whole. Raises Mistake for what is not UTF-8."""
    entry = Entry()
    for line in map(decoded, lines):
        if entry.complete and not line.lstrip().startswith(CONTINUES):
            yield entry.text
            entry = Entry()
        entry.add(line)
        if entry.complete and not entry.may_go_on():
            yield entry.text
            entry = Entry()
    if entry.lines:
        yield entry.text


def decoded(line: bytes) -> str:
    """A line of the input."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise Mistake("standard input is not UTF-8", "convert it first, such as with `iconv -t UTF-8`") from None

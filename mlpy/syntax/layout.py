"""Documents and their layout: what stays on a line and what breaks, after Wadler and prettier.

A document is a string, a line break, or one of the classes below. `render` is iterative, so documents may be deep.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import TypeAlias

WIDTH = 100
INDENT = 4
# How a document is laid out: each break taken, none taken and none inside, or its own not taken, those inside looked at anew.
BROKEN, FLAT, FIRST_LINE = range(3)


class Line:
    """A place where the line may break: `flat` is what stands there if it does not. A `hard` one always breaks.

    A `fresh` one breaks only a line that has something on it.
    """

    __slots__ = ("flat", "fresh", "hard")

    def __init__(self, flat: str, *, hard: bool = False, fresh: bool = False) -> None:
        self.flat = flat
        self.hard = hard
        self.fresh = fresh


class Concat:
    """Documents one after the other. `hard` says whether any of them always breaks."""

    __slots__ = ("hard", "parts")

    def __init__(self, parts: list[Doc]) -> None:
        self.parts = parts
        self.hard = any(always_breaks(part) for part in parts)


class Indent:
    """Lines that begin in `body` are indented by one step more."""

    __slots__ = ("body", "hard")

    def __init__(self, body: Doc) -> None:
        self.body = body
        self.hard = always_breaks(body)


class Group:
    """On one line if it fits, up to its first hard break; else its own breaks all break. `broken`: they do in any case."""

    __slots__ = ("body", "broken", "hard")

    def __init__(self, body: Doc, *, broken: bool = False) -> None:
        self.body = body
        self.broken = broken
        self.hard = broken or always_breaks(body)


class Fill:
    """Short strings with commas between them, as many on a line as fit."""

    __slots__ = ("hard", "items")

    def __init__(self, items: list[str]) -> None:
        self.items = items
        self.hard = False


class Broken:
    """A text that stands there only where the group around it is broken."""

    __slots__ = ("hard", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.hard = False


class Suffix:
    """A text that goes to the end of the line that it stands on."""

    __slots__ = ("hard", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.hard = True


if TYPE_CHECKING:
    Doc: TypeAlias = str | Line | Concat | Indent | Group | Fill | Broken | Suffix

SPACE = Line(" ")
SOFT = Line("")
HARD = Line("", hard=True)
FRESH = Line("", hard=True, fresh=True)


def always_breaks(doc: Doc) -> bool:
    """Whether a document cannot stand on one line (a string that spans lines does not count)."""
    return not isinstance(doc, str) and doc.hard


def render(doc: Doc, width: int = WIDTH) -> str:
    """The text of a document, without a final newline and without white space at the ends of lines."""
    return Layout(width).run(doc)


class Layout:
    """The state of one layout: finished pieces, the column, and what waits for the end of the line."""

    __slots__ = ("column", "indent", "pieces", "stack", "suffixes", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.pieces: list[str] = []
        self.column = self.indent = 0
        self.suffixes: list[str] = []
        self.stack: list[tuple[int, int, Doc]] = []  # indentation, mode, document

    def run(self, doc: Doc) -> str:
        self.stack.append((0, BROKEN, doc))
        while self.stack:
            indent, mode, current = self.stack.pop()
            if isinstance(current, str):
                self.text(current)
            elif isinstance(current, Concat):
                self.stack += [(indent, mode, part) for part in reversed(current.parts)]
            elif isinstance(current, Line):
                self.line(current, indent, mode)
            elif isinstance(current, Group):
                self.stack.append((indent, FLAT if mode == FLAT else self.mode(current), current.body))
            elif isinstance(current, Indent):
                self.stack.append((indent + INDENT, mode, current.body))
            elif isinstance(current, Fill):
                self.fill(current, indent, mode)
            elif isinstance(current, Suffix):
                self.suffixes.append(current.text)
            elif mode == BROKEN:
                self.text(current.text)
        self.end_line()
        return "".join(self.pieces)

    def text(self, text: str) -> None:
        self.pieces.append(text)
        last = text.rfind("\n")
        self.column = self.column + len(text) if last < 0 else len(text) - last - 1

    def mode(self, group: Group) -> int:
        if group.broken or not self.fits(group.body):
            return BROKEN
        return FIRST_LINE if always_breaks(group.body) else FLAT

    def line(self, line: Line, indent: int, mode: int) -> None:
        if mode != BROKEN and not line.hard:
            self.text(line.flat)
        elif not line.fresh or self.suffixes or not self.is_blank():
            self.newline(indent)

    def is_blank(self) -> bool:
        """Whether the line holds nothing but its indentation."""
        for piece in reversed(self.pieces):
            if piece.strip(" "):
                return piece[-1] == "\n"
        return True

    def newline(self, indent: int) -> None:
        self.end_line()
        self.pieces += ("\n", " " * indent)
        self.column = self.indent = indent

    def end_line(self) -> None:
        blank = self.is_blank()
        if not blank or not self.suffixes:
            self.strip()
        for index, text in enumerate(self.suffixes):
            if index and (blank or self.suffixes[index - 1].startswith("//")):
                self.pieces += ("\n", " " * self.indent, text)
            else:
                self.pieces.append(text if blank and not index else f"  {text}")
        self.suffixes.clear()

    def strip(self) -> None:
        """Takes the white space away that the line ends in."""
        while self.pieces and not self.pieces[-1].strip(" "):
            self.pieces.pop()
        if self.pieces:
            self.pieces[-1] = self.pieces[-1].rstrip(" ")

    def fill(self, fill: Fill, indent: int, mode: int) -> None:
        for index, item in enumerate(fill.items):
            if index:
                self.text(",")
                if mode != FLAT and self.column + len(item) + 2 > self.width:
                    self.newline(indent)
                else:
                    self.text(" ")
            self.text(item)

    def fits(self, body: Doc) -> bool:
        """Whether what follows, this body laid flat, reaches a line break before the width is used up."""
        room = self.width - self.column
        rest = len(self.stack)
        pending: list[tuple[int, Doc]] = [(FLAT, body)]
        while room >= 0:
            if not pending:
                if not rest:
                    return True
                rest -= 1
                _, mode, doc = self.stack[rest]
                pending.append((mode, doc))
                continue
            mode, doc = pending.pop()
            if isinstance(doc, str):
                if "\n" in doc:
                    return doc.index("\n") <= room
                room -= len(doc)
            elif isinstance(doc, Line):
                if doc.hard or mode == BROKEN:
                    return True
                room -= len(doc.flat)
            elif isinstance(doc, Concat):
                pending += [(mode, part) for part in reversed(doc.parts)]
            elif isinstance(doc, Group):
                pending.append((FLAT if mode == FLAT and not doc.broken else BROKEN, doc.body))
            elif isinstance(doc, Indent):
                pending.append((mode, doc.body))
            elif isinstance(doc, Fill):
                room -= sum(len(item) + 2 for item in doc.items) - 2 if mode == FLAT else len(doc.items[0])
            elif isinstance(doc, Broken):
                room -= len(doc.text) if mode == BROKEN else 0
        return False

"""Text for people: aligned tables, sizes and times in words, and colours that only a terminal gets to see.

A style is a mark in the text, a character that Unicode will never assign. `rendered` turns the marks into colours or drops them, and escapes whatever else a terminal might obey:
names of models and files are anybody's.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mlpy.render import columns, printable

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Sequence

RESET = "\ufdd0"
STYLES = {"bold": "\ufdd1", "dim": "\ufdd2", "red": "\ufdd3", "green": "\ufdd4", "yellow": "\ufdd5"}
CODES = {RESET: "\x1b[0m", "\ufdd1": "\x1b[1m", "\ufdd2": "\x1b[2m", "\ufdd3": "\x1b[31m", "\ufdd4": "\x1b[32m", "\ufdd5": "\x1b[33m"}
MARKS = re.compile("([\ufdd0-\ufdd5])")
UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def paint(text: str, style: str) -> str:
    """A text in a style: `bold`, `dim`, `red`, `green`, `yellow`."""
    return f"{STYLES[style]}{text}{RESET}" if text else text


def rendered(text: str, *, color: bool) -> str:
    """The text as it may go to a terminal: marks as colours or not at all, control characters as escapes."""
    return "".join((CODES[piece] if color else "") if piece in CODES else printable(piece) for piece in MARKS.split(text))


def table(rows: Sequence[Sequence[str]], *, heads: Sequence[str], right: str = "") -> str:
    """Rows under their heads in aligned columns; a column that is empty in every row is left out. `right` are the heads whose columns stand to the right."""
    shown = [index for index in range(len(heads)) if any(row[index] for row in rows)]
    lines = [[paint(heads[index], "bold") for index in shown], *[[one_line(row[index]) for index in shown] for row in rows]]
    widths = [max(width(line[place]) for line in lines) for place in range(len(shown))]
    return "".join(
        "  ".join(padded(cell, room, right=heads[index] in right.split()) for cell, room, index in zip(line, widths, shown, strict=True)).rstrip() + "\n" for line in lines
    )


def fields(pairs: Sequence[tuple[str, str]]) -> str:
    """Names and values, one pair a line; pairs without a value are left out."""
    room = max((len(name) for name, value in pairs if value), default=0)
    return "".join(f"{paint(name, 'dim')}{' ' * (room - len(name))}  {value}\n" for name, value in pairs if value)


def one_line(cell: str) -> str:
    """A cell as it will be shown."""
    return "".join(piece if piece in CODES else printable(piece).replace("\n", "\\n").replace("\t", "\\t") for piece in MARKS.split(cell))


def padded(cell: str, room: int, *, right: bool) -> str:
    space = " " * (room - width(cell))
    return space + cell if right else cell + space


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    bare = MARKS.sub("", text)
    return len(bare) if bare.isascii() else sum(map(columns, bare))


def size(count: float) -> str:
    """Bytes with three digits, in the unit that makes them readable: `404 kB`, `1.25 MB`."""
    for factor, unit in UNITS:
        if count >= factor * 0.9995:
            return f"{count / factor:#.3g}".rstrip(".") + f" {unit}"
    return f"{count:.0f} B"


def age(moment: str, now: datetime | None = None) -> str:
    """How long ago a time in ISO 8601 was, in one unit: `3 days ago`."""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    for unit, length in (("year", 31_556_952), ("month", 2_629_746), ("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"

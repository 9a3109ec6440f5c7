"""Text with separated values to rows of cells, and back: what RFC 4180 says, with the line of each mistake.

A row ends at LF, CRLF or CR outside of quotes; a quote counts as one only where a cell begins with it, and is doubled inside.
Empty lines are no rows. The text may come in pieces; a piece that a row does not end in is kept for the next.
"""

from __future__ import annotations

from mlpy.errors import MLError
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, too_many_items, too_much_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator

PIECE = 1 << 16  # characters that are asked for at once
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet compute a cell
LONGEST_NUMBER = 40
BOM = "\ufeff"


class Dialect:
    """How cells are separated and quoted; `quote` is empty where nothing is quoted."""

    __slots__ = ("delimiter", "quote", "special")

    def __init__(self, delimiter: str, quote: str) -> None:
        self.delimiter = delimiter
        self.quote = quote
        self.special = ("\n", "\r", BOM, *([quote] if quote else []))  # what is read otherwise than it stands there


class Scanner:
    """The rows of a text, one after the other. `feed(size)` gives the next piece of about that size, empty at the end."""

    __slots__ = ("at", "carriage", "dialect", "end", "ended", "feed", "line", "newline", "text")

    def __init__(self, dialect: Dialect, feed: Callable[[int], str]) -> None:
        self.dialect = dialect
        self.feed = feed
        self.text = ""
        self.at = 0
        self.line = 0  # where the row that was read last begins
        self.end = 1  # where the next one does
        self.newline = self.carriage = -1  # the first of each from `at` on, looked for again when it has been passed
        self.ended = False
        self.more()
        if self.text.startswith(BOM):
            self.at = 1

    def rows(self) -> Iterator[list[str]]:
        """The rows that are left."""
        while (row := self.row()) is not None:
            yield row

    def row(self) -> list[str] | None:
        """The next row, None at the end."""
        while True:
            if self.at >= len(self.text) and not self.more():
                return None
            row = self.scanned()
            if row is None:
                self.more()
            elif row:
                return row

    def more(self) -> bool:
        """Takes in a piece as long as what is left over, so that a long row is not looked at again and again; False at the end."""
        if self.ended:
            return False
        left = self.text[self.at :]
        piece = self.feed(max(PIECE, len(left)))
        if not piece:
            self.ended = True
        if "\0" in piece:
            raise MLError("the text has a NUL character, which no table has", "ValueError", hint='a table in utf-16 is read with `encoding: "utf-16"`')
        if len(left) + len(piece) > MAX_TEXT:
            too_much_text()
        self.text = left + piece
        self.at = 0
        self.newline = self.carriage = -1
        return bool(piece)

    def line_end(self, at: int) -> int:
        """Where the line of a place ends; the length of the text where it does not."""
        size = len(self.text)
        if self.newline < at:
            found = self.text.find("\n", at)
            self.newline = size if found < 0 else found
        if self.carriage < at:
            found = self.text.find("\r", at)
            self.carriage = size if found < 0 else found
        return min(self.newline, self.carriage)

    def scanned(self) -> list[str] | None:
        """The row at the place, empty for an empty line, None where the text must go on to tell."""
        text, dialect = self.text, self.dialect
        end = self.line_end(self.at)
        after = self.passed(end)
        if after is None:
            return None
        if dialect.quote and text.find(dialect.quote, self.at, end) >= 0:
            return self.quoted()
        self.line, self.end = self.end, self.end + 1
        at, self.at = self.at, after
        return self.plain_cells(at, end)[0] if end > at else []

    def passed(self, end: int) -> int | None:
        """The place after a line's end, None where the text must go on to tell."""
        size = len(self.text)
        if end < size - 1:
            return end + 1 + (self.text[end] == "\r" and self.text[end + 1] == "\n")
        if end == size - 1:
            return end + 1 if self.ended or self.text[end] == "\n" else None
        return size if self.ended else None

    def quoted(self) -> list[str] | None:
        """A row in which a quote occurs."""
        text, delimiter, quote = self.text, self.dialect.delimiter, self.dialect.quote
        row: list[str] = []
        at, line = self.at, self.end
        while True:
            if text.startswith(quote, at):
                found = self.quoted_cell(at + 1, line)
                if found is None:
                    return None
                cell, at = found
                line += lines_in(cell)
                row.append(cell)
            else:
                cells, at = self.plain_cells(at, self.line_end(at))
                row += cells
            if len(row) > MAX_ITEMS:
                too_many_items()
            if text.startswith(delimiter, at):
                at += 1
                continue
            after = self.passed(at)
            if after is None:
                return None
            if at < len(text) and at != self.line_end(at):
                raise MLError(f"line {line}: text follows a closing quote", "ValueError", hint=f"inside of quotes a quote is doubled: `{quote}{quote}`")
            self.at, self.line, self.end = after, self.end, line + 1
            return row

    def plain_cells(self, at: int, end: int) -> tuple[list[str], int]:
        """The cells between two places of a line, as far as none is quoted, and where they end: before a delimiter, or at the end."""
        text, delimiter, quote = self.text, self.dialect.delimiter, self.dialect.quote
        stop = text.find(delimiter + quote, at, end) if quote else end
        stop = end if stop < 0 else stop
        if stop - at > MAX_ITEMS and text.count(delimiter, at, stop) > MAX_ITEMS:
            too_many_items()
        return text[at:stop].split(delimiter), stop

    def quoted_cell(self, start: int, line: int) -> tuple[str, int] | None:
        """The cell whose opening quote stands before a place, and where it ends; None where the text must go on to tell."""
        text, quote = self.text, self.dialect.quote
        parts: list[str] = []
        while True:
            end = text.find(quote, start)
            if end < 0 or (end + 1 == len(text) and not self.ended):
                if self.ended:
                    raise MLError(f"line {line}: a quote is opened and not closed", "ValueError")
                return None
            if not text.startswith(quote, end + 1):
                if not parts:
                    return text[start:end], end + 1
                parts.append(text[start:end])
                return "".join(parts), end + 1
            parts.append(text[start : end + 1])
            start = end + 2


def lines_in(cell: str) -> int:
    """How many line ends a cell has."""
    if "\r" in cell:
        return cell.count("\n") + cell.count("\r") - cell.count("\r\n")
    return cell.count("\n")


def whole(text: str) -> Callable[[int], str]:
    """Gives a text in one piece, for a scanner."""
    pieces = iter((text,))
    return lambda _: next(pieces, "")


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def line_of(cells: list[str], dialect: Dialect) -> str:
    """A row as a line, its cells quoted where they would be read as something else."""
    line = dialect.delimiter.join(cells)
    if "\0" in line:
        raise MLError("a cell has a NUL character, which no table has", "ValueError")
    if not line or line.count(dialect.delimiter) != len(cells) - 1 or any(one in line for one in dialect.special):
        line = dialect.delimiter.join([quoted(cell, dialect, always=not line) for cell in cells])
    return line + "\n"


def quoted(cell: str, dialect: Dialect, *, always: bool) -> str:
    """A cell as it is written."""
    if not always and dialect.delimiter not in cell and not any(one in cell for one in dialect.special):
        return cell
    if not dialect.quote:
        raise MLError("a cell with a delimiter or a line end, or an empty one that stands alone, needs quotes", "ValueError", hint='leave `quote` at `"`')
    return f"{dialect.quote}{cell.replace(dialect.quote, dialect.quote * 2)}{dialect.quote}"


def escaped(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one and is no number gets an apostrophe."""
    if not cell.startswith(FORMULAS):
        return cell
    try:
        float(cell[: LONGEST_NUMBER + 1])
    except ValueError:
        return "'" + cell
    return cell if len(cell) <= LONGEST_NUMBER else "'" + cell

"""Source text and places in it.

A `Source` is a text with a name; a `Span` is a half-open range of character offsets in it. Lines and columns are
1-based, columns count characters. Only LF and CRLF end a line (a lone CR does not).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import NamedTuple

    class Span(NamedTuple):
        """A half-open range of character offsets."""

        start: int
        end: int

else:
    from _collections import _tuplegetter

    class Span(tuple):
        """A half-open range of character offsets."""

        __slots__ = ()
        __match_args__ = ("start", "end")
        start = _tuplegetter(0, "the first offset")
        end = _tuplegetter(1, "the offset behind the last one")

        def __new__(cls, start: int, end: int) -> Span:  # noqa: PYI034  typing.Self costs 5 ms
            return tuple.__new__(cls, (start, end))

        def __repr__(self) -> str:
            return f"Span(start={self.start!r}, end={self.end!r})"

        def __getnewargs__(self) -> tuple[int, int]:
            return tuple(self)


class Source:
    """A text with the name that diagnostics, tracebacks and code objects show for it.

    `path` is the absolute path of a file that mlpy itself opened, else None; text that a host handed over is named
    `<name>`, so that nothing ever looks it up on disk.
    """

    __slots__ = ("_starts", "name", "path", "text")

    def __init__(self, text: str, name: str = "<ml>", path: str | None = None) -> None:
        self.text = text
        self.name = name
        self.path = path
        self._starts: list[int] | None = None

    @property
    def starts(self) -> list[int]:
        """The offset of the first character of each line."""
        if self._starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        from _bisect import bisect_right  # noqa: PLC0415  a start does without

        starts = self.starts
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """The character offset of a 1-based line and column."""
        return self.starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line end; empty where there is no such line."""
        starts = self.starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].removesuffix("\r")

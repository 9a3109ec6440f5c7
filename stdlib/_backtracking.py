r"""Patterns that RE2 cannot match, on Python's `re`: in the worker of a sandbox only, as nothing but the end of its process ends a search there.

What `_patterns.py` has read is written once more, so that all else in such a pattern is read, limited and meant as in any other.
"""

from __future__ import annotations

import re

from mlpy.stdlib import _patterns as patterns
from mlpy.stdlib._patterns import CLASSES, NO_SPAN, RANGE, PatternError, Program, automaton, complement, refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlpy.stdlib._patterns import Piece, Reader, Span
    from re2 import _re2

MAX_WRITTEN = 1 << 20  # characters of a pattern whose classes are spelt out
WIDEST = 4  # bytes of a character
BLOCK, SURROGATES = 0x800, 0xD800  # which are one block, of no characters
ASSERTIONS = {
    "start": r"\A", "line start": "(?m:^)", "end": "$", "very end": r"\Z", "line end": "(?m:$)",
    "b unicode": r"\b", "B unicode": r"\B", "b ascii": r"(?a:\b)", "B ascii": r"(?a:\B)",
}  # fmt: skip
# What `re` finds wrong with a pattern that was read, and what to do.
PROBLEMS = {
    "look-behind requires fixed-width pattern": ("a lookbehind matches texts of different lengths", "write a lookbehind for each length, as alternatives"),
    "cannot refer to group defined in the same lookbehind subpattern": ("a lookbehind refers to a group of its own", "put the group before the lookbehind"),
    "conditional backref with more than two branches": ("a conditional group has more than two branches", "put the further ones into a group of their own, `(?:…)`"),
}
everything: list[bytes] = []  # all of Unicode, once it is asked for
properties: dict[str, str] = {}


class Found(list["Span"]):
    """The spans of a match and its groups, with the number of the group that was closed last."""

    __slots__ = ("last",)

    def __init__(self, match: re.Match[str]) -> None:
        super().__init__([match.span(number) for number in range(match.re.groups + 1)])
        self.last = match.lastindex or 0


class Backtracking(Program):
    """A pattern that needs backtracking."""

    linear = False
    __slots__ = ("pattern",)

    def prepare(self) -> int:
        """How many pieces it has; raises PatternError for what `re` takes for no pattern."""
        text = written(self.reader)
        if len(text) > MAX_WRITTEN:
            raise PatternError("the pattern is too large", "repeat fewer things in it")
        try:
            self.pattern = re.compile(text, re.IGNORECASE if self.reader.flags & patterns.IGNORE_CASE else 0)
        except re.error as error:
            problem, hint = PROBLEMS.get(error.msg, ("its parts do not fit together", None))
            raise PatternError(f"not a pattern: {problem}", hint) from None
        return len(self.reader.pieces)

    def first(self, text: str, anchor: str) -> list[Span] | None:
        """The spans of the first match and its groups, in characters."""
        self.check_size(text)
        found: re.Match[str] | None = getattr(self.pattern, anchor)(text)
        return None if found is None else Found(found)

    def spans(self, text: str) -> Iterator[list[Span]]:
        """The spans of each match, left to right; behind an empty one the search goes on a character later."""
        self.check_size(text)
        at = 0
        while at <= len(text):
            found = self.pattern.search(text, at)
            if found is None:
                return
            yield Found(found)
            start, end = found.span()
            at = end + (start == end)

    def last_closed(self, spans: list[Span]) -> int:
        """The number of the group that was closed last, 0 if none took part; one in a lookahead may end behind it."""
        assert isinstance(spans, Found)
        return spans.last


def written(reader: Reader) -> str:
    """A pattern as `re` wants it. Groups have names, as a number would run into the digits behind it."""
    groups = 0
    parts: list[str] = []
    for piece in reader.pieces:
        if piece == ("text", "("):
            groups += 1
            parts.append(f"(?P<_{groups}>")
        else:
            parts.append(part(piece))
    return "".join(parts)


def part(piece: Piece) -> str:
    """One piece."""
    match piece:
        case "assert", which:
            return ASSERTIONS[which]
        case "reference", number:
            return f"(?P=_{number})"
        case "condition", number:
            return f"(?({number})"
        case "atom", "letter", letter:
            return re.escape(letter)
        case "atom", "set", negated, *items:
            return f"[{negated}{''.join(map(item, items))}]"
        case "atom", kind:
            return "(?s:.)" if kind == "dot" else "."
    return piece[1]


def item(item: str) -> str:
    """An item of a class; those in ASCII are spelt out, as under Python's flag for it other letters would have no case."""
    if len(item) <= RANGE:
        return "-".join(map(re.escape, item))
    name = f"{item[1].lower()} {item[2:]}"
    if item[1] == "p":
        return members(item)
    if "unicode" in item:
        return item[:2]
    return CLASSES[name] if item[1].islower() else ranges(complement(name))


def ranges(runs: list[Span]) -> str:
    """Runs of characters in brackets."""
    return "".join([f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in runs])


def members(name: str) -> str:
    r"""The characters of a `\p{…}`, which only RE2 knows, in brackets; raises PatternError for a name that means nothing."""
    found = properties.get(name)
    if found is None:
        engine = automaton(f"{name}+".encode())
        if not engine.ok():
            raise refusal(engine.error())
        if not everything:
            everything.append(b"".join(["".join(map(chr, range(at, at + BLOCK))).encode() for at in range(0, 0x110000, BLOCK) if at != SURROGATES]))
        found = properties[name] = ranges([*matched(engine, everything[0])])
    return found


def matched(engine: _re2.RE2, data: bytes) -> Iterator[Span]:
    """The first and the last character of all that an engine finds in a text."""
    at = 0
    while (span := engine.Match(patterns.ANCHORS["search"], data, at, len(data))[0]) != NO_SPAN:
        start, at = span
        yield ord(data[start : start + WIDEST].decode(errors="ignore")[0]), ord(data[at - WIDEST : at].decode(errors="ignore")[-1])

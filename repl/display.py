"""Values and reports as text for people: one line where that is enough, else tables, trees and bars, cut to what one reads.

Values come in, text goes out; nothing is printed here. Texts are laid out in terminal columns (a wide character takes two) and no
character of a value reaches a terminal raw: whatever is not printable shows as an escape. Work is bounded by what is shown, not by
the size of the value, unless everything is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from mlpy import render
from mlpy.errors import Stop
from mlpy.render import columns
from mlpy.runtime.values import ErrorValue, Handle, ModuleHandle, key_text, quoted, type_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Literal, Protocol, TypeAlias

    from mlpy.errors import MLError
    from mlpy.runtime.values import Value
    from mlpy.source import Source

    Piece: TypeAlias = tuple[str, str]  # (what it is, a key of COLORS or "", and its text)
    Line: TypeAlias = list[Piece]

    class Report(Protocol):
        """What a dot command can show other than a plain text."""

        def lines(self, style: Style) -> list[Line]: ...

    Shown: TypeAlias = str | Report


COLORS = {
    "string": "32",
    "number": "36",
    "comment": "2",
    "keyword": "1;34",
    "constant": "35",
    "function": "34",
    "handle": "34",
    "key": "1",
    "head": "1",
    "frame": "2",
    "more": "2;3",
    "bar": "36",
    "good": "32",
    "bad": "31",
}
KINDS = {"null": "constant", "boolean": "constant", "number": "number", "string": "string", "function": "function", "module": "handle"}
PLAIN = str.maketrans({"…": "...", "├": "|", "└": "`", "│": "|", "─": "-", "█": "#", "·": "-", "×": "x", "→": ">"})
EIGHTHS = "▏▎▍▌▋▊▉"
CELL = 40  # the widest cell of a table that is cut
WRAPPED = 20  # the least width of a cell that wraps
NARROW = 6  # what a cell may be made to fit a table into its width
DEPTH = 100  # of a tree that is shown whole
MEMBER = 18  # the least width of a member of a tree
LINES = 100_000  # of a tree that is shown whole: what is in it several times may make it grow without end
LONGEST = 1_000_000  # columns of a cell that is not cut
SCANNED = 1_000  # items that decide what an array is shown as


@dataclass(frozen=True, slots=True)
class Style:
    """How to lay out: `width` in columns, and how much of a value to show before it is cut; None is all of it.

    `items` are rows of a table and lines of a tree, `characters` those of a string, `depth` the levels of a tree.
    """

    width: int = 80
    color: bool = False
    ascii: bool = False
    items: int | None = 20
    characters: int | None = 1_000
    depth: int | None = 5

    def whole(self) -> Style:
        """The same without cuts."""
        return replace(self, items=None, characters=None, depth=None)

    @property
    def cuts(self) -> bool:
        """Whether long values are cut."""
        return self.items is not None


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def text(shown: Shown, style: Style) -> str:
    """A report, or a text of any origin, as it goes to a terminal or a pipe; without a final newline."""
    if isinstance(shown, str):
        safe = render.printable(shown)
        return flattened(safe) if style.ascii else safe
    return "\n".join([painted(line, style) for line in shown.lines(style)])


def error_text(error: MLError, style: Style, sources: Mapping[str, Source] | None = None) -> str:
    """An error with a caret under its place in the input, its stack and its hint."""
    return render.error_text(error, color=style.color, ascii=style.ascii, width=max(style.width - 8, 20), sources=sources)


def value_text(value: Value, style: Style) -> str:
    """A value as the prompt shows it: in the language's notation on one line where it fits, else as a table or a tree."""
    return text(Shape(value), style)


def painted(line: Line, style: Style) -> str:
    """A line with its colours, without blanks at its end."""
    pieces = [(kind, flattened(part) if style.ascii else part) for kind, part in line]
    while pieces and not pieces[-1][1].rstrip(" "):
        pieces.pop()
    if pieces:
        pieces[-1] = (pieces[-1][0], pieces[-1][1].rstrip(" "))
    if not style.color:
        return "".join([part for _, part in pieces])
    return "".join([f"\x1b[{COLORS[kind]}m{part}\x1b[0m" if kind and part else part for kind, part in pieces])


def flattened(part: str) -> str:
    """A text in ASCII: frames as their plain likeness, anything else as an escape."""
    part = part.translate(PLAIN)
    return part if part.isascii() else "".join([char if char.isascii() else render.escape(char) for char in part])


def width_of(part: str) -> int:
    """The columns that a text without control characters takes."""
    return len(part) if part.isascii() else sum(map(columns, part))


def extent(line: Line) -> int:
    """The columns of a line."""
    return sum([width_of(part) for _, part in line])


def cut(part: str, room: int) -> str:
    """The text in at most so many columns, its end replaced by `…` where it is longer."""
    if len(part) <= room and width_of(part) <= room:
        return part
    taken = 0
    for at, char in enumerate(part):
        taken += columns(char)
        if taken > room - 1:
            return part[:at] + "…" if room else ""
    return part


def padded(part: str, room: int, *, right: bool = False) -> str:
    """The text with blanks to so many columns."""
    blanks = " " * max(room - width_of(part), 0)
    return blanks + part if right else part + blanks


def number_text(count: int) -> str:
    return f"{count:,}"


def counted(count: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number_text(count)} {what}" + ("" if count == 1 else "s")


# ── scalars and single lines ─────────────────────────────────────────────────────────────────────────────────────


def scalar(value: Value, characters: int | None = None, *, quiet: bool = False) -> Piece:
    """A value that is no array and no object, in the language's notation; a long string is cut before it is looked at.

    `quiet` leaves out how a host object wants to be shown, which is code of its module.
    """
    kind = type(value)
    if quiet and isinstance(value, Handle) and kind is not ModuleHandle:
        return "handle", f"<{type_name(value)}>"
    if kind is str and characters is not None and len(value) > characters:
        return "string", render.printable(quoted(value[:characters]))[:-1] + "…"
    try:
        shown = quoted(value)
    except Exception:  # noqa: BLE001  the text of a host object is its class's own code
        shown = f"<{type_name(value)}>"
    except Stop:  # a number or a message that is too long to show: it is no run's fault here
        shown = f"<{type_name(value)}>"
    if kind not in SIMPLE:
        shown = render.printable(shown).replace("\n", "\\n").replace("\t", "\\t")
    if characters is not None and len(shown) > characters:
        shown = shown[:characters] + "…"
    return KINDS.get(type_name(value), "handle"), shown


SIMPLE = frozenset((type(None), bool, int, float, str))
BRACKETS: dict[type, tuple[str, str]] = {list: ("[", "]"), dict: ("{", "}")}


def nested(value: Value) -> bool:
    """Whether a value has parts to lay out."""
    return (type(value) is list or type(value) is dict) and bool(value)


def pieces(value: Value, characters: int | None, *, quiet: bool = False) -> Iterator[Piece]:
    """A value in the language's notation bit by bit, so that who shows a part pays for a part; `…` where it contains itself."""
    if not nested(value):
        yield ("", "".join(BRACKETS[type(value)])) if type(value) in BRACKETS else scalar(value, characters, quiet=quiet)
        return
    opening, closing = BRACKETS[type(value)]
    yield "", opening
    levels = [(entries(value), closing)]
    path = {id(value)}
    ids = [id(value)]
    first = True
    while levels:
        found = next(levels[-1][0], None)
        if found is None:
            yield "", levels.pop()[1]
            path.discard(ids.pop())
            first = False
            continue
        key, item = found
        if not first:
            yield "", ", "
        first = False
        if key is not None:
            yield "", f"{printable_key(key, characters)}: "
        if not nested(item):
            yield from pieces(item, characters, quiet=quiet)
        elif id(item) in path:
            yield "", "…"
        else:
            opening, closing = BRACKETS[type(item)]
            yield "", opening
            levels.append((entries(item), closing))
            ids.append(id(item))
            path.add(id(item))
            first = True


def entries(value: Value) -> Iterator[tuple[Value, Value]]:
    """The items of an array under None, those of an object under their keys; as they were when they are asked for."""
    if type(value) is list:
        yield from ((None, item) for item in islice(value, len(value)))
    else:
        yield from list(value.items()) if len(value) < SCANNED else iterated(value)


def iterated(value: dict[str, Value]) -> Iterator[tuple[Value, Value]]:
    """The entries of a large object without a copy, up to where it is changed meanwhile."""
    try:
        yield from value.items()
    except RuntimeError:
        return


def printable_key(key: Value, characters: int | None) -> str:
    if characters is not None and type(key) is str and len(key) > characters:
        return cut(one_line(key_text(key)), characters)
    return one_line(key_text(key))


def flat(value: Value, room: int, characters: int | None, *, quiet: bool = False) -> tuple[Line, bool]:
    """A value on one line of at most so many columns, and whether that is all of it; else it ends with `…`."""
    line: Line = []
    taken = 0
    for kind, part in pieces(value, None if characters is None else max(characters, room), quiet=quiet):
        size = width_of(part)
        if taken + size > room:
            line.append((kind, cut(part, room - taken) if room - taken > 1 else "…"))
            return fitted(line, room), False
        line.append((kind, part))
        taken += size
    return line, True


def fitted(line: Line, room: int) -> Line:
    """A line that was too long for its last piece, in its room."""
    while len(line) > 1 and extent(line) > room:
        line.pop()
        kind, part = line[-1]
        line[-1] = kind, cut(part + "…", max(room - extent(line[:-1]), 1))
    return line


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Shape:
    """A value, laid out by what it is."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def lines(self, style: Style) -> list[Line]:
        """Its lines; the last one says what was left out and how to see it."""
        value = self.value
        if type(value) is str:
            return text_lines(value, style)
        if type(value) is ErrorValue:
            return Tree(value.table, "error").lines(style)
        if not nested(value):
            return [[scalar(value, style.characters)]]
        if is_table(value):
            return Records(value).lines(style)
        line, all_of_it = flat(value, style.width, style.characters)
        if all_of_it:
            return [line]
        if type(value) is list and is_flat(value):
            return array_lines(value, style)
        return Tree(value).lines(style)


def text_lines(value: str, style: Style) -> list[Line]:
    """A string as a literal, cut where it is long."""
    most = style.characters
    if most is None or len(value) <= most:
        return [[scalar(value)]]
    return [[scalar(value, most)], rest(len(value) - most, "character", style)]


def rest(count: int, what: str, style: Style) -> Line:
    """The line that says how much is missing."""
    hint = f"… {counted(count, f'more {what}')}"
    return [("more", f"{hint}: `.show` prints all" if style.cuts else hint)]


def is_table(value: Value) -> bool:
    """Whether an array is of two objects or more that have much in common."""
    if type(value) is not list or len(value) < 2:
        return False
    keys: set[Value] = set()
    widest = 0
    for item in islice(value, SCANNED):
        if type(item) is not dict or not item or len(item) > SCANNED:
            return False
        widest = max(widest, len(item))
        keys.update(item)
        if len(keys) > 2 * widest + 4:
            return False
    return len(value) <= SCANNED or set(map(type, value)) == {dict}


def is_flat(value: list[Value]) -> bool:
    """Whether an array is of scalars that are short enough to stand beside each other."""
    return all(not nested(item) and not (type(item) is str and len(item) > CELL) for item in islice(value, SCANNED))


def array_lines(value: list[Value], style: Style) -> list[Line]:
    """An array of scalars in as many lines as it takes."""
    lines: list[Line] = [[("", "[")]]
    taken = 1
    most = len(value) if style.items is None else max(style.items // 2, 1)
    for at, item in enumerate(value):
        kind, part = scalar(item, style.characters) if not nested(item) else ("", "…")
        part = cut(part, max(style.width - 2, NARROW)) if style.cuts else part
        comma = "," if at + 1 < len(value) else "]"
        size = width_of(part) + 1
        if taken + 1 + size > style.width and len(lines[-1]) > 1:
            if len(lines) == most:
                lines.append(rest(len(value) - at, "item", style))
                return lines
            lines.append([("", " ")])
            taken = 1
        blank = " " if len(lines[-1]) > 1 else ""
        lines[-1] += [("", blank), (kind, part), ("", comma)]
        taken += size + len(blank)
    return lines


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Table:
    """Rows under heads, or without any. A cell is a text, or a piece with its colour; `right` are the columns whose cells stand at the right."""

    __slots__ = ("_given", "heads", "right", "wraps")

    def __init__(self, heads: Sequence[str], rows: Iterable[Sequence[str | Piece]], *, right: Iterable[int] = (), wraps: bool = False) -> None:
        self.heads = [one_line(head) for head in heads]
        self._given = [[cell if isinstance(cell, tuple) else ("", cell) for cell in row] for row in rows]
        self.right = frozenset(right)
        self.wraps = wraps

    def lines(self, style: Style) -> list[Line]:
        """The heads, a rule, and a line a row; where the width is too small cells are cut and columns left out, or the last one `wraps`."""
        rows = [[(kind, one_line(part)) for kind, part in row] for row in self._given]
        widths = natural(self.heads or [""] * max(map(len, rows), default=0), rows)
        if self.wraps and total(widths) > style.width:
            widths[-1] = max(style.width - total([*widths[:-1], 0]), WRAPPED)
            return grid(self.heads, [part for row in rows for part in wrapped(row, widths[-1])], widths, self.right)
        return grid(self.heads, rows, fit(widths, style), self.right)


def wrapped(row: Sequence[Piece], width: int) -> Iterator[list[Piece]]:
    """A row whose last cell goes on below itself, broken between words."""
    kind, part = row[-1]
    cells = [*row[:-1]]
    while width_of(part) > width and " " in cut(part, width + 1)[:-1]:
        head = cut(part, width + 1)[:-1].rpartition(" ")[0]
        yield [*cells, (kind, head)]
        cells = [("", "")] * len(cells)
        part = part[len(head) :].lstrip()
    yield [*cells, (kind, part)]


def one_line(part: str) -> str:
    """A cell's text with its line ends and other controls as escapes."""
    return part if part.isprintable() else render.printable(part).replace("\n", "\\n").replace("\t", "\\t")


def natural(heads: Sequence[str], rows: Sequence[Sequence[Piece]]) -> list[int]:
    """How wide the columns of a table are where there is room."""
    return [max([width_of(head), *(width_of(row[at][1]) for row in rows if at < len(row))]) for at, head in enumerate(heads)]


def fit(widths: list[int], style: Style) -> list[int]:
    """Column widths within the width: those at the end that have no room are left out, then the widest give way."""
    if not style.cuts:
        return widths
    least = [min(width, NARROW) for width in widths]
    kept = len(widths)
    while kept > 1 and total(least[:kept]) > style.width - (0 if kept == len(widths) else 3):
        kept -= 1
    made = widths[:kept]
    room = style.width - (0 if kept == len(widths) else 3)
    if total(made) > room:  # or one wide column takes the room of all
        made = [min(width, max(CELL, style.width // 2)) for width in made]
    while total(made) > room and max(made) > NARROW:
        made[made.index(max(made))] -= 1
    return made


def total(widths: Sequence[int]) -> int:
    """The columns of a table with two blanks between its columns."""
    return sum(widths) + 2 * (len(widths) - 1)


def grid(heads: Sequence[str], rows: Sequence[Sequence[Piece]], widths: Sequence[int], right: frozenset[int]) -> list[Line]:
    """Cells in columns two blanks apart; `…` behind the last one stands for columns that were left out."""
    lines: list[Line] = []
    for cells in ([("head", head) for head in heads], *rows):
        line: Line = []
        for at, width in enumerate(widths):
            kind, part = cells[at] if at < len(cells) else ("", "")
            line += [*([("", "  ")] if at else []), (kind, padded(cut(part, width), width, right=at in right))]
        lines.append([*line, ("more", "  …")] if len(heads) > len(widths) else line)
    if not heads:
        return lines[1:]
    rule: Line = []
    for at, width in enumerate(widths):
        rule += [*([("", "  ")] if at else []), ("frame", "─" * width)]
    return [lines[0], rule, *lines[1:]]


class Records:
    """An array of objects as a table: a column for each key, a row for each object, numbered so that `_[2]` names one."""

    __slots__ = ("value",)

    def __init__(self, value: list[dict[str, Value]]) -> None:
        self.value = value

    def lines(self, style: Style) -> list[Line]:
        """The table, and a line with what was left out."""
        most = len(self.value) if style.items is None else min(style.items, len(self.value))
        shown = [item if type(item) is dict else {} for item in self.value[:most]]
        keys = [*dict.fromkeys(key for item in shown for key in islice(item, SCANNED))]
        room = style.width if style.cuts else None
        heads = ["", *(one_line(str(key)) for key in keys)]
        rows = [[("frame", str(at)), *(cell(item, key, room, style) for key in keys)] for at, item in enumerate(shown)]
        right = frozenset([0, *(at for at, key in enumerate(keys, 1) if numeric(shown, key))])
        widths = fit(natural(heads, rows), style)
        lines = grid(heads, rows, widths, right)
        hidden = heads[len(widths) :]
        more = ([counted(len(self.value) - most, "more row")] if most < len(self.value) else []) + ([counted(len(hidden), "more column")] if hidden else [])
        if more:
            lines.append([("more", f"… {' and '.join(more)}: `.show` prints all")])
        if hidden:
            lines.append([("more", cut(f"  {', '.join(hidden)}", style.width))])
        return lines


def cell(item: dict[str, Value], key: str, room: int | None, style: Style) -> Piece:
    """What stands in a table for one member of an object: strings bare, nothing where it is missing."""
    if key not in item:
        return "", ""
    value = item[key]
    if type(value) is str:
        return "string", one_line(value if room is None else value[: room + 1])
    if not nested(value):
        return scalar(value, style.characters)
    line, _ = flat(value, room or LONGEST, style.characters)
    return "", "".join([part for _, part in line])


def numeric(items: Iterable[dict[str, Value]], key: str) -> bool:
    """Whether a column is of numbers."""
    found = [item[key] for item in items if item.get(key) is not None]
    return bool(found) and all(type(one) is int or type(one) is float for one in found)


# ── trees ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Tree:
    """An object or array as a tree: a line for each member, branches where a member does not fit on its line."""

    __slots__ = ("lines_left", "made", "style", "title", "value")

    def __init__(self, value: Value, title: str = "") -> None:
        self.value = value
        self.title = title

    def lines(self, style: Style) -> list[Line]:
        """Its lines; each level shows a part of its members where they are many."""
        self.style = style
        self.lines_left = LINES if style.items is None else 2 * style.items
        self.made: list[Line] = [[("", self.title or summary(self.value))]]
        self.branch(self.value, "", {id(self.value)}, style.items)
        if style.cuts and any(kind == "more" for line in self.made for kind, _ in line):
            self.made.append([("more", "… `.show` prints all")])
        return self.made

    def branch(self, value: Value, indent: str, path: set[int], items: int | None) -> None:
        """The lines of the members of a value."""
        size = len(value)
        shown = 0
        for key, item in islice(entries(value), items):
            if shown and self.lines_left <= 0:
                break
            shown += 1
            self.lines_left -= 1
            corner, below = ("└─ ", "   ") if shown == size else ("├─ ", "│  ")
            label: Piece = ("frame", str(shown - 1)) if key is None else ("key", printable_key(key, max(min(CELL, (self.style.width - len(indent)) // 3), NARROW)))
            self.member([("frame", indent + corner), label], item, indent + below, path, items)
        if shown < size:
            self.made.append([("frame", f"{indent}└─ "), ("more", f"… {number_text(size - shown)} more")])

    def member(self, lead: Line, item: Value, indent: str, path: set[int], items: int | None) -> None:
        """The line of one member, and its branch where it has one."""
        style = self.style
        room = max(style.width - extent(lead) - 2, 10)
        line, all_of_it = flat(item, room, style.characters)
        deepest = len(path) >= (DEPTH if style.depth is None else style.depth) or len(indent) + MEMBER > style.width
        if nested(item) and id(item) in path:
            self.made.append([*lead, ("", ": …")])
        elif all_of_it:
            self.made.append([*lead, ("", ": "), *line])
        elif not nested(item) and not style.cuts:
            self.made.append([*lead, ("", ": "), scalar(item)])
        elif not nested(item) or deepest or (style.cuts and type(item) is list and is_flat(item)):
            size = f"  {summary(item)}" if nested(item) and room > CELL // 2 else ""
            line, _ = flat(item, max(room - len(size), 10), style.characters)
            self.made.append([*lead, ("", ": "), *line, ("more", size)])
        else:
            self.made.append([*lead, ("frame", f" {summary(item)}")])
            self.branch(item, indent, path | {id(item)}, None if items is None else max(items // 2, 5))


def summary(value: Value) -> str:
    """What a branch is: `{3 members}`, `[120 items]`."""
    return f"[{counted(len(value), 'item')}]" if type(value) is list else f"{{{counted(len(value), 'member')}}}"


# ── reports ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Chart:
    """Bars: for each row a label, an amount that sets the length of the bar, and the text behind it."""

    __slots__ = ("rows",)

    def __init__(self, rows: Iterable[tuple[str, float, str]]) -> None:
        self.rows = [(one_line(label), max(amount, 0.0), one_line(said)) for label, amount, said in rows]

    def lines(self, style: Style) -> list[Line]:
        """A line a row; the largest amount has the longest bar."""
        if not self.rows:
            return []
        labels = min(max(width_of(label) for label, _, _ in self.rows), max(style.width // 3, 10))
        texts = max(width_of(said) for _, _, said in self.rows)
        room = max(min(style.width - labels - texts - 4, 60), 5)
        most = max(amount for _, amount, _ in self.rows) or 1.0
        return [
            [
                ("key", padded(cut(label, labels), labels)),
                ("", "  "),
                ("bar", padded(bar(amount / most, room, ascii=style.ascii), room)),
                ("", "  "),
                ("", padded(said, texts, right=True)),
            ]
            for label, amount, said in self.rows
        ]


def bar(share: float, room: int, *, ascii: bool) -> str:  # noqa: A002  says what it does
    """A bar of a share of so many columns, to an eighth of a column; something that is not nothing shows."""
    eighths = round(share * room * 8)
    if share > 0:
        eighths = max(eighths, 8 if ascii else 1)
    whole, part = divmod(eighths, 8)
    return "█" * whole + (EIGHTHS[part - 1] if part and not ascii else "")


class Pages:
    """Several reports below each other, an empty line between them; a title stands above its report."""

    __slots__ = ("parts",)

    def __init__(self, *parts: Shown | tuple[str, Shown]) -> None:
        self.parts = parts

    def lines(self, style: Style) -> list[Line]:
        """All their lines."""
        made: list[Line] = []
        for part in self.parts:
            title, shown = part if isinstance(part, tuple) else ("", part)
            own: list[Line] = [[("", line)] for line in render.printable(shown).split("\n") if shown] if isinstance(shown, str) else shown.lines(style)
            if title:
                own.insert(0, [("head", one_line(title))])
            made += [[], *own] if made and own else own
        return made


class Code:
    """A piece of ML, or of Python, in its colours."""

    __slots__ = ("language", "text")

    def __init__(self, text: str, language: Literal["ml", "python"] = "ml") -> None:
        self.text = text
        self.language = language

    def lines(self, style: Style) -> list[Line]:
        """Its lines as they are written, however long."""
        safe = render.printable(self.text).expandtabs(4)
        if not style.color:
            return [[("", line)] for line in safe.split("\n")]
        return tokens_of(safe, self.language)


def tokens_of(text: str, language: str) -> list[Line]:
    """The lines of a text, each as pieces with their colours."""
    from pygments.lexers.python import PythonLexer  # noqa: PLC0415  only where there are colours
    from pygments.token import Comment, Keyword, Number, String  # noqa: PLC0415  as above

    from mlpy.highlight import MlpyLexer  # noqa: PLC0415  as above

    lexer = PythonLexer() if language == "python" else MlpyLexer()
    kinds = ((Comment, "comment"), (Keyword, "keyword"), (Number, "number"), (String, "string"))
    made: list[Line] = [[]]
    for _, token, part in lexer.get_tokens_unprocessed(text):
        kind = next((own for one, own in kinds if token in one), "")  # type: ignore[comparison-overlap]  # a kind of token holds those below it
        first, *others = part.split("\n")
        made[-1].append((kind, first))
        made += [[(kind, line)] for line in others]
    return made

"""Diagnostics and errors as text with carets, as JSON records and as LSP diagnostics.

Data comes in, text goes out; nothing is printed here. Whatever a program or a file can choose (messages, names, source
lines) is neutralised: no control character reaches a terminal.
"""

from __future__ import annotations

from unicodedata import category, east_asian_width

from mlpy.errors import CheckFailed
from mlpy.source import Source, Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlpy.diagnostics import Diagnostic
    from mlpy.errors import MLError, StackFrame

WIDTH = 120
TAB = 4
MESSAGE_LENGTH = 4000
FRAMES_SHOWN = 40
URI_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
PERIOD = 8  # the longest cycle of mutual recursion that a stack folds

COLORS = {"error": "1;31", "warning": "1;33", "mark": "1;31", "second": "1;34", "frame": "34", "bold": "1", "hint": "36", "dim": "2"}
ASCII_FRAME = str.maketrans({"┌": "-", "─": ">", "│": "|", "…": "."})


def text(diagnostic: Diagnostic, source: Source, *, color: bool = False, ascii: bool = False, width: int = WIDTH) -> str:  # noqa: A002  says what it does
    """The diagnostic as people read it, without a final newline. `ascii` is for output that cannot encode more."""
    source = diagnostic.source or source
    pen = Pen(color=color, ascii=ascii, width=width)
    pen.head(diagnostic.severity, diagnostic.code, diagnostic.title)
    pen.snippet(source, diagnostic.span, diagnostic.label, diagnostic.labels)
    pen.remarks(diagnostic.note, diagnostic.hint)
    return "\n".join(pen.lines)


def error_text(
    error: MLError,
    *,
    color: bool = False,
    ascii: bool = False,  # noqa: A002  says what it does
    width: int = WIDTH,
    sources: Mapping[str, Source] | None = None,
) -> str:
    """An error with its place, its ML stack and its hint. `sources` (name → source) gives the lines of other files."""
    if isinstance(error, CheckFailed) and error.diagnostics:
        return "\n\n".join(text(one, one.source or error.source or Source(""), color=color, ascii=ascii, width=width) for one in error.diagnostics)
    pen = Pen(color=color, ascii=ascii, width=width)
    pen.head("error", error.code, error_title(error))
    if error.source is not None and error.span is not None:
        pen.snippet(error.source, error.span, "", ())
    pen.remarks(error.note, error.hint)
    if len(error.stack) > 1:
        known = dict(sources or {})
        if error.source is not None:
            known.setdefault(error.source.name, error.source)
        pen.stack(error.stack, known)
    return "\n".join(pen.lines)


def error_title(error: MLError) -> str:
    """`TypeError: message`, or the message alone for an error without a type of its own."""
    kind = "" if error.type in ("Error", "LimitExceeded", "Cancelled") else error.type
    return f"{kind}: {error.message}" if kind and error.message else error.message or kind or "error"


def record(diagnostic: Diagnostic, source: Source) -> dict[str, object]:
    """The diagnostic as JSON: 1-based lines and columns in characters, ends exclusive."""
    source = diagnostic.source or source
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": diagnostic.title,
        "file": source.name,
        **place(source, diagnostic.span),
        "label": diagnostic.label,
        "labels": [{"text": label, **place(source, span)} for span, label in diagnostic.labels],
        "note": diagnostic.note,
        "hint": diagnostic.hint,
        "fixes": [{"text": edit.text, "start": edit.span.start, "end": edit.span.end, **place(source, edit.span)} for edit in diagnostic.fix],
    }


def error_record(error: MLError) -> dict[str, object]:
    """The error as JSON; a failed check carries the records of its diagnostics."""
    made: dict[str, object] = {"code": error.code, "severity": "error", "title": error_title(error), "type": error.type, "message": error.message, "limit": error.limit}
    if error.source is not None and error.span is not None:
        made |= {"file": error.source.name, **place(error.source, error.span)}
    made |= {
        "note": error.note,
        "hint": error.hint,
        "stack": [{"function": frame.function, "file": frame.file, "line": frame.line, "column": frame.column} for frame in error.stack],
    }
    if isinstance(error, CheckFailed):
        made["diagnostics"] = [record(one, one.source or error.source or Source("")) for one in error.diagnostics]
    return made


def place(source: Source, span: Span) -> dict[str, object]:
    """Line and column of both ends of a span."""
    start, end = clamp(source, span)
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


def lsp(diagnostic: Diagnostic, source: Source) -> dict[str, object]:
    """The diagnostic of the Language Server Protocol: 0-based lines, columns in UTF-16 units; fixes stand in `data.edits`."""
    source = diagnostic.source or source
    message = diagnostic.title
    if diagnostic.label:
        message += f": {diagnostic.label}"
    for remark in (diagnostic.note, diagnostic.hint):
        message += f"\n{remark}" if remark else ""
    made: dict[str, object] = {
        "range": lsp_range(source, diagnostic.span),
        "severity": 1 if diagnostic.severity == "error" else 2,
        "code": diagnostic.code,
        "source": "mlpy",
        "message": message,
    }
    if diagnostic.labels and source.path is not None:
        uri = file_uri(source.path)
        made["relatedInformation"] = [{"location": {"uri": uri, "range": lsp_range(source, span)}, "message": label} for span, label in diagnostic.labels]
    if diagnostic.fix:
        edits = [{"range": lsp_range(source, edit.span), "newText": edit.text} for edit in diagnostic.fix]
        made["data"] = {"title": diagnostic.hint or "fix", "edits": edits}
    return made


def file_uri(path: str) -> str:
    """The `file:` URI of an absolute path."""
    slashed = "/" + path.replace("\\", "/").lstrip("/")
    return "file://" + "".join(chr(byte) if chr(byte) in URI_SAFE else f"%{byte:02X}" for byte in slashed.encode("utf-8", "surrogateescape"))


def lsp_range(source: Source, span: Span) -> dict[str, object]:
    """A span as an LSP range."""
    start, end = clamp(source, span)
    return {"start": lsp_position(source, start), "end": lsp_position(source, end)}


def lsp_position(source: Source, offset: int) -> dict[str, int]:
    """An offset as an LSP position (characters beyond the basic plane count two)."""
    line, column = source.position(offset)
    before = source.line(line)[: column - 1]
    return {"line": line - 1, "character": len(before) + sum(char > "\uffff" for char in before)}


def clamp(source: Source, span: Span) -> Span:
    """The span within the text."""
    size = len(source.text)
    start = min(max(span.start, 0), size)
    return Span(start, min(max(span.end, start), size))


def printable(message: str) -> str:
    r"""The text with control and invisible formatting characters written as escapes (`\x1b`, `\u{202e}`); newlines and tabs stay."""
    if message.replace("\n", "").isprintable():
        return message
    return "".join(char if char.isprintable() or char in "\n\t\u200c\u200d" or category(char) == "Zs" else escape(char) for char in message)


def escape(char: str) -> str:
    """The escape of one character, as ML writes it."""
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"


def cell(char: str, column: int, *, ascii: bool) -> str:  # noqa: A002  says what it does
    """What one source character looks like at a display column."""
    if char == "\t":
        return " " * (TAB - column % TAB)
    if char.isprintable() and not (ascii and char > "~"):
        return char
    return escape(char)


def columns(drawn: str) -> int:
    """How many terminal columns a drawn cell takes."""
    if drawn.isascii():
        return len(drawn)
    if category(drawn) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(drawn) in ("W", "F") else 1


class Mark:
    """A stretch of one line to underline: offsets within the line, the label behind it, and whether it is the main one."""

    __slots__ = ("end", "label", "main", "start")

    def __init__(self, start: int, end: int, label: str, *, main: bool) -> None:
        self.start = start
        self.end = end
        self.label = label
        self.main = main


class Pen:
    """Collects the lines of one message."""

    def __init__(self, *, color: bool, ascii: bool, width: int) -> None:  # noqa: A002  says what it does
        self.color = color
        self.ascii = ascii
        self.width = width
        self.lines: list[str] = []
        self.gutter = 1

    def paint(self, drawn: str, kind: str) -> str:
        return f"\x1b[{COLORS[kind]}m{drawn}\x1b[0m" if self.color and drawn else drawn

    def frame(self, drawn: str) -> str:
        if self.ascii:
            drawn = drawn.replace("┌─", "-->").translate(ASCII_FRAME)
        return self.paint(drawn, "frame")

    def prose(self, message: str, indent: str = "  ") -> str:
        """A message of any origin: harmless, of bounded length, its further lines indented."""
        if len(message) > MESSAGE_LENGTH:
            message = message[:MESSAGE_LENGTH] + "…"
        message = printable(message.rstrip()).replace("\n", "\n" + indent)
        if self.ascii:
            message = "".join(char if char <= "~" else escape(char) for char in message.replace("…", "..."))
        return message

    def head(self, severity: str, code: str, title: str) -> None:
        further = f" {self.frame('│')} "  # so that no line of a program's message passes for a hint (F35)
        self.lines.append(self.paint(f"{severity}[{code}]", severity) + self.paint(f": {self.prose(title, further)}", "bold"))

    def remarks(self, note: str | None, hint: str | None) -> None:
        pad = " " * self.gutter
        for name, remark in (("note", note), ("hint", hint)):
            if remark:
                self.lines.append(f"{pad} {self.frame('=')} {self.paint(name, 'hint')}: {self.prose(remark, pad + '         ')}")

    def snippet(self, source: Source, span: Span, label: str, labels: Iterable[tuple[Span, str]]) -> None:
        """The place and the source lines that the spans touch, each underlined."""
        main = clamp(source, span)
        marks: dict[int, list[Mark]] = {}
        for part in split(source, main, label, main=True):
            marks.setdefault(part[0], []).append(part[1])
        for other, said in labels:
            for part in split(source, clamp(source, other), said, main=False):
                marks.setdefault(part[0], []).append(part[1])
        numbers = shown_lines(sorted(marks))
        self.gutter = len(str(numbers[-1]))
        line, column = source.position(main.start)
        self.lines.append(f"{' ' * self.gutter} {self.frame('┌─')} {self.prose(source.name)}:{line}:{column}")
        previous = 0
        for number in numbers:
            if previous and number > previous + 1:
                self.lines.append(" " * (self.gutter - 1) + self.frame("…"))
            self.source_line(number, source.line(number), marks.get(number, []))
            previous = number

    def source_line(self, number: int, line: str, marks: Sequence[Mark]) -> None:
        """One source line with its marks below it, cut round the first mark where it is too long."""
        first, last = self.window(line, marks)
        cells: list[str] = []
        at = [0]
        for char in line[first:last]:
            cells.append(cell(char, at[-1], ascii=self.ascii))
            at.append(at[-1] + columns(cells[-1]))
        dots = "..." if self.ascii else "…"
        before = dots if first else ""
        drawn = before + "".join(cells) + (dots if last < len(line) else "")
        bar = self.frame("│")
        self.lines.append(f"{self.paint(f'{number:>{self.gutter}}', 'frame')} {bar} {drawn}".rstrip())
        for mark in marks:
            start = min(max(mark.start - first, 0), last - first)
            end = min(max(mark.end - first, start), last - first)
            column = len(before) + at[start]
            under = ("^" if mark.main else "-") * max(at[end] - at[start], 1)
            said = self.paint(f"{under} {self.prose(mark.label, ' ')}".rstrip(), "mark" if mark.main else "second")
            self.lines.append(f"{' ' * self.gutter} {bar} {' ' * column}{said}")

    def window(self, line: str, marks: Sequence[Mark]) -> tuple[int, int]:
        """The part of a line to show: all of it, or `width` characters that begin a third before the first mark."""
        if len(line) <= self.width:
            return 0, len(line)
        focus = marks[0].start if marks else 0
        first = max(0, min(focus - self.width // 3, len(line) - self.width))
        return first, min(first + self.width, len(line))

    def stack(self, frames: Sequence[StackFrame], sources: Mapping[str, Source]) -> None:
        self.lines.append(self.paint("stack, innermost last:", "bold"))
        for part in fold(frames):
            if isinstance(part, str):
                self.lines.append("  " + self.paint(self.prose(part), "dim"))
            else:
                self.stack_frame(part, sources.get(part.file))

    def stack_frame(self, frame: StackFrame, source: Source | None) -> None:
        self.lines.append(f"  {self.prose(frame.file)}:{frame.line}:{frame.column} in {self.prose(frame.function)}")
        line = source.line(frame.line) if source is not None else ""
        if not line.strip():
            return
        end = frame.end_column - 1 if frame.end_line == frame.line else len(line)
        mark = Mark(min(frame.column - 1, len(line)), min(max(end, frame.column), len(line)), "", main=True)
        cut = len(line) - len(line.lstrip())
        first, last = self.window(line, [mark])
        first = max(first, cut)
        cells = [cell(char, TAB, ascii=self.ascii) for char in line[first:last]]
        dots = "..." if self.ascii else "…"
        lead = dots if first > cut else ""
        self.lines.append("    " + lead + "".join(cells).rstrip() + (dots if last < len(line) else ""))
        start = max(mark.start - first, 0)
        before, under = (sum(map(columns, cells[a:b])) for a, b in ((0, start), (start, mark.end - first)))
        self.lines.append("    " + " " * (len(lead) + before) + self.paint("^" * max(under, 1), "mark"))


def split(source: Source, span: Span, label: str, *, main: bool) -> list[tuple[int, Mark]]:
    """The marks of a span: one if it lies on one line, else its first and its last line, the label on the last."""
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    if end_line > line and end_column == 1:  # the span takes in a line end: nothing of the next line belongs to it
        end_line -= 1
        end_column = len(source.line(end_line)) + 1
    if end_line == line:
        return [(line, Mark(column - 1, end_column - 1, label, main=main))]
    last = source.line(end_line)
    indent = min(len(last) - len(last.lstrip()), end_column - 1)
    return [(line, Mark(column - 1, len(source.line(line)), "", main=main)), (end_line, Mark(indent, end_column - 1, label, main=main))]


def shown_lines(numbers: list[int]) -> list[int]:
    """Line numbers with single missing lines filled in."""
    shown = numbers[:1]
    for number in numbers[1:]:
        if number == shown[-1] + 2:
            shown.append(number - 1)
        shown.append(number)
    return shown


def fold(frames: Sequence[StackFrame]) -> list[StackFrame | str]:
    """A stack with the repetitions of a recursion folded, and its middle left out where it is still long."""
    same: Callable[[int, int], bool] = lambda a, b: (frames[a].function, frames[a].file, frames[a].line) == (frames[b].function, frames[b].file, frames[b].line)
    made: list[StackFrame | str] = []
    at, size = 0, len(frames)
    while at < size:
        for period in range(1, PERIOD + 1):
            end = at + period
            while end < size and same(end, end - period):
                end += 1
            times = (end - at) // period - 1
            if times >= 2:
                made += frames[at : at + period]
                made.append(f"… {'the line above' if period == 1 else f'the {period} lines above'} {times} more times")
                at += period * (times + 1)
                break
        else:
            made.append(frames[at])
            at += 1
    if len(made) > FRAMES_SHOWN:
        half = FRAMES_SHOWN // 2
        made[half:-half] = [f"… {len(made) - FRAMES_SHOWN} more"]
    return made

"""Tables in text, as spreadsheets and databases exchange them: values between commas, quoted where they have to be.

A table with a header is an array of objects, one without an array of arrays; cells are strings. `_rows.py` reads and writes the
rows. Reading a file goes through it piece by piece, so that its size bounds what `rows` takes of memory as little as what `countRows` does.
"""

from __future__ import annotations

from mlpy.stdlib._rows import Dialect, Scanner, escaped, line_of, whole

from mlpy.errors import MLError
from mlpy.runtime.values import HOST_CLASSES, MAX_ITEMS, MAX_TEXT, Handle, a_type, display, too_many_items, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    Row = dict[str, str] | list[str]

SCALARS = frozenset((int, float, bool))


@ml_module("csv", description="Tables in text, separated by commas or anything else", version="1.0.0", interruptible=True)
class Csv: ...


@ml_function
def read_string(text: str, delimiter: str = ",", *, quote: str = '"', header: bool = True) -> list[Row]:
    r"""The rows of a table in text: objects by the names in its first row, arrays with `header: false`.

    Example: `csv.readString("name,age\nAda,36")` → `[{name: "Ada", age: "36"}]` Example: `csv.readString("1;2", ";", header: false)` → `[["1", "2"]]`.
    """
    if type(text) is not str:
        raise wrong_type(text, "text", "a string")
    if len(text) > MAX_TEXT:
        too_much_text()
    return gathered(rows_of(Scanner(dialect_of(delimiter, quote), whole(text)), flag(header, "header")))


@ml_function
def write_string(
    rows: list[object],
    delimiter: str = ",",
    *,
    quote: str = '"',
    header: bool = True,
    columns: list[str] | None = None,
    escapeFormulas: bool = False,  # noqa: N803  the name in the language
) -> str:
    r"""Objects or arrays as a table in text. `columns` picks and orders the keys; `header: false` leaves out the first row.

    `escapeFormulas` puts an apostrophe before texts that a spreadsheet would compute, such as `=1+1`: for what strangers wrote.
    Example: `csv.writeString([{name: "Ada", note: "a, b"}])` → `"name,note\nAda,\"a, b\"\n"` Example: `csv.writeString([["=1+1"]], escapeFormulas: true)` → `"'=1+1\n"`.
    """
    lines = table_lines(rows, dialect_of(delimiter, quote), flag(header, "header"), columns, escape=flag(escapeFormulas, "escapeFormulas"))
    return joined(lines)


# ── reading ──


def rows_of(scanner: Scanner, header: bool) -> Iterator[Row]:
    """The rows of a table, objects if it has a header."""
    if not header:
        yield from scanner.rows()
        return
    names = header_of(scanner)
    if names is None:
        return
    count = len(names)
    for row in scanner.rows():
        if len(row) != count:
            raise MLError(f"line {scanner.line}: {cells(len(row))}, but the header has {count}", "ValueError", hint="`header: false` gives rows of any length, as arrays")
        yield dict(zip(names, row))  # noqa: B905  of the same length


def gathered(rows: Iterator[Row]) -> list[Row]:
    """Rows as an array that has at most as many cells as an array may have items."""
    found: list[Row] = []
    count = 0
    for row in rows:
        count += len(row)
        if count > MAX_ITEMS:
            too_many_items()
        found.append(row)
    return found


def header_of(scanner: Scanner) -> list[str] | None:
    """The names in the first row, None where there is none."""
    names = scanner.row()
    if names is not None and len(set(names)) < len(names):
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise MLError(f"line {scanner.line}: the header has `{shortened(twice)}` twice", "ValueError", hint="`header: false` gives the rows as arrays")
    return names


def cells(count: int) -> str:
    """A number of cells in a sentence."""
    return "1 cell" if count == 1 else f"{count} cells"


# ── writing ──


def table_lines(rows: object, dialect: Dialect, header: bool, columns: object, *, escape: bool) -> Iterator[str]:
    """The lines of a table."""
    if type(rows) is not list:
        raise wrong_type(rows, "rows", "an array of objects or of arrays")
    names = names_of(rows, columns)
    if names is not None and header and (rows or columns is not None):
        yield line_of([escaped(name) for name in names] if escape else names, dialect)
    for number, row in enumerate(rows, 1):
        line = [one if type(one) is str else cell_text(one, number) for one in picked(row, names, number)]
        if not line:
            raise MLError(f"row {number} has no cells", "ValueError")
        yield line_of([escaped(cell) for cell in line] if escape else line, dialect)


def names_of(rows: list[object], columns: object) -> list[str] | None:
    """The columns of a table of objects: those that are given, else every key in order of appearance; None for arrays."""
    if columns is None:
        return [*dict.fromkeys(key for row in rows if type(row) is dict for key in row)] if any(type(row) is dict for row in rows) else None
    if type(columns) is not list or not all(type(name) is str for name in columns):
        raise wrong_type(columns, "columns", "an array of strings") if type(columns) is not list else MLError("`columns` must be an array of strings", "TypeError")
    if len(set(columns)) < len(columns) or not columns:
        raise MLError("`columns` must name each column once", "ValueError")
    return columns


def picked(row: object, names: list[str] | None, number: int) -> list[object]:
    """The values of a row in order."""
    if type(row) is dict and names is not None:
        return [row.get(name) for name in names]
    if type(row) is list:
        if names is None:
            return row
        if len(row) == len(names):
            return row
        raise MLError(f"row {number} has {cells(len(row))}, the table {len(names)}", "ValueError")
    raise MLError(f"row {number} is neither an object nor an array", "TypeError")


def cell_text(value: object, number: int) -> str:
    """A value as the text of a cell: null is an empty one."""
    if value is None:
        return ""
    kind = type(value)
    info = HOST_CLASSES.get(kind)
    if kind in SCALARS or (isinstance(value, Handle) and info is not None and info.display is not None):
        return display(value)
    raise MLError(f"row {number}: a cell cannot hold {a_type(value)}", "TypeError", hint="make a text of it with `json.stringify`")


def joined(lines: Iterator[str]) -> str:
    """Lines as one text of bounded size."""
    found: list[str] = []
    size = 0
    for line in lines:
        size += len(line)
        if size > MAX_TEXT:
            too_much_text()
        found.append(line)
    return "".join(found)


# ── arguments ──


def dialect_of(delimiter: object, quote: object) -> Dialect:
    """The dialect that two arguments ask for."""
    if type(delimiter) is not str:
        raise wrong_type(delimiter, "delimiter", "a string")
    if type(quote) is not str:
        raise wrong_type(quote, "quote", "a string")
    if len(delimiter) != 1 or delimiter in "\r\n\0":
        raise MLError("`delimiter` must be one character, and no line end", "ValueError", hint=r"a tab is written `\t`")
    if len(quote) > 1 or (quote and quote in "\r\n\0") or quote == delimiter:
        raise MLError("`quote` must be one character other than the delimiter, or empty where nothing is quoted", "ValueError")
    return Dialect(delimiter, quote)


def flag(value: object, name: str) -> bool:
    """The value, or a TypeError unless it is true or false."""
    if type(value) is not bool:
        raise wrong_type(value, name, "true or false")
    return value


def shortened(text: str) -> str:
    """A text of the data in a message."""
    return "".join([letter if letter.isprintable() else "·" for letter in text[:40]]) + ("…" if len(text) > 40 else "")

"""Tables in text, as spreadsheets and databases exchange them. `_rows.py` reads and writes the rows; files are read piece by piece."""

from __future__ import annotations

from io import TextIOWrapper
from os import SEEK_END

from mlpy.stdlib import _rows as lines
from mlpy.stdlib._rows import Dialect, Scanner

from mlpy import files
from mlpy.capabilities import in_use
from mlpy.errors import MLError
from mlpy.runtime.values import HOST_CLASSES, MAX_ITEMS, MAX_TEXT, Handle, IteratorValue, a_type, display, too_many_items, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    Row = dict[str, str] | list[str]

SCALARS = frozenset((int, float, bool))
UTF8 = "utf-8"


@ml_module("csv", version="1.0.0", interruptible=True)
class Csv:
    r"""Tables in text, separated by commas or anything else: read and written, in texts and in files.

    ```ml
    import csv;
    people = csv.readString("name,age\nAda,36\nGrace,85\n");
    for ({name, age} in people) { print(`${name} is ${age}`); }
    print(csv.writeString([{city: "Paris, France", since: 1987}]));
    ```

    A table whose first row names its columns is an array of objects, any other, with `header: false`, an array of arrays. Cells are strings: `float(row.price)` makes a
    number. What is written may be strings, numbers, booleans, dates and null, which is an empty cell; the columns are the keys of all
    objects in order of appearance, or those that `columns` names.

    Tables are read as RFC 4180 has them: a cell in quotes may hold delimiters, line ends, and quotes that are doubled. Lines end in LF, CRLF or CR;
    empty ones are no rows, and a byte order mark is skipped. `delimiter` and `quote` are one character each, and nothing is quoted
    where `quote` is empty. Lines are written with LF, cells quoted where they have to be. What strangers wrote may hold formulas that a
    spreadsheet computes when it opens the table: `escapeFormulas: true` makes texts of them.

    A row with more or fewer cells than the header, a name that the header has twice, text after a closing quote, a quote that is not closed
    and a NUL character are a `ValueError` that says the line. Tables of more than 10,000,000 cells or 67,108,864 characters end the program with the
    size limit; `rows` holds one row at a time of files of any size.

    Reading a file demands `file.read`, writing one and adding to it `file.write`. `append` puts the cells under the columns that the file has, whose
    names it looks up, and begins the file with them where there is none.
    """


@ml_function
def read_string(text: str, delimiter: str = ",", *, quote: str = '"', header: bool = True) -> list[Row]:
    r"""The rows of a table in text: objects by the names in its first row, arrays with `header: false`.

    Example: `csv.readString("name,age\nAda,36")` → `[{name: "Ada", age: "36"}]` Example: `csv.readString("1;2", ";", header: false)` → `[["1", "2"]]`.
    """
    if type(text) is not str:
        raise wrong_type(text, "text", "a string")
    if len(text) > MAX_TEXT:
        too_much_text()
    return gathered(rows_of(Scanner(dialect_of(delimiter, quote), lines.whole(text)), flag(header, "header")))


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
    return joined(table_lines(rows, dialect_of(delimiter, quote), flag(header, "header"), columns, escape=flag(escapeFormulas, "escapeFormulas")))


# ── files ──


@ml_function(capability="file.read:{path}")
def read(path: str, delimiter: str = ",", *, quote: str = '"', header: bool = True, encoding: str = UTF8) -> list[Row]:
    r"""The rows of a table in a file. Example: `csv.write("a.csv", [{n: 1}]); csv.read("a.csv")` → `[{n: "1"}]`."""
    with_header = flag(header, "header")
    source = Source(path, encoding, most=MAX_TEXT)
    try:
        return gathered(rows_of(Scanner(dialect_of(delimiter, quote), source.feed), with_header))
    finally:
        source.close()


@ml_function(capability="file.read:{path}")
def rows(path: str, delimiter: str = ",", *, quote: str = '"', header: bool = True, encoding: str = UTF8) -> IteratorValue:
    r"""The rows of a table in a file, one at a time, for `for` and `next`.

    Example: `csv.write("a.csv", [[1, 2], [3, 4]]); [...csv.rows("a.csv", header: false)].length` → `2`.
    """
    return IteratorValue(Rows(Source(path, encoding), dialect_of(delimiter, quote), flag(header, "header")))


@ml_function(capability="file.read:{path}")
def count_rows(path: str, delimiter: str = ",", *, quote: str = '"', header: bool = True, encoding: str = UTF8) -> int:
    """How many rows a table in a file has below its header. Example: `csv.write("a.csv", [{n: 1}, {n: 2}]); csv.countRows("a.csv")` → `2`."""
    with_header = flag(header, "header")
    source = Source(path, encoding)
    try:
        return sum([1 for _ in rows_of(Scanner(dialect_of(delimiter, quote), source.feed), with_header)])
    finally:
        source.close()


@ml_function(capability="file.read:{path}")
def get_headers(path: str, delimiter: str = ",", *, quote: str = '"', encoding: str = UTF8) -> list[str]:
    """The names in the first row of a table in a file. Example: `csv.write("a.csv", [{b: 1, a: 2}]); csv.getHeaders("a.csv")` → `["b", "a"]`."""
    source = Source(path, encoding)
    try:
        return header_of(Scanner(dialect_of(delimiter, quote), source.feed)) or []
    finally:
        source.close()


@ml_function(capability="file.write:{path}")
def write(
    path: str,
    rows: list[object],
    delimiter: str = ",",
    *,
    quote: str = '"',
    header: bool = True,
    columns: list[str] | None = None,
    escapeFormulas: bool = False,  # noqa: N803  the name in the language
    encoding: str = UTF8,
) -> None:
    """Puts a table into a file, in place of what is there. Example: `csv.write("a.csv", [[1, 2]]); csv.countRows("a.csv", header: false)` → `1`."""
    text = write_string(rows, delimiter, quote=quote, header=header, columns=columns, escapeFormulas=escapeFormulas)
    files.replace(path, files.encoded(text, encoding))


@ml_function(capability=("file.read:{path}", "file.write:{path}"))
def append(
    path: str,
    rows: list[object],
    delimiter: str = ",",
    *,
    quote: str = '"',
    header: bool = True,
    escapeFormulas: bool = False,  # noqa: N803  the name in the language
) -> None:
    r"""Adds rows to a table in a file in utf-8, objects under the columns that it has; a file is made if need be.

    Example: `csv.append("a.csv", [{n: 1}]); csv.append("a.csv", [{n: 2}]); csv.read("a.csv")` → `[{n: "1"}, {n: "2"}]`.
    """
    dialect, with_header, escape = dialect_of(delimiter, quote), flag(header, "header"), flag(escapeFormulas, "escapeFormulas")
    if type(rows) is not list:
        raise wrong_type(rows, "rows", "an array of objects or of arrays")
    names, complete = beginning(path, dialect, with_header)
    if names is not None:
        strange = next((key for row in rows if type(row) is dict for key in row if key not in names), None)
        if strange is not None:
            raise MLError(f"the table has no column `{shortened(strange)}`", "ValueError", hint="write it anew with `csv.write`")
    text = joined(table_lines(rows, dialect, with_header and complete is None, names, escape=escape))
    if text:
        files.append(path, (text if complete in (None, True) else "\n" + text).encode(), "file.write")


def beginning(path: str, dialect: Dialect, header: bool) -> tuple[list[str] | None, bool | None]:
    """The names that the rows of a file have, and whether its last line is ended; None for a file that is not there, or empty."""
    files.Walk(path, "file.write", make=True).close()  # what may not be written is not read either
    try:
        file = files.reader(path)
    except files.Absent:
        return None, None
    with file:
        if not file.seek(0, SEEK_END):
            return None, None
        file.seek(-1, SEEK_END)
        ended = file.read(1) in (b"\n", b"\r")
        file.seek(0)
        try:
            text = TextIOWrapper(file, UTF8, newline="")
            return header_of(Scanner(dialect, text.read)) if header else None, ended
        except UnicodeError:
            raise files.no_text(path, UTF8) from None


class Source:
    """The text of a file in pieces, at most so many characters of it; the file is the run's until it is closed."""

    def __init__(self, path: str, encoding: str, *, most: int | None = None) -> None:
        self.path = path
        self.codec = files.codec(encoding)
        self.most = most
        self.size = 0
        self.text = TextIOWrapper(files.reader(path), self.codec, newline="")
        gate = in_use.get().gate
        self.run = None if gate is None else gate.run
        if self.run is not None:
            self.run.keep(self.text)

    def feed(self, size: int) -> str:
        """The next piece, empty at the end."""
        if self.text.closed:
            return ""
        try:
            piece = self.text.read(size)
        except UnicodeError:
            raise files.no_text(self.path, self.codec) from None
        except OSError as error:
            raise files.failure(self.path, error) from error
        self.size += len(piece)
        if self.most is not None and self.size > self.most:
            raise MLError(f"`{files.shown(self.path)}` has more than {self.most:,} characters", "ValueError", hint="walk over its rows: `for (row in csv.rows(path))`")
        return piece

    def close(self) -> None:
        """Lets the file go."""
        self.text.close()
        if self.run is not None:
            self.run.drop(self.text)

    def __del__(self) -> None:
        if "run" in self.__dict__:
            self.close()


class Rows:
    """The rows of an opened file. It closes at its end, at a mistake in it, when nothing refers to this any more, and with the run."""

    def __init__(self, source: Source, dialect: Dialect, header: bool) -> None:
        self.source = source
        self.scanner = Scanner(dialect, source.feed)
        self.left = rows_of(self.scanner, header)

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> Row:
        try:
            return next(self.left)
        except BaseException:  # the end, too
            self.source.close()
            raise

    def __length_hint__(self) -> int:
        return self.scanner.text.count("\n", self.scanner.at)


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
        yield lines.line_of([lines.escaped(name) for name in names] if escape else names, dialect)
    for number, row in enumerate(rows, 1):
        line = [one if type(one) is str else cell_text(one, number) for one in picked(row, names, number)]
        if not line:
            raise MLError(f"row {number} has no cells", "ValueError")
        yield lines.line_of([lines.escaped(cell) for cell in line] if escape else line, dialect)


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
    if kind in SCALARS or (isinstance(value, Handle) and (info := HOST_CLASSES.get(kind)) is not None and info.display is not None):
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

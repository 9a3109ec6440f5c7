"""Messages for whoever runs a program: to its output or its error stream, in groups and as tables."""

from __future__ import annotations

from mlpy.runtime.builtins import run
from mlpy.runtime.limits import interruptible
from mlpy.runtime.members import join_texts
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, display, quoted, too_many_items, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator

NUMBERS = frozenset((int, float))
MAX_GROUPS = 100


@ml_module("console", version="1.0.0")
class Console:
    """Messages to the output and the error stream.

    ```ml
    import console;
    console.group("scores");
    console.table([{name: "Ada", points: 12}, {name: "Bo", points: 7}]);
    console.groupEnd();
    console.warn("two players only");
    ```

    No capability is needed; what is printed counts against the output limit. Objects become rows with their keys as columns, arrays
    rows with their places, anything else a row with one column.
    """

    def __init__(self) -> None:
        self.margin = ""

    @ml_function
    def log(self, *values: object) -> None:
        """Prints values with spaces between. Example: `console.log("n =", 1)` → `null`."""
        self.write(run().write, join_texts(" ", values))

    @ml_function
    def info(self, *values: object) -> None:
        """Prints values with spaces between. Example: `console.info("ready")` → `null`."""
        self.write(run().write, join_texts(" ", values))

    @ml_function
    def debug(self, *values: object) -> None:
        """Prints values with spaces between. Example: `console.debug({a: 1})` → `null`."""
        self.write(run().write, join_texts(" ", values))

    @ml_function
    def warn(self, *values: object) -> None:
        """Prints values to the error stream. Example: `console.warn("slow")` → `null`."""
        self.write(run().warn, join_texts(" ", values))

    @ml_function
    def error(self, *values: object) -> None:
        """Prints values to the error stream. Example: `console.error("failed")` → `null`."""
        self.write(run().warn, join_texts(" ", values))

    @ml_function
    def table(self, rows: list[object]) -> None:
        """Prints objects or arrays as a table with a row for each. Example: `console.table([{name: "Ada", age: 36}])` → `null`."""
        if type(rows) is not list:
            raise wrong_type(rows, "rows", "an array")
        self.write(run().write, table_text(rows))

    @ml_function
    def group(self, *label: object) -> None:
        """Prints a label and indents what follows, up to groupEnd. Example: `console.group("step 1")` → `null`."""
        if label:
            self.write(run().write, join_texts(" ", label))
        if len(self.margin) < 2 * MAX_GROUPS:
            self.margin += "  "

    @ml_function
    def group_end(self) -> None:
        """Takes back the last indentation. Example: `console.groupEnd()` → `null`."""
        self.margin = self.margin[:-2]

    def write(self, stream: Callable[[str], None], text: str) -> None:
        """Writes lines, each behind the margin."""
        margin = self.margin
        if margin and len(text) + len(margin) * text.count("\n") > MAX_TEXT:
            too_much_text()
        stream((margin + text.replace("\n", "\n" + margin) if margin else text) + "\n")


def table_text(rows: list[object]) -> str:
    """Rows as lines of columns: the keys of objects, the places of arrays, or one column for anything else; sized before it is made."""
    columns = [*dict.fromkeys(key for row in rows for key in (row if type(row) is dict else range(len(row)) if type(row) is list else ("value",)))]
    if not columns:
        return "(no rows)"
    if len(columns) * len(rows) > MAX_ITEMS:
        too_many_items()
    lines = [[heading(column) for column in columns], *cells(rows, columns)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if (sum(widths) + len(" │ ") * len(widths)) * len(lines) > MAX_TEXT:
        too_much_text()
    right = [all(type(value) in NUMBERS for row in rows for value in picked(row, column)) for column in columns]
    texts = [" │ ".join([text.rjust(width) if to_right else text.ljust(width) for text, width, to_right in zip(line, widths, right, strict=True)]) for line in lines]
    rule = "─┼─".join(["─" * width for width in widths])
    return "\n".join([line.rstrip() for line in (texts[0], rule, *texts[1:])])


def cells(rows: list[object], columns: Iterable[str | int]) -> Iterator[list[str]]:
    """The texts of each row."""
    room = MAX_TEXT
    for row in rows:
        line: list[str] = []
        for column in columns:
            line.append(text := cell(row, column))
            room -= len(text)
            if room < 0:
                too_much_text()
        yield line


def heading(column: str | int) -> str:
    """A column's name on one line."""
    return one_line(column)


def picked(row: object, column: str | int) -> list[object]:
    """What a row has in a column: one value or none."""
    if type(row) is dict:
        return [row[column]] if column in row else []
    if type(row) is list:
        return [row[column]] if type(column) is int and column < len(row) else []
    return [row] if column == "value" else []


def cell(row: object, column: str | int) -> str:
    """A row's text in a column, empty where it has none."""
    return "".join(map(one_line, picked(row, column)))


def one_line(value: object) -> str:
    """The display form, with line ends and control characters as escapes."""
    text = display(value)
    return text if text.isprintable() else quoted(text)


interruptible(table_text, cells, heading, picked, cell, one_line)

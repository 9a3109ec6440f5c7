"""`print`, in a file of its own: most short programs need no other builtin."""

from __future__ import annotations

from mlpy.runtime.current import current
from mlpy.runtime.values import display

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from mlpy.runtime.values import Value
    from mlpy.runtime.vocabulary import any, null  # noqa: A004  the language's type names


def print_(*values: any) -> null:
    """Prints the display forms of the values, with spaces between. Example: `print("n =", 3)` prints `n = 3`."""
    if len(values) == 1:
        value = values[0]
        text = value if type(value) is str else display(value)
    else:
        from mlpy.runtime.members import join_texts  # noqa: PLC0415  as above

        text = join_texts(" ", values)
    current.get().write(text + "\n")


print_.__name__ = print_.__qualname__ = "print"  # what it shows, and what an ArityError calls it
HELPERS: dict[str, Value] = {"$print": print_}

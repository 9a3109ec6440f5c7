"""What a session held before an evaluation, so that it can step back.

Arrays and objects are put back in place, so that whoever shares one sees the same as before, and so are the variables that functions
have captured. What is larger than a bound is left as it is: a snapshot before each evaluation must cost next to nothing.
"""

from __future__ import annotations

from types import CellType, FunctionType

from mlpy.runtime.values import ModuleHandle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.engine import Session
    from mlpy.runtime.values import Value

MOST = 10_000  # entries of arrays, objects and functions: half a millisecond


class Snapshot:
    """The names of a session and what hangs on them. `partly` are the names behind which there is more than was kept."""

    __slots__ = ("_left", "_seen", "cells", "lists", "names", "objects", "partly")

    def __init__(self, session: Session) -> None:
        self.names = session.held()
        self.lists: list[tuple[list[Value], list[Value]]] = []
        self.objects: list[tuple[dict[str, Value], dict[str, Value]]] = []
        self.cells: list[tuple[CellType, Value]] = []
        self.partly: list[str] = []
        self._left = MOST
        self._seen: set[int] = set()
        for name in reversed(self.names):  # the latest are the likeliest to change
            if type(self.names[name]) in KEPT and not self._keep(self.names[name]):
                self.partly.append(name)
        self._seen.clear()

    def _keep(self, value: Value) -> bool:
        """Keeps what hangs on a value; whether that is all."""
        whole = True
        pending = [value]
        while pending:
            one = pending.pop()
            if id(one) in self._seen:
                continue
            self._seen.add(id(one))
            kind = type(one)
            if kind is list or kind is dict:
                if len(one) > self._left:
                    whole = False
                    continue
                self._left -= len(one) + 1
                if kind is list:
                    self.lists.append((one, one.copy()))
                    pending += [item for item in one if type(item) in KEPT]
                else:
                    self.objects.append((one, one.copy()))
                    pending += [item for item in one.values() if type(item) in KEPT]
            elif kind is ModuleHandle:
                found = [item.__dict__.get("measured", item) for item in one.table.values() if type(item) is FunctionType]
                pending += [item for item in found if type(item) is FunctionType and "$run" in item.__globals__]
            elif one.__closure__ is not None and "$run" in one.__globals__:
                pending += self._captured(one.__closure__)
        return whole

    def _captured(self, cells: tuple[CellType, ...]) -> list[Value]:
        """Keeps the variables of a function, and gives those of their values that hold more."""
        self._left -= len(cells)
        found = []
        for cell in cells:
            value = contents(cell)
            self.cells.append((cell, value))
            if type(value) in KEPT:
                found.append(value)
        return found

    def restore(self, session: Session) -> None:
        """Makes everything what it was."""
        for name in session.names:
            if name not in self.names:
                session.drop(name)
        for name, value in self.names.items():
            session.hold(name, value)
        for array, items in self.lists:
            array[:] = items
        for member, entries in self.objects:
            member.clear()
            member.update(entries)
        for cell, value in self.cells:
            if value is EMPTY:
                del cell.cell_contents
            else:
                cell.cell_contents = value


EMPTY = object()
KEPT = frozenset((list, dict, FunctionType, ModuleHandle))


def contents(cell: CellType) -> Value:
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY

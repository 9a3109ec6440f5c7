"""Values on their way between a host and a program, checked in one walk of the tree (H1, F20).

Data that is exactly V1 is shared as it is (or copied, where asked for). Around anything that has to be converted the
containers are copied: tuples and sets become arrays, subclasses of `str int float list dict` plain values, caught errors
objects of their members, instances of classes under `@ml_class` their handles. Everything else is refused with an error that
names the place.
"""

from __future__ import annotations

from mlpy.errors import MLError
from mlpy.runtime.values import HOST_HANDLES, ErrorValue, Function, Handle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 200
MAX_NODES = 1_000_000
CHARACTERS = 1_000  # of a text beyond ASCII take as long as one part
SCALARS = frozenset((type(None), bool, int, float))
QUICK_DEPTH = 6
QUICK_ITEMS = 20
QUICK_PARTS = 1_000  # counted as a tree: the same array may be met many times


def is_plain(value: object, depth: int = 0, room: int = QUICK_PARTS) -> int:
    """Whether data is exactly V1 throughout, has no functions, and is small: the quick answer for what hosts mostly pass.

    Of `room` for parts it gives what is left, 0 for any other data.
    """
    if depth > QUICK_DEPTH:
        return 0
    if type(value) is dict:
        room -= len(value) + 1
        if room <= 0:
            return 0
        for key in value:
            if type(key) is not str or not key.isascii():
                return 0
        items = value.values()
    elif type(value) is list:
        room -= len(value) + 1
        if room <= 0 or len(value) > QUICK_ITEMS:
            return 0
        items = value  # type: ignore[assignment]  # either is walked
    else:
        return 0
    for one in items:
        kind = type(one)
        if kind in SCALARS:
            continue
        if kind is str:
            if not one.isascii():
                return 0
        else:
            room = is_plain(one, depth + 1, room)
            if not room:
                return 0
    return room


class Crossing:
    """One walk. `function` converts a function that is met (or raises); `copy` makes every container anew."""

    __slots__ = ("copy", "function", "nodes")

    def __init__(self, function: Callable[[object, str], object], *, copy: bool = False) -> None:
        self.function = function
        self.copy = copy
        self.nodes = 0

    def value(self, value: object, place: str, depth: int = 0) -> object:
        """The value as the other side may have it; `place` is how an error names it."""
        kind = type(value)
        if kind in SCALARS:
            return value
        if kind is str:
            return value if value.isascii() else self.text(value, place)  # type: ignore[attr-defined, arg-type]  # a str
        self.count(1, place)
        if depth >= MAX_DEPTH:
            outermost = place[: place.find("`", place.find("`") + 1) + 1] or place.partition("[")[0].partition(".")[0]
            raise MLError(f"{outermost} is nested deeper than {MAX_DEPTH} levels, or contains itself", "ValueError")
        if kind is list:
            return self.items(value, place, depth)  # type: ignore[arg-type]  # a list
        if kind is dict:
            return self.entries(value, place, depth)  # type: ignore[arg-type]  # a dict
        if isinstance(value, Handle):
            return self.entries(value.table.copy(), place, depth) if type(value) is ErrorValue else value  # type: ignore[arg-type]  # keys are object too
        if callable(value):
            return self.function(value, place)
        return self.converted(value, place, depth)

    def count(self, parts: int, place: str) -> None:
        """Takes parts into account, however often the same ones are met."""
        self.nodes += parts
        if self.nodes > MAX_NODES:
            raise MLError(f"{place} has more than {MAX_NODES:,} parts", "ValueError")

    def text(self, value: str, place: str) -> str:
        """Text that has to be looked at as a whole, which takes a while where it is long."""
        self.count(len(value) // CHARACTERS, place)
        return valid_text(value, place)

    def items(self, value: list[object], place: str, depth: int) -> list[object]:
        made = [one if type(one) in SCALARS else self.value(one, f"{place}[{index}]", depth + 1) for index, one in enumerate(value)]
        self.nodes += len(made)
        return made if self.copy or any(one is not other for one, other in zip(made, value, strict=True)) else value

    def entries(self, value: dict[object, object], place: str, depth: int) -> dict[object, object]:
        made: dict[object, object] = {}
        changed = self.copy
        for key, one in list(value.items()):
            if type(key) is not str:
                if not isinstance(key, str):
                    raise MLError(f"{place} has a key that is not a string", "TypeError", hint="convert the keys with `str`")
                key, changed = str.__str__(key), True
            if not key.isascii():
                self.text(key, f"a key of {place}")
            other = one if type(one) in SCALARS else self.value(one, f"{place}.{key}", depth + 1)
            changed = changed or other is not one
            made[key] = other
        self.nodes += len(made)
        return made if changed else value

    def converted(self, value: object, place: str, depth: int) -> object:
        """Subclasses carry host code: only their plain content crosses."""
        if isinstance(value, str):
            return valid_text(str.__str__(value), place)
        if isinstance(value, int):
            return int.__int__(value)
        if isinstance(value, float):
            return float.__float__(value)
        if isinstance(value, dict):
            return self.entries(dict(dict.items(value)), place, depth)
        if isinstance(value, list | tuple | set | frozenset):
            base = next(one for one in (list, tuple, set, frozenset) if isinstance(value, one))
            return self.items(list(base.__iter__(value)), place, depth)  # type: ignore[arg-type]  # of that class
        make = HOST_HANDLES.get(type(value))
        if make is not None:
            made: object = make(value)
            return made
        if type(value).__name__ == "coroutine":
            value.close()  # type: ignore[attr-defined]  # else Python warns of it at some later time
        raise MLError(f"{place} is a Python {type(value).__name__}, which a program cannot hold", "TypeError", hint=HINTS.get(type(value).__name__))


HINTS = {
    "bytes": "decode it to a string first",
    "bytearray": "decode it to a string first",
    "Decimal": "convert it with `float` or `str` first",
    "Fraction": "convert it with `float` first",
    "datetime": "pass its `isoformat()`",
    "date": "pass its `isoformat()`",
    "complex": "pass its parts",
    "coroutine": "give a function that is not `async`",
    "generator": "make a `list` of it",
    "range": "make a `list` of it",
}


def valid_text(value: str, place: str) -> str:
    """The text, unless it contains a lone surrogate (F26)."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise MLError(f"{place} is text that is not valid Unicode", "ValueError") from None
    return value


def is_ml_function(value: object) -> bool:
    """Whether a function was made by the code of a program."""
    return type(value) is Function and "$run" in value.__globals__

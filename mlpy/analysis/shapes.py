"""The types of the checker: hash-consed, at most five deep and eight wide, printed in at most 200 characters (F43).

`clashes` is the one relation: whether no value can be of both types. What is not certain is not a mistake, so a union
clashes only where all of its options do, and `any` never.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Hashable, Iterable

    from mlpy.analysis.signatures import Signature

MAX_DEPTH = 5
MAX_OPTIONS = 8
MAX_FIELDS = 64
MAX_TEXT = 200


class Shape:
    """A type. Equal types made by one `Shapes` are the same object.

    `parts` are the options of a union, or the one item type of an array. `fields` are an object's (name, type, optional);
    `exact` says that it has no others. A function's `signature` is None where only that it is one is known.
    """

    __slots__ = ("depth", "exact", "fields", "kind", "name", "parts", "signature")

    def __init__(
        self,
        kind: str,
        parts: tuple[Shape, ...] = (),
        *,
        fields: tuple[tuple[str, Shape, bool], ...] = (),
        exact: bool = False,
        name: str = "",
        signature: Signature | None = None,
    ) -> None:
        self.kind = kind
        self.parts = parts
        self.fields = fields
        self.exact = exact
        self.name = name
        self.signature = signature
        inner = [part.depth for part in parts] + [shape.depth for _, shape, _ in fields]
        self.depth: int = max(inner, default=-1) + (0 if kind == "union" else 1)

    @property
    def options(self) -> tuple[Shape, ...]:
        """The options of a union, or the type itself."""
        return self.parts if self.kind == "union" else (self,)

    def field(self, name: str) -> tuple[Shape, bool] | None:
        """The type of a field and whether it may be missing."""
        for known, shape, optional in self.fields:
            if known == name:
                return shape, optional
        return None

    def __str__(self) -> str:
        return show(self)

    __repr__ = __str__


ANY = Shape("any")
NULL = Shape("null")
BOOLEAN = Shape("boolean")
INT = Shape("int")
FLOAT = Shape("float")
STRING = Shape("string")
FUNCTION = Shape("function")
OBJECT = Shape("object")
ARRAY = Shape("array", (ANY,))
NUMBER = Shape("union", (INT, FLOAT))
NAMED = {
    "any": ANY,
    "null": NULL,
    "boolean": BOOLEAN,
    "number": NUMBER,
    "int": INT,
    "float": FLOAT,
    "string": STRING,
    "array": ARRAY,
    "object": OBJECT,
    "function": FUNCTION,
}
NUMERIC = frozenset({INT, FLOAT, BOOLEAN})
OPEN = frozenset({"any", "host"})  # kinds that may do anything


class Shapes:
    """Makes the types of one check, each once."""

    def __init__(self) -> None:
        self.table: dict[Hashable, Shape] = {(NUMBER.kind, NUMBER.parts): NUMBER, (ARRAY.kind, ARRAY.parts): ARRAY}
        self.clashing: dict[tuple[Shape, Shape], bool] = {}

    def array(self, item: Shape) -> Shape:
        """An array of one type of item."""
        parts = (flat(item),)
        return self.once(("array", parts), lambda: Shape("array", parts))

    def record(self, fields: Iterable[tuple[str, Shape, bool]], *, exact: bool) -> Shape:
        """An object with these fields; beyond 64 of them only an object."""
        known = tuple([(name, flat(shape), optional) for name, shape, optional in fields])
        if len(known) > MAX_FIELDS or (not known and not exact):
            return OBJECT
        return self.once(("object", known, exact), lambda: Shape("object", fields=known, exact=exact))

    def function(self, signature: Signature) -> Shape:
        """A function of which the signature is known."""
        return self.once(signature, lambda: Shape("function", signature=signature))

    def named(self, kind: str, name: str) -> Shape:
        """A module, or an object of a host class."""
        return self.once((kind, name), lambda: Shape(kind, name=name))

    def union(self, shapes: Iterable[Shape]) -> Shape:
        """Any of the types."""
        options: dict[Shape, None] = {}
        for shape in shapes:
            if shape is ANY:
                return ANY
            options.update(dict.fromkeys(shape.options))
            if len(options) > MAX_OPTIONS:
                return ANY
        parts = tuple(options)
        if len(parts) == 1:
            return parts[0]
        if set(parts) == {INT, FLOAT}:
            return NUMBER
        return self.once(("union", frozenset(parts)), lambda: Shape("union", parts)) if parts else ANY

    def once(self, key: Hashable, make: Callable[[], Shape]) -> Shape:
        """The type made before under a key, else a new one."""
        found = self.table.get(key)
        if found is None:
            found = self.table[key] = make()
        return found

    def clashes(self, actual: Shape, expected: Shape) -> bool:
        """Whether no value of the one type can serve as the other."""
        if actual is expected or actual is ANY or expected is ANY:
            return False
        key = (actual, expected)
        found = self.clashing.get(key)
        if found is None:
            self.clashing[key] = False
            found = self.clashing[key] = self.compare(actual, expected)
        return found

    def compare(self, actual: Shape, expected: Shape) -> bool:
        if actual.kind == "union":
            return all(self.clashes(option, expected) for option in actual.parts)
        if expected.kind == "union":
            return all(self.clashes(actual, option) for option in expected.parts)
        if actual.kind != expected.kind:
            return not ((actual is INT and expected is FLOAT) or (actual.kind in OPEN and expected.kind in OPEN) or {actual.kind, expected.kind} <= {"object", "module", "host"})
        if actual.kind == "array":
            return self.clashes(actual.parts[0], expected.parts[0])
        if actual.kind == "object":
            return self.fields_clash(actual, expected)
        if actual.signature is not None and expected.signature is not None:
            return self.signatures_clash(actual.signature, expected.signature)
        return False

    def fields_clash(self, actual: Shape, expected: Shape) -> bool:
        for name, wanted, optional in expected.fields:
            found = actual.field(name)
            if found is None:
                if actual.exact and not optional and self.clashes(NULL, wanted):
                    return True
            elif not found[1] and self.clashes(found[0], wanted) and not (optional and found[0] is NULL):
                return True
        return False

    def signatures_clash(self, actual: Signature, expected: Signature) -> bool:
        count = len(expected.params)
        if expected.rest is None and (count < actual.required or (actual.rest is None and count > len(actual.params))):
            return True
        pairs = zip(expected.params, actual.params, strict=False)
        return any(self.clashes(given.shape, taken.shape) for given, taken in pairs) or self.clashes(actual.result, expected.result)


def flat(shape: Shape) -> Shape:
    """The type as a part of another: `any` where it would be too deep."""
    return ANY if shape.depth >= MAX_DEPTH else shape


def show(shape: Shape, key: Callable[[str], str] = str) -> str:
    """The type as an annotation would spell it, the names of fields as `key` spells them, cut at 200 characters."""
    written: list[str] = []
    write(shape, written, [MAX_TEXT], key)
    text = "".join(written)
    return text if len(text) < MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def write(shape: Shape, out: list[str], left: list[int], key: Callable[[str], str]) -> None:
    """Appends the text of a type; stops when `left` is used up."""
    if left[0] <= 0:
        return
    pieces: list[str | Shape] = []
    if shape is NUMBER:
        pieces = ["number"]
    elif shape.kind == "union":
        options: list[Shape | str] = [*shape.parts]
        if INT in options and FLOAT in options:
            options = ["number", *(one for one in options if one is not INT and one is not FLOAT)]
        pieces = [piece for at, option in enumerate(options) for piece in ((" | ", option) if at else (option,))]
    elif shape.kind == "array" and shape.parts[0] is not ANY:
        pieces = ["array<", shape.parts[0], ">"]
    elif shape.kind == "object" and (shape.fields or shape.exact):
        pieces = ["{"]
        for at, (name, inner, optional) in enumerate(shape.fields):
            pieces += [", " if at else "", f"{key(name)}{'?' if optional else ''}: ", inner]
        pieces.append("}")
    elif shape.signature is not None:
        pieces = ["fn("]
        for at, parameter in enumerate(shape.signature.params):
            pieces += [", " if at else "", parameter.shape]
        pieces += [") => ", shape.signature.result]
    else:
        pieces = [shape.name or shape.kind]
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
            left[0] -= len(piece)
        else:
            write(piece, out, left, key)

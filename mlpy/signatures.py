"""The declared types of functions as plain data: kept beside compiled code, shown to hosts, checked on request.

A type is a tuple: `("number",)`, `("array", item)`, `("object", ((name, type, optional), …))`, `("union", types)`,
`("function", params, result)`. Recursive declarations are cut at `any`, and so is what a type
has beyond a thousand parts: names can make it double at each line (F43).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from mlpy import ast

    Encoded: TypeAlias = tuple[object, ...]
    Signature: TypeAlias = tuple[tuple[tuple[str, Encoded | None], ...], Encoded | None]

ANY: Encoded = ("any",)
MAX_PARTS = 1_000  # of one declared type
NUMBERS = (int, float)
PLAIN: dict[str, Callable[[object], bool]] = {
    "any": lambda _value: True,
    "null": lambda value: value is None,
    "boolean": lambda value: type(value) is bool,
    "number": lambda value: type(value) in NUMBERS,
    "int": lambda value: type(value) is int,
    "float": lambda value: type(value) is float,
    "string": lambda value: type(value) is str,
    "array": lambda value: type(value) is list,
    "object": lambda value: type(value) is dict,
    "function": callable,
}


def signatures(module: ast.Module) -> dict[str, Signature]:
    """The annotated top-level functions of a module."""
    from mlpy import ast  # noqa: PLC0415  a warm start does not need the syntax tree

    aliases = {one.name: one.type for one in module.body if type(one) is ast.TypeDeclaration}
    found: dict[str, Signature] = {}
    for statement in module.body:
        function: ast.FunctionDeclaration | ast.Arrow | None = None
        if type(statement) is ast.FunctionDeclaration:
            function, name = statement, statement.name
        elif type(statement) is ast.Assign and type(statement.value) is ast.Arrow and type(statement.target) is ast.Target and type(statement.target.place) is ast.Name:
            function, name = statement.value, statement.target.place.id
        if function is None or not (function.result or any(one.type for one in function.params)):
            continue
        params = tuple((one.name, None if one.type is None else encode(one.type, aliases)) for one in function.params)
        found[name] = (params, None if function.result is None else encode(function.result, aliases))
    return found


def encode(node: ast.Type, aliases: Mapping[str, ast.Type], seen: frozenset[str] = frozenset(), room: list[int] | None = None) -> Encoded:
    """A type of the syntax tree as data; `room` is for how many more parts there is some."""
    from mlpy import ast  # noqa: PLC0415  as above

    room = [MAX_PARTS] if room is None else room
    room[0] -= 1
    if room[0] < 0:
        return ANY
    match node:
        case ast.NamedType(name=name):
            if name in PLAIN:
                return (name,)
            return encode(aliases[name], aliases, seen | {name}, room) if name in aliases and name not in seen else ANY
        case ast.ArrayType(item=item):
            return ("array", encode(item, aliases, seen, room))
        case ast.ObjectType(entries=entries):
            return ("object", tuple((one.name, encode(one.type, aliases, seen, room), one.optional) for one in entries))
        case ast.UnionType(options=options):
            return ("union", tuple(encode(one, aliases, seen, room) for one in options))
        case ast.FunctionType(params=params, result=result):
            return ("function", tuple(encode(one, aliases, seen, room) for one in params), encode(result, aliases, seen, room))
        case ast.GroupType(value=value):
            return encode(value, aliases, seen, room)
    return ANY


def text(kind: Encoded) -> str:
    """A type as ML writes it."""
    match kind:
        case ("array", item):
            return f"array<{text(item)}>"  # type: ignore[arg-type]  # as `encode` makes it
        case ("object", entries):
            return "{" + ", ".join(f"{name}{'?' if optional else ''}: {text(one)}" for name, one, optional in entries) + "}"  # type: ignore[attr-defined]  # as above
        case ("union", options):
            return " | ".join(text(one) for one in options)  # type: ignore[attr-defined]  # as above
        case ("function", params, result):
            return f"fn({', '.join(text(one) for one in params)}) => {text(result)}"  # type: ignore[attr-defined, arg-type]  # as above
    return str(kind[0])


def mismatch(value: object, kind: Encoded, place: str) -> str | None:
    """Where a value does not have a type, as `place must be type`; None where it has."""
    match kind:
        case ("array", item):
            if type(value) is not list:
                return f"{place} must be {text(kind)}"
            return next((found for index, one in enumerate(value) if (found := mismatch(one, item, f"{place}[{index}]"))), None)  # type: ignore[arg-type]  # as above
        case ("object", entries):
            if type(value) is not dict:
                return f"{place} must be {text(kind)}"
            for name, one, optional in entries:  # type: ignore[attr-defined]  # as above
                if name not in value:
                    if not optional:
                        return f"{place} has no `{name}`"
                elif found := mismatch(value[name], one, f"{place}.{name}"):
                    return found
            return None
        case ("union", options):
            return None if any(mismatch(value, one, place) is None for one in options) else f"{place} must be {text(kind)}"  # type: ignore[attr-defined]  # as above
        case ("function", *_):
            return None if callable(value) else f"{place} must be a function"
    return None if PLAIN[str(kind[0])](value) else f"{place} must be {text(kind)}"

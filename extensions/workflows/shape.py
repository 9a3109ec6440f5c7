"""Holds JSON against a JSON Schema, as much of one as `schema.json` uses: what comes from elsewhere is checked where nothing but mlpy is installed.

In go a value and a schema, out come places with what must be there; a keyword that is not known here is an error of the schema's, not of the value.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    Schema: TypeAlias = dict[str, Any]  # of JSON: each keyword has a type of its own
    Violation: TypeAlias = tuple[str, str]  # a place such as `params[0].name`, and what must be there

TYPES: dict[str, tuple[type, ...]] = {"array": (list,), "boolean": (bool,), "null": (type(None),), "number": (int, float), "object": (dict,), "string": (str,)}
TITLES = {"array": "a list", "boolean": "true or false", "null": "null", "number": "a number", "object": "an object", "string": "a text"}
SAID = frozenset(("$defs", "$schema", "description", "title"))  # what only readers need


def violations(value: object, schema: Schema, root: Schema, place: str = "") -> Iterator[Violation]:
    """What is not as a schema says; `root` is the document that its references are to."""
    if "$ref" in schema:
        yield from violations(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, place)
        return
    if "type" in schema and not is_of(value, schema["type"]):
        yield place, "must be " + " or ".join(TITLES[one] for one in named(schema["type"]))
        return
    for keyword, wanted in schema.items():
        if keyword not in SAID and keyword not in ("additionalProperties", "type"):
            yield from CHECKS[keyword](value, wanted, root, place, schema)


def named(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def is_of(value: object, types: str | list[str]) -> bool:
    """Whether a value is of one of the types; in JSON a truth value is no number."""
    return any(isinstance(value, TYPES[one]) and (one == "boolean" or not isinstance(value, bool)) for one in named(types))


def of_enum(value: object, wanted: list[object], _: Schema, place: str, __: Schema) -> Iterator[Violation]:
    if value not in wanted:
        yield place, "must be one of " + ", ".join(f"`{one}`" for one in wanted)


def of_const(value: object, wanted: object, _: Schema, place: str, __: Schema) -> Iterator[Violation]:
    if value != wanted:
        yield place, f"must be `{wanted}`"


def of_pattern(value: object, wanted: str, _: Schema, place: str, schema: Schema) -> Iterator[Violation]:
    if isinstance(value, str) and (re.search(wanted, value) is None or value.endswith("\n")):  # `$` is also before a last newline
        yield place, f"must be {said[:1].lower()}{said[1:]}" if (said := schema.get("description", "")) else "has not the form that it must have"


def of_shortest(value: object, wanted: int, _: Schema, place: str, __: Schema) -> Iterator[Violation]:
    if isinstance(value, str) and len(value) < wanted:
        yield place, "must not be empty"


def of_longest(value: object, wanted: int, _: Schema, place: str, __: Schema) -> Iterator[Violation]:
    if isinstance(value, str) and len(value) > wanted:
        yield place, f"must not have more than {wanted} characters"


def of_count(value: object, wanted: int, _: Schema, place: str, __: Schema) -> Iterator[Violation]:
    if isinstance(value, list) and len(value) > wanted:
        yield place, f"must not have more than {wanted} items"


def of_items(value: object, wanted: Schema, root: Schema, place: str, _: Schema) -> Iterator[Violation]:
    for index, one in enumerate(value if isinstance(value, list) else ()):
        yield from violations(one, wanted, root, f"{place}[{index}]")


def of_required(value: object, wanted: list[str], _: Schema, place: str, __: Schema) -> Iterator[Violation]:
    for name in wanted:
        if isinstance(value, dict) and name not in value:
            yield below(place, name), "is missing"


def of_properties(value: object, wanted: Schema, root: Schema, place: str, schema: Schema) -> Iterator[Violation]:
    for name, one in value.items() if isinstance(value, dict) else ():
        if name in wanted:
            yield from violations(one, wanted[name], root, below(place, name))
        elif schema.get("additionalProperties") is False:
            yield below(place, str(name)[:80]), "is not known"


def of_any(value: object, wanted: list[Schema], root: Schema, place: str, _: Schema) -> Iterator[Violation]:
    found = [list(violations(value, one, root, place)) for one in wanted]
    if all(found):
        yield found[-1][0]


CHECKS: dict[str, Callable[[object, Any, Schema, str, Schema], Iterator[Violation]]] = {
    "anyOf": of_any,
    "const": of_const,
    "enum": of_enum,
    "items": of_items,
    "maxItems": of_count,
    "maxLength": of_longest,
    "minLength": of_shortest,
    "pattern": of_pattern,
    "properties": of_properties,
    "required": of_required,
}


def below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name

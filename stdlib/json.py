"""JSON text to values and back, with Python's C scanner and encoder behind bounds on depth, size and digits.

Both run in C and cannot be stopped, so what they are given is measured first: a text by its brackets (deep nesting would
overflow a small stack), a value by one walk (shared parts unfold, and one that contains itself never ends).
"""

from __future__ import annotations

from _json import encode_basestring, make_encoder, make_scanner

from mlpy.errors import MLError
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Collection
    from typing import NoReturn

MAX_DEPTH = 200
MAX_TEXT = 1 << 24
MAX_NODES = 1_000_000
MAX_INDENT = 16
SPACE = " \t\n\r"
BRACKETS_ONLY = bytes(code for code in range(256) if code not in b'[]{}"')
CONTAINERS = frozenset((list, dict))
STRING = frozenset((str,))
SCALARS = frozenset((int, float, bool, type(None)))
ANY = frozenset((object,))  # stands for types that are found out item by item
SMALL_BITS = 64  # a whole number that has no more need not be counted: it is no longer than any scalar
SHORT = 8  # below, looking at each item is faster than asking for all


@ml_module("json", version="1.0.0", interruptible=True)
class Json:
    """JSON text to values and back.

    ```ml
    import json;
    user = json.parse('{"name": "Ada", "tags": ["math"]}');
    print(user.tags[0], json.stringify(user));
    ```

    A text that is not JSON is an error of type `ValueError` whose message says what is missing and where. Limits: 16 million
    characters, a million values, 200 levels, whole numbers of 4,300 digits. Of equal keys the last counts. `NaN` and infinity have no
    JSON form in either direction, nor has half of a surrogate pair, nor a value that contains itself. `stringify` writes characters
    beyond ASCII as they are.
    """


# ── reading ──


@ml_function
def parse(text: str) -> object:
    """The value that a JSON text stands for; of equal keys the last counts. A ValueError says where the text is not JSON.

    Example: `json.parse("[1, 2.5, null]")` → `[1, 2.5, null]`.
    """
    return read(text, MAX_DEPTH)


@ml_function
def safe_parse(text: str, maxDepth: int = 100) -> object:  # noqa: N803  the name in the language
    """Like parse, but null for a text that is not JSON or nested deeper than maxDepth. Example: `json.safeParse("{oops")` → `null`."""
    if type(maxDepth) is not int:
        raise wrong_type(maxDepth, "maxDepth", "a whole number")
    try:
        return read(text, min(maxDepth, MAX_DEPTH))
    except MLError as error:
        if error.type == "ValueError":
            return None
        raise


@ml_function
def validate(text: str) -> bool:
    """Whether a text is JSON. Example: `json.validate("[1, 2")` → `false`."""
    try:
        read(text, MAX_DEPTH)
    except MLError as error:
        if error.type == "ValueError":
            return False
        raise
    return True


def read(text: str, depth: int) -> object:
    """The value of a JSON text that is nested at most `depth` deep."""
    if type(text) is not str:
        raise wrong_type(text, "text", "a string")
    size = len(text)
    if size > MAX_TEXT:
        raise MLError(f"a json text of more than {MAX_TEXT:,} characters", "ValueError")
    if text.count("[") + text.count("{") > depth and nesting(text, depth) > depth:
        raise MLError(f"the json text is nested more than {depth} deep", "ValueError")
    if size > MAX_NODES and text.count(",") + text.count("[") + text.count("{") > MAX_NODES:
        raise MLError(f"the json text has more than {MAX_NODES:,} values", "ValueError")
    start = size - len(text.lstrip(SPACE))
    try:
        value, end = scan(text, start)
    except StopIteration as missing:
        raise invalid(text, missing.value, "a value is missing") from None
    except ValueError as error:
        raise invalid(text, getattr(error, "pos", None), str(getattr(error, "msg", ""))) from None
    except SystemError:
        import json.decoder  # noqa: F401, PLC0415  3.11's scanner reports a mistake through it, but does not import it

        return read(text, depth)
    if end != size and text[end:].strip(SPACE):
        raise invalid(text, size - len(text[end:].lstrip(SPACE)), "there is text after the value")
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        refuse_surrogates(value)
    return value


def nesting(text: str, limit: int) -> int:
    """How deep brackets are nested outside of strings, exactly where that is more than `limit`, else at most the result."""
    data = text.encode()
    if b"\\" in data:
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    data = data.translate(None, BRACKETS_ONLY).replace(b'""', b"")
    if b'"' in data:
        data = b"".join(data.split(b'"')[::2])
    rest, steps, before = data, 0, -1
    while len(rest) != before and steps <= limit:
        before = len(rest)
        for pair in (b"[]", b"{}"):  # each replacement takes away one level at the most
            size = len(rest)
            rest = rest.replace(pair, b"")
            steps += len(rest) != size
    bound = steps + rest.count(b"[") + rest.count(b"{")
    return bound if bound <= limit else deepest(data)


def deepest(brackets: bytes) -> int:
    """The greatest number of brackets that are open at once."""
    depth = most = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        most = max(most, depth)
    return most


def invalid(text: str, at: int | None, problem: str) -> MLError:
    """The error for a text that is not JSON."""
    if at is None:  # what int() says about its limit names Python
        return MLError("a number in the json text has too many digits", "ValueError")
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    what = PROBLEMS.get(problem, problem.lower().split(" at")[0])
    return MLError(f"not json: {what} at line {line}, column {column}", "ValueError", hint=habit(text, at))


PROBLEMS = {
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
    "Illegal trailing comma before end of object": "a comma before the end of an object",
    "Illegal trailing comma before end of array": "a comma before the end of an array",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma is missing",
    "Expecting value": "a value is missing",
    "Unterminated string starting": "a string is not closed that begins",
    "Unterminated string starting at": "a string is not closed that begins",
    "Invalid control character at": "a control character, which a string must escape,",
    "Invalid \\escape": "an unknown escape",
    "Invalid \\escape: ": "an unknown escape",
    "Invalid \\uXXXX escape": "an escape `\\u` without four hexadecimal digits",
}


def habit(text: str, at: int) -> str | None:
    """What to do where another notation was meant."""
    found = text[at : at + 1]
    if found == "'":
        return "json strings stand in double quotes"
    if found in ("]", "}"):
        return "remove the comma before it"
    if found == "/":
        return "json has no comments"
    if found == "N" or text[at : at + 2] in ("un", "In", "-I"):
        return "json knows numbers, strings, `true`, `false` and `null`"
    return None


def refuse_constant(name: str) -> NoReturn:
    raise MLError(f"not json: `{name}` is no number of json", "ValueError", hint="use `null` for a number that is missing")


def refuse_surrogates(value: object) -> None:
    """Raises if an escape left half of a surrogate pair in a string: text must be valid Unicode."""
    try:
        "".join(encode(value, 0)).encode()
    except UnicodeEncodeError:
        raise MLError("not json: an escape stands for half a character", "ValueError", hint="write the character itself, or both halves of the pair") from None


class Reading:
    """What the C scanner asks for its settings."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = staticmethod(refuse_constant)
    memo: dict[str, str] = {}  # noqa: RUF012  the scanner has its own


# ── writing ──


@ml_function
def stringify(value: object, indent: int | None = None) -> str:
    """The JSON text of a value; with an indent, one item a line. NaN, infinity and functions have none.

    Example: `json.stringify({a: [1, true, null]})` → `{"a": [1, true, null]}`.
    """
    nodes, depth = measure(value)
    if indent is None:
        return "".join(encoded(value))
    if type(indent) is not int or not 0 <= indent <= MAX_INDENT:
        raise MLError(f"`indent` must be a whole number from 0 to {MAX_INDENT}, or null", "ValueError")
    if nodes * depth * indent > MAX_TEXT:
        raise too_large()
    parts: list[str] = []
    lay_out(value, "\n", " " * indent, parts.append)
    return "".join(parts)


@ml_function
def pretty_print(value: object, indent: int = 4) -> str:
    """The JSON text of a value with one item a line. Example: `json.prettyPrint([1], 2).lines()` → `["[", "  1", "]"]`."""
    return stringify(value, indent)


def measure(value: object) -> tuple[int, int]:
    """The number of values that a value unfolds to and its depth; raises a ValueError where the C encoder would take too long.

    Level by level, arrays and objects apart: this loop is what `stringify` costs over the bare encoder.
    """
    nodes, size, depth = 1, len(value) if type(value) is str else 0, 0
    arrays: list[list[object]] = [value] if type(value) is list else []
    objects: list[dict[str, object]] = [value] if type(value) is dict else []
    seen: list[dict[str, object]] = []
    keys: set[str] = set()
    while arrays or objects:
        depth += 1
        if depth > MAX_DEPTH:
            raise MLError("the value contains itself" if contains_itself(value) else f"the value is nested more than {MAX_DEPTH} deep", "ValueError")
        nodes += sum(map(len, arrays)) + sum(map(len, objects))
        if nodes > MAX_NODES:
            raise too_large()
        flat: list[Collection[object]] = []
        for array in arrays:
            kinds = ANY if len(array) < SHORT else set(map(type, array))
            if not kinds <= SCALARS:
                flat.append(array)
            elif int in kinds:
                size += digits(array)
        for each in objects:
            keys.update(each)
            flat.append(each.values())
        seen += objects
        arrays, objects = [], []
        for items in flat:
            for item in items:
                kind = type(item)
                if kind is str:
                    size += len(item)  # type: ignore[arg-type]  # mypy narrows no types kept in a variable
                elif kind is list:
                    arrays.append(item)  # type: ignore[arg-type]  # likewise
                elif kind is dict:
                    objects.append(item)  # type: ignore[arg-type]  # likewise
                elif kind is int:
                    size += digits([item]) if item.bit_length() > SMALL_BITS else 0  # type: ignore[attr-defined]  # likewise
    if not STRING.issuperset(map(type, keys)):
        raise MLError("an object with a key that is not a string has no json form", "TypeError")
    if size + nodes * max(map(len, keys), default=0) > MAX_TEXT and size + sum([len("".join(each)) for each in seen]) > MAX_TEXT:
        raise too_large()
    return nodes, depth


def digits(items: list[object]) -> int:
    """About as many digits as the large whole numbers among scalars have: C writes them all in one go, each in quadratic time."""
    return sum([bits for item in items if type(item) is int and (bits := item.bit_length()) > SMALL_BITS]) * 3 // 10


def contains_itself(value: object) -> bool:
    """Whether an array or object is found inside itself; each is entered once."""
    done: set[int] = set()
    path: set[int] = set()
    pending: list[tuple[object, bool]] = [(value, True)]
    while pending:
        container, entering = pending.pop()
        key = id(container)
        if not entering:
            path.discard(key)
            done.add(key)
        elif key in path:
            return True
        elif key not in done:
            path.add(key)
            pending.append((container, False))
            items = container.values() if type(container) is dict else container
            pending += [(item, True) for item in items if type(item) in CONTAINERS]  # type: ignore[attr-defined]  # containers only
    return False


def too_large() -> MLError:
    """The error for a value whose text would be too long."""
    return MLError(f"the value is too large for json: more than {MAX_NODES:,} values or {MAX_TEXT:,} characters", "ValueError")


def encoded(value: object) -> tuple[str, ...]:
    """The pieces of a value's text on one line."""
    try:
        return encode(value, 0)  # type: ignore[no-any-return]  # a tuple of strings
    except ValueError as error:
        if "digit" in str(error):
            raise MLError("a number with so many digits has no json form", "ValueError") from None
        raise MLError("nan and infinity have no json form", "ValueError", hint="use `null` for a number that is missing") from None


def refuse_value(value: object) -> NoReturn:
    raise wrong_type(value, "value", "made of objects, arrays, strings, numbers, booleans and null")


def lay_out(value: object, margin: str, step: str, write: Callable[[str], object]) -> None:
    """Writes a value with one item a line; `margin` is the line end and the spaces before the closing bracket."""
    if type(value) is dict and value:
        inner = margin + step
        lead = "{" + inner
        for key, item in value.items():
            write(f"{lead}{encode_basestring(key)}: ")
            lay_out(item, inner, step, write)
            lead = "," + inner
        write(margin + "}")
    elif type(value) is list and value:
        inner = margin + step
        lead = "[" + inner
        for item in value:
            write(lead)
            lay_out(item, inner, step, write)
            lead = "," + inner
        write(margin + "]")
    else:
        write("".join(encoded(value)))


scan = make_scanner(Reading)  # type: ignore[arg-type]  # anything with these attributes does
encode = make_encoder(None, refuse_value, encode_basestring, None, ": ", ", ", False, False, False)


# ── values ──


@ml_function
def is_object(value: object) -> bool:
    """Whether a value is an object. Example: `json.isObject({})` → `true`."""
    return type(value) is dict


@ml_function
def is_array(value: object) -> bool:
    """Whether a value is an array. Example: `json.isArray([])` → `true`."""
    return type(value) is list


@ml_function
def is_string(value: object) -> bool:
    """Whether a value is a string. Example: `json.isString("a")` → `true`."""
    return type(value) is str


@ml_function
def is_number(value: object) -> bool:
    """Whether a value is a number. Example: `json.isNumber(1.5)` → `true` Example: `json.isNumber(true)` → `false`."""
    return type(value) is int or type(value) is float


@ml_function
def is_boolean(value: object) -> bool:
    """Whether a value is a boolean. Example: `json.isBoolean(false)` → `true`."""
    return type(value) is bool


@ml_function
def is_null(value: object) -> bool:
    """Whether a value is null. Example: `json.isNull(null)` → `true`."""
    return value is None


@ml_function
def keys(value: dict[str, object]) -> list[str]:
    """The keys of an object. Example: `json.keys({a: 1, b: 2})` → `["a", "b"]`."""
    return list(need_object(value, "value"))


@ml_function
def values(value: dict[str, object]) -> list[object]:
    """The values of an object. Example: `json.values({a: 1, b: 2})` → `[1, 2]`."""
    return list(need_object(value, "value").values())


@ml_function
def has_key(value: dict[str, object], key: str) -> bool:
    """Whether an object has a key. Example: `json.hasKey({a: null}, "a")` → `true`."""
    return need_key(key) in need_object(value, "value")


@ml_function
def get(value: dict[str, object], key: str, default: object = None) -> object:
    """The value under a key of an object, or the default. Example: `json.get({a: 1}, "b", 0)` → `0`."""
    return need_object(value, "value").get(need_key(key), default)


@ml_function
def merge(first: dict[str, object], second: dict[str, object]) -> dict[str, object]:
    """A new object with the keys of both; where both have one the second counts. Example: `json.merge({a: 1, b: 1}, {b: 2})` → `{a: 1, b: 2}`."""
    return {**need_object(first, "first"), **need_object(second, "second")}


def need_object(value: object, name: str) -> dict[str, object]:
    if type(value) is not dict:
        raise wrong_type(value, name, "an object")
    return value


def need_key(key: object) -> str:
    if type(key) is not str:
        raise wrong_type(key, "key", "a string")
    return key

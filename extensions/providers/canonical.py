"""Canonical JSON (RFC 8785): one spelling for every value, so that a signature over the text is one over the value.

Numbers are written as ECMAScript writes them and keys sorted by UTF-16. What has no exact place in JSON is refused: NaN, infinities, lone surrogates, integers that a double does not hold.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from math import isfinite

from mlpy.extensions.providers.failures import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import NoReturn

LARGEST = 2**53 - 1  # of the integers that a double holds one by one
DEEPEST = 100


def encode(value: object) -> bytes:
    """The canonical text of a value.

    Raises:
        ProviderError: `not_canonical`, where it has none.
    """
    try:
        return written(value, 0).encode("utf-8")
    except UnicodeEncodeError:
        raise refusal("a text with half of a surrogate pair") from None


def decode(text: bytes) -> object:
    """The value of a canonical text; any other text of the same value is refused.

    Raises:
        ProviderError: `not_canonical`, whose message says in what it is not.
    """
    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=without_duplicates, parse_constant=no_number)
    except UnicodeDecodeError:
        raise refusal("bytes that are not UTF-8") from None
    except (ValueError, RecursionError):
        raise refusal("a text that is not JSON") from None
    if encode(value) != text:
        raise refusal("a spelling that is not the canonical one")
    return value


def written(value: object, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise refusal(f"an integer beyond {LARGEST}")
        return str(value)
    if isinstance(value, float):
        return number(value)
    if depth >= DEEPEST:
        raise refusal(f"more than {DEEPEST} levels")
    if isinstance(value, list | tuple):
        return "[" + ",".join([written(one, depth + 1) for one in value]) + "]"
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise refusal("a value that JSON has not")
    keys = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=units)
    return "{" + ",".join([f"{encode_basestring(key)}:{written(value[key], depth + 1)}" for key in keys]) + "}"


def number(value: float) -> str:
    """A number as ECMA-262 (Number::toString, section 6.1.6.1.20) writes it."""
    if not isfinite(value):
        raise refusal("a number that is not finite")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))  # where the point stands behind the first of the digits
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}{'.' if count > 1 else ''}{digits[1:]}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def units(key: str) -> bytes:
    """What keys are sorted by: UTF-16, which puts what lies beyond U+FFFF before U+E000."""
    return key.encode("utf-16-be")


def without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise refusal("a key twice")
    return found


def no_number(text: str) -> NoReturn:
    raise refusal(f"`{text}`")


def refusal(what: str) -> ProviderError:
    return ProviderError("not_canonical", f"canonical JSON has no place for {what}")

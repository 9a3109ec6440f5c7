"""Frames between a program's process and its workers.

To a worker go marshalled tuples, as it trusts who started it. From it come frames of JSON, length-prefixed, which are taken as
hostile: size, depth and number of parts are looked at before anything is decoded, and what is decoded is checked part by part.

JSON lacks some values of the language. An object with the one key `$` stands for them: `{"$": ["int", "-ff"]}`,
`["float", "nan"]`, `["handle", 3]`, `["function", 3, "name"]`, and `["object", [[key, value], …]]` for an object that has the key `$` itself.
"""

from __future__ import annotations

import json
import re
from math import isfinite

from mlpy.crossing import MAX_DEPTH, valid_text
from mlpy.errors import MLError
from mlpy.runtime.values import MAX_BITS, ErrorValue, a_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

HEADER = 4  # bytes of a frame's length
MAX_FRAME = 16_000_000  # bytes; a text of the language may be four times as long
MAX_NODES = 1_000_000  # commas and colons of a frame
MAX_CONTAINERS = 200_000  # an empty one takes 64 bytes and more
NESTING = 2 * MAX_DEPTH  # brackets within one another: those of values, of what stands for values, and of the frame
SMALL = 10**25
SPECIAL = "$"
SCALARS = frozenset((type(None), bool, int, float, str))
BARE = frozenset((type(None), bool, str))  # JSON writes them as they are
SOUND = frozenset((type(None), bool, int, float))  # and reads these so that any is a value of the language
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
LONG_NUMBER = re.compile(rb"[0-9]{26}")  # no float has as many digits; Python may take minutes to read one that has millions
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
OPENING = frozenset(b"[{")


class BrokenFrame(Exception):  # noqa: N818  no error of a program
    """What came from a worker is no frame; the worker cannot be used any more."""


class Ended(BrokenFrame):
    """The worker has closed its side, as a process does that ends."""


# ── from a worker ────────────────────────────────────────────────────────────────────────────────────────────────


class Encoder:
    """Values of a program as what JSON can write. `stand_in` gives what is written for a value that is no data, as `["handle", 3]`, or None."""

    __slots__ = ("containers", "letters", "room", "stand_in")

    def __init__(self, stand_in: Callable[[object], list[object] | None]) -> None:
        self.stand_in = stand_in
        self.room, self.containers, self.letters = MAX_NODES, MAX_CONTAINERS, MAX_FRAME

    def value(self, value: object, place: str, depth: int = 0) -> object:
        """The value, to be written as JSON; raises MLError for one that cannot leave the worker."""
        kind = type(value)
        if not depth:
            self.room, self.containers, self.letters = MAX_NODES, MAX_CONTAINERS, MAX_FRAME  # for one value: shared parts count as often as they are met
        if kind is str and not depth:
            self.count((value,), place)
        if kind in SCALARS:
            return scalar(value)
        if depth >= MAX_DEPTH:
            raise MLError(f"{place.partition('[')[0].partition('.')[0]} is nested deeper than {MAX_DEPTH} levels, or contains itself", "ValueError")
        if kind is list:
            self.count(value, place)  # type: ignore[arg-type]  # a list
            return [one if type(one) in BARE else scalar(one) if type(one) in SCALARS else self.value(one, f"{place}[{index}]", depth + 1) for index, one in enumerate(value)]  # type: ignore[arg-type, var-annotated]  # a list
        if kind is dict or kind is ErrorValue:
            entries: dict[str, object] = value if kind is dict else value.table  # type: ignore[assignment, attr-defined]  # as said
            self.letters -= sum(map(len, entries))
            self.count(entries.values(), place)
            made = {key: one if type(one) in BARE else scalar(one) if type(one) in SCALARS else self.value(one, f"{place}.{key}", depth + 1) for key, one in entries.items()}
            return {SPECIAL: ["object", [[key, one] for key, one in made.items()]]} if SPECIAL in made else made
        written = self.stand_in(value)
        if written is None:
            raise MLError(f"{place} is {a_type(value)}, which cannot leave a worker", "TypeError", hint="give back plain data")
        return {SPECIAL: written}

    def count(self, parts: Collection[object], place: str) -> None:
        """Takes the parts of an array or object into account, and itself, as the parent will, before anything of their size is made of them."""
        self.room -= len(parts)
        self.containers -= 1
        self.letters -= sum([len(one) for one in parts if type(one) is str])
        if self.room < 0 or self.containers < 0 or self.letters < 0:
            much = f"{MAX_NODES:,} parts" if self.room < 0 else f"{MAX_CONTAINERS:,} arrays and objects" if self.containers < 0 else f"{MAX_FRAME:,} bytes"
            raise MLError(f"{place.partition('[')[0].partition('.')[0]} has more than {much}", "ValueError", hint="hand over less at a time")


def scalar(value: object) -> object:
    """A value that holds no other."""
    if type(value) is int:
        return value if -SMALL < value < SMALL else {SPECIAL: ["int", f"{value:x}"]}
    if type(value) is float:
        return value if isfinite(value) else {SPECIAL: ["float", repr(value)]}
    return value


def encode(frame: object, what: str) -> bytes:
    """A frame with its length in front; raises MLError where the parent would refuse it, saying what it is."""
    payload = json.dumps(frame, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    flaw = oversize(payload)
    if flaw is not None:
        raise MLError(f"{what} has {flaw}", "ValueError", hint="hand over less at a time")
    return len(payload).to_bytes(HEADER) + payload


def oversize(payload: bytes) -> str | None:
    """What a frame has too much of, found out without decoding it; None for one that is right."""
    if len(payload) > MAX_FRAME:
        return f"more than {MAX_FRAME:,} bytes"
    bare = STRINGS.sub(b"", payload)
    if bare.count(b",") + bare.count(b":") > MAX_NODES:
        return f"more than {MAX_NODES:,} parts"
    if LONG_NUMBER.search(bare):
        return "a number with too many digits"
    brackets = bare.translate(None, NO_BRACKETS)
    if len(brackets) > 2 * MAX_CONTAINERS:
        return f"more than {MAX_CONTAINERS:,} arrays and objects"
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in OPENING else -1
        if depth > NESTING:
            return f"more than {NESTING} levels"
    return None


# ── in the parent ────────────────────────────────────────────────────────────────────────────────────────────────


class Frames:
    """The bytes of one worker on their way to frames."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data = bytearray()

    def feed(self, data: bytes) -> Iterator[list[object]]:
        """The frames that are complete with this; raises BrokenFrame."""
        self.data += data
        while (frame := self.next()) is not None:
            yield frame

    def next(self) -> list[object] | None:
        """The next frame, None where it is not complete; raises BrokenFrame."""
        if len(self.data) < HEADER:
            return None
        end = HEADER + int.from_bytes(self.data[:HEADER])
        if end > HEADER + MAX_FRAME:
            raise BrokenFrame("a frame is too large")
        if len(self.data) < end:
            return None
        payload = bytes(self.data[HEADER:end])
        del self.data[:end]
        return decode(payload)


def decode(payload: bytes) -> list[object]:
    """The array of a frame, as JSON has it; raises BrokenFrame."""
    flaw = oversize(payload)
    if flaw is not None:
        raise BrokenFrame(f"a frame has {flaw}")
    try:
        frame = json.loads(payload.decode(), object_pairs_hook=unique, parse_constant=refused)  # of bytes it would take UTF-16 too, which hides quotes and brackets
    except (ValueError, RecursionError) as error:
        raise BrokenFrame("a frame is no JSON") from error
    if type(frame) is not list or not frame or type(frame[0]) is not str:
        raise BrokenFrame("a frame is an array that begins with its kind")
    return frame


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys stand once each."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError
    return made


def refused(_: str) -> object:
    raise ValueError


class Decoder:
    """Values out of a frame, checked.

    `handle` and `function` give what a number stands for, the latter with a name and what else is told of it, and raise BrokenFrame for one that stands for nothing;
    `shown` makes a stand-in for an object that stayed in the worker, of its class's name and what it shows.
    """

    __slots__ = ("function", "handle", "shown")

    def __init__(self, handle: Callable[[int], object], function: Callable[..., object] | None = None, shown: Callable[[str, str], object] | None = None) -> None:
        self.handle = handle
        self.function = function
        self.shown = shown

    def value(self, value: object, depth: int = 0) -> object:
        """The value as the program may hold it; raises BrokenFrame."""
        kind = type(value)
        if kind is str:
            return checked_text(value)
        if kind is list:
            if depth > MAX_DEPTH:
                raise BrokenFrame("a value is nested too deeply")
            return [one if type(one) in SOUND else self.value(one, depth + 1) for one in value]  # type: ignore[attr-defined]  # a list
        if kind is dict:
            if SPECIAL in value:  # type: ignore[operator]  # a dict
                return self.special(value, depth)  # type: ignore[arg-type]  # as above
            if depth > MAX_DEPTH:
                raise BrokenFrame("a value is nested too deeply")
            return {checked_text(key): one if type(one) in SOUND else self.value(one, depth + 1) for key, one in value.items()}  # type: ignore[attr-defined]  # as above
        return value

    def special(self, value: dict[str, object], depth: int) -> object:
        """What an object with the key `$` stands for."""
        match value:
            case {"$": ["int", str(digits)]} if len(value) == 1 and len(digits) * 4 <= 2 * MAX_BITS + 8:
                try:
                    return int(digits, 16)
                except ValueError:
                    pass
            case {"$": ["float", "nan" | "inf" | "-inf" as text]} if len(value) == 1:
                return float(text)
            case {"$": ["handle", int(number)]} if len(value) == 1 and type(number) is int:
                return self.handle(number)
            case {"$": ["function", int(number), str(name), *told]} if len(value) == 1 and type(number) is int and self.function is not None:
                return self.function(number, checked_text(name), *told[:1])
            case {"$": ["shown", str(name), str(text)]} if len(value) == 1 and self.shown is not None:
                return self.shown(checked_text(name), checked_text(text))
            case {"$": ["object", list(pairs)]} if len(value) == 1 and depth <= MAX_DEPTH:
                made: dict[str, object] = {}
                for pair in pairs:
                    match pair:
                        case [str(key), one] if key not in made:
                            made[checked_text(key)] = self.value(one, depth + 1)
                        case _:
                            raise BrokenFrame("an object has a broken entry")
                return made
        raise BrokenFrame("there is no such value")


def checked_text(value: object) -> str:
    """A text that is valid Unicode (F26)."""
    if value.isascii():  # type: ignore[attr-defined]  # a str
        return value  # type: ignore[return-value]  # as above
    try:
        return valid_text(value, "")  # type: ignore[arg-type]  # a str
    except MLError:
        raise BrokenFrame("a text is not valid Unicode") from None

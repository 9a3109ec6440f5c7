"""The operators where generated code cannot use Python's own: checked types, checked sizes, the language's messages.

Every function begins with the types that programs use most. The names in `HELPERS` are those of `docs/design/internals.md`.
"""

from __future__ import annotations

from _operator import length_hint
from itertools import compress, islice

from mlpy.nearest import nearest
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import (
    HOST_CLASSES,
    MAX_BITS,
    MAX_ITEMS,
    MAX_TEXT,
    NUMBERS,
    UNSET,
    Handle,
    IteratorValue,
    a_type,
    display,
    equal,
    fault,
    precedes,
    quoted,
    string_text,
    too_many_bits,
    too_many_items,
    too_much_text,
    type_name,
    with_article,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator

    from mlpy.errors import MLError
    from mlpy.runtime.values import Value

SMALL: int = 1 << 2000  # the product of two such numbers needs no check
TEXT_STEPS = 100_000_000  # how many characters a membership test in C may compare
BIT_STEPS = 30 * TEXT_STEPS  # how many bits of whole numbers


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

UNSUPPORTED = {
    "+": "cannot add {b} to {a}",
    "-": "cannot subtract {b} from {a}",
    "*": "cannot multiply {a} by {b}",
    "/": "cannot divide {a} by {b}",
    "~/": "cannot divide {a} by {b}",
    "%": "cannot take {a} modulo {b}",
    "**": "cannot raise {a} to the power of {b}",
    "<": "cannot compare {a} with {b}",
    "in": "cannot look for {a} in {b}",
}


def unsupported(operator: str, a: str, b: str) -> MLError:
    """The fault of a binary operator whose operands have the types named `a` and `b`."""
    hint = None
    if "null" in (a, b):
        hint = "test for null first, or give a default with `??`"
    elif operator == "+" and "string" in (a, b):
        hint = "convert with `str(…)`, or use a template string such as `${…}` in backticks"
    elif operator == "+" and "object" in (a, b):
        hint = "join objects with `{...a, ...b}`"
    elif operator == "+" and "array" in (a, b):
        hint = "put the value into an array: `xs + [x]`"
    elif operator == "%" and a == "string":
        hint = '`%` does not format strings: use a template string or `format(value, ".2f")`'
    elif "string" in (a, b) and "number" in (a, b):
        hint = "convert the string with `int(…)` or `float(…)`"
    return fault(UNSUPPORTED[operator].format(a=with_article(a), b=with_article(b)), "TypeError", hint)


def refuse(operator: str, a: Value, b: Value) -> MLError:
    """The fault of a binary operator on two values."""
    return unsupported(operator, type_name(a), type_name(b))


def missing_key(target: dict[str, Value], key: Value) -> MLError:
    """The fault of `o["k"]` where there is no such key."""
    if type(key) is not str:
        return bad_key(key)
    close = nearest(key, target)
    hint = f"did you mean {string_text(close)}?" if close is not None else "`o.k` or `getattr(o, key)` gives null where a key is missing"
    return fault(f"no key {short(key)}", "KeyError", hint)


def key(value: Value) -> str:
    """The key of an object, checked."""
    if type(value) is str:
        return value
    raise bad_key(value)


def bad_key(key: Value) -> MLError:
    """The fault of a key that is not a string."""
    return fault(f"an object's keys are strings, this one is {a_type(key)}", "TypeError", "convert the key with `str(…)`")


def missing_item(target: Value, index: int) -> MLError:
    """The fault of an index that is out of range."""
    size = len(target)
    what = "string" if type(target) is str else "array"
    if not size:
        return fault(f"index {short(index)} is out of range: the {what} is empty", "IndexError", f"test `len({what[0]})` first" if what == "string" else "test `len(xs)` first")
    unit = ("character" if what == "string" else "item") + ("s" if size != 1 else "")
    return fault(f"index {short(index)} is out of range for {with_article(what)} of {size} {unit}", "IndexError", f"indexes go from 0 to {size - 1}, and from -1 back to -{size}")


def bad_index(target: Value, index: Value) -> MLError:
    """The fault of an index that is not a whole number."""
    what = with_article(type_name(target))
    if type(index) is float:
        return fault(f"an index of {what} is a whole number, not {short(index)}", "TypeError", "divide with `~/`, or convert with `int(…)`")
    return fault(f"an index of {what} is a whole number, not {a_type(index)}", "TypeError", "convert it with `int(…)`" if type(index) is str else None)


def not_indexable(target: Value) -> MLError:
    """The fault of `v[k]` on a value without items."""
    if target is None:
        return fault("cannot take an item of null", "TypeError", "`x?.[i]` gives null where `x` is null")
    hint = "read a member with `.name`" if isinstance(target, Handle) else None
    return fault(f"{a_type(target)} has no items to index", "TypeError", hint)


def short(value: Value) -> str:
    """A value for a message: its quoted form, cut at 60 characters."""
    text = quoted(value)
    return text if len(text) <= 60 else text[:57] + "…"


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────────────────────────


def add(a: Value, b: Value) -> Value:
    """`a + b`."""
    kind = type(a)
    if kind is str and type(b) is str:
        if len(a) + len(b) > MAX_TEXT:
            too_much_text()
        return a + b
    if kind in NUMBERS and type(b) in NUMBERS:
        return a + b
    if kind is list and type(b) is list:
        if len(a) + len(b) > MAX_ITEMS:
            too_many_items()
        return a + b
    raise refuse("+", a, b)


def iadd(a: Value, b: Value) -> Value:
    """`a += b`: an array grows in place."""
    if type(a) is not list or type(b) is not list:
        return add(a, b)
    if len(a) + len(b) > MAX_ITEMS:
        too_many_items()
    a += b
    return a


def sub(a: Value, b: Value) -> Value:
    """`a - b`."""
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return a - b
    raise refuse("-", a, b)


def mul(a: Value, b: Value) -> Value:
    """`a * b`."""
    kind = type(a)
    other = type(b)
    if kind in NUMBERS and other in NUMBERS:
        if kind is not float and other is not float and not (-SMALL < a < SMALL and -SMALL < b < SMALL) and a.bit_length() + b.bit_length() > MAX_BITS and a and b:
            too_many_bits()
        return a * b
    if kind is int and (other is str or other is list):
        a, b, kind, other = b, a, other, kind
    if other is int and kind is str:
        if len(a) * b > MAX_TEXT:
            too_much_text()
        return a * b
    if other is int and kind is list:
        if len(a) * b > MAX_ITEMS:
            too_many_items()
        return a * b
    if (kind is float and other in REPEATED) or (other is float and kind in REPEATED):
        what = "a string" if str in (kind, other) else "an array"
        raise fault(f"{what} is repeated a whole number of times, not {short(a if kind is float else b)}", "TypeError", "divide with `~/`, or convert with `int(…)`")
    raise refuse("*", a, b)


REPEATED = frozenset((str, list))


def div(a: Value, b: Value) -> Value:
    """`a / b`, always a float."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS:
        raise refuse("/", a, b)
    if not b:
        raise no_division()
    try:
        return a / b
    except OverflowError:
        raise too_large() from None


def floordiv(a: Value, b: Value) -> Value:
    """`a ~/ b`."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS:
        raise refuse("~/", a, b)
    if not b:
        raise no_division()
    return a // b


def mod(a: Value, b: Value) -> Value:
    """`a % b`, with the sign of `b`."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS:
        raise refuse("%", a, b)
    if not b:
        raise no_division()
    return a % b


def bits_of_power(a: int, b: int) -> float:
    """How many bits `a ** b` has, but for one."""
    from math import log2  # noqa: PLC0415  a start does without

    return log2(abs(a)) * b


def pow_(a: Value, b: Value) -> Value:
    """`a ** b`, never a complex number."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS:
        raise refuse("**", a, b)
    if type(b) is not float and type(a) is not float and b > 0 and not -2 < a < 2 and (b > MAX_BITS or (a.bit_length() * b > MAX_BITS and bits_of_power(a, b) > MAX_BITS)):
        too_many_bits()
    try:
        result = a**b
    except OverflowError:
        raise too_large() from None
    except ZeroDivisionError:
        raise fault("zero has no negative power", "ZeroDivisionError") from None
    if type(result) is complex:
        raise fault("a negative number has no real power with a fraction", "ValueError", "take the power of `abs(x)`")
    return result


def neg(a: Value) -> Value:
    """`-a`."""
    if type(a) in NUMBERS:
        return -a
    raise fault(f"cannot negate {a_type(a)}", "TypeError", "convert the string with `int(…)` or `float(…)`" if type(a) is str else None)


def no_division() -> MLError:
    """The fault of a division by zero."""
    return fault("division by zero", "ZeroDivisionError")


def too_large() -> MLError:
    """The fault of a result beyond the largest float."""
    return fault("the result is too large for a float", "ValueError", "whole numbers have no such limit: use `~/` and whole exponents")


# ── comparison ───────────────────────────────────────────────────────────────────────────────────────────────────


def ne(a: Value, b: Value) -> bool:
    """`a != b`."""
    return not equal(a, b)


def lt(a: Value, b: Value) -> bool:
    """`a < b`."""
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return a < b  # type: ignore[no-any-return]  # numbers
    return precedes(a, b, "<")


def le(a: Value, b: Value) -> bool:
    """`a <= b`."""
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return a <= b  # type: ignore[no-any-return]  # numbers
    return precedes(a, b, "<=")


def gt(a: Value, b: Value) -> bool:
    """`a > b`."""
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return a > b  # type: ignore[no-any-return]  # numbers
    return precedes(a, b, ">")


def ge(a: Value, b: Value) -> bool:
    """`a >= b`."""
    if type(a) in NUMBERS and type(b) in NUMBERS:
        return a >= b  # type: ignore[no-any-return]  # numbers
    return precedes(a, b, ">=")


def contains(x: Value, container: Value) -> bool:
    """`x in container`: an item of an array, a key of an object, a part of a string."""
    kind = type(container)
    if kind is list:
        return position(x, container) >= 0
    if kind is dict:
        return type(x) is str and x in container
    if kind is str:
        if type(x) is str:
            return x in container
        raise refuse("in", x, container)
    info = HOST_CLASSES.get(kind)
    if info is None or info.items is None:
        raise fault(f"cannot look for a value in {a_type(container)}", "TypeError", "`in` works on arrays, objects and strings")
    return position(x, info.items(container)) >= 0


def in_one_step(x: Value, count: int) -> bool:
    """Whether C may compare a value with so many items at once: long strings and large whole numbers take long, arrays have no bound (F6)."""
    kind = type(x)
    if kind is str:
        return len(x) * count < TEXT_STEPS
    if kind is int:
        bits: int = x.bit_length()
        return bits * count < BIT_STEPS
    return kind is not list and kind is not dict


def position(x: Value, items: list[Value], start: int = 0) -> int:
    """The first index from `start` of an item equal to `x`, -1 where there is none."""
    if in_one_step(x, len(items)):
        try:
            return items.index(x, start)
        except ValueError:
            return -1
    for at in range(start, len(items)):
        if equal(x, items[at]):
            return at
    return -1


# ── strings and items ────────────────────────────────────────────────────────────────────────────────────────────


def concat(*parts: Value) -> str:
    """String building: the display forms joined."""
    texts = []
    size = 0
    for part in parts:
        text = part if type(part) is str else display(part)
        size += len(text)
        if size > MAX_TEXT:  # now: the parts that follow may be as long
            too_much_text()
        texts.append(text)
    return "".join(texts)


def get_item(target: Value, key: Value) -> Value:
    """`target[key]`."""
    kind = type(target)
    if kind is dict:
        try:
            return target[key]
        except (KeyError, TypeError):
            raise missing_key(target, key) from None
    if kind is not list and kind is not str:
        raise not_indexable(target)
    if type(key) is not int and type(key) is not bool:
        raise bad_index(target, key)
    try:
        return target[key]
    except IndexError:
        raise missing_item(target, key) from None


def present_item(target: Value, key: Value) -> Value:
    """What `target[key] ??= value` looks at: null where an object has no such key."""
    if type(target) is dict and type(key) is str:
        return target.get(key)
    return get_item(target, key)


def set_item(target: Value, key: Value, value: Value) -> None:
    """`target[key] = value`."""
    kind = type(target)
    if kind is dict:
        if type(key) is not str:
            raise bad_key(key)
        target[key] = value
    elif kind is list:
        if type(key) is not int and type(key) is not bool:
            raise bad_index(target, key)
        try:
            target[key] = value
        except IndexError:
            raise missing_item(target, key) from None
    else:
        raise unchangeable(target)


def unchangeable(target: Value) -> MLError:
    """The fault of a store into something that cannot change."""
    if target is None:
        return fault("cannot set an item of null", "TypeError", "give the variable an array or an object first")
    name = type_name(target)
    if name == "string":
        return fault("a string cannot be changed", "TypeError", "build a new one with `+`, `replace` or a template string")
    hint = "make a new object: `{...o, k: v}`" if name == "error" else "only items of arrays and keys of objects can be assigned"
    return fault(f"cannot set an item of {with_article(name)}", "TypeError", hint)


def bound(value: Value, what: str) -> int | None:
    """A bound of a slice, checked."""
    if value is None or type(value) is int or type(value) is bool:
        return value
    hint = "divide with `~/`, or convert with `int(…)`" if type(value) is float else None
    raise fault(f"the {what} of a slice is a whole number or null, not {short(value)}", "TypeError", hint)


def slice_of(target: Value, start: Value, end: Value, step: Value) -> slice:
    """The checked bounds of a slice of an array or a string."""
    if type(target) is not list and type(target) is not str:
        raise fault(f"cannot take a slice of {a_type(target)}", "TypeError", "slices are for arrays and strings")
    if step is not None and not step and bound(step, "step") == 0:
        raise fault("the step of a slice cannot be 0", "ValueError")
    return slice(bound(start, "start"), bound(end, "end"), bound(step, "step"))


def slice_(target: Value, start: Value = None, end: Value = None, step: Value = None) -> Value:
    """`target[start:end:step]`."""
    return target[slice_of(target, start, end, step)]


def set_slice(target: Value, start: Value, end: Value, step: Value, value: Value) -> None:
    """`target[start:end:step] = value`."""
    if type(target) is not list:
        raise unchangeable(target) if type(target) is str else fault(f"cannot set a slice of {a_type(target)}", "TypeError", "slices are for arrays")
    if type(value) is not list:
        raise fault(f"a slice is set to an array, not to {a_type(value)}", "TypeError", "put the value in brackets: `xs[a:b] = [v]`")
    if len(target) + len(value) > MAX_ITEMS:
        too_many_items()
    place = slice_of(target, start, end, step)
    if place.step not in (None, 1):
        room = len(range(*place.indices(len(target))))
        if room != len(value):
            raise fault(f"a slice with a step of {place.step} has {room} items, the array has {len(value)}", "ValueError", "give as many items as the slice has")
    target[place] = value


# ── walking, spreading, taking apart ─────────────────────────────────────────────────────────────────────────────


def iterate(value: Value) -> Iterable[Value]:
    """What `for (x in value)` walks: the array itself, characters, a snapshot of the keys, a handle's items."""
    kind = type(value)
    if kind is list or kind is str:
        return value  # type: ignore[no-any-return]  # a list or a str
    if kind is dict:
        return list(value)
    if kind is IteratorValue:
        return value.items  # type: ignore[no-any-return]  # an iterator of our own
    info = HOST_CLASSES.get(kind)
    if info is None or info.items is None:
        hint = "count with `range(n)`" if kind in NUMBERS else "give a default with `??`" if value is None else None
        raise fault(f"cannot walk over {a_type(value)}", "TypeError", hint)
    return info.items(value)


def pairs(value: Value) -> Iterable[tuple[Value, Value]]:
    """What `for (a, b in value)` walks: key and value of an object, index and item of anything else."""
    return list(value.items()) if type(value) is dict else enumerate(iterate(value))


def spread(value: Value) -> list[Value]:
    """The array that `...value` puts into an array or a call."""
    if type(value) is list:
        return value
    if type(value) is str and len(value) > MAX_ITEMS:
        too_many_items()
    return list(iterate(value))


def spread_object(value: Value) -> dict[str, Value]:
    """The object that `...value` puts into an object."""
    if type(value) is dict:
        return value
    raise fault(f"cannot spread {a_type(value)} into an object", "TypeError", "give a default: `...(o ?? {})`" if value is None else None)


def list_(*pieces: list[Value]) -> list[Value]:
    """The array literal that the pieces make, size-checked before it is made where there are several."""
    size = 0
    for piece in pieces:
        size += len(piece)
    if size > MAX_ITEMS:
        too_many_items()
    if len(pieces) == 1:
        return pieces[0]
    made: list[Value] = []
    for piece in pieces:
        made += piece
    return made


def named(arguments: Value) -> dict[str, Value]:
    """Named arguments made by spread, checked: an object whose keys can be parameters."""
    for key in spread_object(arguments):
        if type(key) is not str or not key.isidentifier() or not key.isascii() or key.startswith("__"):
            raise fault(f"{short(key)} cannot be the name of an argument", "TypeError")
    return arguments  # type: ignore[no-any-return]  # spread_object has seen a dict


def not_apart(value: Value) -> MLError:
    """The fault of a destructuring that finds no array."""
    return fault(f"cannot take {a_type(value)} apart as an array", "TypeError", "give a default: `[a, b] = xs ?? []`" if value is None else None)


def unfit(found: int, expected: str) -> MLError:
    """The fault of a destructuring whose array has another length."""
    return fault(f"the array has {found} item{'s' if found != 1 else ''}, the pattern takes {expected}", "ValueError", "take the rest with `...rest`, or give a target a default")


def unpack(value: Value, count: int, required: int) -> list[Value]:
    """Exactly `count` items of an array; missing ones beyond `required` are `$unset`."""
    if type(value) is not list:
        raise not_apart(value)
    size = len(value)
    if size == count:
        return value
    if required <= size < count:
        return value + [UNSET] * (count - size)
    raise unfit(size, str(count) if required == count else f"{required} to {count}")


def unpack_rest(value: Value, before: int, after: int, required: int) -> list[Value]:
    """`before` items, the rest as an array, `after` items; missing ones beyond `required` are `$unset`."""
    if type(value) is not list:
        raise not_apart(value)
    size = len(value)
    if size < required:
        raise unfit(size, f"at least {required}")
    if size < before + after:
        value = value + [UNSET] * (before + after - size)
        size = before + after
    return [*value[:before], value[before : size - after], *value[size - after :]]


def unpack_object(value: Value, keys: tuple[str, ...]) -> list[Value]:
    """The values under the keys, `$unset` where there is none."""
    if type(value) is not dict and not isinstance(value, Handle):
        raise fault(f"cannot take {a_type(value)} apart as an object", "TypeError", "give a default: `{a, b} = o ?? {}`" if value is None else None)
    get = value.get
    if type(value) is dict:
        return [get(name, UNSET) for name in keys]
    found = [get(name) for name in keys]  # a handle's `get` takes no default
    return [UNSET if one is None else one for one in found]


def rest_object(value: Value, keys: tuple[str, ...]) -> dict[str, Value]:
    """The object without the keys."""
    return {key: item for key, item in spread_object(value).items() if key not in keys}


PREPAID_LEAST, PREPAID_MOST = 32, 100_000


def paid(numbers: range, fuel: Iterator[bool]) -> Iterable[int]:
    """What a loop over a range walks under a step limit, if it cannot end early: the range itself, once its steps are paid for.

    Paying for all steps at once costs a fifth of paying for each. A range that is too short for that to pay off, too long to do
    it without a look at the clock, or longer than what is left is walked step by step.
    """
    count = len(numbers) if numbers.stop < 1 << 62 and numbers.start > -(1 << 62) else PREPAID_MOST + 1
    if PREPAID_LEAST <= count <= PREPAID_MOST and count < length_hint(fuel):
        next(islice(fuel, count, count), None)
        return numbers
    return compress(numbers, fuel)


HELPERS: dict[str, Value] = {
    "$paid": paid,
    "$eq": equal,
    "$ne": ne,
    "$lt": lt,
    "$le": le,
    "$gt": gt,
    "$ge": ge,
    "$contains": contains,
    "$add": add,
    "$iadd": iadd,
    "$sub": sub,
    "$mul": mul,
    "$div": div,
    "$floordiv": floordiv,
    "$mod": mod,
    "$pow": pow_,
    "$neg": neg,
    "$concat": concat,
    "$slice": slice_,
    "$set_slice": set_slice,
    "$get_item": get_item,
    "$present_item": present_item,
    "$key": key,
    "$set_item": set_item,
    "$iterate": iterate,
    "$pairs": pairs,
    "$spread": spread,
    "$spread_object": spread_object,
    "$list_": list_,
    "$named": named,
    "$unpack": unpack,
    "$unpack_rest": unpack_rest,
    "$unpack_object": unpack_object,
    "$rest_object": rest_object,
}
interruptible(iadd, ne, lt, le, gt, ge, contains, in_one_step, position, concat, slice_, spread, list_, named, unpack, unpack_rest, unpack_object, rest_object)

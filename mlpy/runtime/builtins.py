"""The functions that every program can name without an import.

Thin Python functions with exactly the declared parameters; annotations are types of the language, and each docstring is a
line of description and an `Example:` that a test runs. Those that call back walk a snapshot in Python code, as in `members.py`.
"""

from __future__ import annotations

import sys
from _operator import length_hint  # as in `run.py`

from mlpy.capabilities import kind_info
from mlpy.nearest import nearest
from mlpy.runtime import members
from mlpy.runtime.current import current
from mlpy.runtime.limits import interruptible
from mlpy.runtime.members import check_function, check_text, check_whole, sort_items, wrong
from mlpy.runtime.operators import add, iterate, short, spread, too_large
from mlpy.runtime.printing import print_
from mlpy.runtime.traceback import assertion_pair, caught
from mlpy.runtime.values import (
    CHUNK,
    DIGITS,
    HOST_CLASSES,
    LARGE,
    MAX_BITS,
    MAX_ITEMS,
    NUMBERS,
    TYPE_NAMES,
    UNSET,
    WORD,
    Handle,
    IteratorValue,
    ModuleHandle,
    a_type,
    check_numbers,
    display,
    equal,
    fault,
    precedes,
    quoted,
    too_many_items,
    too_many_together,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.capabilities import Grants
    from mlpy.errors import MLError
    from mlpy.index import ModuleInfo
    from mlpy.registry import Registry
    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value
    from mlpy.runtime.vocabulary import any, array, boolean, function, null, number, object, string  # noqa: A004  the language's type names

MAX_DIGITS = MAX_BITS * 30103 // 100000  # decimal digits of the largest whole number
MAX_WIDTH, MAX_PRECISION = 1000, 100
MAX_ROUND = 400


def run() -> Run:
    """The run of the caller."""
    return current.get()


# ── output and input ─────────────────────────────────────────────────────────────────────────────────────────────


def read_line(this: Run) -> str:
    """A line of standard input as valid Unicode, empty at its end."""
    this.pause()
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
        line = "" if sys.stdin is None else sys.stdin.readline()
    except (OSError, ValueError) as error:
        raise fault("standard input cannot be read", "IOError") from error
    finally:
        this.resume()
    return line if line.isascii() else line.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


# ── conversion ───────────────────────────────────────────────────────────────────────────────────────────────────


def int_(value: any, base: int | null = None) -> int:
    """A whole number: a number cut, a string read. Example: `[int("42"), int("3.9"), int(-2.7), int("ff", 16)]` → `[42, 3, -2, 255]`."""
    kind = type(value)
    if base is not None:
        check_text("int", "value", value)
        check_whole("int", "base", base)
        if base != 0 and not 2 <= base <= 36:
            raise fault(f"the base of `int` is 0 or 2 to 36, not {short(base)}", "ValueError")
        return read_int(value, base)
    if kind is int:
        return value  # type: ignore[no-any-return]  # an int
    if kind is str:
        return read_int(value, 10)
    if kind is bool:
        return 1 if value else 0
    if kind is float:
        if value - value != 0:  # infinite, or no number
            raise fault(f"{display(value)} has no whole number", "ValueError")
        return int(value)
    raise fault(f"cannot make a whole number of {a_type(value)}", "TypeError", "give a default: `int(x ?? 0)`" if value is None else None)


def read_int(text: str, base: int) -> int:
    """The whole number that a string spells; in base 10 also that of a decimal fraction."""
    bare = text.strip()
    if len(bare) > DIGITS:
        return read_long(bare, base)
    try:
        return int(bare, base)
    except ValueError:
        pass
    if base == 10:
        whole, dot, fraction = bare.partition(".")
        if dot and whole.lstrip("+-").isdecimal() and (not fraction or fraction.isdecimal()):
            return int(whole)
        try:
            return int(float(bare))
        except (ValueError, OverflowError):
            pass
    raise unreadable(text, base)


def unreadable(text: str, base: int) -> MLError:
    """The fault of a string that spells no whole number."""
    return fault(f"cannot read {short(text)} as a whole number" + (f" in base {base}" if base not in (0, 10) else ""), "ValueError")


def read_long(text: str, base: int) -> int:
    """A whole number of many digits, read by parts, because a host may have set Python's own limit low."""
    digits = text.removeprefix("-")
    if len(digits) > MAX_DIGITS:
        raise fault(f"a whole number has at most {MAX_DIGITS:,} digits, this string has {len(digits):,} characters", "ValueError")
    if not (base and digits.isascii() and digits.isalnum()):
        raise unreadable(text, base)
    made, shift = 0, base**DIGITS
    first = len(digits) % DIGITS
    try:
        for at in range(first - DIGITS if first else 0, len(digits), DIGITS):
            made = made * shift + int(digits[max(at, 0) : at + DIGITS], base)
    except ValueError:
        raise unreadable(text, base) from None
    return -made if len(digits) < len(text) else made


def float_(value: any) -> float:
    """A number as a float, a string read as one. Example: `[float("2.5"), float(2)]` → `[2.5, 2.0]`."""
    kind = type(value)
    if kind is str:
        try:
            return float(value)
        except ValueError:
            raise fault(f"cannot read {short(value)} as a number", "ValueError") from None
    if kind in NUMBERS:
        try:
            return float(value)
        except OverflowError:
            raise too_large() from None
    raise fault(f"cannot make a number of {a_type(value)}", "TypeError", "give a default: `float(x ?? 0)`" if value is None else None)


def bool_(value: any) -> boolean:
    """Whether a value counts as true: all but `0 "" [] {} null false`. Example: `[bool([]), bool("a")]` → `[false, true]`."""
    return bool(value)


def str_(value: any) -> string:
    """The display form. Example: `str([1, "a"]) + "!"` → `'[1, "a"]!'`."""
    return value if type(value) is str else display(value)


def repr_(value: any) -> string:
    """The form of a value in the language's own notation: strings are quoted. Example: `repr("a")` → `'"a"'`."""
    return quoted(value)


# ── format ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Spec:
    """A format specification taken apart; `text` is the whole."""

    __slots__ = ("align", "grouping", "kind", "precision", "sign", "text", "zero")

    def __init__(self, text: str) -> None:
        self.text = text
        at = 2 if text[1:2] and text[1] in "<>^=" else 0
        if not at and text[:1] and text[0] in "<>^=":
            at = 1
        self.align = text[at - 1] if at else ""
        self.sign, at = skip(text, at, "+- #")
        self.zero = text[at : at + 1] == "0"
        at = number_end(text, at, MAX_WIDTH, "width")
        self.grouping = text[at] if text[at : at + 1] in (",", "_") and at < len(text) else ""
        at += len(self.grouping)
        self.precision: int | None = None
        if text[at : at + 1] == ".":
            end = number_end(text, at + 1, MAX_PRECISION, "precision")
            if end == at + 1:
                raise bad_spec(text)
            self.precision = int(text[at + 1 : end])
            at = end
        self.kind = text[at:]
        if self.kind not in KINDS:
            raise bad_spec(text)


KINDS = frozenset(("", "s", "d", "b", "o", "x", "X", "e", "E", "f", "F", "g", "G", "%"))
WHOLE_KINDS = frozenset("dboxX")


def skip(text: str, at: int, letters: str) -> tuple[str, int]:
    """The run of certain letters that begins at a place, and where it ends."""
    end = at
    while end < len(text) and text[end] in letters:
        end += 1
    return text[at:end], end


def number_end(text: str, at: int, most: int, what: str) -> int:
    """Where the digits end that begin at a place; a ValueError fault if their number is too large."""
    digits, end = skip(text, at, "0123456789")
    if len(digits) > len(str(most)) + 1 or (digits and int(digits) > most):
        raise fault(f"the {what} of a format is at most {most:,}", "ValueError")
    return end


def bad_spec(text: str) -> MLError:
    """The fault of a format specification that means nothing."""
    return fault(f"{short(text)} is not a format", "ValueError", 'a format is written like ".2f", ">10", "08.3f", ",", "x" or "%"')


def format_(value: any, spec: string = "") -> string:
    """A number or string in a certain form. Example: `[format(2.5, ".2f"), format("a", ">3"), format(1234567, ",")]` → `["2.50", "  a", "1,234,567"]`."""
    check_text("format", "spec", spec)
    if not spec:
        return display(value)
    parsed = Spec(spec)
    kind = parsed.kind
    if type(value) is bool and kind not in ("", "s"):
        value = int(value)
    if type(value) is int or type(value) is float:
        return format_number(value, parsed)
    if kind not in ("", "s"):
        raise fault(f"the format `{kind}` is for numbers, not for {a_type(value)}", "TypeError", "convert with `float(…)` first" if type(value) is str else None)
    if parsed.align == "=" or (parsed.zero and not parsed.align) or parsed.sign or parsed.grouping:
        raise fault(f"{short(spec)} is a format of numbers, not of {a_type(value)}", "ValueError", "strings take an alignment, a width and a precision: `>10`")
    return format(display(value), spec)


def format_number(value: number, spec: Spec) -> str:
    """A number in a checked format."""
    kind = spec.kind
    if kind == "s":
        raise fault("the format `s` is for strings, not for a number", "TypeError", "use `str(…)` first")
    if type(value) is float and kind in WHOLE_KINDS:
        raise fault(f"the format `{kind}` is for whole numbers, not for {short(value)}", "TypeError", "convert with `int(…)` or `round(…)` first")
    if type(value) is int and kind in ("", "d") and not -LARGE < value < LARGE:
        raise fault(f"`format` takes whole numbers of at most {DIGITS} digits", "ValueError", "`str(…)` takes larger ones")
    if type(value) is int and kind == "" and spec.precision is not None:
        value = float_(value)
    try:
        return format(value, spec.text)
    except OverflowError:
        raise too_large() from None
    except ValueError:
        raise bad_spec(spec.text) from None


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────


def typeof(value: any) -> string:
    """The name of a value's type.

    Example: `[typeof(1), typeof("a"), typeof([]), typeof(null)]` → `["number", "string", "array", "null"]`.
    """
    return type_name(value)


TYPE_TESTS: dict[str, Callable[[Value], bool]] = {
    "any": lambda _: True,
    "int": lambda value: type(value) is int,
    "float": lambda value: type(value) is float,
}


def isinstance_(value: any, typename: string) -> boolean:
    """Whether a value is of a type: what `typeof` gives, or `int`, `float`, `any`. Example: `isinstance(2.5, "float")` → `true`."""
    check_text("isinstance", "typename", typename)
    test = TYPE_TESTS.get(typename)
    if test is not None:
        return test(value)
    if type_name(value) == typename:
        return True
    known = {*TYPE_NAMES.values(), *TYPE_TESTS, *(info.name for info in HOST_CLASSES.values())}
    if typename not in known:
        close = nearest(typename, known)
        raise fault(f"unknown type {short(typename)}", "ValueError", f'did you mean "{close}"?' if close is not None else None)
    return False


def callable_(value: any) -> boolean:
    """Whether a value is a function.

    Example: `[callable(print), callable(1)]` → `[true, false]`.
    """
    return callable(value)


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────


def len_(x: any) -> int:
    """How many items, keys or characters; 0 for numbers and null. Example: `[len("abc"), len([1, 2]), len({a: 1})]` → `[3, 2, 1]`."""
    kind = type(x)
    if kind is list or kind is str or kind is dict:
        return len(x)
    if x is None or kind in NUMBERS:
        return 0
    info = HOST_CLASSES.get(kind)
    if info is not None and info.length is not None:
        return info.length(x)
    raise fault(f"{a_type(x)} has no length", "TypeError")


def range_(start: int, stop: int | null = None, step: int = 1) -> array:
    """The whole numbers from `start` (0 if there is one argument) to before `stop`. Example: `[range(3), range(1, 8, 3)]` → `[[0, 1, 2], [1, 4, 7]]`."""
    if stop is None:
        start, stop = 0, start
    if not (type(start) is type(stop) is type(step) is int):
        for name, value in (("start", start), ("stop", stop), ("step", step)):
            check_whole("range", name, value)
    if step == 0:
        raise fault("the step of a range cannot be 0", "ValueError")
    count = (stop - start) // step
    if count > MAX_ITEMS:
        too_many_items()
    if count > CHUNK:
        check_numbers(count, start, stop)
    return [*range(start, stop, step)]


def enumerate_(xs: any, start: int = 0) -> array:
    """The items, each in a pair behind its index. Example: `enumerate(["a", "b"])` → `[[0, "a"], [1, "b"]]`."""
    check_whole("enumerate", "start", start)
    if start.bit_length() > WORD:
        xs = list_of(xs)
        check_numbers(len(xs), start)
    return [[at, item] for at, item in enumerate(iterate(xs), start)]


def zip_(*xs: any) -> array:
    """Arrays of the items that stand at one place, as long as the shortest. Example: `zip([1, 2], ["a", "b"])` → `[[1, "a"], [2, "b"]]`."""
    walked = [iterate(one) for one in xs]
    if len(walked) > 2 and min(map(length_hint, walked)) * len(walked) > MAX_ITEMS:
        too_many_together()
    return [[*group] for group in zip(*walked, strict=False)]


def sorted_(xs: any, key: function | null = None, reverse: boolean = False) -> array:
    """A sorted array; `key` gives what to compare. Example: `sorted(["bb", "a"], key: len)` → `["a", "bb"]`."""
    return sort_items(list_of(xs), key, reverse)


def list_of(xs: Value) -> array:
    """A new array of what a `for` would walk."""
    return xs[:] if type(xs) is list else spread(xs)


def reversed_(xs: any) -> array:
    """An array in reverse order. Example: `reversed("abc")` → `["c", "b", "a"]`."""
    made = list_of(xs)
    made.reverse()
    return made


def check_object(name: str, value: Value) -> None:
    """Refuses anything but an object."""
    if type(value) is not dict:
        raise wrong(name, "o", "an object", value)


def keys(o: object) -> array:
    """The keys of an object. Example: `keys({a: 1, b: 2})` → `["a", "b"]`."""
    check_object("keys", o)
    return list(o)


def values(o: object) -> array:
    """The values of an object. Example: `values({a: 1, b: 2})` → `[1, 2]`."""
    check_object("values", o)
    return list(o.values())


def items(o: object) -> array:
    """The pairs of key and value of an object. Example: `items({a: 1, b: 2})` → `[["a", 1], ["b", 2]]`."""
    check_object("items", o)
    return [[key, value] for key, value in o.items()]


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def check_number(name: str, parameter: str, value: Value) -> None:
    """Refuses anything but a number."""
    if type(value) not in NUMBERS:
        raise wrong(name, parameter, "a number", value)


def abs_(x: number) -> number:
    """The absolute value. Example: `abs(-2)` → `2`."""
    check_number("abs", "x", x)
    return abs(x)


def round_(x: number, digits: int | null = None) -> number:
    """The nearest whole number, the even one of two; with `digits` a number of that many places. Example: `[round(2.7), round(2.345, 1)]` → `[3, 2.3]`."""
    check_number("round", "x", x)
    if digits is None:
        if type(x) is float and x - x != 0:  # infinite, or no number
            raise fault(f"{display(x)} has no whole number", "ValueError")
        return round(x)
    check_whole("round", "digits", digits)
    if abs(digits) > MAX_ROUND:
        raise fault(f"`round` takes {-MAX_ROUND} to {MAX_ROUND} digits, not {short(digits)}", "ValueError")
    try:
        return round(x, digits)
    except OverflowError:
        raise too_large() from None


def extreme(operator: str, found: tuple[Value, ...]) -> Value:
    """The first of some values, or of the items of the only one, that comes before all others by `<` or `>`."""
    if len(found) == 1 and type(found[0]) not in NUMBERS:
        found = tuple(iterate(found[0]))
    if not found:
        return None
    best = found[0]
    if NUMBERS.issuperset(map(type, found)):
        choose = min if operator == "<" else max
        for at in range(0, len(found), CHUNK):  # large numbers take long to compare, and C cannot be stopped
            best = choose(best, *found[at : at + CHUNK])
        return best
    for one in found[1:]:
        if precedes(one, best, operator):
            best = one
    return best


def min_(*values: any) -> any:
    """The smallest of the values, or of the items of one array; null for an empty one. Example: `[min(3, 1, 2), min([])]` → `[1, null]`."""
    return extreme("<", values)


def max_(*values: any) -> any:
    """The largest of the values, or of the items of one array; null for an empty one. Example: `[max(3, 1, 2), max("abc")]` → `[3, "c"]`."""
    return extreme(">", values)


def sum_(xs: any, start: any = 0) -> any:
    """The items added up, beginning with `start`. Example: `[sum([1, 2, 3]), sum([[1], [2]], [])]` → `[6, [1, 2]]`."""
    added = list_of(xs)
    if type(start) in NUMBERS and NUMBERS.issuperset(map(type, added)):
        return sum_numbers(added, start)
    total: Value = start
    for item in added:
        total = add(total, item)
    return total


def sum_numbers(numbers: array, start: number) -> number:
    """The sum: whole numbers at the head of a long array by parts, as they can be large, and C cannot be stopped; floats at once, as their sum depends on it."""
    at = 0
    while len(numbers) - at > CHUNK and type(start) is not float:
        part = numbers[at : at + CHUNK]
        if float in set(map(type, part)):
            break
        start = sum(part, start)
        at += CHUNK
    return sum(numbers[at:] if at else numbers, start)


def all_(xs: any) -> boolean:
    """Whether all items count as true. Example: `[all([1, "a"]), all([1, 0])]` → `[true, false]`."""
    return all(iterate(xs))


def any_(xs: any) -> boolean:
    """Whether an item counts as true. Example: `[any([0, "a"]), any([])]` → `[true, false]`."""
    for item in iterate(xs):  # noqa: SIM110  the name `any` is a type in this file
        if item:
            return True
    return False


# ── functions ────────────────────────────────────────────────────────────────────────────────────────────────────


def map_(f: function, xs: any) -> array:
    """What `f` gives for each item. Example: `map(str, [1, 2])` → `["1", "2"]`."""
    if not callable(f):
        raise wrong("map", "f", "a function", f)
    return [f(item) for item in (xs[:] if type(xs) is list else list_of(xs))]


def filter_(f: function, xs: any) -> array:
    """The items for which `f` is true. Example: `filter(fn(x) => x > 1, [1, 2, 3])` → `[2, 3]`."""
    if not callable(f):
        raise wrong("filter", "f", "a function", f)
    return [item for item in (xs[:] if type(xs) is list else list_of(xs)) if f(item)]


def reduce(f: function, xs: any, init: any = UNSET) -> any:
    """Folds the items from the left with `f(result, item)`. Example: `reduce(fn(a, b) => a * b, [2, 3, 4], 1)` → `24`."""
    return members.reduce(xs if type(xs) is list else list_of(xs), f, init)


def call(f: function, *args: any) -> any:
    """Calls `f` with the arguments. Example: `call(max, 3, 5)` → `5`."""
    check_function("call", f)
    return f(*args)


# ── characters ───────────────────────────────────────────────────────────────────────────────────────────────────


def chr_(code: int) -> string:
    """The character of a code point. Example: `chr(955)` → `"λ"`."""
    check_whole("chr", "code", code)
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise fault(f"{short(code)} is not the code of a character", "ValueError", "codes go from 0 to 0x10ffff without the surrogates 0xd800 to 0xdfff")
    return chr(code)


def ord_(character: string) -> int:
    """The code point of a character. Example: `ord("A")` → `65`."""
    if type(character) is not str or len(character) != 1:
        raise fault(f"`ord` takes one character, not {short(character)}", "TypeError")
    return ord(character)


def hex_(n: int) -> string:
    """A whole number in base 16. Example: `hex(255)` → `"0xff"`."""
    check_whole("hex", "n", n)
    return hex(n)


def bin_(n: int) -> string:
    """A whole number in base 2. Example: `bin(5)` → `"0b101"`."""
    check_whole("bin", "n", n)
    return bin(n)


def oct_(n: int) -> string:
    """A whole number in base 8. Example: `oct(8)` → `"0o10"`."""
    check_whole("oct", "n", n)
    return oct(n)


# ── iterators and members ────────────────────────────────────────────────────────────────────────────────────────


def iter_(x: any) -> any:
    """A position in a sequence, for `next`. Example: `it = iter([1, 2]); [next(it), next(it), next(it, "end")]` → `[1, 2, "end"]`."""
    return x if type(x) is IteratorValue else IteratorValue(iterate(x))


def next_(it: any, default: any = UNSET) -> any:
    """The next item of an iterator; at its end `default`, or a ValueError. Example: `next(iter("ab"))` → `"a"`."""
    if type(it) is not IteratorValue:
        raise fault(f"`next` takes an iterator as `it`, not {a_type(it)}", "TypeError", "make one with `iter(xs)`")
    try:
        return next(it.items)
    except StopIteration:
        if default is not UNSET:
            return default
    except RuntimeError:
        raise fault("the object changed while an iterator walked it", "ValueError") from None
    raise fault("the iterator is at its end", "ValueError", "give a default: `next(it, null)`")


def hasattr_(o: any, name: string) -> boolean:
    """Whether `o.name` is there: a key of an object, a member of a host object. Example: `hasattr({a: 1}, "a")` → `true`."""
    return lookup("hasattr", o, name) is not UNSET


def getattr_(o: any, name: string, default: any = None) -> any:
    """`o.name` for a name that is computed, `default` where it is missing. Example: `getattr({a: 1}, "b", 0)` → `0`."""
    found = lookup("getattr", o, name)
    return default if found is UNSET else found


def lookup(builtin: str, o: Value, name: Value) -> Value:
    """What member access would give, `UNSET` where there is no such member."""
    check_text(builtin, "name", name)
    kind = type(o)
    if name.startswith("__"):
        return UNSET
    if kind is dict and name in o:
        return o[name]
    if kind in LENGTHS and name == "length":
        return len(o)
    if isinstance(o, Handle):
        found = members.handle_member(o, name)
        return UNSET if found is None and name not in fields_of(kind) else found
    return UNSET


def fields_of(kind: type) -> frozenset[str]:
    """The members of a host class that are no methods."""
    info = HOST_CLASSES.get(kind)
    return frozenset() if info is None else info.fields


LENGTHS = frozenset((dict, list, str))


# ── tests ────────────────────────────────────────────────────────────────────────────────────────────────────────


def assert_equal(a: any, b: any) -> null:
    """Fails with the first difference unless `a == b`. Example: `assertEqual([1, 2].length, 2)`."""
    if not equal(a, b):
        raise assertion_pair("==", a, b, None)


def assert_throws(f: function, type: string | null = None) -> any:  # noqa: A002  the declared name
    """Fails unless `f()` throws an error, of a type if one is named; gives the error. Example: `assertThrows(fn() => 1 / 0, "ZeroDivisionError").type` → `"ZeroDivisionError"`."""
    check_function("assertThrows", f)
    if type is not None:
        check_text("assertThrows", "type", type)
    try:
        f()
    except Exception as error:  # noqa: BLE001  whatever a program can throw
        thrown = caught(error)
    else:
        raise fault(f"expected an error{f' of type `{type}`' if type is not None else ''}, but nothing was thrown", "AssertionError")
    if type is not None and thrown.get("type") != type:
        raise fault(f"expected an error of type `{type}`, got `{thrown.get('type')}`: {thrown.get('message')}", "AssertionError")
    return thrown


# ── looking around ───────────────────────────────────────────────────────────────────────────────────────────────


def registry() -> Registry | None:
    """The modules that the program can import."""
    this = current.get(None)
    return None if this is None else this.registry


def module_entry(name: Value, builtin: str) -> ModuleInfo | None:
    """What is known of a module without importing it."""
    check_text(builtin, "name", name)
    known = registry()
    return None if known is None else known.info(name)


def help_(x: any) -> null:
    """Prints what a function, a module or a value is for; a string is the name of a builtin or a module. Example: `help(len)`."""
    from mlpy.runtime.describe import describe  # noqa: PLC0415  hundreds of programs run before one asks for help

    run().write(describe(x, BUILTINS, registry(), run()) + "\n")


def modules() -> array:
    """The names of the modules that the program has imported so far. Example: `modules()` → `[]`."""
    return sorted([name for name in run().modules if type(name) is str])


def available_modules() -> array:
    """The names of all modules that can be imported. Example: `"math" in availableModules()` → `true`."""
    known = registry()
    return [] if known is None else known.names()


def has_module(name: string) -> boolean:
    """Whether a module can be imported. Example: `hasModule("math")` → `true`."""
    return module_entry(name, "hasModule") is not None


def module_info(name: string) -> object | null:
    """What a module is and has, null if there is none. Example: `moduleInfo("math").name` → `"math"`."""
    info = module_entry(name, "moduleInfo")
    if info is None:
        return None
    found = [{"name": one.name, "kind": one.kind, "signature": one.signature, "description": one.doc, "capabilities": [*one.capabilities]} for one in info.members.values()]
    return {"name": info.name, "description": info.description, "version": info.version, "members": found}


def methods(v: any) -> array:
    """The names of the methods of a value: of an object those of its keys that hold functions.

    Example: `"map" in methods([])` → `true`.
    """
    kind = type(v)
    if kind is dict:
        return [key for key, value in v.items() if callable(value)]
    if kind is ModuleHandle:
        return [name for name, value in v.table.items() if callable(value)]
    table = members.METHODS.get(kind)
    if table is not None:
        return list(table)
    info = HOST_CLASSES.get(kind)
    return [] if info is None else [name for name in info.members if name not in info.fields and callable(v.get(name))]


# ── capabilities ─────────────────────────────────────────────────────────────────────────────────────────────────


def speaking_for(authority: Callable[[], Grants]) -> dict[str, Callable[..., Value]]:
    """The builtins that ask what they may do, each under its name; an imported file has its own."""

    def input_(prompt: string = "") -> string:
        """A line of standard input without its end; needs `console.read`. The clock of a time limit stops meanwhile. Example: `input("name? ")` → `"Ada"`."""
        check_text("input", "prompt", prompt)
        from mlpy.gates import Gate  # noqa: PLC0415  few programs ask

        this = run()
        gate = Gate("console.read", authority(), this, "builtins")
        use = gate.enter((), exact=True)
        if prompt:
            this.write(prompt)
        line = gate.call(use, read_line, this)
        if not line:
            raise fault("standard input has ended", "IOError")
        return line.removesuffix("\n").removesuffix("\r")

    def has_capability(capability: string) -> boolean:
        """Whether a use such as `file.read:./data/x` would be allowed now. Example: `hasCapability("file.read:./x")` → `false`."""
        check_text("hasCapability", "capability", capability)
        try:
            return authority().effective().allows(capability)
        except ValueError as error:
            raise fault(str(error), "ValueError", "a capability is written like `file.read:./data/x`") from None

    def get_capabilities() -> array:
        """The patterns of what the program may do now. Example: `getCapabilities()` → `[]`."""
        return authority().effective().patterns()

    input_.__dict__["capabilities"] = ("console.read",)  # what `requiredCapabilities` gives
    made: dict[str, Callable[..., Value]] = {"input": input_, "hasCapability": has_capability, "getCapabilities": get_capabilities}
    for name, function in made.items():
        function.__name__ = function.__qualname__ = name
    return made


def get_capability_info(kind: string) -> object | null:
    """What a kind of capability lets a program do, null for an unknown one. Example: `getCapabilityInfo("console.read").resource` → `"none"`."""
    check_text("getCapabilityInfo", "kind", kind)
    return kind_info(kind)


def required_capabilities(f: function) -> array:
    """The capabilities that a module's function demands, `{x}` standing for its argument `x`. Example: `requiredCapabilities(print)` → `[]`."""
    check_function("requiredCapabilities", f)
    demanded = getattr(f, "capabilities", ())
    return [*demanded] if type(demanded) is tuple else []


SPEAKING = speaking_for(lambda: run().grants)
BUILTINS: dict[str, Callable[..., Value]] = {
    "print": print_,
    "input": SPEAKING["input"],
    "int": int_,
    "float": float_,
    "bool": bool_,
    "str": str_,
    "repr": repr_,
    "format": format_,
    "typeof": typeof,
    "isinstance": isinstance_,
    "callable": callable_,
    "len": len_,
    "range": range_,
    "enumerate": enumerate_,
    "zip": zip_,
    "sorted": sorted_,
    "reversed": reversed_,
    "keys": keys,
    "values": values,
    "items": items,
    "abs": abs_,
    "round": round_,
    "min": min_,
    "max": max_,
    "sum": sum_,
    "all": all_,
    "any": any_,
    "map": map_,
    "filter": filter_,
    "reduce": reduce,
    "call": call,
    "chr": chr_,
    "ord": ord_,
    "hex": hex_,
    "bin": bin_,
    "oct": oct_,
    "iter": iter_,
    "next": next_,
    "hasattr": hasattr_,
    "getattr": getattr_,
    "assertEqual": assert_equal,
    "assertThrows": assert_throws,
    "help": help_,
    "modules": modules,
    "availableModules": available_modules,
    "hasModule": has_module,
    "moduleInfo": module_info,
    "methods": methods,
    "hasCapability": SPEAKING["hasCapability"],
    "getCapabilities": SPEAKING["getCapabilities"],
    "getCapabilityInfo": get_capability_info,
    "requiredCapabilities": required_capabilities,
}
for _name, _function in BUILTINS.items():  # what a function shows, and what an ArityError calls it
    _function.__name__ = _function.__qualname__ = _name
HELPERS: dict[str, Value] = {"$" + name: function for name, function in BUILTINS.items()}
interruptible(
    int_, read_int, read_long, str_, repr_, format_, enumerate_, zip_, sorted_, list_of, reversed_, keys, values, items, extreme, min_, max_, sum_, sum_numbers, all_, any_,
    map_, filter_, reduce, call, methods,
)  # fmt: skip

"""The members of arrays and strings, and the only doors from a program to members of anything else.

`ARRAY_METHODS` and `STRING_METHODS` are all there is: nothing here reads a Python attribute that a program names. Methods take
their receiver by position only, so that a named argument reaches declared parameters and nothing else. Those that call back
walk a snapshot in Python code, never from C, so that no recursion through them grows the C stack.
"""

from __future__ import annotations

from mlpy.nearest import nearest
from mlpy.runtime.limits import interruptible
from mlpy.runtime.operators import TEXT_STEPS, contains, in_one_step, missing_item, position, short, spread
from mlpy.runtime.values import (
    CHUNK,
    HOST_CLASSES,
    MAX_ITEMS,
    MAX_TEXT,
    NUMBERS,
    UNSET,
    Handle,
    ModuleHandle,
    a_type,
    display,
    equal,
    fault,
    precedes,
    too_many_items,
    too_much_text,
    type_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Sequence

    from mlpy.errors import MLError
    from mlpy.runtime.values import Value
    from mlpy.runtime.vocabulary import any, array, boolean, function, null, string  # noqa: A004  the language's type names

RUN = 1 << 16  # as many items as one uninterruptible sort in C takes, in about 20 ms
STRIP = 256  # how many different characters `strip` takes off
NEEDLE = 64  # searching from the right is quadratic in C for needles above this length


# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────


def wrong(name: str, parameter: str, wanted: str, value: Value) -> MLError:
    """The fault of an argument of another type."""
    return fault(f"`{name}` takes {wanted} as `{parameter}`, not {a_type(value)}", "TypeError")


def check_function(name: str, value: Value) -> None:
    """Refuses a callback that is not a function."""
    if not callable(value):
        raise wrong(name, "f", "a function", value)


def check_text(name: str, parameter: str, value: Value) -> None:
    """Refuses anything but a string."""
    if type(value) is not str:
        raise wrong(name, parameter, "a string", value)


def check_whole(name: str, parameter: str, value: Value) -> None:
    """Refuses anything but a whole number."""
    if type(value) is not int and type(value) is not bool:
        if type(value) is float:
            raise fault(f"`{name}` takes a whole number as `{parameter}`, not {short(value)}", "TypeError", "divide with `~/`, or convert with `int(…)`")
        raise wrong(name, parameter, "a whole number", value)


def check_window(name: str, start: Value, end: Value) -> None:
    """Refuses bounds of a search that are not whole numbers; `end` may be null."""
    check_whole(name, "start", start)
    if end is not None:
        check_whole(name, "end", end)


def arity(method: Value, name: str, given: int, named: Iterable[str]) -> MLError:
    """The ArityError fault of a call of a method whose arguments do not fit; the receiver does not count."""
    code = method.__code__
    parameters = code.co_varnames[1 : code.co_argcount]
    for key in named:
        if key not in parameters:
            close = nearest(key, parameters)
            return fault(f"`{name}` has no parameter `{key}`", "ArityError", f"did you mean `{close}`?" if close is not None else takes(parameters))
        if key in parameters[:given]:
            return fault(f"`{name}` gets `{key}` twice", "ArityError", "give it once, by place or by name")
    most = len(parameters)
    least = most - len(method.__defaults__ or ())
    if given > most:
        count = str(most) if least == most else f"{least} to {most}"
        return fault(f"`{name}` takes {count if most else 'no'} argument{'s' if count != '1' else ''}, {given} given", "ArityError", takes(parameters))
    missing = [parameter for parameter in parameters[given:least] if parameter not in named]
    return fault(f"`{name}` needs `{'` and `'.join(missing)}`", "ArityError", takes(parameters))


def takes(parameters: tuple[str, ...]) -> str | None:
    """A hint that lists the parameters."""
    return f"its parameters are `{', '.join(parameters)}`" if parameters else None


# ── sorting ──────────────────────────────────────────────────────────────────────────────────────────────────────


def sort_items(items: list[Value], key: Value, reverse: Value, name: str = "sorted") -> list[Value]:
    """A sorted copy, stable; `key` is called once an item, before anything is compared."""
    if key is None:
        keys = items
    else:
        if not callable(key):
            raise wrong(name, "key", "a function", key)
        items = list(items)
        keys = [key(item) for item in items]
    descending = bool(reverse)
    kinds = set(map(type, keys))
    plain = (kinds <= NUMBERS and not (int in kinds and large_numbers(keys))) or (kinds == {str} and sum(map(len, keys)) < TEXT_STEPS)
    if plain and keys is items:
        return sort_runs(items, None, descending)
    if not plain:
        keys = [Ordered(one) for one in keys]
    return [items[at] for at in sort_runs([*range(len(keys))], keys.__getitem__, descending)]


def large_numbers(numbers: list[Value]) -> bool:
    """Whether whole numbers among these are so large, and so many, that C takes long to compare them."""
    if len(numbers) < CHUNK:
        return False
    bits: int = sum([one.bit_length() for one in numbers if type(one) is not float])
    return bits > TEXT_STEPS and bits > AVERAGE_BITS * len(numbers)


AVERAGE_BITS = 256  # up to here a comparison takes no longer than a call


def sort_runs(items: list[Value], key: Callable[[Value], Value] | None, descending: bool) -> list[Value]:
    """Sorts runs and then merges them two by two, so that no single step in C takes long."""
    runs = [sorted(items[at : at + RUN], key=key, reverse=descending) for at in range(0, len(items), RUN)]
    while len(runs) > 1:
        runs = [sorted(runs[at] + (runs[at + 1] if at + 1 < len(runs) else []), key=key, reverse=descending) for at in range(0, len(runs), 2)]
    return runs[0] if runs else []


class Ordered:
    """A value as a key for a sort in C whose comparisons are the language's."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    def __lt__(self, other: Ordered) -> bool:
        return precedes(self.value, other.value, "<")


# ── arrays ───────────────────────────────────────────────────────────────────────────────────────────────────────


def append(items: array, /, value: any) -> null:
    """Adds an item at the end, in place. Example: `xs = [1]; xs.append(2); xs` → `[1, 2]`."""
    items.append(value)


def push(items: array, /, *values: any) -> null:
    """Adds items at the end, in place. Example: `xs = [1]; xs.push(2, 3); xs` → `[1, 2, 3]`."""
    if len(values) > 1 and len(items) + len(values) > MAX_ITEMS:
        too_many_items()
    items.extend(values)


def extend(items: array, /, more: any) -> null:
    """Adds the items of an array at the end, in place. Example: `xs = [1]; xs.extend([2, 3]); xs` → `[1, 2, 3]`."""
    added = spread(more)
    if len(items) + len(added) > MAX_ITEMS:
        too_many_items()
    items.extend(added)


def insert(items: array, /, index: int, value: any) -> null:
    """Puts an item before the one at `index`, in place. Example: `xs = [1, 3]; xs.insert(1, 2); xs` → `[1, 2, 3]`."""
    check_whole("insert", "index", index)
    items.insert(index, value)


def remove(items: array, /, value: any) -> null:
    """Takes out the first item equal to `value`, in place. Example: `xs = [1, 2, 1]; xs.remove(1); xs` → `[2, 1]`."""
    del items[found(position(value, items), value, "array")]


def pop(items: array, /, index: int = -1) -> any:
    """Takes out the item at `index`, the last one by default, and gives it. Example: `[1, 2, 3].pop()` → `3`."""
    check_whole("pop", "index", index)
    try:
        return items.pop(index)
    except IndexError:
        raise missing_item(items, index) from None


def index(items: array, /, value: any, start: int = 0, end: int | null = None) -> int:
    """The index of the first item equal to `value`; a ValueError where there is none. Example: `["a", "b"].index("b")` → `1`."""
    check_window("index", start, end)
    first, last, _ = slice(start, end).indices(len(items))
    at = position(value, items if last == len(items) else items[:last], first)
    return found(at, value, "array")


def found(at: int, value: Value, where: str) -> int:
    """The index itself; a ValueError fault where a search found nothing."""
    if at < 0:
        raise fault(f"{short(value)} is not in the {where}", "ValueError", "`in` tells, and `indexOf` gives -1" if where == "array" else "`in` tells, and `find` gives -1")
    return at


def count(items: array, /, value: any) -> int:
    """How many items are equal to `value`. Example: `[1, 2, 1].count(1)` → `2`."""
    if in_one_step(value, len(items)):
        return items.count(value)
    return sum([equal(value, item) for item in items])


def sort(items: array, /, key: function | null = None, reverse: boolean = False) -> null:
    """Sorts in place, stably; `key` gives what to compare. Example: `xs = [3, 1, 2]; xs.sort(); xs` → `[1, 2, 3]`."""
    items[:] = sort_items(items, key, reverse, "sort")


def reverse(items: array, /) -> null:
    """Reverses in place. Example: `xs = [1, 2]; xs.reverse(); xs` → `[2, 1]`."""
    items.reverse()


def clear(items: array, /) -> null:
    """Takes out all items. Example: `xs = [1, 2]; xs.clear(); xs` → `[]`."""
    items.clear()


def copy(items: array, /) -> array:
    """A new array with the same items. Example: `[1, 2].copy()` → `[1, 2]`."""
    return items.copy()


def map_(items: array, /, f: function) -> array:
    """What `f` gives for each item. Example: `[1, 2].map(fn(x) => x * 10)` → `[10, 20]`."""
    if not callable(f):
        raise wrong("map", "f", "a function", f)
    return [f(item) for item in items[:]]


def filter_(items: array, /, f: function) -> array:
    """The items for which `f` is true. Example: `[1, 2, 3].filter(fn(x) => x > 1)` → `[2, 3]`."""
    if not callable(f):
        raise wrong("filter", "f", "a function", f)
    return [item for item in items[:] if f(item)]


def reduce(items: array, /, f: function, init: any = UNSET) -> any:
    """Folds the items from the left with `f(result, item)`. Example: `[1, 2, 3].reduce(fn(sum, x) => sum + x, 0)` → `6`."""
    if not callable(f):
        raise wrong("reduce", "f", "a function", f)
    if init is not UNSET:
        result, rest = init, items[:]
    elif items:
        result, rest = items[0], items[1:]
    else:
        raise fault("`reduce` of an empty array needs an initial value", "ValueError", "give one: `xs.reduce(f, 0)`")
    for item in rest:
        result = f(result, item)
    return result


def for_each(items: array, /, f: function) -> null:
    """Calls `f` with each item. Example: `n = 0; add = fn(x) => { nonlocal n; n += x; }; [1, 2].forEach(add); n` → `3`."""
    check_function("forEach", f)
    for item in items[:]:
        f(item)


def find(items: array, /, f: function) -> any:
    """The first item for which `f` is true, null where there is none. Example: `[1, 5, 7].find(fn(x) => x > 3)` → `5`."""
    check_function("find", f)
    for item in items[:]:
        if f(item):
            return item
    return None


def some(items: array, /, f: function) -> boolean:
    """Whether `f` is true for an item. Example: `[1, 5].some(fn(x) => x > 3)` → `true`."""
    check_function("some", f)
    for item in items[:]:  # noqa: SIM110  a generator would put a frame of C between
        if f(item):
            return True
    return False


def every(items: array, /, f: function) -> boolean:
    """Whether `f` is true for all items. Example: `[1, 5].every(fn(x) => x > 3)` → `false`."""
    check_function("every", f)
    for item in items[:]:  # noqa: SIM110  as in `some`
        if not f(item):
            return False
    return True


def join(items: array, /, separator: string = ",") -> string:
    """The display forms of the items with `separator` between. Example: `[1, "a"].join("-")` → `"1-a"`."""
    check_text("join", "separator", separator)
    return join_texts(separator, items)


def join_texts(separator: str, items: Sequence[Value]) -> str:
    """Display forms joined, size-checked as they are made."""
    room = MAX_TEXT - len(separator) * len(items)
    texts = items
    if not TEXT.issuperset(map(type, items)):
        texts = []
        for item in items:
            text = item if type(item) is str else display(item)
            room -= len(text)
            if room < 0:
                too_much_text()
            texts.append(text)
    elif sum(map(len, items)) > room:
        too_much_text()
    return separator.join(texts)


TEXT = frozenset((str,))


def includes(items: array, /, value: any) -> boolean:
    """Whether an item is equal to `value`. Example: `[1, 2].includes(2)` → `true`."""
    return position(value, items) >= 0


def index_of(items: array, /, value: any, start: int = 0) -> int:
    """The index of the first item equal to `value`, -1 where there is none. Example: `["a", "b"].indexOf("c")` → `-1`."""
    check_whole("indexOf", "start", start)
    return position(value, items, start)


def slice_(items: array, /, start: int | null = 0, end: int | null = None) -> array:
    """The items from `start` up to `end`; negative ones count from the end. Example: `[1, 2, 3, 4].slice(1, -1)` → `[2, 3]`."""
    if start is not None:
        check_window("slice", start, end)
    elif end is not None:
        check_whole("slice", "end", end)
    return items[start:end]


def concat(items: array, /, *others: any) -> array:
    """A new array with the items of all; what is not an array counts as one item. Example: `[1].concat([2, 3], 4)` → `[1, 2, 3, 4]`."""
    size = len(items)
    for other in others:
        size += len(other) if type(other) is list else 1
    if size > MAX_ITEMS:
        too_many_items()
    made = items.copy()
    for other in others:
        if type(other) is list:
            made += other
        else:
            made.append(other)
    return made


def flat(items: array, /, depth: int = 1) -> array:
    """A new array with the items of inner arrays in their place, `depth` levels deep. Example: `[1, [2, [3]]].flat()` → `[1, 2, [3]]`."""
    check_whole("flat", "depth", depth)
    for _ in range(depth):
        if not any_array(items):
            break
        flattened: array = []
        for item in items:
            if type(item) is list:
                if len(flattened) + len(item) > MAX_ITEMS:
                    too_many_items()
                flattened += item
            else:
                flattened.append(item)
        items = flattened
    return items[:]


def any_array(items: array) -> bool:
    """Whether an item is an array."""
    return list in set(map(type, items))


# ── strings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def upper(text: string, /) -> string:
    """In capital letters. Example: `"ab".upper()` → `"AB"`."""
    return text.upper()


def lower(text: string, /) -> string:
    """In small letters. Example: `"AB".lower()` → `"ab"`."""
    return text.lower()


def stripped(name: str, chars: Value) -> str | None:
    """The characters that `strip` takes off: each once, because C looks through all of them for each character (F9)."""
    if chars is None:
        return None
    check_text(name, "chars", chars)
    if len(chars) > NEEDLE:
        chars = "".join(set(chars))
        if len(chars) > STRIP:
            raise fault(f"`{name}` takes off at most {STRIP} different characters, not {len(chars)}", "ValueError")
    return chars  # type: ignore[no-any-return]  # checked above


def strip(text: string, /, chars: string | null = None) -> string:
    """Without white space, or the characters in `chars`, at both ends. Example: `"  ab ".strip()` → `"ab"`."""
    return text.strip(stripped("strip", chars))


def lstrip(text: string, /, chars: string | null = None) -> string:
    """Without white space, or the characters in `chars`, at the start. Example: `"xxab".lstrip("x")` → `"ab"`."""
    return text.lstrip(stripped("lstrip", chars))


def rstrip(text: string, /, chars: string | null = None) -> string:
    """Without white space, or the characters in `chars`, at the end. Example: `"ab..".rstrip(".")` → `"ab"`."""
    return text.rstrip(stripped("rstrip", chars))


def replace(text: string, /, old: string, new: string, count: int = -1) -> string:
    """With `old` replaced by `new`, everywhere or the first `count` times. Example: `"a-b-c".replace("-", "+")` → `"a+b+c"`."""
    check_text("replace", "old", old)
    check_text("replace", "new", new)
    check_whole("replace", "count", count)
    if len(new) > len(old) and (len(text) + 1) * (len(new) + 1) > MAX_TEXT:
        times = text.count(old)
        if count >= 0:
            times = min(times, count)
        if len(text) + times * (len(new) - len(old)) > MAX_TEXT:
            too_much_text()
    return text.replace(old, new, count)


def split(text: string, /, separator: string | null = None, limit: int = -1) -> array:
    """The parts between separators, or between white space; at most `limit` cuts. Example: `"a,b,c".split(",")` → `["a", "b", "c"]`."""
    check_whole("split", "limit", limit)
    if separator is not None:
        check_text("split", "separator", separator)
        if not separator:
            return characters(text)
    return few(text.split(separator, limit if 0 <= limit < MAX_ITEMS else MAX_ITEMS))


def few(parts: array) -> array:
    """The parts of a string, size-checked."""
    if len(parts) > MAX_ITEMS:
        too_many_items()
    return parts


def characters(text: str) -> array:
    """The characters of a string, size-checked."""
    if len(text) > MAX_ITEMS:
        too_many_items()
    return list(text)


def rsplit(text: string, /, separator: string | null = None, limit: int = -1) -> array:
    """Like `split`, but the cuts are made from the end. Example: `"a,b,c".rsplit(",", 1)` → `["a,b", "c"]`."""
    check_whole("rsplit", "limit", limit)
    most = limit if 0 <= limit < MAX_ITEMS else MAX_ITEMS
    if separator is None:
        return few(text.rsplit(None, most))
    check_text("rsplit", "separator", separator)
    if not separator:
        return characters(text)
    if slow_from_right(text, separator):
        return [part[::-1] for part in few(text[::-1].split(separator[::-1], most))[::-1]]
    return few(text.rsplit(separator, most))


def slow_from_right(text: str, part: str) -> bool:
    """Whether a search from the right must go through reversed copies, because C's own takes quadratic time (F9)."""
    return len(part) > NEEDLE and len(part) * len(text) > TEXT_STEPS


def join_items(text: string, /, items: array) -> string:
    """The display forms of the items with this string between. Example: `", ".join(["a", 1])` → `"a, 1"`."""
    return join_texts(text, spread(items))


def startswith(text: string, /, prefix: string | array, start: int = 0, end: int | null = None) -> boolean:
    """Whether it begins with `prefix`, or with one of an array of them. Example: `"abc".startswith("ab")` → `true`."""
    check_window("startswith", start, end)
    return text.startswith(affixes("startswith", "prefix", prefix), start, end)


def endswith(text: string, /, suffix: string | array, start: int = 0, end: int | null = None) -> boolean:
    """Whether it ends with `suffix`, or with one of an array of them. Example: `"abc".endswith("bc")` → `true`."""
    check_window("endswith", start, end)
    return text.endswith(affixes("endswith", "suffix", suffix), start, end)


def affixes(name: str, parameter: str, value: Value) -> str | tuple[str, ...]:
    """A prefix or several, checked."""
    if type(value) is str:
        return value
    if type(value) is not list:
        raise wrong(name, parameter, "a string or an array of strings", value)
    for one in value:
        check_text(name, parameter, one)
    return tuple(value)


def text_position(text: str, part: str, start: int, end: int | None) -> int:
    """The index of the last `part` in the window, -1 where there is none."""
    if not slow_from_right(text, part):
        return text.rfind(part, start, end)
    first, last, _ = slice(start, end).indices(len(text))
    at = text[first:last][::-1].find(part[::-1])
    return at if at < 0 else last - at - len(part)


def find_text(text: string, /, part: string, start: int = 0, end: int | null = None) -> int:
    """The index of the first `part`, -1 where there is none. Example: `"banana".find("an")` → `1`."""
    check_text("find", "part", part)
    check_window("find", start, end)
    return text.find(part, start, end)


def rfind(text: string, /, part: string, start: int = 0, end: int | null = None) -> int:
    """The index of the last `part`, -1 where there is none. Example: `"banana".rfind("an")` → `3`."""
    check_text("rfind", "part", part)
    check_window("rfind", start, end)
    return text_position(text, part, start, end)


def index_text(text: string, /, part: string, start: int = 0, end: int | null = None) -> int:
    """The index of the first `part`; a ValueError where there is none. Example: `"banana".index("an")` → `1`."""
    check_text("index", "part", part)
    check_window("index", start, end)
    return found(text.find(part, start, end), part, "string")


def rindex(text: string, /, part: string, start: int = 0, end: int | null = None) -> int:
    """The index of the last `part`; a ValueError where there is none. Example: `"banana".rindex("an")` → `3`."""
    check_text("rindex", "part", part)
    check_window("rindex", start, end)
    return found(text_position(text, part, start, end), part, "string")


def count_text(text: string, /, part: string, start: int = 0, end: int | null = None) -> int:
    """How often `part` stands in it, without overlaps. Example: `"banana".count("an")` → `2`."""
    check_text("count", "part", part)
    check_window("count", start, end)
    return text.count(part, start, end)


def isdigit(text: string, /) -> boolean:
    """Whether all characters are digits and there is one. Example: `"42".isdigit()` → `true`."""
    return text.isdigit()


def isalpha(text: string, /) -> boolean:
    """Whether all characters are letters and there is one. Example: `"ab1".isalpha()` → `false`."""
    return text.isalpha()


def isalnum(text: string, /) -> boolean:
    """Whether all characters are letters or digits and there is one. Example: `"ab1".isalnum()` → `true`."""
    return text.isalnum()


def isspace(text: string, /) -> boolean:
    """Whether all characters are white space and there is one. Example: `"  ".isspace()` → `true`."""
    return text.isspace()


def istitle(text: string, /) -> boolean:
    """Whether each word begins with its only capital letter. Example: `"Ada Lovelace".istitle()` → `true`."""
    return text.istitle()


def isupper(text: string, /) -> boolean:
    """Whether all letters are capital and there is one. Example: `"AB1".isupper()` → `true`."""
    return text.isupper()


def islower(text: string, /) -> boolean:
    """Whether all letters are small and there is one. Example: `"ab1".islower()` → `true`."""
    return text.islower()


def capitalize(text: string, /) -> string:
    """With the first letter capital and the others small. Example: `"ADA".capitalize()` → `"Ada"`."""
    return text.capitalize()


def title(text: string, /) -> string:
    """With the first letter of each word capital. Example: `"ada lovelace".title()` → `"Ada Lovelace"`."""
    return text.title()


def swapcase(text: string, /) -> string:
    """With small letters capital and capital letters small. Example: `"aB".swapcase()` → `"Ab"`."""
    return text.swapcase()


def check_width(name: str, width: Value) -> None:
    """Refuses a width that is no whole number or too large."""
    check_whole(name, "width", width)
    if width > MAX_TEXT:
        too_much_text()


def check_fill(name: str, fill: Value) -> None:
    """Refuses anything but one character."""
    if type(fill) is not str or len(fill) != 1:
        raise fault(f"`{name}` fills with one character, not {short(fill)}", "TypeError", "`padStart` and `padEnd` fill with longer strings")


def center(text: string, /, width: int, fill: string = " ") -> string:
    """Filled up on both sides to `width` characters. Example: `"ab".center(6, "-")` → `"--ab--"`."""
    check_width("center", width)
    check_fill("center", fill)
    return text.center(width, fill)


def ljust(text: string, /, width: int, fill: string = " ") -> string:
    """Filled up at the end to `width` characters. Example: `"ab".ljust(4, ".")` → `"ab.."`."""
    check_width("ljust", width)
    check_fill("ljust", fill)
    return text.ljust(width, fill)


def rjust(text: string, /, width: int, fill: string = " ") -> string:
    """Filled up at the start to `width` characters. Example: `"7".rjust(3, "0")` → `"007"`."""
    check_width("rjust", width)
    check_fill("rjust", fill)
    return text.rjust(width, fill)


def zfill(text: string, /, width: int) -> string:
    """Filled up with zeros behind the sign to `width` characters. Example: `"-7".zfill(4)` → `"-007"`."""
    check_width("zfill", width)
    return text.zfill(width)


def filling(name: str, text: str, width: Value, fill: Value) -> str:
    """What `padStart` and `padEnd` add: `fill` over and over, cut to size."""
    check_width(name, width)
    check_text(name, "fill", fill)
    room = width - len(text)
    return (fill * (room // len(fill) + 1))[:room] if fill and room > 0 else ""


def pad_start(text: string, /, width: int, fill: string = " ") -> string:
    """Filled up at the start with `fill`, over and over, to `width` characters. Example: `"7".padStart(3, "0")` → `"007"`."""
    return filling("padStart", text, width, fill) + text


def pad_end(text: string, /, width: int, fill: string = " ") -> string:
    """Filled up at the end with `fill`, over and over, to `width` characters. Example: `"ab".padEnd(5, "-=")` → `"ab-=-"`."""
    return text + filling("padEnd", text, width, fill)


def contains_text(text: string, /, part: string) -> boolean:
    """Whether `part` stands in it. Example: `"banana".contains("nan")` → `true`."""
    return contains(part, text)


def repeat(text: string, /, times: int) -> string:
    """It, `times` times over. Example: `"ab".repeat(3)` → `"ababab"`."""
    check_whole("repeat", "times", times)
    if len(text) * times > MAX_TEXT:
        too_much_text()
    return text * times


def lines(text: string, /) -> array:
    r"""The lines without their ends. Example: `"a\nb\n".lines()` → `["a", "b"]`."""
    parts = few(text.replace("\r\n", "\n").split("\n", MAX_ITEMS))
    if not parts[-1]:
        parts.pop()
    return parts


ARRAY_METHODS: dict[str, Callable[..., Value]] = {
    "append": append,
    "push": push,
    "extend": extend,
    "insert": insert,
    "remove": remove,
    "pop": pop,
    "index": index,
    "count": count,
    "sort": sort,
    "reverse": reverse,
    "clear": clear,
    "copy": copy,
    "map": map_,
    "filter": filter_,
    "reduce": reduce,
    "forEach": for_each,
    "find": find,
    "some": some,
    "every": every,
    "join": join,
    "includes": includes,
    "indexOf": index_of,
    "slice": slice_,
    "concat": concat,
    "flat": flat,
}
STRING_METHODS: dict[str, Callable[..., Value]] = {
    "upper": upper,
    "lower": lower,
    "strip": strip,
    "trim": strip,
    "lstrip": lstrip,
    "rstrip": rstrip,
    "replace": replace,
    "split": split,
    "rsplit": rsplit,
    "join": join_items,
    "startswith": startswith,
    "startsWith": startswith,
    "endswith": endswith,
    "endsWith": endswith,
    "find": find_text,
    "rfind": rfind,
    "index": index_text,
    "rindex": rindex,
    "count": count_text,
    "isdigit": isdigit,
    "isalpha": isalpha,
    "isalnum": isalnum,
    "isspace": isspace,
    "istitle": istitle,
    "isupper": isupper,
    "islower": islower,
    "capitalize": capitalize,
    "title": title,
    "swapcase": swapcase,
    "center": center,
    "ljust": ljust,
    "rjust": rjust,
    "zfill": zfill,
    "padStart": pad_start,
    "padEnd": pad_end,
    "contains": contains_text,
    "includes": contains_text,
    "repeat": repeat,
    "lines": lines,
}
for _name, _method in reversed([*STRING_METHODS.items(), *ARRAY_METHODS.items()]):  # of several names the first one is shown
    _method.__name__ = _method.__qualname__ = _name
METHODS: dict[type, dict[str, Callable[..., Value]]] = {list: ARRAY_METHODS, str: STRING_METHODS}


# ── the doors ────────────────────────────────────────────────────────────────────────────────────────────────────


def camel(name: str) -> str:
    """The camelCase form of a snake_case name; the name itself if it has no underscores."""
    first, *words = name.split("_")
    return first + "".join([word[:1].upper() + word[1:] or "_" for word in words])


def snake(name: str) -> str:
    """The snake_case form of a camelCase name."""
    return "".join(["_" + letter.lower() if letter.isupper() else letter for letter in name])


# Every spelling of a method of arrays or strings.
METHOD_NAMES = frozenset(spelling for table in (ARRAY_METHODS, STRING_METHODS) for name in table for spelling in (name, snake(name)))


def member_names(value: Value) -> Iterable[str]:
    """The names that can stand behind a dot after this value."""
    kind = type(value)
    if kind is dict:
        return [key for key in value if type(key) is str]
    if kind in METHODS:
        return [*METHODS[kind], "length"]
    if kind is ModuleHandle:
        return list(value.table)
    info = HOST_CLASSES.get(kind)
    return list(info.members) if info is not None else []


# What other languages call a member, and how it is written here.
HABITS: dict[type, dict[str, str]] = {
    list: {
        "add": "xs.append(x)",
        "shift": "xs.pop(0)",
        "unshift": "xs.insert(0, x)",
        "splice": "xs[1:2] = [x]",
        "removeAt": "xs.pop(1)",
        "contains": "xs.includes(x)",
        "has": "xs.includes(x)",
        "findIndex": "xs.indexOf(xs.find(f))",
        "first": "xs[0]",
        "last": "xs[-1]",
        "len": "len(xs)",
        "size": "xs.length",
        "sum": "sum(xs)",
        "toString": "str(xs)",
        "keys": "range(len(xs))",
        "entries": "enumerate(xs)",
        "sorted": "sorted(xs)",
        "reversed": "reversed(xs)",
    },
    str: {
        "toUpperCase": "s.upper()",
        "toLowerCase": "s.lower()",
        "toString": "str(s)",
        "trimStart": "s.lstrip()",
        "trimEnd": "s.rstrip()",
        "replaceAll": "s.replace(a, b)",
        "indexOf": "s.find(a)",
        "lastIndexOf": "s.rfind(a)",
        "charAt": "s[0]",
        "charCodeAt": "ord(s[0])",
        "slice": "s[0:1]",
        "substr": "s[0:1]",
        "substring": "s[0:1]",
        "concat": "s + a",
        "splitlines": "s.lines()",
        "chars": "[...s]",
        "len": "len(s)",
        "size": "s.length",
        "reverse": "s[::-1]",
        "format": 'format(s, ">10")',
        "map": "[...s].map(f)",
        "forEach": "[...s].forEach(f)",
    },
}


def no_member(value: Value, name: str) -> MLError:
    """The fault of a member that a value does not have."""
    if value is None:
        return fault(f"cannot read `{name}` of null", "TypeError", f"`?.{name}` gives null instead of an error")
    kind = type(value)
    what = f"module `{value.name}`" if kind is ModuleHandle else "the object" if kind is dict else a_type(value)
    habit = HABITS.get(kind, {}).get(name)
    close = nearest(name, member_names(value)) if habit is None else None
    hint = f"write `{habit}`" if habit is not None else f"did you mean `{close}`?" if close is not None else None
    if kind is dict and (name in OBJECT_BUILTINS or (hint is None and name in ARRAY_METHODS)):
        hint = f"objects have no methods: use `{name}(o)`" if name in OBJECT_BUILTINS else "objects have no methods: `values(o)` and `keys(o)` give arrays"
    return fault(f"{what} has no {'function' if kind is dict else 'member'} `{name}`", "TypeError", hint)


OBJECT_BUILTINS = frozenset(("keys", "values", "items", "len"))


def handle_member(value: Handle, name: str) -> Value:
    """A member of a handle under its own or its camelCase name; null where there is none."""
    found = value.get(name)
    return value.get(camel(name)) if found is None and "_" in name else found


def member(value: Value, name: str) -> Value:
    """`value.name`, where `value.get("name")` does not do: `.length`, camelCase, and the faults."""
    kind = type(value)
    if kind is dict:
        return len(value) if name == "length" and name not in value else value.get(name)
    if kind in METHODS:
        if name == "length":
            return len(value)
        if name in METHODS[kind] or camel(name) in METHODS[kind]:
            raise fault(f"`{name}` is a method of {type_name(value)}s and must be called", "TypeError", f"call it as `.{name}(…)`, or pass `fn(x) => x.{name}(…)`")
        raise no_member(value, name)
    if isinstance(value, Handle):
        return handle_member(value, name)
    raise no_member(value, name)


def call_member(value: Value, name: str, /, *arguments: Value, **named: Value) -> Value:
    """`value.name(…)`: a method of an array or string, the function stored in an object, or a member of a handle."""
    kind = type(value)
    table = METHODS.get(kind)
    if table is not None:
        method = table.get(name) or table.get(camel(name))
        if method is None:
            raise no_member(value, name)
        try:
            return method(value, *arguments, **named)
        except TypeError as error:
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:  # the call itself failed, not something in it
                raise arity(method, name, len(arguments), named) from None
            raise
    if kind is dict:
        function = value.get(name)
    elif isinstance(value, Handle):
        function = handle_member(value, name)
    else:
        raise no_member(value, name)
    if function is None:
        raise no_member(value, name)
    if not callable(function):
        raise fault(f"`{name}` is {a_type(function)} and cannot be called", "TypeError")
    return function(*arguments, **named)


HELPERS: dict[str, Value] = {"$member": member, "$call_member": call_member}
interruptible(
    *ARRAY_METHODS.values(),
    *STRING_METHODS.values(),
    sort_items,
    large_numbers,
    sort_runs,
    Ordered.__init__,
    Ordered.__lt__,
    any_array,
    join_texts,
    affixes,
    member,
    call_member,
    camel,
)

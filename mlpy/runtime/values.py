"""What a program can hold: handles, type names, the display forms, deep equality and order.

Values are exactly `None bool int float str list dict`, functions, and handles (sealed classes below `Handle`). Everything
here works without recursion and with bounded work: display is limited by size, comparison by steps, and cycles end.
"""

from __future__ import annotations

import sys
from _thread import RLock
from _weakref import ref

from mlpy.errors import MLError
from mlpy.runtime.current import exceed
from mlpy.runtime.limits import interruptible

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import ModuleType
    from typing import Any, NoReturn, TypeAlias

    from mlpy.runtime.traceback import Details

    Value: TypeAlias = Any  # a value of a program: dynamically typed by nature

# The largest results that a single operation may make (A5): they keep an operation below about 0.1 s and below about 100 MB.
MAX_BITS = 100_000
MAX_ITEMS = 10_000_000
MAX_TEXT = 1 << 26
# How many pairs of items one comparison may look at.
MAX_STEPS = 1_000_000

Function = type(lambda: None)
PythonModule = type(sys)
NativeFunction = type(len)
# Whole numbers of more digits than this are converted by parts: a host may have lowered Python's own digit limit to 640.
DIGITS = 600
LARGE: int = 10**DIGITS
WORD = 64  # bits of a whole number that is not large
CHUNK = 4096  # how many items one step in C takes
MEMBER, OWNER = "$:", "$"  # what begins the attributes of a view of a module, and the one that refers to its handle
showing = RLock()  # programs on several threads share modules, and another one may reload them


# ── handles ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Handle:
    """A sealed host object. `get` is the bound `get` of its table of members, so that `h.name` needs no Python code.

    Nobody may give `get` a second argument: the tables of some handles are read by another function.
    """

    __slots__ = ("get",)

    get: Callable[..., Value]

    def __init__(self, table: Mapping[str, Value]) -> None:
        self.get = table.get

    def __repr__(self) -> str:
        """What a host sees of it: the form that a program prints."""
        return display(self)


class ModuleHandle(Handle):
    """An imported module; a reload puts the `get` of a new table in place."""

    __slots__ = ("__weakref__", "_view", "name", "table")

    def __init__(self, name: str, table: dict[str, Value]) -> None:
        self.name = name
        self._view: ModuleType | None = None
        self.replace(table)

    def replace(self, table: dict[str, Value]) -> None:
        """Swaps the members; everybody who holds the module sees the new ones."""
        with showing:
            self.table = table
            self.get = table.get
            if self._view is not None:
                self.show(self._view)

    def view(self, names: Iterable[str]) -> ModuleType:
        """The members as attributes `$:name` of a Python module, for code that knows their names: the interpreter reads those fastest.

        No program can hold it. `names` are the members that the code reads, null where the module lacks one.
        """
        with showing:
            view = self._view
            if view is None:
                view = self._view = PythonModule(self.name)
                view.__dict__[OWNER] = ref(self)
            missing = [MEMBER + name for name in names if MEMBER + name not in view.__dict__]
            view.__dict__.update(dict.fromkeys(missing))
            self.show(view)
            return view

    def show(self, view: ModuleType) -> None:
        """Puts the members of now in place of those of before, in one step."""
        shown = {name: None for name in view.__dict__ if name.startswith(MEMBER)}
        view.__dict__.update({**shown, **{MEMBER + name: value for name, value in self.table.items()}})


def view_of(handle: ModuleHandle, names: tuple[str, ...]) -> ModuleType:
    """The helper behind an import whose members are read as attributes."""
    return handle.view(names)


def viewed(view: ModuleType) -> ModuleHandle | None:
    """The module that a view shows; None where nobody holds it any more."""
    found: ModuleHandle | None = view.__dict__[OWNER]()
    return found


class ErrorValue(Handle):
    """What `except (e)` binds. `exception` is the Python exception behind it, so that `throw e` keeps its place."""

    __slots__ = ("details", "exception")

    def __init__(
        self,
        message: str,
        type: str,  # noqa: A002  the field's name in the language
        line: int | None,
        column: int | None,
        file: str | None,
        stack: list[Value],
        fields: dict[str, Value] | None = None,
        exception: BaseException | None = None,
    ) -> None:
        place = {"message": message, "type": type, "line": line, "column": column, "file": file, "stack": stack}
        self.details: dict[str, Value] | Details = {**(fields or {}), **place}
        self.get = self.details.get
        self.exception = exception

    @classmethod
    def lazy(cls, details: Details, exception: BaseException) -> ErrorValue:
        """An error whose members are found out when somebody asks for one."""
        made = cls.__new__(cls)
        made.details = details
        made.get = details.get
        made.exception = exception
        return made

    @property
    def table(self) -> dict[str, Value]:
        """Name → value."""
        details = self.details
        return details if isinstance(details, dict) else details.table


class IteratorValue(Handle):
    """What `iter(x)` gives: the items that `next` has not taken yet."""

    __slots__ = ("items",)

    def __init__(self, items: Iterable[Value]) -> None:
        self.get = NO_MEMBERS.get
        self.items = iter(items)


NO_MEMBERS: dict[str, Value] = {}


class ClassInfo:
    """What a registered host class shows: its name, the doc line of each member, and how its handles are walked and displayed.

    `items` gives a fresh list for `for`, spread and `in`; `length` what `len` gives; `display` the text of `str`. Without
    them a handle cannot be walked, has no length, and shows as `<Name>`. `fields` are the members that are no methods, in all
    spellings.
    """

    __slots__ = ("display", "doc", "fields", "items", "length", "members", "name")

    def __init__(
        self,
        name: str,
        members: dict[str, str],
        *,
        doc: str = "",
        items: Callable[[Value], list[Value]] | None = None,
        length: Callable[[Value], int] | None = None,
        display: Callable[[Value], str] | None = None,
        fields: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.fields = frozenset(fields)
        self.members = members
        self.doc = doc
        self.items = items
        self.length = length
        self.display = display


ERROR_MEMBERS = {
    "message": "What went wrong.",
    "type": "The stable name of the kind of error.",
    "line": "The line where it arose, from 1.",
    "column": "The column where it arose, from 1.",
    "file": "The file where it arose.",
    "stack": "An array of `{function, file, line}`, innermost last.",
}


class Classes(dict):  # type: ignore[type-arg]  # of anything
    """What is known of classes. Of one that was retired the class itself knows it, so that all of it goes when nothing refers to the class any more."""

    __slots__ = ()

    def __missing__(self, kind: type) -> Value:
        return vars(kind)[RETIRED]

    def __contains__(self, kind: object) -> bool:
        return dict.__contains__(self, kind) or (isinstance(kind, type) and RETIRED in vars(kind))

    def get(self, kind: type, default: Value = None) -> Value:
        """What is known of a class."""
        found = dict.get(self, kind)
        return vars(kind).get(RETIRED, default) if found is None else found


RETIRED = "mlpy_retired"
HOST_CLASSES: dict[type, ClassInfo] = Classes(
    {
        ErrorValue: ClassInfo("error", ERROR_MEMBERS, doc="A caught error.", display=lambda error: display(error.get("message"))),
        IteratorValue: ClassInfo("iterator", {}, doc="A position in a sequence, for `next`.", items=lambda iterator: list(iterator.items)),
    }
)
HOST_HANDLES: dict[type, Callable[[Value], Value]] = Classes()  # what makes the handle of an instance, by its registered class


def retire(declared: type) -> None:
    """Lets a registered class go with its last object, as a new version of its module has one of its own."""
    handle: Value = HOST_HANDLES.pop(declared, None)
    if handle is not None:
        setattr(declared, RETIRED, handle)
        setattr(handle, RETIRED, HOST_CLASSES.pop(handle))


class Unset:
    """The type of `UNSET`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "unset"


UNSET = Unset()


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────

TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    Function: "function",
    NativeFunction: "function",
    ModuleHandle: "module",
}


def type_name(value: Value) -> str:
    """What `typeof` gives."""
    kind = type(value)
    name = TYPE_NAMES.get(kind)
    if name is None:
        info = HOST_CLASSES.get(kind)
        name = info.name if info is not None else "function" if callable(value) else "object"
    return name


def with_article(name: str) -> str:
    """A type's name as it stands in a sentence: `a number`, `an array`, `null`."""
    if name == "null":
        return name
    return ("an " if name[0] in "aeiouAEIOU" else "a ") + name


def a_type(value: Value) -> str:
    """The type of a value as it stands in a sentence."""
    return with_article(type_name(value))


def fault(message: str, type: str = "TypeError", hint: str | None = None) -> MLError:  # noqa: A002  the field's name in the language
    """A runtime fault to raise."""
    return MLError(message, type, hint=hint)


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def too_many_items() -> NoReturn:
    """Ends the run: an array would grow too large."""
    exceed("size", f"an array would have more than {MAX_ITEMS:,} items")


def too_many_together() -> NoReturn:
    """Ends the run: arrays would have too many items together."""
    exceed("size", f"arrays would have more than {MAX_ITEMS:,} items together")


def check_numbers(count: int, *bounds: int) -> None:
    """Refuses an array of so many whole numbers between bounds that are large: they would take too much memory together."""
    if count * max([one.bit_length() for one in bounds]) > MAX_ITEMS * WORD:
        exceed("size", f"an array's numbers would have more than {MAX_ITEMS * WORD:,} bits together")


def too_much_text() -> NoReturn:
    """Ends the run: a string would grow too large."""
    exceed("size", f"a string would have more than {MAX_TEXT:,} characters")


def too_many_bits() -> NoReturn:
    """Ends the run: a whole number would grow too large."""
    exceed("size", f"a number would have more than {MAX_BITS:,} bits")


# ── display ──────────────────────────────────────────────────────────────────────────────────────────────────────


def int_text(number: int) -> str:
    """A whole number in decimal, whatever digit limit the host has set."""
    if -LARGE < number < LARGE:
        return repr(number)
    if number.bit_length() > 2 * MAX_BITS:
        too_many_bits()
    parts = []
    rest = abs(number)
    while rest:
        rest, part = divmod(rest, LARGE)
        parts.append(f"{part:0{DIGITS}d}")
    text = "".join(reversed(parts)).lstrip("0")
    return "-" + text if number < 0 else text


def string_text(text: str) -> str:
    """A string as a literal of the language."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join([letter if letter.isprintable() and letter not in '"\\' else escape(letter) for letter in text]) + '"'


def escape(letter: str) -> str:
    """A character as an escape of the language."""
    short = ESCAPES.get(letter)
    if short is not None:
        return short
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"


ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", '"': '\\"'}


def key_text(key: Value) -> str:
    """A key as it stands in an object literal."""
    if type(key) is not str:
        return quoted(key)
    return key if key.isidentifier() and key.isascii() and not key.startswith("__") else string_text(key)


def function_name(function: Value) -> str | None:
    """The name that a function was declared with; None for an arrow."""
    name: str = getattr(function, "__name__", "")
    name = name.removesuffix("$")
    return name if name and "<" not in name and "$" not in name else None


def function_text(function: Value) -> str:
    """A function's display form."""
    name = function_name(function)
    return f"<function {name}>" if name else "<function>"


SCALAR_TEXTS: dict[type, Callable[[Value], str]] = {
    str: string_text,
    int: int_text,
    float: repr,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    Function: function_text,
    NativeFunction: function_text,
    ModuleHandle: lambda module: f"<module {module.name}>",
}


def handle_text(value: Value) -> str:
    """The display form of a handle."""
    info = HOST_CLASSES.get(type(value))
    if info is None:
        return function_text(value) if callable(value) else "<object>"
    return info.display(value) if info.display is not None else f"<{info.name}>"


def display(value: Value) -> str:
    """The form that `print`, `str` and string building show: strings bare, everything else in the language's notation."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]  # an exact str
    if kind is int and -LARGE < value < LARGE:
        return repr(value)
    return quoted(value)


def quoted(value: Value) -> str:
    """The form inside arrays and objects, which `repr` gives too: a string stands in quotes."""
    kind = type(value)
    if kind is list or kind is dict:
        return nested_text(value)
    return SCALAR_TEXTS.get(kind, handle_text)(value)


def walk(container: Value) -> tuple[Iterator[Value], str]:
    """The items of an array or object, and the bracket that closes it."""
    return (iter(container), "]") if type(container) is list else (iter(container.items()), "}")


def nested_text(value: Value) -> str:
    """An array or object in the language's notation; `…` where it contains itself."""
    if not value:
        return "[]" if type(value) is list else "{}"
    done: list[str] = []
    parts = ["[" if type(value) is list else "{"]
    path = {id(value): None}
    levels = [walk(value)]
    size = 0
    while levels:
        items, close = levels[-1]
        for item in items:
            lead = ""
            if close == "}":
                lead = key_text(item[0]) + ": "
                item = item[1]
            kind = type(item)
            if (kind is list or kind is dict) and item:
                if id(item) not in path:
                    parts.append(lead + ("[" if kind is list else "{"))
                    path[id(item)] = None
                    levels.append(walk(item))
                    break
                text = lead + "…"
            else:
                text = lead + quoted(item)
            size += len(text) + 2
            if size > MAX_TEXT:
                too_much_text()
            parts.append(text)
            parts.append(", ")
            if len(parts) > CHUNK:  # millions of small strings would take many times the memory of the text
                done.append("".join(parts[:-1]))
                del parts[:-1]
        else:
            levels.pop()
            path.popitem()
            parts[-1] = close
            parts.append(", ")
    return "".join(done) + "".join(parts[:-1])


# ── equality and order ───────────────────────────────────────────────────────────────────────────────────────────

NUMBERS = frozenset((int, float, bool))
CHEAP = frozenset((int, float, bool, type(None)))  # these compare in constant time with anything


def too_many_steps() -> MLError:
    """The fault of a comparison that does not end in reasonable time."""
    return fault(f"the comparison takes more than {MAX_STEPS:,} steps", "ValueError", "compare smaller parts, or values that do not contain themselves")


def equal(a: Value, b: Value) -> bool:
    """Deep equality, in at most `MAX_STEPS` steps."""
    kind = type(a)
    if kind is not list and kind is not dict:
        return bool(a == b)
    return deep_equal(a, b, MAX_STEPS) >= 0


def deep_equal(a: Value, b: Value, steps: int) -> int:
    """The steps that are left when two arrays or objects turn out to be equal, their complement when they differ."""
    pairs = [(a, b)]
    while pairs:
        a, b = pairs.pop()
        kind = type(a)
        if type(b) is not kind or len(a) != len(b):
            return ~steps
        if a is b:
            continue
        if kind is dict:
            left, right = list(a.values()), [b.get(key, UNSET) for key in a]
        elif len(a) > CHUNK and CHEAP.issuperset(map(type, a)):
            steps -= len(a) // CHUNK
            if any(a[at : at + CHUNK] != b[at : at + CHUNK] for at in range(0, len(a), CHUNK)):
                return ~steps
            continue
        else:
            left, right = a, b
        steps -= len(left) + 1
        if steps < 0:
            raise too_many_steps()
        for x, y in zip(left, right):  # noqa: B905  the lengths are equal, and strict costs
            kind = type(x)
            if kind is list or kind is dict:
                pairs.append((x, y))
            elif not (x is y or x == y):
                return ~steps
    return steps


def precedes(a: Value, b: Value, operator: str) -> bool:
    """Whether `a < b`, `a <= b`, `a > b` or `a >= b`: numbers, strings, and arrays item by item; a TypeError fault otherwise."""
    steps = MAX_STEPS
    while True:
        if (type(a) in NUMBERS and type(b) in NUMBERS) or (type(a) is str and type(b) is str):
            return ORDERS[operator](a, b)
        if type(a) is not list or type(b) is not list:
            raise fault(f"cannot compare {a_type(a)} with {a_type(b)}", "TypeError", order_hint(a, b))
        for x, y in zip(a, b):  # noqa: B905  a shorter array comes first
            steps -= 1
            if x is y:
                continue
            if type(x) is list or type(x) is dict:
                left = deep_equal(x, y, steps)
                same = left >= 0
                steps = left if same else ~left
            else:
                same = x == y
            if not same:
                a, b = x, y
                break
        else:
            a, b = len(a), len(b)
        if steps < 0:
            raise too_many_steps()


def order_hint(a: Value, b: Value) -> str | None:
    """What to do about two values that have no order."""
    names = {type_name(a), type_name(b)}
    if names == {"number", "string"}:
        return "convert one side with `float(…)` or `str(…)`"
    if "null" in names:
        return "test for null first, or give a default with `??`"
    return "order compares numbers, strings and arrays; for anything else compare one of its members"


ORDERS: dict[str, Callable[[Value, Value], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


HELPERS: dict[str, Value] = {"$display": display, "$unset": UNSET, "$view": view_of}
interruptible(equal, deep_equal, precedes, order_hint, nested_text, quoted, display, string_text, escape, key_text, int_text, walk, *ORDERS.values())

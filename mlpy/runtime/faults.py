"""From the wording of CPython's exceptions to faults of ML.

An exception, the ML source that was at work, and where it helps the values there, become an `MLError` with a type, a message
and a hint in ML's terms. Nothing of CPython's words, of a host's message or of a path gets through: what no rule knows becomes
an `InternalError`. Imported when something has gone wrong.
"""

from __future__ import annotations

from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.runtime.members import member
from mlpy.runtime.operators import bad_index, missing_item, missing_key, no_division, not_indexable, unchangeable, unsupported
from mlpy.runtime.values import HOST_CLASSES, TYPE_NAMES, UNSET, ModuleHandle, fault, with_article

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from types import FrameType

    from mlpy.runtime.values import Value

NAME_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

# ── Python's wording ─────────────────────────────────────────────────────────────────────────────────────────────

PYTHON_NAMES = {kind.__name__: name for kind, name in TYPE_NAMES.items()} | {"range": "array", "method": "function", "type": "function"}
SYMBOLS = {"//": "~/", "** or pow()": "**", "divmod()": "~/"}
ORDERS = ("<", ">", "<=", ">=")


def ml_type(name: str) -> str:
    """What a program calls a Python type that CPython names in a message."""
    known = PYTHON_NAMES.get(name)
    if known is not None:
        return known
    return next((info.name for kind, info in HOST_CLASSES.items() if kind.__name__ == name), "object")


def names_in(message: str) -> list[str]:
    """The parts of a message between single quotes."""
    return message.split("'")[1::2]


class Context:
    """What an exception is explained with: its message, the ML source at the place, and the frame there if it is alive."""

    __slots__ = ("error", "frame", "message", "text")

    def __init__(self, error: BaseException, text: str, frame: FrameType | None) -> None:
        self.error = error
        self.message = error.args[0] if error.args and type(error.args[0]) is str else ""
        self.text = text
        self.frame = frame

    def value_of(self, text: str) -> Value:
        """The value of a name or a literal at the place; UNSET for anything else."""
        text = text.strip()
        if text.removeprefix("-").isdigit():
            return int(text)
        if text.isidentifier() and self.frame is not None and not text.startswith("__"):
            return self.frame.f_locals.get(text, UNSET)
        return UNSET

    def halves(self, opener: str, closer: str) -> tuple[str, str]:
        """What stands before and inside the last brackets of the place: `object[index]`, `callee(arguments)`."""
        text = self.text
        if not text.endswith(closer):
            return "", ""
        depth = 0
        for at in range(len(text) - 1, -1, -1):
            depth += (text[at] == closer) - (text[at] == opener)
            if depth == 0:
                return text[:at].strip().removesuffix("?."), text[at + 1 : -1].strip()
        return "", ""

    @property
    def callee(self) -> str:
        """The called function as the source names it; empty where that is no short name."""
        return shown(self.halves("(", ")")[0])

    def member(self) -> tuple[str, str]:
        """The owner and the name where the place is `owner.name`."""
        text = self.text.rstrip()
        name = text[len(text.rstrip(NAME_LETTERS)) :]
        owner = text[: len(text) - len(name)].rstrip()
        return (owner.removesuffix(".").removesuffix("?").rstrip(), name) if owner.endswith(".") else ("", "")


def shown(text: str) -> str:
    """A piece of source for a message: one short line, else nothing."""
    return text if 0 < len(text) <= 40 and text.isprintable() and "`" not in text else ""


# ── TypeError ────────────────────────────────────────────────────────────────────────────────────────────────────


def binary(context: Context) -> MLError:
    """`unsupported operand type(s) for +: 'int' and 'str'`."""
    operator = context.message.partition("for ")[2].partition(": ")[0].removesuffix("=")
    one, other = names_in(context.message)[-2:]
    return unsupported(SYMBOLS.get(operator, operator), ml_type(one), ml_type(other))


def ordered(context: Context) -> MLError:
    """`'<' not supported between instances of 'int' and 'str'`."""
    _, one, other = names_in(context.message)
    return unsupported("<", ml_type(one), ml_type(other))


def concatenated(context: Context) -> MLError:
    """`can only concatenate list (not "int") to list`."""
    return unsupported("+", ml_type(context.message.split()[3]), ml_type(context.message.split('"')[1]))


def repeated(context: Context) -> MLError:
    """`can't multiply sequence by non-int of type 'float'`."""
    name = ml_type(context.message.split("'")[-2])
    if name == "number":
        return fault("a string or an array is repeated a whole number of times", "TypeError", "divide with `~/`, or convert with `int(…)`")
    return fault(f"cannot repeat a string or an array by {with_article(name)}", "TypeError")


def negated(context: Context) -> MLError:
    """`bad operand type for unary -: 'str'`; `+x` is how the lowered code asks for a number."""
    verb = "negate" if " -" in context.message else "calculate with"
    return fault(f"cannot {verb} {with_article(ml_type(names_in(context.message)[-1]))}", "TypeError")


def searched(context: Context) -> MLError:
    """`argument of type 'int' is not iterable`."""
    name = ml_type(names_in(context.message)[0])
    return fault(f"cannot look for a value in {with_article(name)}", "TypeError", "`in` works on arrays, objects and strings")


def searched_text(context: Context) -> MLError:
    """`'in <string>' requires string as left operand, not int`."""
    return unsupported("in", ml_type(context.message.rpartition(" ")[2]), "string")


def called(context: Context) -> MLError:
    """`'NoneType' object is not callable`: the source says what was called."""
    name = with_article(ml_type(names_in(context.message)[0]))
    callee = context.callee
    owner, _, member_name = callee.rpartition(".")
    module = context.value_of(owner)
    if type(module) is ModuleHandle and member_name not in module.table:
        close = nearest(member_name, module.table)
        return fault(f"the module `{module.name}` has no member `{member_name}`", "TypeError", f"did you mean `{close}`?" if close else f"`help({owner})` lists its members")
    hint = f"test it first, as in `if ({callee}) {{ … }}`" if name == "null" and callee else None
    return fault(f"`{callee}` is {name} and cannot be called" if callee else f"{name} cannot be called", "TypeError", hint)


def subscripted(context: Context) -> MLError:
    """`'int' object is not subscriptable`."""
    name = ml_type(names_in(context.message)[0])
    if name == "null":
        what = shown(context.halves("[", "]")[0])
        return fault(f"`{what}` is null and has no items" if what else not_indexable(None).message, "TypeError", not_indexable(None).hint)
    return fault(f"{with_article(name)} has no items to index", "TypeError", "read a member with `.name`" if name not in ("number", "boolean", "function") else None)


def assigned(context: Context) -> MLError:
    """`'str' object does not support item assignment`."""
    name = ml_type(names_in(context.message)[0])
    if name == "string":
        return unchangeable("")
    owner, key = context.member()
    if key and name == "null":
        return fault(f"cannot set `{key}`: `{shown(owner)}` is null" if shown(owner) else f"cannot set `{key}` of null", "TypeError", "give it an object first")
    what = f"`{key}`" if key else "an item"
    return fault(f"cannot set {what} of {with_article(name)}", "TypeError", "only items of arrays and keys of objects can be assigned")


def index_type(context: Context) -> MLError:
    """`list indices must be integers or slices, not str`."""
    value = context.value_of(context.halves("[", "]")[1])
    what = context.message.split()[0]
    if type(value) is float:
        return bad_index([] if what == "list" else "", value)
    given = ml_type(names_in(context.message)[-1] if "'" in context.message else context.message.rpartition(" ")[2])
    hint = "divide with `~/`, or convert with `int(…)`" if given == "number" else "convert it with `int(…)`" if given == "string" else None
    wrong = "one with a fraction" if given == "number" else with_article(given)
    return fault(f"an index of {with_article(ml_type(what if what != 'string' else 'str'))} is a whole number, not {wrong}", "TypeError", hint)


def slice_type(_: Context) -> MLError:
    """`slice indices must be integers or None or have an __index__ method`."""
    return fault("the bounds of a slice are whole numbers or null", "TypeError", "divide with `~/`, or convert with `int(…)`")


def unhashable(_: Context) -> MLError:
    """`unhashable type: 'list'`."""
    return fault("an object's keys are strings", "TypeError", "convert the key with `str(…)`")


def walked(context: Context) -> MLError:
    """`'int' object is not iterable`."""
    text = context.message.replace("cannot unpack non-iterable ", "'").replace(" object", "' object", 1) if "'" not in context.message else context.message
    name = ml_type(names_in(text)[0])
    if "+=" in context.text:
        return unsupported("+", "array", name)
    hint = "a loop walks arrays, objects and strings; `range(n)` counts" if name == "number" else "test for null first, or give a default with `??`" if name == "null" else None
    return fault(f"{with_article(name)} has no items to walk", "TypeError", hint)


def wanted_number(context: Context) -> MLError:
    """`must be real number, not str`, `'str' object cannot be interpreted as an integer`."""
    name = ml_type(names_in(context.message)[0] if "'" in context.message else context.message.rpartition(" ")[2])
    what = "a whole number" if "integer" in context.message else "a number"
    callee = callee_name(context)
    given = "one with a fraction" if name == "number" else with_article(name)
    return fault(f"{callee} takes {what}, not {given}", "TypeError", "convert it with `int(…)` or `float(…)`" if name in ("string", "number") else None)


def callee_name(context: Context) -> str:
    """The called function as the source names it, with backticks where there is a name."""
    return f"`{context.callee}`" if context.callee else "the function"


# ── arity ────────────────────────────────────────────────────────────────────────────────────────────────────────


def function_named(context: Context) -> str:
    """The function that an arity message is about."""
    name = context.message.partition("(")[0].split()[0].rpartition(".")[2].partition("$")[0]
    return f"`{name}`" if name and "<" not in name and not name.startswith("_") else callee_name(context)


def plural(count: str, noun: str) -> str:
    """`1 argument`, `no arguments`, `1 to 2 arguments`."""
    return f"{'no' if count == '0' else count} {noun}{'' if count == '1' else 's'}"


def numbers_in(text: str) -> list[str]:
    """The whole numbers that stand alone in a text."""
    return [word for word in text.replace("(", " ").replace(")", " ").replace(",", " ").split() if word.isdigit()]


def too_many(context: Context) -> MLError:
    """`f() takes from 1 to 2 positional arguments but 3 were given`, and C's variants of it."""
    text = context.message.partition(")")[2] if ")" in context.message.split(" ")[0] else context.message.partition(" ")[2]
    numbers = numbers_in(text.replace("exactly one", "1").replace("no arguments", "0 arguments").replace("at least one", "at least 1"))
    name = function_named(context)
    if not numbers:
        return fault(f"{name} is called with the wrong number of arguments", "ArityError")
    if "from" in text.split() and len(numbers) > 1:
        count, given = f"{numbers[0]} to {numbers[1]}", numbers[2:3]
    else:
        bound = "at most " if "at most" in text else "at least " if "at least" in text else ""
        count, given = bound + numbers[0], numbers[1:2]
    return fault(f"{name} takes {plural(count, 'argument')}" + (f", {given[0]} given" if given else ""), "ArityError")


def too_few(context: Context) -> MLError:
    """`f() missing 2 required positional arguments: 'a' and 'b'`."""
    names = [name.partition("$")[0] for name in names_in(context.message.partition(":")[2])]
    return fault(f"{function_named(context)} needs `{'` and `'.join(names)}`", "ArityError")


def unknown_name(context: Context) -> MLError:
    """`f() got an unexpected keyword argument 'z'`; from 3.13 with a suggestion."""
    names = [name.partition("$")[0] for name in names_in(context.message)]
    hint = f"did you mean `{names[1]}`?" if len(names) > 1 and "Did you mean" in context.message else None
    return fault(f"{function_named(context)} has no parameter `{names[0]}`", "ArityError", hint)


def given_twice(context: Context) -> MLError:
    """`f() got multiple values for argument 'a'`."""
    return fault(f"{function_named(context)} gets `{names_in(context.message)[-1].partition('$')[0]}` twice", "ArityError", "give it once, by place or by name")


def not_by_name(context: Context) -> MLError:
    """`f() takes no keyword arguments`, `f() got some positional-only arguments passed as keyword arguments: 'x'`."""
    return fault(f"{function_named(context)} takes its arguments by place, not by name", "ArityError", "leave the name out")


TYPE_RULES: tuple[tuple[str, Callable[[Context], MLError]], ...] = (
    ("unsupported operand type(s) for", binary),
    ("not supported between instances of", ordered),
    ("can only concatenate", concatenated),
    ("can't multiply sequence", repeated),
    ("bad operand type for unary", negated),
    ("is not a container or iterable", searched),
    ("argument of type '", searched),
    ("requires string as left operand", searched_text),
    ("object is not callable", called),
    ("is not subscriptable", subscripted),
    ("does not support item", assigned),
    ("slice indices must be", slice_type),
    ("indices must be integers", index_type),
    ("unhashable type", unhashable),
    ("cannot use '", unhashable),
    ("is not iterable", walked),
    ("cannot unpack non-iterable", walked),
    ("must be real number", wanted_number),
    ("cannot be interpreted as an integer", wanted_number),
    ("required positional argument", too_few),
    ("required keyword-only argument", too_few),
    ("unexpected keyword argument", unknown_name),
    ("invalid keyword argument", not_by_name),
    ("multiple values for", given_twice),
    ("takes no keyword", not_by_name),
    ("passed as keyword", not_by_name),
    ("positional argument", too_many),
    ("takes exactly", too_many),
    ("takes no arguments", too_many),
    ("takes at most", too_many),
    ("takes at least", too_many),
    ("expected at most", too_many),
    ("expected at least", too_many),
    (" argument, got", too_many),
    (" arguments, got", too_many),
)


def type_error(context: Context) -> MLError:
    """Any TypeError of ours or of C code."""
    for part, rule in TYPE_RULES:
        if part in context.message:
            try:
                return rule(context)
            except (IndexError, KeyError, ValueError):  # an interpreter with another wording
                break
    return fault(f"{callee_name(context)} cannot work on a value of this type", "TypeError")


# ── the other types ──────────────────────────────────────────────────────────────────────────────────────────────


def attribute_error(context: Context) -> MLError:
    """`o.k` is `o.get("k")`, so it fails where `o` has no `get`."""
    error = context.error
    if getattr(error, "name", None) != "get":
        return unknown(context)
    owner, name = context.member()
    value = getattr(error, "obj", None)
    try:
        member(value, name or "member")
    except MLError as explained:
        if value is None and shown(owner):
            explained.message = f"cannot read `{name}`: `{shown(owner)}` is null"
        return explained
    return unknown(context)


def key_error(context: Context) -> MLError:
    """`o["k"]` without such a key."""
    if not context.error.args:
        return fault("no such key", "KeyError")
    key = context.error.args[0]
    if type(key) is not str and not context.text:
        return fault("no such key", "KeyError")
    holder = context.value_of(context.halves("[", "]")[0])
    explained = missing_key(holder if type(holder) is dict else {}, key)
    place, equals, _ = context.text.partition("=")
    if equals and shown(place := place.rstrip(" +-*/%~")):  # `o.n += 1`
        explained.hint = f"give it a value first, as in `{place} = 0`, or `{place} ??= 0`"
    return explained


def index_error(context: Context) -> MLError:
    """`xs[i]` out of range, with the index and the size where the source says which they are."""
    if context.message.startswith("pop from empty"):
        return fault("cannot take an item from an empty array", "IndexError", "test `len(xs)` first")
    what = "string" if context.message.startswith("string") else "array"
    owner_text, index_text = context.halves("(", ")") if context.message.startswith("pop") else context.halves("[", "]")
    owner, index = context.value_of(owner_text.removesuffix(".pop")), context.value_of(index_text)
    if type(owner) in (list, str):
        if type(index) is int and not -len(owner) <= index < len(owner):
            return missing_item(owner, index)
        count = len(owner)
        return fault(f"the index is out of range for {with_article(what)} of {count} {'character' if what == 'string' else 'item'}{'' if count == 1 else 's'}", "IndexError")
    return fault(f"the index is out of range of the {what}", "IndexError")


def name_error(context: Context) -> MLError:
    """A name that is read before it is assigned."""
    name = getattr(context.error, "name", None) or (names_in(context.message) or [""])[0]
    name = name.partition("$")[0]
    return fault(f"`{name}` is used before it is assigned" if name else "a name is used before it is assigned", "NameError", "assign it first, on every path that leads here" if name else None)


VALUE_RULES: tuple[tuple[str, str, str | None], ...] = (
    ("math domain error", "the argument is outside the domain of the function", None),
    ("expected a", "the argument is outside the domain of the function", None),
    ("too many values to unpack", "there are more items than names to bind them to", "take the others with `...rest`"),
    ("not enough values to unpack", "there are fewer items than names to bind them to", "give the last names defaults, as in `[a, b = null]`"),
    ("not in list", "no such item in the array", "test `x in xs` first"),
    ("is not in", "no such item in the array", "test `x in xs` first"),
    ("substring not found", "no such text in the string", "`find` gives -1 instead of an error"),
    ("attempt to assign sequence", "a slice with a step is replaced by as many items as it has", None),
    ("slice step cannot be zero", "the step of a slice cannot be 0", None),
    ("arg 3 must not be zero", "the step of a range cannot be 0", None),
    ("empty separator", "the separator is empty", None),
    ("integer string conversion", "the number has too many digits to convert", None),
    ("could not convert", "the text is not a number", None),
    ("invalid literal", "the text is not a whole number", None),
    ("cannot convert float", "an infinite number or `nan` has no whole value", "test it with `math.isFinite(x)`"),
    ("modified during sort", "the array was changed while it was sorted", None),
    ("zero-width", "the width is zero", None),
)


def value_error(context: Context) -> MLError:
    """A ValueError of C code."""
    for part, message, hint in VALUE_RULES:
        if part in context.message:
            return fault(message, "ValueError", hint)
    return fault(f"{callee_name(context)} cannot work on this value", "ValueError")


def zero_division(_: Context) -> MLError:
    """A division by zero."""
    return no_division()


def overflow(context: Context) -> MLError:
    """A number that does not fit a float, or a machine word."""
    if "float infinity" in context.message:
        return fault("an infinite number has no whole value", "ValueError", "test it with `math.isFinite(x)`")
    if "float" in context.message or "range" in context.message.lower() or not context.message:
        return fault("the result is too large for a float", "ValueError", "whole numbers have no such limit: use `~/` and whole exponents")
    return fault("the number is too large", "ValueError")


def too_deep(_: Context) -> MLError:
    """Python's recursion limit."""
    made = fault("the calls nest too deep", "RecursionError", "make sure that the recursion ends, or use a loop")
    made.limit = "recursion"  # for the host, where nobody catches it
    return made


def changed(context: Context) -> MLError:
    """`dictionary changed size during iteration`."""
    if "during iteration" in context.message:
        return fault("the object was changed while a loop walked it", "ValueError", "walk a copy: `for (k in keys(o))`")
    return unknown(context)


def bad_text(_: Context) -> MLError:
    """Text that cannot be encoded or bytes that cannot be decoded."""
    return fault("the text is not valid in its encoding", "ValueError")


SYSTEM_ERRORS: dict[type, str] = {
    FileNotFoundError: "there is no such file or directory",
    PermissionError: "the system refused access",
    FileExistsError: "it exists already",
    IsADirectoryError: "it is a directory",
    NotADirectoryError: "it is not a directory",
    TimeoutError: "it took too long",
    ConnectionError: "the connection failed",
    BrokenPipeError: "the other side has closed the pipe",
}


def system_error(context: Context) -> MLError:
    """A failure that the operating system reported."""
    kind = type(context.error)
    message = next((text for base, text in SYSTEM_ERRORS.items() if issubclass(kind, base)), "the system reported a failure")
    return fault(f"{callee_name(context)} failed: {message}", "IOError")


def failed_assertion(_: Context) -> MLError:
    """An `assert` of Python code."""
    return fault("an assertion failed", "AssertionError")


def unknown(context: Context) -> MLError:
    """An exception that no rule knows: neutral for the program, the cause for the host."""
    return fault(f"{callee_name(context)} failed", "InternalError")


RULES: tuple[tuple[type[BaseException], Callable[[Context], MLError]], ...] = (
    (RecursionError, too_deep),
    (AttributeError, attribute_error),
    (TypeError, type_error),
    (KeyError, key_error),
    (IndexError, index_error),
    (ZeroDivisionError, zero_division),
    (NameError, name_error),
    (UnicodeError, bad_text),
    (ValueError, value_error),
    (OverflowError, overflow),
    (ArithmeticError, overflow),
    (OSError, system_error),
    (AssertionError, failed_assertion),
    (RuntimeError, changed),
)
# What a host's function may raise: the type crosses, its message does not.
HOST_TYPES: tuple[tuple[type[BaseException], str], ...] = (
    (RecursionError, "RecursionError"),
    (ZeroDivisionError, "ZeroDivisionError"),
    (TypeError, "TypeError"),
    (KeyError, "KeyError"),
    (IndexError, "IndexError"),
    (ValueError, "ValueError"),
    (OSError, "IOError"),
    (ArithmeticError, "ValueError"),
)


def describe(error: BaseException, text: str, frame: FrameType | None, *, host: bool) -> MLError:
    """The error in ML's terms, without a place; `text` is the ML source there, `frame` gives the values of its names.

    `host` says that a function of the host raised it, whose words are not for the program.
    """
    context = Context(error, text, frame)
    if host:
        for kind, name in HOST_TYPES:
            if isinstance(error, kind):
                return too_deep(context) if kind is RecursionError else system_error(context) if kind is OSError else fault(f"{callee_name(context)} failed", name)
        return unknown(context)
    for kind, rule in RULES:
        if isinstance(error, kind):
            return rule(context)
    return unknown(context)

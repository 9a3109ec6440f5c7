"""From Python's exceptions to ML's errors: type, message and hint in ML's terms, the place in ML, and the ML stack.

A frame is ML's if its globals hold `$run`; its code's positions are ML's own. Nothing of CPython's wording, of a host's message
or of a path of the host gets through: what no rule knows becomes an `InternalError` whose cause only the host sees.
"""

from __future__ import annotations

from itertools import islice
from _operator import length_hint  # the module round it is one more file at start-up

from mlpy.errors import Cancelled, LimitExceeded, MLError, StackFrame, Stop
from mlpy.nearest import nearest
from mlpy.runtime.current import current, exceed
from mlpy.runtime.members import member
from mlpy.runtime.operators import bad_index, missing_item, missing_key, no_division, not_indexable, short, unsupported
from mlpy.runtime.values import HOST_CLASSES, TYPE_NAMES, UNSET, ErrorValue, display, fault, quoted, type_name, with_article
from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable
    from types import CodeType, FrameType
    from typing import Any, TypeAlias

    from mlpy.runtime.run import Run
    from mlpy.source import Source

    Step: TypeAlias = tuple[CodeType, int]  # a frame of ML code and the offset of its current instruction

RESERVED_TYPES = frozenset(("CapabilityError", "LimitExceeded", "Cancelled", "CheckFailed", "InternalError"))
RESERVED_FIELDS = frozenset(("message", "type", "file", "line", "column", "stack", "hint"))
OF_A_PLACE = frozenset(("file", "line", "column", "stack"))
LONGEST_TYPE = 100
NAME_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


def steps_of(error: BaseException) -> list[Step]:
    """The ML frames that an exception came through, outermost first; of one that was caught before, from where it arose."""
    steps: list[Step] = []
    link = error.__traceback__
    while link is not None:
        if "$run" in link.tb_frame.f_globals:
            steps.append((link.tb_frame.f_code, link.tb_lasti))
        link = link.tb_next
    before: list[Step] | None = error.__dict__.get("$steps")
    if before is None:
        return steps
    # Thrown again by the function that caught it: its frame stands in both.
    return steps[:-1] + before if steps and before and steps[-1][0] is before[0][0] else before


def place_of(step: Step, run: Run) -> tuple[Source | None, int, int, int, int]:
    """The source and the 1-based start and end of what a frame is at."""
    code, offset = step
    source = run.files.get(code.co_filename)
    line, end_line, column, end_column = next(islice(code.co_positions(), offset // 2, None), (None, None, None, None))
    if line is None:
        return source, 1, 1, 1, 1
    return source, line, (column or 0) + 1, end_line or line, (end_column or 0) + 1


def function_of(code: CodeType) -> str:
    """The name of a function in a stack: `main` for the top level, `<fn>` for an arrow."""
    name = code.co_name
    if name in ("$main", "<module>"):
        return "main"
    name = name.partition("$")[0]
    return name if name and "<" not in name else "<fn>"


def stack_of(steps: Iterable[Step], run: Run) -> list[StackFrame]:
    """The frames for people; the parts of one function (3.11 runs a comprehension in a frame of its own) count once."""
    frames = []
    for step in steps:
        if step[0].co_name in ("<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"):
            continue
        source, *place = place_of(step, run)
        frames.append(StackFrame(function_of(step[0]), source.name if source is not None else step[0].co_filename, *place))
    return frames


def span_of(step: Step, run: Run) -> tuple[Source | None, Span | None]:
    """The place of a frame as a span."""
    source, line, column, end_line, end_column = place_of(step, run)
    if source is None or not 1 <= line <= end_line <= len(source.starts):
        return source, None
    return source, Span(source.offset(line, column), source.offset(end_line, end_column))


def text_at(step: Step | None, run: Run | None) -> str:
    """The ML source that a frame is at; empty where it is not known."""
    if step is None or run is None:
        return ""
    source, span = span_of(step, run)
    return source.text[span.start : span.end] if source is not None and span is not None else ""


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
    """What an exception is explained with: its message, where it arose, and whether ML code or one of our natives raised it."""

    __slots__ = ("error", "frame", "message", "run", "step")

    def __init__(self, error: BaseException, step: Step | None, run: Run | None, frame: FrameType | None) -> None:
        self.error = error
        self.message = str(error.args[0]) if error.args and type(error.args[0]) is str else ""
        self.step = step
        self.run = run
        self.frame = frame

    @property
    def text(self) -> str:
        """The ML source at the place."""
        return text_at(self.step, self.run)

    def value_of(self, text: str) -> Any:
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
    return text if 0 < len(text) <= 40 and text.isprintable() and "`" not in text else ""  # noqa: PLR2004  as much as reads well


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
    name = ml_type(names_in(context.message)[-1])
    if name == "number":
        return fault("a string or an array is repeated a whole number of times", "TypeError", "divide with `~/`, or convert with `int(…)`")
    return fault(f"cannot repeat a string or an array by {with_article(name)}", "TypeError")


def negated(context: Context) -> MLError:
    """`bad operand type for unary -: 'str'`."""
    return fault(f"cannot negate {with_article(ml_type(names_in(context.message)[-1]))}", "TypeError")


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
        return fault("a string cannot be changed", "TypeError", "build a new one with `+`, `replace` or a template string")
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
    if type(key) not in (str, int, float, bool, type(None)):
        return fault("no such key", "KeyError")
    holder = context.value_of(context.halves("[", "]")[0])
    return missing_key(holder if type(holder) is dict else {}, key)


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
    if "float" in context.message or "range" in context.message.lower() or not context.message:
        return fault("the result is too large for a float", "ValueError", "whole numbers have no such limit: use `~/` and whole exponents")
    return fault("the number is too large", "ValueError")


def too_deep(_: Context) -> MLError:
    """Python's recursion limit."""
    return fault("the calls nest too deep", "RecursionError", "make sure that the recursion ends, or use a loop")


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


def raised_by_host(error: BaseException) -> bool:
    """Whether the innermost frame is neither ML code nor a part of mlpy."""
    link = error.__traceback__
    if link is None:
        return False
    while link.tb_next is not None:
        link = link.tb_next
    names = link.tb_frame.f_globals
    return "$run" not in names and not str(names.get("__name__", "")).startswith("mlpy.")


def describe(error: BaseException, step: Step | None, run: Run | None, frame: FrameType | None) -> MLError:
    """The error in ML's terms, without a place."""
    context = Context(error, step, run, frame)
    if raised_by_host(error):
        for kind, name in HOST_TYPES:
            if isinstance(error, kind):
                return too_deep(context) if kind is RecursionError else system_error(context) if kind is OSError else fault(f"{callee_name(context)} failed", name)
        return unknown(context)
    for kind, rule in RULES:
        if isinstance(error, kind):
            return rule(context)
    return unknown(context)


def innermost(error: BaseException) -> FrameType | None:
    """The innermost ML frame."""
    found = None
    link = error.__traceback__
    while link is not None:
        if "$run" in link.tb_frame.f_globals:
            found = link.tb_frame
        link = link.tb_next
    return found


# ── the edge ─────────────────────────────────────────────────────────────────────────────────────────────────────


def explain(error: BaseException, run: Run) -> MLError:
    """The MLError that the host gets for what left a program: type, message, hint, span, source and stack.

    An MLError that a native or a `throw` raised is filled in and comes back as itself; anything else becomes its `__cause__`.
    """
    steps = steps_of(error)
    last = steps[-1] if steps else None
    if isinstance(error, Stop):
        explained = stopped(error)
    elif not isinstance(error, MLError):
        explained = error.__dict__.get("$error") or describe(error, last, run, innermost(error))
        explained.__cause__ = error
    elif error.__dict__.get("$run") in (None, run):
        explained = error
    else:  # it left another run, inside a function of the host
        explained = MLError(error.message, error.type, hint=error.hint, note=error.note, fields=error.fields)
        explained.__cause__ = error
    explained.__dict__["$run"] = run
    if last is not None:
        explained.stack = stack_of(steps, run)
        explained.source, explained.span = span_of(last, run)
    return explained


def stopped(stop: Stop) -> MLError:
    """The error of a run that a limit or its host ended."""
    kind = "Cancelled" if isinstance(stop, Cancelled) else "LimitExceeded"
    return MLError(stop.message or "the program was stopped", kind, limit=stop.kind)


class Details:
    """The members of a caught error, found out when the program first asks: most handlers never do."""

    __slots__ = ("_table", "error", "run", "steps")

    def __init__(self, error: BaseException, steps: list[Step], run: Run) -> None:
        self.error = error
        self.steps = steps
        self.run = run
        self._table: dict[str, Any] | None = None

    @property
    def table(self) -> dict[str, Any]:
        """Name → value."""
        if self._table is None:
            self._table = self._fill()
        return self._table

    def get(self, name: str, default: Any = None) -> Any:
        """A member; stands in the `get` slot of the handle. What a program threw is there without looking for its place."""
        error = self.error
        if self._table is None and isinstance(error, MLError) and name not in OF_A_PLACE:
            return error.message if name == "message" else error.type if name == "type" else (error.fields or {}).get(name, default)
        return self.table.get(name, default)

    def _fill(self) -> dict[str, Any]:
        last = self.steps[-1] if self.steps else None
        error = self.error
        explained = error if isinstance(error, MLError) else error.__dict__.get("$error") or describe(error, last, self.run, None)
        frames = stack_of(self.steps, self.run)
        place = frames[-1] if frames else None
        return {
            **(explained.fields or {}),
            "message": explained.message,
            "type": explained.type,
            "line": place.line if place is not None else None,
            "column": place.column if place is not None else None,
            "file": place.file if place is not None else None,
            "stack": [{"function": frame.function, "file": frame.file, "line": frame.line} for frame in frames],
        }


def error_value(error: BaseException, run: Run) -> ErrorValue:
    """What `except (e)` binds. The traceback is let go, as it would keep every frame alive as long as the program keeps `e`."""
    steps = steps_of(error)
    names = error.__dict__
    if not isinstance(error, MLError) and "$error" not in names and (isinstance(error, IndexError) or raised_by_host(error)):
        names["$error"] = describe(error, steps[-1] if steps else None, run, innermost(error))  # needs the frame's values
    names["$steps"] = steps
    error.__traceback__ = None
    return ErrorValue.lazy(Details(error, steps, run), error)


# ── in the language ──────────────────────────────────────────────────────────────────────────────────────────────


def caught(error: BaseException) -> ErrorValue:
    """The helper at the head of each handler. In a dead run it raises again, and memory counts as a limit."""
    run = current.get()
    if run.dead:
        raise run.stopped()
    if isinstance(error, MemoryError):
        exceed("memory", "the program ran out of memory")
    return error_value(error, run)


def raised(value: Any) -> BaseException:
    """The helper of `throw`: the exception to raise for a value."""
    kind = type(value)
    if kind is ErrorValue and value.exception is not None:
        exception: BaseException = value.exception
        return exception
    if kind is str:
        return MLError(value)
    if kind is not dict and kind is not ErrorValue:
        return MLError(display(value))
    fields = dict(value if kind is dict else value.table)
    name = fields.get("type")
    message = fields.get("message")
    usable = type(name) is str and 0 < len(name) <= LONGEST_TYPE and name.isprintable() and name not in RESERVED_TYPES
    return MLError(
        display(message) if message is not None else display(value) if kind is dict and "message" not in fields else "",
        name if usable else "Error",  # type: ignore[arg-type]  # usable only if it is a string
        fields={key: item for key, item in fields.items() if key not in RESERVED_FIELDS},
    )


def still() -> bool:
    """The helper of a `finally` whose file is dead: whether the run that executes it is alive."""
    run = current.get(None)
    return run is not None and not run.dead


def exhausted() -> None:
    """The helper behind a loop that ended by itself under a step limit: was it the fuel?"""
    run = current.get()
    if length_hint(run.fuel) == 0:
        run.exceed("steps", f"the program took more than its limit of {run.limits.steps:,} steps")


def assertion(message: Any) -> MLError:
    """The fault of a failed `assert`."""
    return fault("the assertion does not hold" if message is None else display(message), "AssertionError")


def assertion_pair(operator: str, a: Any, b: Any, message: Any) -> MLError:
    """The fault of a failed `assert a == b`, with both sides and, for equality, the first place where they differ."""
    failure = assertion(message)
    if message is None:
        failure.message = f"the assertion does not hold: {short(a)} {operator} {short(b)}"
    failure.note = f"left:  {clipped(a)}\nright: {clipped(b)}" + (difference(a, b) if operator == "==" else "")
    return failure


def clipped(value: Any) -> str:
    """A value for a note."""
    text = quoted(value)
    return text if len(text) <= 500 else text[:499] + "…"  # noqa: PLR2004  some lines of a terminal


def difference(a: Any, b: Any) -> str:
    """Where two arrays or objects first differ, as a line of a note; empty for anything else."""
    path = ""
    for _ in range(100):
        if type(a) is not type(b) or type(a) not in (list, dict):
            break
        if type(a) is list:
            at = next((at for at, (x, y) in enumerate(zip(a, b)) if quoted(x) != quoted(y)), None)  # noqa: B905  lengths are told apart below
            if at is None:
                return f"\nthe lengths differ: {len(a)} and {len(b)}"
            a, b, path = a[at], b[at], f"{path}[{at}]"
        else:
            key = next((key for key in [*a, *b] if quoted(a.get(key, UNSET)) != quoted(b.get(key, UNSET))), None)
            if key is None:
                break
            if key not in a or key not in b:
                return f"\nonly the {'left' if key in a else 'right'} side has `{path.removeprefix('.')}{'.' if path else ''}{key}`"
            a, b, path = a[key], b[key], f"{path}.{key}"
    return f"\nfirst difference at `{path.removeprefix('.')}`: {short(a)} and {short(b)}" if path else ""


HELPERS: dict[str, Any] = {
    "$raise": raised,
    "$caught": caught,
    "$still": still,
    "$exhausted": exhausted,
    "$assertion": assertion,
    "$assertion_pair": assertion_pair,
}

"""From Python's exceptions to ML's errors: type, message and hint in ML's terms, the place in ML, and the ML stack.

A frame is ML's if its globals hold `$run`; its code's positions are ML's own. What an exception means in ML's terms
`faults.py` knows; the Python exception stays behind it as a cause that only the host sees.
"""

from __future__ import annotations

from _operator import length_hint  # the module round it is one more file at start-up
from itertools import islice

from mlpy.errors import Cancelled, MLError, StackFrame, Stop
from mlpy.runtime.current import current, exceed
from mlpy.runtime.operators import short
from mlpy.runtime.values import UNSET, ErrorValue, display, fault, quoted
from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable
    from types import CodeType, FrameType
    from typing import TypeAlias

    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value
    from mlpy.source import Source

    Step: TypeAlias = tuple[CodeType, int]  # a frame of ML code and the offset of its current instruction

RESERVED_TYPES = frozenset(("CapabilityError", "LimitExceeded", "Cancelled", "CheckFailed", "InternalError"))
RESERVED_FIELDS = frozenset(("message", "type", "file", "line", "column", "stack", "hint"))
OF_A_PLACE = frozenset(("file", "line", "column", "stack"))
LONGEST_TYPE = 100

# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


def steps_of(error: BaseException, run: Run) -> list[Step]:
    """The ML frames of a run that an exception came through, outermost first; of one that was caught before, from where it arose."""
    steps: list[Step] = []
    link = error.__traceback__
    while link is not None:
        if link.tb_frame.f_globals.get("$run") is run:
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


def text_at(step: Step | None, run: Run) -> str:
    """The ML source that a frame is at; empty where it is not known."""
    if step is None:
        return ""
    source, span = span_of(step, run)
    return source.text[span.start : span.end] if source is not None and span is not None else ""


def innermost(error: BaseException) -> FrameType | None:
    """The innermost ML frame."""
    found = None
    link = error.__traceback__
    while link is not None:
        if "$run" in link.tb_frame.f_globals:
            found = link.tb_frame
        link = link.tb_next
    return found


def raised_by_host(error: BaseException) -> bool:
    """Whether the innermost frame is neither ML code nor a part of mlpy."""
    link = error.__traceback__
    if link is None:
        return False
    while link.tb_next is not None:
        link = link.tb_next
    names = link.tb_frame.f_globals
    return "$run" not in names and not str(names.get("__name__", "")).startswith("mlpy.")


def described(error: BaseException, step: Step | None, run: Run) -> MLError:
    """The error in ML's terms, found out once for each exception."""
    names = error.__dict__
    if "$error" not in names:
        from mlpy.runtime.faults import describe  # noqa: PLC0415  programs that fail nowhere need none of it

        names["$error"] = describe(error, text_at(step, run), innermost(error), host=raised_by_host(error))
    explained: MLError = names["$error"]
    return explained


# ── the edge ─────────────────────────────────────────────────────────────────────────────────────────────────────


def explain(error: BaseException, run: Run) -> MLError:
    """The MLError that the host gets for what left a program: type, message, hint, span, source and stack.

    An MLError that a native or a `throw` raised is filled in and comes back as itself; anything else becomes its `__cause__`.
    """
    steps = steps_of(error, run)
    last = steps[-1] if steps else None
    if isinstance(error, Stop):
        explained = stopped(error)
    elif isinstance(error, MemoryError):  # which no handler of the language sees either
        explained = MLError("the program ran out of memory", "LimitExceeded", limit="memory")
        explained.__cause__ = error
    elif not isinstance(error, MLError):
        explained = described(error, last, run)
        explained.__cause__ = error
    elif error.__dict__.get("$run") in (None, run):
        explained = error
        if error.fields is not None:
            explained.fields = {key: item for key, item in error.fields.items() if key not in RESERVED_FIELDS}
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
        self._table: dict[str, Value] | None = None

    @property
    def table(self) -> dict[str, Value]:
        """Name → value."""
        if self._table is None:
            self._table = self._fill()
        return self._table

    def get(self, name: str, default: Value = None) -> Value:
        """A member; stands in the `get` slot of the handle. What a program threw is there without looking for its place."""
        error = self.error
        if self._table is None and isinstance(error, MLError) and name not in OF_A_PLACE:
            return error.message if name == "message" else error.type if name == "type" else (error.fields or {}).get(name, default)
        return self.table.get(name, default)

    def _fill(self) -> dict[str, Value]:
        last = self.steps[-1] if self.steps else None
        error = self.error
        explained = error if isinstance(error, MLError) else described(error, last, self.run)
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
    steps = steps_of(error, run)
    names = error.__dict__
    if not isinstance(error, MLError) and (isinstance(error, IndexError) or raised_by_host(error)):
        described(error, steps[-1] if steps else None, run)  # now, while the frames are there
    names["$steps"] = steps
    error.__traceback__ = None
    return ErrorValue.lazy(Details(error, steps, run), error)


# ── in the language ──────────────────────────────────────────────────────────────────────────────────────────────


def caught(error: BaseException) -> ErrorValue:
    """The helper at the head of each handler. In a dead run it raises again, and memory counts as a limit."""
    run = current.get()
    if run.dead:
        raise run.stopped()
    if type(error) is not MLError or "$steps" in error.__dict__:
        if isinstance(error, MemoryError):
            exceed("memory", "the program ran out of memory")
        return error_value(error, run)
    # `error_value` for what a `throw` raised, spelt out: programs throw in loops.
    steps: list[Step] = []
    link = error.__traceback__
    while link is not None:
        if link.tb_frame.f_globals.get("$run") is run:
            steps.append((link.tb_frame.f_code, link.tb_lasti))
        link = link.tb_next
    error.__dict__["$steps"] = steps
    error.__traceback__ = None
    made: ErrorValue = new(ErrorValue)
    made.details = details = new(Details)
    details.error, details.steps, details.run, details._table = error, steps, run, None  # noqa: SLF001  its constructor, spelt out
    made.get = details.get
    made.exception = error
    return made


new = object.__new__


def caught_members(error: BaseException) -> ErrorValue | dict[str, Value]:
    """`caught` where the program only reads members that tell no place: the fields of what it threw itself will do."""
    run = current.get()
    if type(error) is MLError and not run.dead:
        fields: dict[str, Value] | None = error.fields
        if fields is not None and fields.get("message") is error.message and fields.get("type") is error.type:
            return fields
    return caught(error)


def passed(error: BaseException) -> None:
    """`caught` where the program does not look at the error."""
    run = current.get()
    if run.dead:
        raise run.stopped()
    if isinstance(error, MemoryError):
        exceed("memory", "the program ran out of memory")


def raised(value: Value) -> BaseException:
    """The helper of `throw`: the exception to raise for a value."""
    kind = type(value)
    if kind is dict:
        return thrown(value.copy())
    if kind is ErrorValue:
        exception: BaseException | None = value.exception
        return thrown(value.table.copy()) if exception is None else exception
    return MLError(value if kind is str else display(value))


def thrown(value: dict[str, Value]) -> MLError:
    """The exception for an object that is thrown and that nobody else holds: it becomes the error's fields.

    Its `message` and `type` are made what the error's are; the others of the runtime's are passed over where they are read.
    """
    message = value.get("message")
    if type(message) is not str:
        value["message"] = message = display(message) if message is not None else "" if "message" in value else display(value)
    name = value.get("type")
    if type(name) is not str or name not in _usable:
        value["type"] = name = "Error" if name is None else usable_type(name)
    error = MLError.__new__(MLError, message)
    error.message = message
    error.type = name
    error.fields = value
    return error


def usable_type(name: Value) -> str:
    """A type that a program may give to its errors; another becomes `Error`. The first few are remembered."""
    if type(name) is not str or not 0 < len(name) <= LONGEST_TYPE or not name.isprintable() or name in RESERVED_TYPES:
        return "Error"
    if len(_usable) < MAX_REMEMBERED:
        _usable.add(name)
    return name


_usable: set[str] = {"Error"}
MAX_REMEMBERED = 256


def still() -> bool:
    """The helper of a `finally` whose file is dead: whether the run that executes it is alive."""
    run = current.get(None)
    return run is not None and not run.dead


def exhausted() -> None:
    """The helper behind a loop that ended by itself under a step limit: was it the fuel?"""
    run = current.get()
    if length_hint(run.fuel) == 0:
        run.exceed("steps", f"the program took more than its limit of {run.limits.steps:,} steps")


def assertion(message: Value) -> MLError:
    """The fault of a failed `assert`."""
    return fault("the assertion does not hold" if message is None else display(message), "AssertionError")


def assertion_pair(operator: str, a: Value, b: Value, message: Value) -> MLError:
    """The fault of a failed `assert a == b`, with both sides and, for equality, the first place where they differ."""
    failure = assertion(message)
    if message is None:
        failure.message = f"the assertion does not hold: {short(a)} {operator} {short(b)}"
    failure.note = f"left:  {clipped(a)}\nright: {clipped(b)}" + (difference(a, b) if operator == "==" else "")
    return failure


def clipped(value: Value) -> str:
    """A value for a note."""
    text = quoted(value)
    return text if len(text) <= 500 else text[:499] + "…"


def difference(a: Value, b: Value) -> str:
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


HELPERS: dict[str, Value] = {
    "$raise": raised,
    "$caught": caught, "$caught_members": caught_members, "$passed": passed, "$thrown": thrown,
    "$still": still,
    "$exhausted": exhausted,
    "$assertion": assertion,
    "$assertion_pair": assertion_pair,
}

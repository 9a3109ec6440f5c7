"""What a worker tells beyond values: diagnostics, errors and their places, as lists that JSON can write.

The worker writes (`told_*`), the parent reads (`read_*`) and believes nothing: codes must exist, places must lie in a source that
the parent knows, texts must be valid, and what only the runtime may say (a limit, a denial) is taken from frames of its own.
"""

from __future__ import annotations

from keyword import iskeyword
from math import isfinite

from mlpy.diagnostics import CODES, MAX_DIAGNOSTICS, Diagnostic, Edit
from mlpy.errors import CapabilityDenied, MLError, StackFrame
from mlpy.hosting import ABSENT, compiled, parameters_of
from mlpy.runtime.traceback import usable_type
from mlpy.runtime.values import UNSET, Function
from mlpy.source import Source, Span
from mlpy.workers.frames import BrokenFrame, Decoder, Encoder, checked_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import FunctionType

    from mlpy.runtime.limits import Limits

GRACE = 0.1  # seconds that a worker has beyond its time, to say itself where the program was
FRAMES = 12_000  # of a stack
SHOWN = 1 << 16  # characters of a message
PARAMETERS = 255
LARGEST_DEFAULT, LONGEST_DEFAULT = 10**18, 1_000  # that is told; characters
PLAIN = frozenset((type(None), bool, int, float, str))
LIMITS = ("cancelled", "memory", "output", "recursion", "size", "steps", "time")  # that a worker may say to have met

# ── diagnostics ──────────────────────────────────────────────────────────────────────────────────────────────────


def told_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[object]:
    """Each as (code, title, span, label, labels, note, hint, fix, name of the file)."""
    return [
        [
            one.code,
            one.title,
            list(one.span),
            one.label,
            [[list(span), text] for span, text in one.labels],
            one.note,
            one.hint,
            [[list(edit.span), edit.text] for edit in one.fix],
            "" if one.source is None else one.source.name,
        ]
        for one in diagnostics
    ]


def read_diagnostics(told: Sequence[object], sources: Mapping[str, Source]) -> list[Diagnostic]:
    """The diagnostics of a program that was refused, at least one; raises BrokenFrame."""
    if not 0 < len(told) <= 2 * MAX_DIAGNOSTICS:
        raise BrokenFrame("a refusal has no diagnostics, or too many")
    return [read_diagnostic(one, sources) for one in told]


def read_diagnostic(told: object, sources: Mapping[str, Source]) -> Diagnostic:
    match told:
        case [str(code), str(title), span, str(label), list(labels), note, hint, list(fix), str(file)] if code in CODES and file in sources:
            source = sources[file]
            return Diagnostic(
                code,
                text(title),
                read_span(span, source),
                label=text(label),
                labels=tuple([(read_span(one, source), text(said)) for one, said in map(pair, labels)]),
                note=optional(note),
                hint=optional(hint),
                fix=tuple([Edit(read_span(one, source), text(new)) for one, new in map(pair, fix)]),
                source=source,
            )
    raise BrokenFrame("there is no such diagnostic")


def pair(value: object) -> tuple[object, object]:
    match value:
        case [one, other]:
            return one, other
    raise BrokenFrame("a pair is no pair")


def read_span(value: object, source: Source) -> Span:
    """A place in a source."""
    match value:
        case [int(start), int(end)] if 0 <= start <= end <= len(source.text):
            return Span(start, end)
    raise BrokenFrame("there is no such place")


def text(value: object) -> str:
    """A text that is valid, cut where it is long."""
    if type(value) is not str:
        raise BrokenFrame("a text is no text")
    return checked_text(value)[:SHOWN]


def optional(value: object) -> str | None:
    return None if value is None else text(value)


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def told_error(error: MLError, encoder: Encoder) -> list[object]:
    """(message, type, hint, note, fields, name of the file, span, stack)."""
    stack = [[one.function, one.file, one.line, one.column, one.end_line, one.end_column] for one in error.stack[-FRAMES:]]
    fields = encoder.value(error.fields or {}, "the error")
    place = ["", None] if error.source is None or error.span is None else [error.source.name, list(error.span)]
    return [error.message[:SHOWN], error.type, error.hint, error.note, fields, *place, stack]


def read_error(told: Sequence[object], sources: Mapping[str, Source], decoder: Decoder, *, denied: bool, limit: str | None = None) -> MLError:
    """An error of the program; what is the runtime's own is believed only as far as it can be true: `denied` says that there was a denial."""
    match told:
        case [str(message), str(kind), hint, note, dict(fields), str(file), span, list(stack)]:
            pass
        case _:
            raise BrokenFrame("there is no such error")
    found = decoder.value(fields)
    assert isinstance(found, dict)
    made = made_error(text(message), text(kind), optional(hint), optional(note), found, denied=denied, limit=limit)
    if file in sources and span is not None:
        made.source, made.span = sources[file], read_span(span, sources[file])
    made.stack = [read_frame(one) for one in stack[:FRAMES]]
    return made


def made_error(message: str, kind: str, hint: str | None, note: str | None, fields: dict[str, object], *, denied: bool, limit: str | None) -> MLError:
    capability = fields.get("capability")
    if limit is not None:
        return MLError(message, {"cancelled": "Cancelled", "recursion": "RecursionError"}.get(limit, "LimitExceeded"), hint=hint, note=note, limit=limit)
    if kind == "CapabilityError" and denied and type(capability) is str:
        return CapabilityDenied(message, capability, hint=hint)
    return MLError(message, usable_type(kind), hint=hint, note=note, fields=fields or None)


def read_frame(told: object) -> StackFrame:
    """A frame of an ML stack."""
    match told:
        case [str(function), str(file), int(line), int(column), int(end_line), int(end_column)] if min(line, column, end_line, end_column) >= 1:
            return StackFrame(text(function), text(file), line, column, end_line, end_column)
    raise BrokenFrame("there is no such frame")


# ── functions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def told_function(function: FunctionType) -> list[object]:
    """(parameters, annotations, documentation); a parameter is (kind, name, whether it can be left out) and, if it is a plain value, what it is then."""
    code, defaults, named = function.__code__, function.__defaults__ or (), function.__kwdefaults__ or {}
    first = code.co_argcount - len(defaults)
    values = dict(zip(code.co_varnames[first : code.co_argcount], defaults, strict=True)) | named
    parameters = [[kind, name, default is not ABSENT, *([values[name]] if name in values and is_plain(values[name]) else ())] for kind, name, default in parameters_of(function)]
    annotations = {name: one for name, one in function.__annotations__.items() if type(one) is str}
    return [parameters, annotations, None if function.__doc__ is None else function.__doc__[:SHOWN]]


def read_function(told: object) -> FunctionType:
    """A function that shows what was told of one, and does nothing."""
    match told:
        case [list(parameters), dict(annotations), doc] if len(parameters) <= PARAMETERS and all(type(one) is str for one in annotations.values()):
            pass
        case _:
            raise BrokenFrame("there is no such function")
    found = [read_parameter(one) for one in parameters]
    try:
        made = compiled("function", found)(type(None))
    except (SyntaxError, ValueError) as error:
        raise BrokenFrame("a function cannot have such parameters") from error
    made.__defaults__ = tuple([one for kind, _, one in found if kind in ("", "/") and one is not ABSENT])
    made.__kwdefaults__ = {name: one for kind, name, one in found if kind == "k" and one is not ABSENT}
    made.__annotations__ = {name: text(one) for name, one in annotations.items() if name == "return" or is_parameter(name)}
    made.__doc__ = optional(doc)
    return made


def read_parameter(told: object) -> tuple[str, str, object]:
    """(kind, name, default) of a parameter."""
    match told:
        case [str(kind), str(name), bool(left_out), *default] if kind in ("", "/", "*", "k", "**") and is_parameter(name) and all(type(one) in PLAIN for one in default[:1]):
            return kind, name, (default[0] if default else UNSET) if left_out else ABSENT
    raise BrokenFrame("there is no such parameter")


def is_plain(value: object) -> bool:
    """Whether a default is one that JSON writes as it is, and not long."""
    if type(value) is int:
        return abs(value) < LARGEST_DEFAULT
    if type(value) is float:
        return isfinite(value)
    return type(value) in PLAIN and (type(value) is not str or len(value) <= LONGEST_DEFAULT)


def is_parameter(name: str) -> bool:
    """Whether Python takes a name for a parameter."""
    return len(name) <= SHOWN and name.isascii() and name.isidentifier() and not iskeyword(name)


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def limits_here(limits: Limits) -> Limits:
    """What holds for the run on this side, where nothing of the program executes."""
    return limits.replace(time=None if limits.time is None else limits.time + GRACE, steps=None, memory=None)


# ── databases ────────────────────────────────────────────────────────────────────────────────────────────────────


def is_for_databases(function: object) -> bool:
    """Whether a function opens a database: one in a file is the parent's, one in memory the worker's, as SQL of nobody knows whom runs in no other process."""
    return type(function) is Function and any("{path.stored}" in text for text in function.__dict__.get("capabilities", ()))

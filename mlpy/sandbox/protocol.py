"""What a worker tells beyond values: diagnostics, errors and their places, as lists that JSON can write.

The worker writes (`told_*`), the parent reads (`read_*`) and believes nothing: codes must exist, places must lie in a source that
the parent knows, texts must be valid, and what only the runtime may say (a limit, a denial) is taken from frames of its own.
"""

from __future__ import annotations

from mlpy.diagnostics import CODES, MAX_DIAGNOSTICS, Diagnostic, Edit
from mlpy.errors import CapabilityDenied, MLError, StackFrame
from mlpy.runtime.traceback import usable_type
from mlpy.source import Source, Span
from mlpy.workers.frames import BrokenFrame, Decoder, Encoder, checked_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlpy.runtime.limits import Limits

GRACE = 0.1  # seconds that a worker has beyond its time, to say itself where the program was
FRAMES = 12_000  # of a stack
SHOWN = 1 << 16  # characters of a message
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


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def limits_here(limits: Limits) -> Limits:
    """What holds for the run on this side, where nothing of the program executes."""
    return limits.replace(time=None if limits.time is None else limits.time + GRACE, steps=None, memory=None)

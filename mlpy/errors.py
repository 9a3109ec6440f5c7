"""What can leave a running program other than a value.

`MLError` is the one error that hosts see. Natives raise it too: `raise MLError("math domain error", "ValueError")`; its
place and stack are filled in at the edge from the traceback. `LimitExceeded` and `Cancelled` are BaseExceptions so that no
handler of ML catches them; they never leave the engine either, which turns them into an `MLError` whose `limit` says which.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Sequence

    from mlpy.diagnostics import Diagnostic
    from mlpy.source import Source, Span

# The stable types of runtime faults and the code that each is shown with.
FAULTS = {
    "Error": "E0600",
    "TypeError": "E0601",
    "ValueError": "E0602",
    "KeyError": "E0603",
    "IndexError": "E0604",
    "ZeroDivisionError": "E0605",
    "NameError": "E0606",
    "ArityError": "E0607",
    "RecursionError": "E0608",
    "CapabilityError": "E0609",
    "ImportError": "E0610",
    "AssertionError": "E0611",
    "IOError": "E0612",
    "InternalError": "E0699",
}
LIMITS = {"recursion": "E0608", "time": "E0701", "steps": "E0702", "memory": "E0703", "output": "E0704", "size": "E0705", "denials": "E0706", "cancelled": "E0707"}


class StackFrame:
    """A frame of an ML stack: the function's name (`main` for the top level), the file, the 1-based line and column."""

    __slots__ = ("column", "end_column", "end_line", "file", "function", "line")

    def __init__(self, function: str, file: str, line: int, column: int, end_line: int, end_column: int) -> None:
        self.function = function
        self.file = file
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column

    def __repr__(self) -> str:
        return f"<{self.function} at {self.file}:{self.line}:{self.column}>"


class MLError(Exception):
    """An error of an ML program: thrown by it, a runtime fault, a denial, or a limit that ended it.

    `type` is a stable name (`TypeError`, `NotFound`, …), `code` its `E06xx`/`E07xx`. `stack` is innermost last. `fields` are
    the further fields of a thrown object. `limit` names the limit that ended the run, else None; `recursion` is the one that a program can catch. `source` and `span` are the
    place where it arose, None where that is outside ML. `__cause__` is the Python exception behind it, for the host only.
    """

    hint: str | None = None
    note: str | None = None
    fields: dict[str, object] | None = None
    limit: str | None = None
    source: Source | None = None
    span: Span | None = None
    stack: Sequence[StackFrame] = ()

    def __init__(
        self,
        message: str,
        type: str = "Error",  # noqa: A002  the field's name in the language
        *,
        hint: str | None = None,
        note: str | None = None,
        fields: dict[str, object] | None = None,
        limit: str | None = None,
    ) -> None:
        # `BaseException.__new__` has kept the arguments; what is at its default stays on the class, as programs throw in loops.
        self.message = message
        self.type = type
        if hint is not None:
            self.hint = hint
        if note is not None:
            self.note = note
        if fields is not None:
            self.fields = fields
        if limit is not None:
            self.limit = limit

    def __str__(self) -> str:
        return self.message

    @property
    def code(self) -> str:
        """The stable code of the fault or limit; `E0600` for an error of the program's own type."""
        if self.limit in LIMITS:
            return LIMITS[self.limit]
        return FAULTS.get(self.type, "E0600")


class CheckFailed(MLError):  # noqa: N818  the name is fixed
    """The program does not compile; `diagnostics` holds everything found, lints included."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        errors = [one for one in diagnostics if one.severity == "error"]
        super().__init__(errors[0].title if errors else "the check failed", "CheckFailed")
        self.diagnostics = tuple(diagnostics)
        if errors:
            self.source = errors[0].source
            self.span = errors[0].span

    @property
    def code(self) -> str:
        """The code of the first error."""
        return next((one.code for one in self.diagnostics if one.severity == "error"), "E0600")


class CapabilityDenied(MLError):  # noqa: N818  the name is fixed
    """A use that no grant covers; `capability` is the `kind:resource` asked for."""

    def __init__(self, message: str, capability: str, *, hint: str | None = None) -> None:
        super().__init__(message, "CapabilityError", hint=hint, fields={"capability": capability})
        self.capability = capability


class Stop(BaseException):
    """Ends a run for good. `run` is the run that it belongs to, None until the driver has said so."""

    kind = "stop"

    def __init__(self, kind: str | None = None, message: str = "", run: object = None) -> None:
        super().__init__(message)
        if kind is not None:
            self.kind = kind
        self.message = message
        self.run = run


class LimitExceeded(Stop):
    """A resource limit: `kind` is a key of `LIMITS`."""


class Cancelled(Stop):
    """The host cancelled the run."""

    kind = "cancelled"

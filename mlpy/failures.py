"""The errors of extensions: what went wrong as data, which a command prints as text or as the `error` of its record.

Nothing here is about a terminal or about ML: `cli/family.py` and the module of an extension make of a failure what their readers want.
"""

from __future__ import annotations

from importlib.util import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import ClassVar

FAILED, USAGE, DENIED, LIMIT, NETWORK, INTERRUPTED = 1, 2, 3, 4, 5, 130


class Failure(Exception):  # noqa: N818  its subclasses are the errors
    """A failure with a stable type in snake case, a message and what a script may need beside it.

    `detail` are further fields of the error's record, `matches` the names that an ambiguous one may mean, `hint` one action that helps, `data` what a command that did not act
    has to tell nevertheless. `code` is the exit code, 0 to 5 (130 after Ctrl-C).

    A subclass names its own types and their exit codes in `CODES`, what may go well when it is tried again as it is in `RETRYABLE`, and in `EXTRA` what `need` says to install.
    """

    CODES: ClassVar[dict[str, int]] = {"failed": FAILED, "internal_error": FAILED, "interrupted": INTERRUPTED, "missing_extra": FAILED, "os_error": FAILED, "usage": USAGE}
    RETRYABLE: ClassVar[frozenset[str]] = frozenset({"interrupted"})
    EXTRA: ClassVar[str] = ""

    def __init__(
        self,
        type: str,  # noqa: A002  the field's name in the record
        message: str,
        *,
        detail: dict[str, object] | None = None,
        retryable: bool | None = None,
        matches: list[str] | None = None,
        hint: str | None = None,
        data: dict[str, object] | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.type = type
        self.message = message
        self.detail = detail
        self.retryable = type in self.RETRYABLE if retryable is None else retryable
        self.matches = matches
        self.hint = hint
        self.data = data
        self.code = self.CODES.get(type, FAILED) if code is None else code

    def record(self) -> dict[str, object]:
        """The `error` of an envelope; what does not apply is left out."""
        made: dict[str, object] = {"type": self.type, "message": self.message}
        detail = {**(self.detail or {}), **({"hint": self.hint} if self.hint else {})}
        if detail:
            made["detail"] = detail
        if self.retryable:
            made["retryable"] = True
        if self.matches is not None:
            made["matches"] = self.matches
        return made

    @classmethod
    def need(cls, *modules: str, extra: str | None = None, purpose: str | None = None) -> None:
        """Sees that modules of an extra (`EXTRA`, if none is named) are installed, without importing them; `purpose` is what needs them, in the plural.

        Raises:
            Failure: `missing_extra`, of this class, which names the extra, where one is not.
        """
        wanted = extra or cls.EXTRA
        for module in modules:
            if find_spec(module) is None:
                hint = f"`pip install 'mlpy[{wanted}]'` installs what {purpose or wanted} need"
                raise cls("missing_extra", f"`{module}` is not installed", detail={"module": module, "extra": wanted}, hint=hint)

"""The one error of this package: what went wrong as data, which the command prints as text or as the `error` of its record.

Nothing here is about a terminal or about ML: `command.py` and `__init__.py` make of a failure what their readers want.
"""

from __future__ import annotations

from importlib.util import find_spec

EXTRA = "models"
FAILED, USAGE, DENIED, LIMIT, NETWORK, INTERRUPTED = 1, 2, 3, 4, 5, 130

# The stable types, all of them, and the exit code that each ends a command with.
CODES = {
    "access_denied": DENIED,
    "address_in_use": FAILED,
    "already_exists": FAILED,
    "already_quantized": FAILED,
    "ambiguous_match": FAILED,
    "bad_address": USAGE,
    "bad_answer": NETWORK,
    "checksum_mismatch": FAILED,
    "confirmation_required": DENIED,
    "disk_full": FAILED,
    "empty_prompt": USAGE,
    "failed": FAILED,
    "file_not_found": FAILED,
    "gated": DENIED,
    "generation_failed": FAILED,
    "in_use": FAILED,
    "internal_error": FAILED,
    "interrupted": INTERRUPTED,
    "invalid_messages": USAGE,
    "invalid_name": USAGE,
    "invalid_value": USAGE,
    "load_failed": FAILED,
    "makes_no_text": FAILED,
    "missing_extra": FAILED,
    "model_not_found": FAILED,
    "network_error": NETWORK,
    "no_chat_template": FAILED,
    "no_match": FAILED,
    "not_loaded": FAILED,
    "not_runnable": FAILED,
    "offline": NETWORK,
    "os_error": FAILED,
    "overloaded": FAILED,
    "prompt_too_long": LIMIT,
    "rate_limited": NETWORK,
    "revision_not_found": FAILED,
    "too_large": FAILED,
    "unhealthy": FAILED,
    "usage": USAGE,
}
# What may go well when it is tried again as it is.
RETRYABLE = frozenset({"in_use", "interrupted", "network_error"})


class ModelError(Exception):
    """A failure with a stable type in snake case, a message and what a script may need beside it.

    `detail` are further fields of the error's record, `matches` the names that an ambiguous one may mean, `hint` one action that helps, `data` what a command that did not act
    has to tell nevertheless. `code` is the exit code, 0 to 5 (130 after Ctrl-C).
    """

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
        self.retryable = type in RETRYABLE if retryable is None else retryable
        self.matches = matches
        self.hint = hint
        self.data = data
        self.code = CODES.get(type, FAILED) if code is None else code

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


def need(*modules: str) -> None:
    """Sees that modules of the extra are installed, without importing them.

    Raises:
        ModelError: `missing_extra`, which names the extra, where one is not.
    """
    for module in modules:
        if find_spec(module) is None:
            hint = f"`pip install 'mlpy[{EXTRA}]'` installs what models need"
            raise ModelError("missing_extra", f"`{module}` is not installed", detail={"module": module, "extra": EXTRA}, hint=hint)

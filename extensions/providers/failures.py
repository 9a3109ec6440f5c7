"""The errors of providers, of the witness and of budgets: their stable types, and the exit code that each ends a command with."""

from __future__ import annotations

from mlpy.failures import DENIED, FAILED, LIMIT, USAGE, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import ClassVar


class ProviderError(Failure):
    """What went wrong with providers."""

    EXTRA = "providers"
    CODES: ClassVar[dict[str, int]] = Failure.CODES | {
        "already_settled": FAILED,
        "bad_passphrase": DENIED,
        "budget_exceeded": LIMIT,
        "budget_not_found": FAILED,
        "budget_unusable": FAILED,
        "currencies_mixed": FAILED,
        "invalid_value": USAGE,
        "keys_unusable": FAILED,
        "no_rate": FAILED,
        "not_a_checkpoint": FAILED,
        "not_canonical": FAILED,
        "not_writable": FAILED,
        "operation_failed": FAILED,
        "rates_unusable": FAILED,
        "record_not_found": FAILED,
        "unsafe_file": DENIED,
        "witness_unusable": FAILED,
        "witness_unwritable": FAILED,
    }
    RETRYABLE = Failure.RETRYABLE


def reason(error: OSError) -> str:
    """The operating system's words, without a path."""
    said = error.strerror or "unknown error"
    return said[:1].lower() + said[1:]

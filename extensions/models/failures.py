"""The one error of this package."""

from __future__ import annotations

from mlpy.failures import DENIED, FAILED, LIMIT, NETWORK, USAGE, Failure


class ModelError(Failure):
    """A failure of what keeps and runs models; `CODES` has all of its types, which are stable."""

    CODES = Failure.CODES | {
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
        "file_not_found": FAILED,
        "gated": DENIED,
        "generation_failed": FAILED,
        "in_use": FAILED,
        "invalid_messages": USAGE,
        "invalid_name": USAGE,
        "invalid_value": USAGE,
        "load_failed": FAILED,
        "makes_no_text": FAILED,
        "model_not_found": FAILED,
        "network_error": NETWORK,
        "no_chat_template": FAILED,
        "no_match": FAILED,
        "not_loaded": FAILED,
        "not_runnable": FAILED,
        "offline": NETWORK,
        "overloaded": FAILED,
        "prompt_too_long": LIMIT,
        "rate_limited": NETWORK,
        "revision_not_found": FAILED,
        "too_large": FAILED,
        "unhealthy": FAILED,
    }
    RETRYABLE = Failure.RETRYABLE | {"in_use", "network_error"}
    EXTRA = "models"

"""The one error of this package: what went wrong as data, see `mlpy/failures.py`."""

from __future__ import annotations

from mlpy.failures import DENIED, FAILED, NETWORK, USAGE, Failure


class BundleError(Failure):
    """A failure of `mlpy bundle …`, or of a program that uses `bundles`."""

    CODES = Failure.CODES | {
        "already_exists": FAILED,
        "bad_answer": NETWORK,
        "bad_credentials": FAILED,
        "bad_reference": USAGE,
        "blob_not_found": FAILED,
        "case_collision": FAILED,
        "confirmation_required": DENIED,
        "digest_mismatch": FAILED,
        "disk_full": FAILED,
        "file_changed": FAILED,
        "file_not_found": FAILED,
        "ignored": FAILED,
        "insecure": DENIED,
        "invalid_manifest": FAILED,
        "invalid_name": USAGE,
        "invalid_settings": FAILED,
        "model_not_found": FAILED,
        "network_error": NETWORK,
        "no_bundle": FAILED,
        "no_registry": USAGE,
        "not_a_bundle": FAILED,
        "not_a_file": FAILED,
        "not_found": FAILED,
        "not_tracked": FAILED,
        "outside": FAILED,
        "rate_limited": NETWORK,
        "too_large": FAILED,
        "unauthorized": DENIED,
        "unreadable": FAILED,
        "unsafe_path": FAILED,
        "unwritable": FAILED,
    }
    RETRYABLE = Failure.RETRYABLE | {"network_error", "rate_limited"}
    EXTRA = "bundles"

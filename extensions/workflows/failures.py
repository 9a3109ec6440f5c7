"""The errors of workflows: their stable types, and the exit code that each ends a command with."""

from __future__ import annotations

from mlpy.failures import DENIED, FAILED, LIMIT, NETWORK, USAGE, Failure

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import ClassVar


class WorkflowError(Failure):
    """What went wrong with workflows."""

    EXTRA = "workflows"
    CODES: ClassVar[dict[str, int]] = Failure.CODES | {
        "already_exists": FAILED,
        "ambiguous_match": FAILED,
        "bad_address": USAGE,
        "bad_answer": NETWORK,
        "confirmation_required": DENIED,
        "editor_failed": FAILED,
        "engine_failed": FAILED,
        "file_not_found": FAILED,
        "folder_not_found": FAILED,
        "grant_denied": DENIED,
        "in_use": FAILED,
        "install_failed": FAILED,
        "interpreter_not_found": FAILED,
        "invalid_lock": FAILED,
        "invalid_name": USAGE,
        "invalid_parameter": USAGE,
        "invalid_record": FAILED,
        "invalid_value": USAGE,
        "journal_unusable": FAILED,
        "lock_failed": FAILED,
        "lock_missing": FAILED,
        "lock_stale": FAILED,
        "needs_cycle": FAILED,
        "network_error": NETWORK,
        "not_readable": FAILED,
        "not_writable": FAILED,
        "offline": NETWORK,
        "run_finished": FAILED,
        "run_not_found": FAILED,
        "step_failed": FAILED,
        "timed_out": LIMIT,
        "too_large": LIMIT,
        "unsafe_path": DENIED,
        "workflow_not_found": FAILED,
    }
    RETRYABLE = Failure.RETRYABLE | {"in_use", "network_error"}

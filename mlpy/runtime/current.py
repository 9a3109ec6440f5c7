"""The run of this thread or task, and the one way for an operation to end it.

Stands left of everything else in the runtime, so that operators and builtins reach their run without importing it.
"""

from __future__ import annotations

from _contextvars import ContextVar

from mlpy.errors import LimitExceeded

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import NoReturn

    from mlpy.runtime.run import Run

current: ContextVar[Run] = ContextVar("mlpy.run")


def exceed(kind: str, message: str) -> NoReturn:
    """Ends the run for good because an operation would go over a limit; `kind` is a key of `errors.LIMITS`."""
    run = current.get(None)
    if run is None:
        raise LimitExceeded(kind, message)
    run.exceed(kind, message)

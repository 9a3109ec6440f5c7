"""Isolated worker processes: fresh interpreters that call functions of a program for it and have no authority of their own."""

import os
from _contextvars import ContextVar

inside: ContextVar[bool] = ContextVar("mlpy.workers.inside", default=False)  # whether this process is a worker


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Isolated worker processes: fresh interpreters that call functions of a program for it and have no authority of their own."""

from _contextvars import ContextVar

inside: ContextVar[bool] = ContextVar("mlpy.workers.inside", default=False)  # whether this process is a worker

"""`python -m mlpy`: the command without its script."""

from __future__ import annotations

from mlpy.cli import start

start()

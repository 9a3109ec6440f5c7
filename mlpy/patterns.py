"""Patterns of paths that a program searches by: `*`, `?` and `[` are the characters that stand for others in a name."""

from __future__ import annotations

MAGIC = frozenset("*?[")


def searched(pattern: str) -> str:
    """The folder that a search begins in: what stands before the first name that is a pattern, `.` for nothing."""
    names = pattern.split("/")
    fixed = next((at for at, name in enumerate(names) if not MAGIC.isdisjoint(name)), len(names))
    folder = "/".join(names[:fixed])
    return folder or ("/" if fixed and pattern.startswith("/") else ".")

"""Names in the generated Python: ML names as they are spelt, everything of ours behind a `$`, which ML cannot spell."""

from __future__ import annotations

# The only Python keywords that the compiler refuses as identifiers in a syntax tree.
CONSTANTS = frozenset({"None", "True", "False"})

MAIN = "$main"
TESTS = "$tests"
VALUE = "$value"
VIEW = "$:"  # begins the name of a module's view, and those of its attributes
TWIN = "$n"  # follows the name of a function with a specialised body


def python_name(name: str) -> str:
    """The Python identifier of an ML name."""
    return name + "$" if name in CONSTANTS else name


def ml_name(name: str) -> str:
    """The ML spelling of a Python identifier that `python_name` or the renaming of arm and handler names made."""
    return name.partition("$")[0]


def is_identifier(name: object) -> bool:
    """Whether a host may use this as the name of an input: ASCII, no `$`, no leading `__`, not reserved (N2)."""
    return type(name) is str and name.isascii() and name.isidentifier() and not name.startswith("__") and name not in RESERVED


RESERVED = frozenset("function fn return if elif else while for break continue try except finally throw import nonlocal assert true false null undefined".split())

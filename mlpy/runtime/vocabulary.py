"""The type names of the language, for annotations that two checkers read: Python's here, and the language's own from their text.

Only ever imported while type checking.
"""

# ruff: noqa: PYI042  the names are the language's

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

any: TypeAlias = Any  # noqa: A001  a value of a program is dynamically typed by nature
array: TypeAlias = list[Any]
boolean: TypeAlias = bool
function: TypeAlias = Callable[..., Any]
null: TypeAlias = None
number: TypeAlias = int | float
object: TypeAlias = dict[str, Any]  # noqa: A001  the language's name
string: TypeAlias = str

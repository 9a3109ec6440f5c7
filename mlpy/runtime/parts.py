"""The names that generated code finds in its globals, as far as a program uses them: a short one imports little.

`parts_of` says when a program is compiled which files hold what it names; `helpers` fetches that when it starts. All of them
stand in `namespace.py`.
"""

from __future__ import annotations

import itertools

from mlpy import capabilities
from mlpy.runtime import values

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator
    from types import CodeType
    from typing import Any

RAW: dict[str, Any] = {
    "$List": list,
    "$Dict": dict,
    "$Str": str,
    "$Int": int,
    "$Float": float,
    "$Bool": bool,
    "$type": type,
    "$size": len,
    "$range_": range,
    "$compress_": itertools.compress,  # under a step limit: the items of a loop, as long as the fuel lasts
    "$enumerate_": enumerate,
    "$callable_": callable,
    "$Exception": Exception,
    "$NameError": NameError,
}
BASE: dict[str, Any] = {"__builtins__": {}, **RAW, **values.HELPERS, **capabilities.HELPERS}
PARTS = ("printing", "operators", "members", "traceback", "builtins")  # later ones import earlier ones


def parts_of(code: CodeType) -> tuple[str, ...]:
    """The files that hold the helpers which a program's code names."""
    missing = set(names_of(code)) - BASE.keys()
    found = []
    for part in PARTS:
        table = table_of(part)
        if not missing.isdisjoint(table):
            found.append(part)
            missing.difference_update(table)
    return tuple(found)


def names_of(code: CodeType) -> Iterator[str]:
    """Every name that some code and the functions inside it take from their globals."""
    yield from code.co_names
    for one in code.co_consts:
        if type(one) is type(code):
            yield from names_of(one)


def helpers(parts: Iterable[str]) -> dict[str, Any]:
    """Fresh globals with what these files hold."""
    made = dict(BASE)
    for part in parts:
        made.update(table_of(part))
    return made


def table_of(part: str) -> dict[str, Any]:
    table: dict[str, Any] = __import__(f"mlpy.runtime.{part}", fromlist=["HELPERS"]).HELPERS
    return table

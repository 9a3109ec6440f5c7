"""The names that generated code finds in its globals: every helper, the raw types, and the builtins, merged once."""

from __future__ import annotations

import itertools

from mlpy import capabilities
from mlpy.runtime import builtins, members, operators, traceback, values
from mlpy.runtime.limits import interruptible

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
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
HELPERS: dict[str, Any] = {
    "__builtins__": {},
    **{"$" + name: function for name, function in builtins.BUILTINS.items()},
    **RAW,
    **values.HELPERS,
    **operators.HELPERS,
    **members.HELPERS,
    **traceback.HELPERS,
    **capabilities.HELPERS,
}
for part in (values, operators, members, builtins):
    interruptible(*part.INTERRUPTIBLE)

"""Every name that generated code can find in its globals: helpers, the raw types, and the builtins, merged once."""

from __future__ import annotations

from mlpy.runtime.parts import PARTS, helpers

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from typing import Any

HELPERS: dict[str, Any] = helpers(PARTS)

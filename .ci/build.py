"""Puts the grammar's compiled table into the wheel, so that an installed mlpy never needs lark to parse."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesHook(BuildHookInterface[Any]):
    """Runs before a wheel is made; an editable install builds its table on first use instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from mlpy.syntax import tables  # noqa: PLC0415  the checkout is importable only now

        made = Path(self.directory, "ml.tables")
        made.parent.mkdir(parents=True, exist_ok=True)
        tables.write(str(made))
        build_data["force_include"][str(made)] = "mlpy/syntax/ml.tables"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  the hook's protocol
        Path(self.directory, "ml.tables").unlink(missing_ok=True)

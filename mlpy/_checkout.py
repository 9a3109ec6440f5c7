"""Lets a source checkout be imported as it lies.

An installed mlpy holds stdlib, extensions and repl inside the package; in the repository they lie beside it. The finder is
asked last, so an installed copy always wins.
"""

from __future__ import annotations

import sys
from _frozen_importlib import ModuleSpec  # importlib.machinery costs a millisecond here
from _frozen_importlib_external import SourceFileLoader
from os.path import dirname

ROOT = dirname(dirname(__file__))
BESIDE = {f"mlpy.{name}": f"{ROOT}/{name}" for name in ("stdlib", "extensions", "repl")}


class CheckoutFinder:
    """A meta-path finder for the three packages that the wheel holds inside `mlpy`."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG004  the finder protocol
        """The package beside `mlpy/` for one of the three names, else None."""
        folder = BESIDE.get(name)
        if folder is None:
            return None
        file = f"{folder}/__init__.py"
        spec = ModuleSpec(name, SourceFileLoader(name, file), origin=file, is_package=True)
        spec.has_location = True  # a set `__file__` and a cached compiled file, as spec_from_file_location gives
        spec.submodule_search_locations = [folder]
        return spec


sys.meta_path.append(CheckoutFinder)

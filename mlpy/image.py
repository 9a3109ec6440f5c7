"""The files of a start as one entry of the cache.

A warm start imports some twenty files of mlpy. Looking for each and reading its compiled form costs more than running it, and
where an installer compiled nothing and Python may write nothing, each is compiled every time. `use` finds them all in one
verified entry; the size and time of each file still decide whether its code counts. `keep` writes the entry where there is
none that counts.
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import ModuleSpec  # importlib.machinery costs a millisecond
from _frozen_importlib_external import SourceFileLoader

from mlpy import cache

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from types import CodeType
    from typing import TypeAlias

    Kept: TypeAlias = tuple[str, int, int, CodeType]  # a file, its size and time, and what it compiles to

FOLDER = os.path.dirname(__file__)
START = (
    "mlpy.audit", "mlpy.capabilities", "mlpy.cli.files", "mlpy.cli.run", "mlpy.cli.terminal", "mlpy.compiled", "mlpy.engine", "mlpy.errors", "mlpy.lower", "mlpy.lower.names", "mlpy.nearest",
    "mlpy.runtime", "mlpy.runtime.current", "mlpy.runtime.limits", "mlpy.runtime.parts", "mlpy.runtime.printing", "mlpy.runtime.run", "mlpy.runtime.values", "mlpy.source",
)  # fmt: skip


class Loader(SourceFileLoader):
    """Loads a file whose code is at hand."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self.code = code

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  the loader protocol
        """What the file compiles to."""
        return self.code


class Image:
    """A meta-path finder for the files of a start; `complete` says whether it has found all that it was asked for."""

    __slots__ = ("complete", "modules")

    def __init__(self, modules: dict[str, Kept]) -> None:
        self.modules = modules
        self.complete = len(modules) == len(START)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002  the finder protocol
        """The kept code of a file that has not changed since; else the next finder is asked."""
        kept = self.modules.get(name)
        if kept is None:
            return None
        file, size, changed, code = kept
        try:
            state = os.stat(file)
        except OSError:
            self.complete = False
            return None
        if (state.st_size, state.st_mtime_ns) != (size, changed):
            self.complete = False
            return None
        is_package = file.endswith("__init__.py")
        spec = ModuleSpec(name, Loader(name, file, code), origin=file, is_package=is_package)
        spec.has_location = True  # a set `__file__`, as spec_from_file_location gives
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(file)]
        return spec


def use() -> Image:
    """Has the imports that follow answered from the cache, as far as it can."""
    kept = cache.load(_key())
    image = Image(kept if isinstance(kept, dict) else {})
    if image.modules:
        sys.meta_path.insert(0, image)
    return image


def keep(image: Image) -> None:
    """Keeps the files of this start for the next one, unless all came from there."""
    folder = None if image.complete else cache.cache_dir()
    if folder is None or not os.access(folder, os.W_OK):
        return
    found = {name: _read(name) for name in START}
    if None not in found.values():
        cache.store(_key(), found)


def _read(name: str) -> Kept | None:
    """What to keep of an imported file; None for one that is none."""
    loader = getattr(sys.modules.get(name), "__loader__", None)
    if not isinstance(loader, SourceFileLoader):
        return None
    try:
        state = os.stat(loader.path)  # before it is read: what changes meanwhile does not count later
        code = loader.get_code(name)
    except (ImportError, OSError):
        return None
    return None if code is None else (str(loader.path), state.st_size, state.st_mtime_ns, code)


def _key() -> bytes:
    return cache.key(b"the files of a start", FOLDER, *START)

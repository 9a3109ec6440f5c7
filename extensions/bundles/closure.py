"""The import closure of a file: it, and the files of the project that Python would load with it, found by reading.

Importing `a.b.c` loads the `__init__.py` of `a` and of `a.b`, too. Imports inside of functions count, those of names that only a type checker sees do not; what is imported under a name
that the program makes up cannot be seen: `mlpy bundle add` takes such files up.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.extensions.bundles.modules import Modules


def closure(modules: Modules, path: str) -> list[str]:
    """The paths of a file and of all that it needs of the project, sorted."""
    found: set[str] = set()
    pending = [path, *packages(modules, modules.names[path])]
    while pending:
        one = pending.pop()
        if one in modules.closures:
            found |= modules.closures[one]
        elif one not in found:
            found.add(one)
            pending += needs(modules, one)
    modules.closures[path] = found
    return sorted(found)


def needs(modules: Modules, path: str) -> list[str]:
    """The files that those imports load that stand in a file; one that is no Python imports nothing."""
    if path not in modules.needs:
        skeleton = modules.skeleton(path)
        loaded = {one for module, names in skeleton["imports"] for one in loads(modules, path, module, names)} if skeleton else set()
        modules.needs[path] = sorted(loaded)
    return modules.needs[path]


def loads(modules: Modules, path: str, module: str, names: list[str]) -> Iterator[str]:
    """The files that one import loads: the module, the packages that it lies in, and names that are modules themselves."""
    origin = modules.located(path, module)
    if origin is None:
        return
    for one in [origin, *(f"{origin}.{name}" for name in (exported(modules, origin) if names == ["*"] else names))]:
        yield from packages(modules, one)


def packages(modules: Modules, module: str) -> Iterator[str]:
    """The files of a module and of the packages that it lies in."""
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        path = modules.paths.get(".".join(parts[:end]))
        if path is not None:
            yield path


def exported(modules: Modules, module: str) -> list[str]:
    """What `from module import *` asks for by name."""
    skeleton = modules.skeleton(modules.paths[module]) if module in modules.paths else None
    return skeleton["exported"] or [] if skeleton else []

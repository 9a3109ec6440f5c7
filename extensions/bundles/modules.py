"""The Python modules of a project: which file an import means, and what a name in one stands for, found by reading alone.

Modules are looked for in the project's folder and in its `src/`, and at last beside the file that imports them, as for a file that is run by itself. What is not there is not the
project's: nothing installed is looked at.
"""

from __future__ import annotations

import builtins

from mlpy.extensions.bundles import skeletons
from mlpy.extensions.bundles.contents import opened
from mlpy.extensions.bundles.failures import BundleError

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator

    from mlpy.extensions.bundles.skeletons import Skeleton, Target

    # A class of the project (its file and its name there), a module of it, or the name of what lies outside.
    Thing = tuple[str, str, str]

LARGEST = 4 * 1024 * 1024  # bytes of a file
DEEPEST = 64  # names that stand for names
SOURCE = "src/"
BUILTINS = frozenset(dir(builtins))


class Unread:
    """A file that could not be read as Python: its path, the line, and what is wrong."""

    __slots__ = ("line", "message", "path")

    def __init__(self, path: str, line: int, message: str) -> None:
        self.path = path
        self.line = line
        self.message = message

    def record(self) -> dict[str, object]:
        return {"file": self.path, "line": self.line, "message": self.message}


class Modules:
    """The modules below a folder; a file is read when something asks for it, and once.

    `files` are the project's files. `alternative` says which of several things a name stands for where that depends: the first, the second, …; `choices` is for how many things
    a name stood, at most, that was looked at.
    """

    def __init__(self, root: str, files: Iterable[str]) -> None:
        self.root = root
        self.names: dict[str, str] = {}  # path → module
        self.paths: dict[str, str] = {}  # module → path; what `src/` has comes first
        self.folders: set[str] = set()  # modules that are folders
        self.read: dict[str, Skeleton | Unread] = {}
        self.needs: dict[str, list[str]] = {}  # what `closure.py` has found out about a file's imports,
        self.closures: dict[str, set[str]] = {}  # and about all that follows from them
        self.orders: dict[tuple[int, str, str], tuple[list[tuple[str, str]], int]] = {}  # what `ancestry` has found out, in each alternative
        self.alternative = 0
        self.choices = 1
        for path in sorted(files, key=lambda one: not one.startswith(SOURCE)):
            if path.endswith(".py"):
                self.take(path)

    def take(self, path: str) -> None:
        """Notes a file under the name that it is imported by."""
        parts = path.removeprefix(SOURCE).removesuffix(".py").removesuffix("/__init__").split("/")
        name = ".".join(parts)
        self.names[path] = name
        if path.endswith("/__init__.py") or name not in self.paths:
            self.paths[name] = path
        self.folders.update(".".join(parts[:end]) for end in range(1, len(parts)))

    def skeleton(self, path: str) -> Skeleton | None:
        """What a file says; None where it cannot be read as Python, which `problems` then tells."""
        if path not in self.read:
            self.read[path] = self.open(path)
        found = self.read[path]
        return None if isinstance(found, Unread) else found

    def open(self, path: str) -> Skeleton | Unread:
        try:
            with opened(self.root, path) as held, open(held, "rb", closefd=False) as file:
                source = file.read(LARGEST + 1)
            if len(source) > LARGEST:
                return Unread(path, 1, f"the file is larger than {LARGEST:,} bytes")
            return skeletons.read(source)
        except SyntaxError as error:
            return Unread(path, error.lineno or 1, error.msg)
        except (OSError, BundleError):
            return Unread(path, 1, "the file cannot be read")
        except ValueError:
            return Unread(path, 1, "the file holds characters that no Python file has")
        except (RecursionError, MemoryError):
            return Unread(path, 1, "the file is too deeply nested")

    def problems(self) -> list[Unread]:
        """The files that were asked for and could not be read, by path."""
        return sorted((one for one in self.read.values() if isinstance(one, Unread)), key=lambda one: one.path)

    # ── imports ──

    def absolute(self, path: str, module: str) -> str | None:
        """The whole name of a module as a file imports it; None where dots lead out of every package."""
        dots = len(module) - len(module.lstrip("."))
        if not dots:
            return module
        package = self.names[path].split(".")
        kept = len(package) - dots + path.endswith("__init__.py")
        return ".".join([*package[: max(kept, 0)], *filter(None, [module[dots:]])]) or None

    def importable(self, path: str) -> bool:
        """Whether a file has a name that an import can have: a dot in one of a folder would mean another."""
        return self.names[path].count(".") == path.removeprefix(SOURCE).removesuffix("/__init__.py").count("/")

    def known(self, module: str) -> bool:
        return module in self.paths or module in self.folders

    def located(self, path: str, module: str) -> str | None:
        """The module of the project that a file means; None where it is none of the project's."""
        whole = self.absolute(path, module)
        if whole is None:
            return None
        if not self.known(whole.partition(".")[0]):
            whole = f"{self.names[path].rpartition('.')[0]}.{whole}".lstrip(".")
        return whole if self.known(whole) else None

    # ── names ──

    def in_module(self, module: str, name: str, depth: int = 0) -> Thing | None:
        """What a name stands for in a module: what its file binds, then a module below it."""
        path = self.paths.get(module)
        found = self.in_file(path, name, depth) if path is not None else None
        return ("module", f"{module}.{name}", "") if found is None and self.known(f"{module}.{name}") else found

    def in_file(self, path: str, name: str, depth: int = 0) -> Thing | None:
        """What a name stands for at the top of a file: what its statements bind, then what its stars import, theirs included."""
        seen, pending = {path}, [path]
        while pending and depth <= DEEPEST:
            one = pending.pop(0)
            skeleton = self.skeleton(one)
            bound = skeleton["scopes"][""].get(name) if skeleton else None
            if bound:
                return self.meant(one, "", bound, depth)
            for star in skeleton["stars"] if skeleton else []:
                origin = self.located(one, star)
                if origin is None or not self.exports(origin, name):
                    continue
                if self.known(f"{origin}.{name}") and not self.binds(origin, name):
                    return ("module", f"{origin}.{name}", "")
                after = self.paths.get(origin)
                if after is not None and after not in seen:
                    seen.add(after)
                    pending.append(after)
        return None

    def binds(self, module: str, name: str) -> bool:
        """Whether the file of a module binds a name itself."""
        skeleton = self.skeleton(self.paths[module]) if module in self.paths else None
        return skeleton is not None and name in skeleton["scopes"][""]

    def exports(self, module: str, name: str) -> bool:
        """Whether `from module import *` brings a name, if it is there at all."""
        skeleton = self.skeleton(self.paths[module]) if module in self.paths else None
        listed = skeleton["exported"] if skeleton else None
        return name in listed if listed is not None else not name.startswith("_")

    def meant(self, path: str, scope: str, targets: list[Target], depth: int) -> Thing | None:
        """What the targets of a name stand for, in the alternative that is looked at."""
        if depth > DEEPEST:
            return None
        self.choices = max(self.choices, len(targets))
        kind, first, name = targets[min(self.alternative, len(targets) - 1)]
        match kind:
            case "class":
                return ("class", path, first)
            case "module":
                found = self.located(path, first)
                return ("module", found, "") if found else ("outside", first, "")
            case "member":
                found = self.located(path, first)
                return self.in_module(found, name, depth + 1) if found else ("outside", f"{first}.{name}", "")
            case "name":
                return self.resolve(path, scope, first, depth + 1)
            case _:
                return None

    def resolve(self, path: str, scope: str, name: str, depth: int = 0) -> Thing | None:
        """What a dotted name stands for in the body of a class (`scope`), or at the top of a file; None where nobody can tell."""
        skeleton = self.skeleton(path)
        if skeleton is None or depth > DEEPEST:
            return None
        first, *rest = name.split(".")
        inner = skeleton["scopes"].get(scope, {}).get(first) if scope else None
        if inner == [("name", name, "")]:  # `Base = Base` in a class means the one outside
            inner = None
        found = self.meant(path, scope, inner, depth) if inner else self.in_file(path, first, depth)
        if found is None and first in BUILTINS:
            found = ("outside", f"builtins.{first}", "")
        for attribute in rest:
            found = self.attribute(found, attribute, depth)
        return found

    def attribute(self, thing: Thing | None, name: str, depth: int) -> Thing | None:
        """What an attribute of something stands for."""
        match thing:
            case ("module", module, _):
                return self.in_module(module, name, depth + 1)
            case ("class", path, owner):
                return self.in_class(path, owner, name, depth + 1)
            case ("outside", outer, _):
                return ("outside", f"{outer}.{name}", "")
            case _:
                return None

    def in_class(self, path: str, owner: str, name: str, depth: int) -> Thing | None:
        """What a name stands for in a class, its own or one that it inherits."""
        if depth > DEEPEST:
            return None
        for at, one in self.ancestry(path, owner, depth):
            skeleton = self.skeleton(at)
            bound = skeleton["scopes"].get(one, {}).get(name) if skeleton else None
            if bound:
                return self.meant(at, one, bound, depth + 1)
        return None

    # ── inheritance ──

    def bases(self, path: str, name: str, depth: int = 0) -> Iterator[Thing | None]:
        """What the bases of a class stand for."""
        skeleton = self.skeleton(path)
        scope = name.rpartition(".")[0]
        for base in skeleton["classes"][name]["bases"] if skeleton else []:
            yield self.resolve(path, scope, base, depth + 1) if base is not None else None

    def ancestry(self, path: str, name: str, depth: int = 0) -> list[tuple[str, str]]:
        """A class of the project and those of the project that it inherits from, in the order in which Python looks (C3; where there is none, depth first)."""
        key = (self.alternative, path, name)
        if key not in self.orders:
            if depth > DEEPEST:
                return []
            self.orders[key] = ([], 1)  # a class that inherits from itself ends here
            parents = [(one[1], one[2]) for one in self.bases(path, name, depth) if one is not None and one[0] == "class"]
            lines = [self.ancestry(*one, depth + 1) for one in parents]
            self.orders[key] = ([(path, name), *merged([*lines, parents])], self.choices)
        order, choices = self.orders[key]
        self.choices = max(self.choices, choices)
        return order


def merged(lines: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """The C3 merge of the bases' own orders and the order of the bases."""
    made: list[tuple[str, str]] = []
    pending = [line for line in lines if line]
    while pending:
        later = {one for line in pending for one in line[1:]}
        chosen = next((line[0] for line in pending if line[0] not in later), pending[0][0])
        made.append(chosen)
        pending = [rest for line in pending if (rest := [one for one in line if one != chosen])]
    return made

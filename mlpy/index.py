"""What modules there are, known by reading their files and never by importing them.

In go the folders of the standard library, of shipped extensions and of the host, and the entry points of installed
distributions; out come names, declarations and problems. What was read is kept in the user's cache under the file's size and
time, so that discovery is one look at each folder. A file that cannot be read or declares nonsense is one `Problem`.
"""

from __future__ import annotations

import os
from _thread import RLock
from time import perf_counter

from mlpy import cache
from mlpy.distributions import EntryPoint, entry_points, settled

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Iterator

    Parameter = tuple[str, str, str | None, str]
    Record = tuple[int, int, tuple[object, ...] | None, tuple[str, int, str] | None]


class MemberInfo:
    """What is known of a member without importing its module.

    `kind` is `function`, `constant` or `field`, `capabilities` what a call demands. Each of `params` is (name, ML type, default as
    ML text or None, kind), its kind `positional` (cannot be named), `normal`, `rest` or `named` (must be named). `result` is the ML
    type of the result or value.
    """

    __slots__ = ("capabilities", "doc", "examples", "kind", "line", "name", "params", "result")

    def __init__(self, name: str, kind: str, params: tuple[Parameter, ...], result: str, capabilities: tuple[str, ...], doc: str, examples: tuple[str, ...], line: int) -> None:
        self.name = name
        self.kind = kind
        self.params = params
        self.result = result
        self.capabilities = capabilities
        self.doc = doc
        self.examples = examples
        self.line = line

    @property
    def signature(self) -> str:
        """As a reader writes it: `log(x: number, base: number = 10): float`; a constant `pi: float`."""
        if self.kind != "function":
            return f"{self.name}: {self.result}"
        return f"{self.name}({', '.join(map(parameter_text, self.params))}): {self.result}"


class ModuleInfo:
    """What is known of a module without importing it.

    `doc` is its guide, in Markdown; `classes` are the members of the host classes of its results, by name, and `class_docs` what
    those are. `origin` is `stdlib`, `extension`, `path` or `distribution`, then `distribution` is its name.
    """

    __slots__ = ("class_docs", "classes", "description", "distribution", "doc", "members", "name", "origin", "path", "version")

    def __init__(self, path: str, entry: tuple[object, ...], origin: str = "path", distribution: str | None = None) -> None:
        name, description, version, doc, found, classes = entry
        self.name: str = name  # type: ignore[assignment]  # the six are made by reading.py
        self.description: str = description  # type: ignore[assignment]  # as above
        self.version: str = version  # type: ignore[assignment]  # as above
        self.doc: str = doc  # type: ignore[assignment]  # as above
        self.path = path
        self.origin = origin
        self.distribution = distribution
        self.members: dict[str, MemberInfo] = {one[0]: MemberInfo(*one) for one in found}  # type: ignore[attr-defined]  # as above
        self.classes: dict[str, dict[str, MemberInfo]] = {title: {one[0]: MemberInfo(*one) for one in own} for title, _, own in classes}  # type: ignore[attr-defined]  # as above
        self.class_docs: dict[str, str] = {title: said for title, said, _ in classes}  # type: ignore[attr-defined]  # as above

    def member(self, name: str) -> MemberInfo | None:
        """The member of a name as written or in camelCase."""
        found = self.members.get(name)
        if found is None and "_" in name:
            head, *rest = name.split("_")
            found = self.members.get(head + "".join([part.capitalize() for part in rest]))
        return found


class Problem:
    """A module that cannot be used, or a second one of a name: what is wrong and where."""

    __slots__ = ("line", "message", "name", "path")

    def __init__(self, name: str, path: str, line: int, message: str) -> None:
        self.name = name
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"module `{self.name}`: {self.message} ({self.path}:{self.line})"

    def __repr__(self) -> str:
        return f"Problem({self.name!r}, {f'{self.path}:{self.line}'!r})"


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Root:
    """A folder of modules. `package` is what its files are imported below, None for a folder that is no package.

    `known` is what was found at the last look, which spares the next one the index on disk; `times` are seconds that reading a file took.
    """

    __slots__ = ("known", "origin", "package", "path", "times")

    def __init__(self, path: str, package: str | None = None, origin: str = "path") -> None:
        self.path = path
        self.package = package
        self.origin = origin
        self.known: dict[str, Record] | None = None
        self.times: dict[str, float] = {}

    def scan(self) -> dict[str, Record]:
        """What its files declare, by path."""
        self.known = scan(self.path, files(self.path), self.times, self.known)
        return self.known


class Installed(Root):
    """The modules of installed distributions, by the files that their entry points lead to."""

    __slots__ = ("points",)

    def __init__(self) -> None:
        super().__init__("", None, "distribution")
        self.points: dict[str, EntryPoint] = {}

    def scan(self) -> dict[str, Record]:
        """What the files behind the entry points declare, which has to be what they promise."""
        points = entry_points()
        self.points = {point.path: point for point in points if point.path is not None}
        found = self.known = scan("\n".join(sorted(self.points)), [one for path in self.points for one in stated(path)], self.times, self.known)
        entries = {path: self.kept(self.points[path], record) for path, record in found.items()}
        entries.update({point.file: astray(point, "which has no file") for point in points if point.path is None})
        return entries

    @staticmethod
    def kept(point: EntryPoint, record: Record) -> Record:
        """A record of a file, unless it is not what the entry point says."""
        size, time, entry, problem = record
        if problem is not None:
            return size, time, None, (point.name, *problem[1:])
        if entry is not None and entry[0] == point.name:
            return record
        return astray(point, "which declares no module" if entry is None else f"which declares `{entry[0]}`: give the two one name")


def astray(point: EntryPoint, message: str) -> Record:
    """The record of an entry point that leads to no module."""
    return 0, 0, None, (point.name, 1, f"the entry point of `{point.distribution}` names `{point.target}`, {message}")


def scan(name: str, listed: Iterable[tuple[str, int, int]], times: dict[str, float], before: dict[str, Record] | None = None) -> dict[str, Record]:
    """What files declare, by path; only those are read that changed since what is known `before`, by default the index of this name.

    `times` gets the seconds that each of these took.
    """
    key = cache.key(name.encode("utf-8", "surrogateescape"), "modules")
    if before is None:
        kept = cache.load(key)
        before = kept if isinstance(kept, dict) else {}
    found: dict[str, Record] = {}
    for path, size, time in listed:
        record = before.get(path)
        if record is None or record[:2] != (size, time):
            from mlpy.reading import read_module  # noqa: PLC0415  the index spares it

            began = perf_counter()
            record = (size, settled(time), *read_module(path))
            times[path] = perf_counter() - began
        found[path] = record
    if found != before:
        cache.store(key, found)
    return found


def files(folder: str) -> Iterator[tuple[str, int, int]]:
    """(path, size, time) of each Python file in a folder, and of the `__init__.py` of each package in it."""
    try:
        with os.scandir(folder) as listed:
            names = sorted([(one.name, one) for one in listed if one.name[0] not in "._"])
    except OSError:
        return
    for name, one in names:
        if name.endswith(".py"):
            yield from stated(one.path)
        elif "." not in name and one.is_dir():
            yield from stated(os.path.join(one.path, "__init__.py"))


def stated(path: str) -> Iterator[tuple[str, int, int]]:
    """(path, size, time) of a file that is there. The time is that of its last change of any kind, which nobody can set back."""
    try:
        state = os.stat(path)
    except OSError:
        return
    yield path, state.st_size, state.st_ctime_ns


# ── the index ────────────────────────────────────────────────────────────────────────────────────────────────────


class Found:
    """A module that was found: where, and what its file declares."""

    __slots__ = ("entry", "path", "root")

    def __init__(self, root: Root, path: str, entry: tuple[object, ...]) -> None:
        self.root = root
        self.path = path
        self.entry = entry

    def info(self) -> ModuleInfo:
        """The declarations for readers."""
        point = self.root.points.get(self.path) if isinstance(self.root, Installed) else None
        return ModuleInfo(self.path, self.entry, self.root.origin, point.distribution if point is not None else None)


class Index:
    """The modules of several places in order of precedence: of two with one name the first counts, the second is a problem.

    Safe to share between threads: a look gives a new picture, which replaces the old one as a whole.
    """

    def __init__(self, roots: Iterable[Root]) -> None:
        self.roots = [*roots, Installed()]
        self._lock = RLock()
        self._seen: tuple[dict[str, Found], list[Problem]] | None = None
        self.took = 0.0  # seconds of the last look at all places

    def refresh(self) -> None:
        """Has the next question look at the places again."""
        self._seen = None

    def names(self) -> list[str]:
        """The names of all modules, sorted."""
        return sorted(self.look()[0])

    def seconds(self, path: str) -> float | None:
        """The time that reading a file took; None where the index on disk knew it."""
        return next((root.times[path] for root in self.roots if path in root.times), None)

    def find(self, name: str) -> Found | None:
        """The module of a name."""
        return self.look()[0].get(name)

    def problems(self) -> list[Problem]:
        """Every file that is no module although it wants to be, and every second one of a name."""
        return [*self.look()[1]]

    def capabilities(self) -> set[str]:
        """Everything that the modules' functions demand."""
        infos = [found.info() for found in self.look()[0].values()]
        members = [one for info in infos for own in (info.members, *info.classes.values()) for one in own.values()]
        return {need for one in members for need in one.capabilities}

    def look(self) -> tuple[dict[str, Found], list[Problem]]:
        """The modules by name, and the problems."""
        seen = self._seen
        if seen is None:
            with self._lock:
                began = perf_counter()
                seen = self._seen = self._seen or self._look()
                self.took = perf_counter() - began
        return seen

    def _look(self) -> tuple[dict[str, Found], list[Problem]]:
        modules: dict[str, Found] = {}
        problems: list[Problem] = []
        for root in self.roots:
            for path, (_, _, entry, problem) in root.scan().items():
                if problem is not None:
                    name, line, message = problem
                    problems.append(Problem(name, path, line, message))
                elif entry is not None:
                    first = modules.setdefault(str(entry[0]), Found(root, path, entry))
                    if first.path != path:
                        by = "the standard library" if first.root.origin == "stdlib" else first.path
                        problems.append(Problem(str(entry[0]), path, 1, f"the name is taken by {by}"))
        return modules, problems


def parameter_text(parameter: Parameter) -> str:
    """A parameter as it stands in a signature."""
    name, kind, default, how = parameter
    text = f"...{name}" if how == "rest" else name
    if kind != "any":
        text += f": {kind}"
    return text if default is None else f"{text} = {default}"

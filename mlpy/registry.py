"""Finds modules by reading their files, imports one when a program first uses it, and gives programs handles to it.

A module's name, signatures, capabilities and documentation come from the syntax tree of its file, never from importing it; an
index in the user's cache keeps them under the file's size and time. A module of the standard library has its file's name, so
that loading one needs no index at all. A file that cannot be read, parsed or imported is one `Problem`; the rest works.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b
from _frozen_importlib import ModuleSpec, module_from_spec  # importlib.machinery costs a millisecond
from _frozen_importlib_external import SourceFileLoader
from _thread import RLock
from _weakref import ref

from mlpy import cache
from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.runtime.limits import interruptible
from mlpy.runtime.values import HOST_HANDLES, ModuleHandle
from mlpy.sdk import Binding, BoundHandle, DeclarationError, constants, declared_functions, declared_module, exposed, own_functions, spellings, verify

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Mapping
    from types import ModuleType
    from typing import NoReturn

    from mlpy.capabilities import Grants
    from mlpy.runtime.run import Run
    from mlpy.sdk import Function, Module

    Parameter = tuple[str, str, str | None, str]
    Entry = tuple[int, int, tuple[object, ...] | None, tuple[str, int, str] | None]

STDLIB, EXTENSIONS = "mlpy.stdlib", "mlpy.extensions"


class MemberInfo:
    """What is known of a member without importing its module.

    `kind` is `function` or `constant`, `capabilities` what a call demands. Each of `params` is (name, ML type, default as ML text or None, kind), its kind
    `positional` (cannot be named), `normal`, `rest` or `named` (must be named). `result` is the ML type of the result or value.
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
        if self.kind == "constant":
            return f"{self.name}: {self.result}"
        return f"{self.name}({', '.join(map(parameter_text, self.params))}): {self.result}"


class ModuleInfo:
    """What is known of a module without importing it; `classes` are the host classes of its results, by name."""

    __slots__ = ("classes", "description", "members", "name", "path", "version")

    def __init__(self, path: str, entry: tuple[object, ...]) -> None:
        name, description, version, found, classes = entry
        self.name: str = name  # type: ignore[assignment]  # the five are made by reading.py
        self.description: str = description  # type: ignore[assignment]  # as above
        self.version: str = version  # type: ignore[assignment]  # as above
        self.path = path
        self.members: dict[str, MemberInfo] = {one[0]: MemberInfo(*one) for one in found}  # type: ignore[attr-defined]  # as above
        self.classes: dict[str, dict[str, MemberInfo]] = {
            owner: {one[0]: MemberInfo(*one) for one in members}
            for owner, members in classes  # type: ignore[attr-defined]  # as above
        }

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


class Root:
    """A folder of modules; `package` is what it is imported as, None for a folder that is no package."""

    __slots__ = ("entries", "package", "path")

    def __init__(self, path: str, package: str | None = None) -> None:
        self.path = path
        self.package = package
        self.entries: dict[str, Entry] | None = None


class Loaded:
    """An imported module: its file's namespace and its declaration.

    What ships with mlpy is handed out as it is: `shared` is the one handle of such a module that keeps no state and demands no
    capability. Any other is bound to each run, and functions from elsewhere have their arguments and results checked.
    """

    __slots__ = ("binds", "functions", "module", "namespace", "needs", "path", "root", "shared", "shipped", "stateful")

    def __init__(self, namespace: Mapping[str, object], module: Module, root: Root, path: str) -> None:
        self.namespace = namespace
        self.module = module
        self.root = root
        self.path = path
        of_class = declared_functions(vars(module.declared))
        self.functions = [*of_class, *declared_functions(namespace)]
        self.stateful = bool(of_class)
        self.needs = {function.name: function.capabilities for _, function in self.functions if function.capabilities}
        self.shipped = root.package is not None
        handles = [HOST_HANDLES[value] for value in namespace.values() if type(value) is type and value in HOST_HANDLES]
        self.binds = any(issubclass(kind, BoundHandle) and kind.binds for kind in handles)  # type: ignore[arg-type]  # classes, all of them
        plain = self.shipped and not self.stateful and not self.needs and not self.binds
        self.shared = ModuleHandle(module.name, self.table(None, None, None)) if plain else None
        for need in {need for needs in self.needs.values() for need in needs}:
            declare_kind_of(need)

    def table(self, state: object, run: Run | None, grants: Grants | None) -> dict[str, object]:
        """The members as a program that holds these grants sees them."""
        table = constants(self.module)
        for written, function in self.functions:
            value = self.exposed(function, state, run, grants)
            for name in spellings(written, function.name):
                table[name] = value
        return table

    def exposed(self, function: Function, state: object, run: Run | None, grants: Grants | None) -> object:
        """What a program gets for a declared function: a pure one itself, any other a closure over its instance and grants."""
        if function.bare is not None and self.shipped:
            return function.bare
        value = function.bind(state) if function.takes_self else function.function
        if run is None or grants is None or (self.shipped and not self.binds and not function.capabilities):
            return value
        return exposed(function, value, Binding(run, grants, self.module.name), checked=not self.shipped, binds=self.binds)

    def bind(self, run: Run, grants: Grants) -> dict[str, object]:
        """The table for one run, whose instance of the module's class is made on first use."""
        if not self.stateful:
            return self.table(None, run, grants)
        if self.module not in run.modules:
            run.modules[self.module] = self.module.declared()
        return self.table(run.modules[self.module], run, grants)


class Bound:
    """A handle with the grants that it was bound to, which it keeps alive and with them their identity."""

    __slots__ = ("grants", "handle", "registry")

    def __init__(self, registry: Registry, handle: ModuleHandle, grants: Grants) -> None:
        self.registry = registry
        self.handle = handle
        self.grants = grants

    def belongs(self, registry: Registry, name: str) -> bool:
        """Whether it is a module of a registry."""
        return self.registry is registry and self.handle.name == name


class Registry:
    """The modules that programs can import: the standard library, shipped extensions, and those of further folders.

    Of two modules with one name the first in that order counts, so the standard library cannot be shadowed; the second is a
    problem. Safe to share between threads.
    """

    def __init__(self, extension_paths: Iterable[str | os.PathLike[str]] = ()) -> None:
        self._paths = [os.path.abspath(path) for path in extension_paths]
        self._lock = RLock()
        self._roots: list[Root] = []
        self._loaded: dict[str, Loaded] = {}
        self._failed: dict[str, Problem] = {}
        self._runs: list[ref[Run]] = []
        self._learnt = False
        _registries[:] = [*(each for each in _registries if each() is not None), ref(self)]

    # ── what there is ──

    def names(self) -> list[str]:
        """The names of all modules, sorted."""
        return sorted({str(entry[2][0]) for root in self.roots() for entry in self._scanned(root).values() if entry[2] is not None})

    def info(self, name: str) -> ModuleInfo | None:
        """What is known of a module, None where there is none of that name."""
        found = self._find(name)
        if found is None:
            return None
        root, path = found
        entry = self._scanned(root)[path][2]
        assert entry is not None
        return ModuleInfo(path, entry)

    def problems(self) -> list[Problem]:
        """Every module that cannot be used, in the order of the folders."""
        problems = []
        first: dict[str, str] = {}
        for root in self.roots():
            for path, (_, _, entry, problem) in self._scanned(root).items():
                if problem is not None:
                    name, line, message = problem
                    problems.append(Problem(name, path, line, message))
                elif entry is not None:
                    taken = first.setdefault(str(entry[0]), path)
                    if taken != path:
                        problems.append(Problem(str(entry[0]), path, 1, f"the name is taken by {taken}"))
        return [*problems, *self._failed.values()]

    def declare_kinds(self) -> None:
        """Makes the kinds of all capabilities that modules demand ones that hosts can grant, before any module is loaded."""
        if not self._learnt:
            entries = [entry[2] for root in self.roots() for entry in self._scanned(root).values() if entry[2] is not None]
            for entry in entries:
                info = ModuleInfo("", entry)
                for member in [*info.members.values(), *(one for own in info.classes.values() for one in own.values())]:
                    for need in member.capabilities:
                        declare_kind_of(need)
            self._learnt = True

    def roots(self) -> list[Root]:
        """The folders in order of precedence."""
        if not self._roots:
            shipped = [Root(__import__(name, fromlist=["_"]).__path__[0], name) for name in (STDLIB, EXTENSIONS)]
            with self._lock:
                self._roots = self._roots or [*shipped, *map(Root, self._paths)]
        return self._roots

    def refresh(self) -> None:
        """Looks at the folders again when next asked; modules that are loaded stay as they are."""
        with self._lock:
            for root in self._roots:
                root.entries = None
            self._failed.clear()
            self._learnt = False

    def _find(self, name: str) -> tuple[Root, str] | None:
        for root in self.roots():
            for path, (_, _, entry, _) in self._scanned(root).items():
                if entry is not None and entry[0] == name:
                    return root, path
        return None

    def _scanned(self, root: Root) -> dict[str, Entry]:
        entries = root.entries
        if entries is None:
            with self._lock:
                entries = root.entries = scan(root)
        return entries

    # ── loading ──

    def load(self, name: str, run: Run, grants: Grants) -> ModuleHandle:
        """The handle by which a program of a run uses a module; its capability functions are bound to `grants` for good.

        Raises MLError (`ImportError`) for a module that does not exist or does not load.
        """
        loaded = self._loaded.get(name) or self._import(name)
        run.modules[name] = None  # what `modules()` lists
        if loaded.shared is not None:
            return loaded.shared
        with self._lock:
            key = (self, name, id(grants))
            bound = run.modules.get(key)
            if type(bound) is not Bound:
                bound = run.modules[key] = Bound(self, ModuleHandle(name, loaded.bind(run, grants)), grants)
                self._remember(run)
        return bound.handle

    def reload(self, name: str) -> None:
        """Imports a module's file anew and swaps it into every handle that programs hold; each run gets a fresh instance.

        Functions that a program has stored elsewhere stay the old ones. Raises MLError (`ImportError`) and changes nothing where
        the new version does not load, has another name, or demands a capability that the old one did not.
        """
        with self._lock:
            old = self._loaded.get(name)
            if old is None:
                self.refresh()
                self._import(name)
                return
            new = self._fresh(name, old)
            if new.module.name != name:
                refuse(name, f"the new version is called `{new.module.name}`", "restart to use it")
            if old.shared is not None and new.shared is None:
                refuse(name, "the new version keeps state or demands capabilities, the old one did not", "restart to use it")
            widened = [(member, need) for member, needs in new.needs.items() for need in needs if need not in old.needs.get(member, ())]
            if widened:
                refuse(name, "the new version of `{}` demands `{}`".format(*widened[0]), "restart to accept it")
            self._swap(name, old, new)

    def _fresh(self, name: str, old: Loaded) -> Loaded:
        try:
            return import_file(old.root, old.path, afresh=True)
        except Exception as error:  # whatever the module's own code raises
            raise failed(name) from error

    def _swap(self, name: str, old: Loaded, new: Loaded) -> None:
        """Makes every new table first, so that a module whose instance cannot be made changes nothing."""
        tables = []
        if old.shared is not None and new.shared is not None:
            tables.append((old.shared, new.shared.table))
            new.shared = old.shared
        for run in filter(None, [each() for each in self._runs]):
            tables += [(kept.handle, new.bind(run, kept.grants)) for kept in list(run.modules.values()) if type(kept) is Bound and kept.belongs(self, name)]
        for handle, table in tables:
            handle.replace(table)
        self._loaded[name] = new
        for root in self._roots:
            root.entries = None

    def _remember(self, run: Run) -> None:
        self._runs = [each for each in self._runs if each() not in (None, run)]
        self._runs.append(ref(run))

    def _import(self, name: str) -> Loaded:
        with self._lock:
            loaded = self._loaded.get(name)
            if loaded is None:
                loaded = self._loaded[name] = self._import_shipped(name) or self._import_found(name)
            return loaded

    def _import_shipped(self, name: str) -> Loaded | None:
        """A module of the standard library, by its file's name."""
        if not name.isidentifier() or name[0] == "_":
            return None
        full = f"{STDLIB}.{name}"
        try:
            python = __import__(full, fromlist=["_"])
        except ModuleNotFoundError as error:
            if error.name == full:
                return None
            raise failed(name) from error
        return loaded_from(python, Root(os.path.dirname(str(python.__file__)), STDLIB), str(python.__file__))

    def _import_found(self, name: str) -> Loaded:
        found = self._find(name)
        if found is None:
            close = nearest(name, self.names())
            raise MLError(f"no module `{name}`", "ImportError", hint=f"did you mean `{close}`?" if close else "`mlpy modules` lists what there is")
        root, path = found
        try:
            loaded = import_file(root, path)
            if root.package is None:
                verify(loaded.namespace, loaded.module)
        except Exception as error:  # as above
            self._failed[name] = Problem(name, path, line_of(error, path), f"{type(error).__name__}: {error}")
            raise failed(name) from error
        return loaded


_registries: list[ref[Registry]] = []


def learn_kinds() -> None:
    """Has every registry that there is declare the kinds of its modules, or one without further folders."""
    for registry in [one for each in _registries if (one := each()) is not None] or [Registry()]:
        registry.declare_kinds()


# ── the pieces ───────────────────────────────────────────────────────────────────────────────────────────────────


def parameter_text(parameter: Parameter) -> str:
    """A parameter as it stands in a signature."""
    name, kind, default, how = parameter
    text = f"...{name}" if how == "rest" else name
    if kind != "any":
        text += f": {kind}"
    return text if default is None else f"{text} = {default}"


def declare_kind_of(capability: str) -> None:
    """Makes the kind of a capability that a module demands one that hosts can grant; what is no kind is reported when it loads."""
    from mlpy.capabilities import KINDS, declare_kind  # noqa: PLC0415  only modules that touch the outside

    kind = capability.partition(":")[0]
    if kind not in KINDS:
        declare_kind(kind)


def scan(root: Root) -> dict[str, Entry]:
    """What the files of a folder declare, by path; only files that changed since the index was kept are read."""
    key = cache.key(root.path.encode("utf-8", "surrogateescape"), "modules")
    kept = cache.load(key)
    before: dict[str, Entry] = kept if isinstance(kept, dict) else {}
    entries: dict[str, Entry] = {}
    for path, size, time in files(root.path):
        entry = before.get(path)
        if entry is None or entry[:2] != (size, time):
            from mlpy.reading import read_module  # noqa: PLC0415  the index spares it

            entry = (size, time, *read_module(path))
        entries[path] = entry
    if entries != before:
        cache.store(key, entries)
    return entries


def files(folder: str) -> list[tuple[str, int, int]]:
    """(path, size, time) of each Python file in a folder, and of the `__init__.py` of each package in it."""
    found = []
    try:
        with os.scandir(folder) as listed:
            for one in sorted(listed, key=lambda one: one.name):
                if one.name[0] in "._":
                    continue
                path = one.path if one.name.endswith(".py") else os.path.join(one.path, "__init__.py") if one.is_dir() else ""
                try:
                    state = os.stat(path)
                except OSError:
                    continue
                found.append((path, state.st_size, state.st_mtime_ns))
    except OSError:
        return []
    return found


def import_file(root: Root, path: str, *, afresh: bool = False) -> Loaded:
    """Imports a module's file, from its source if `afresh`; a folder that is no package gives names of their own to its files."""
    package = os.path.basename(path) == "__init__.py"
    stem = os.path.basename(os.path.dirname(path)) if package else os.path.basename(path).removesuffix(".py")
    name = f"{root.package}.{stem}" if root.package else f"mlpy_extension_{blake2b(path.encode(errors='surrogateescape'), digest_size=8).hexdigest()}_{stem}"
    spec = ModuleSpec(name, SourceFileLoader(name, path), origin=path, is_package=package)
    spec.has_location = True
    if package:
        spec.submodule_search_locations = [os.path.dirname(path)]
    return loaded_from(execute(spec, path, afresh=afresh), root, path)


def execute(spec: ModuleSpec, path: str, *, afresh: bool) -> ModuleType:
    """Runs a module's file under its name; where that fails, whatever was imported under the name stays."""
    loader = spec.loader
    assert isinstance(loader, SourceFileLoader)
    name = spec.name
    old = {each: sys.modules.pop(each) for each in list(sys.modules) if each == name or each.startswith(name + ".")}
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        if afresh:  # a compiled file is as good as the second of its source's time, an edit may be quicker
            exec(loader.source_to_code(loader.get_data(path), path), vars(module))  # noqa: S102  this is importing
        else:
            loader.exec_module(module)
    except BaseException:  # an interrupt, too, must leave no half module behind
        for each in list(sys.modules):
            if each == name or each.startswith(name + "."):
                del sys.modules[each]
        sys.modules.update(old)
        raise
    return module


def loaded_from(python: ModuleType, root: Root, path: str) -> Loaded:
    """What an imported file declares; its pure functions become interruptible where they are ours."""
    module = declared_module(vars(python))
    if module is None:
        raise DeclarationError("no class is declared with `@ml_module`", path, 1)
    if module.interruptible:
        interruptible(*own_functions(vars(python)))
    return Loaded(vars(python), module, root, path)


def refuse(name: str, message: str, hint: str) -> NoReturn:
    """Raises for a module that stays as it is."""
    raise MLError(f"module `{name}` was not reloaded: {message}", "ImportError", hint=hint)


def failed(name: str) -> MLError:
    """What a program sees of a module that does not load; the host finds the rest in the cause and among the problems."""
    return MLError(f"module `{name}` cannot be loaded", "ImportError", hint="`mlpy modules` says why")


def line_of(error: Exception, path: str) -> int:
    """The line of a module's file that an error came from."""
    if isinstance(error, DeclarationError):
        return error.line
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line

"""Imports a module when a program first uses it, gives programs handles to it, and swaps in new versions of it.

Which modules there are says `index.py`, which reads files and imports none. A module of the standard library has its file's
name, so that loading one needs no index at all. A module that cannot be imported is one `Problem`; the rest works.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b
from _frozen_importlib import ModuleSpec, module_from_spec  # importlib.machinery costs a millisecond
from _frozen_importlib_external import SourceFileLoader
from _thread import RLock
from _weakref import ref
from time import perf_counter
from types import CodeType, FunctionType

from mlpy import cache
from mlpy.errors import MLError
from mlpy.nearest import nearest
from mlpy.runtime.limits import interruptible, sweep
from mlpy.runtime.values import HOST_HANDLES, ModuleHandle, retire
from mlpy.sdk import Binding, BoundHandle, DeclarationError, HostHandle, constants, declared_functions, declared_module, exposed, observe, own_functions, spellings, verify

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from mlpy.capabilities import Grants
    from mlpy.index import Found, Index, MemberInfo, ModuleInfo, Problem
    from mlpy.metrics import Measures, Metrics
    from mlpy.runtime.run import Run
    from mlpy.sdk import Function, Module

STDLIB, EXTENSIONS = "mlpy.stdlib", "mlpy.extensions"


class Loaded:
    """An imported module: its file's namespace and its declaration.

    What ships with mlpy is handed out as it is: `shared` is the one handle of such a module that keeps no state and demands no
    capability. Any other is bound to each run, and functions from elsewhere have their arguments and results checked.
    """

    __slots__ = ("binds", "classes", "functions", "load_time", "module", "names", "namespace", "needs", "package", "path", "shared", "shipped", "stateful")

    def __init__(self, namespace: Mapping[str, object], module: Module, package: str | None, path: str) -> None:
        self.namespace = namespace
        self.module = module
        self.package = package
        self.path = path
        self.load_time = 0.0  # seconds that its import took
        of_class = declared_functions(vars(module.declared))
        self.functions = [*of_class, *declared_functions(namespace)]
        self.stateful = bool(of_class)
        self.shipped = package is not None
        self.classes = registered(namespace)
        kinds: list[type[HostHandle]] = [HOST_HANDLES[each] for each in self.classes]  # type: ignore[misc]  # classes, all of them
        methods = [(f"{kind.__name__}.{function.name}", function) for kind in kinds for function in kind.functions.values()]
        members = {**dict(methods), **{function.name: function for _, function in self.functions}}
        self.names = set(members)
        self.needs = {name: function.capabilities for name, function in members.items() if function.capabilities}
        self.binds = any(issubclass(kind, BoundHandle) and kind.binds for kind in kinds)
        gated = any(function.gated for _, function in self.functions)
        frozen = not any(type(value) in {list, dict} for value in constants(module).values())
        plain = self.shipped and not self.stateful and not gated and not self.binds and frozen
        self.shared = ModuleHandle(module.name, self.table(None, None, None)) if plain else None
        for need in {need for needs in self.needs.values() for need in needs}:
            declare_kind_of(need)

    def table(self, state: object, run: Run | None, grants: Grants | None) -> dict[str, object]:
        """The members as a program that holds these grants sees them; what can be changed of its constants is its own."""
        table = {name: owned(name, value) if type(value) in {list, dict} else value for name, value in constants(self.module).items()}
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
        if run is None or grants is None or (self.shipped and not self.binds and not function.gated):
            return value
        made = exposed(function, value, Binding(run, grants, self.module.name), checked=not self.shipped, binds=self.binds)
        if self.module.concurrent and function.gated:
            made.__dict__["concurrent"] = True
        return made

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
    """The modules that programs can import: the standard library, shipped extensions, those of further folders and of installed distributions.

    Of two modules with one name the first in that order counts, so the standard library cannot be shadowed; the second is a
    problem. Safe to share between threads.
    """

    def __init__(self, extension_paths: Iterable[str | os.PathLike[str]] = ()) -> None:
        self._paths = [os.path.abspath(path) for path in extension_paths]
        self._lock = RLock()
        self._index: Index | None = None
        self._loaded: dict[str, Loaded] = {}
        self._failed: dict[str, Problem] = {}
        self._runs: list[ref[Run]] = []
        self._measures: Measures | None = None
        self._learnt = False
        _registries[:] = [*(each for each in _registries if each() is not None), ref(self)]

    # ── what there is ──

    @property
    def index(self) -> Index:
        """What is known of all modules; made when somebody asks for more than a module of the standard library."""
        if self._index is None:
            from mlpy.index import Index, Root  # noqa: PLC0415  a program that imports the standard library only starts without it

            shipped = [Root(__import__(name, fromlist=["_"]).__path__[0], name, origin) for name, origin in ((STDLIB, "stdlib"), (EXTENSIONS, "extension"))]
            with self._lock:
                self._index = self._index or Index([*shipped, *map(Root, self._paths)])
        return self._index

    def names(self) -> list[str]:
        """The names of all modules, sorted."""
        return self.index.names()

    def info(self, name: str) -> ModuleInfo | None:
        """What is known of a module, None where there is none of that name."""
        found = self.index.find(name)
        return None if found is None else found.info()

    def declaration(self, function: object, run: Run) -> MemberInfo | None:
        """What is declared of a function that a program of a run has from a module, None for any other."""
        names = [name for name in list(run.modules) if type(name) is str and name in self._loaded]
        kept = [one.handle for one in list(run.modules.values()) if type(one) is Bound and one.registry is self]
        for handle in [*(self._loaded[name].shared for name in names), *kept]:
            for name, value in () if handle is None else handle.table.items():
                if value is function:
                    info = self.info(handle.name)  # type: ignore[union-attr]  # it has a table
                    return None if info is None else info.members.get(name)
        return None

    def problems(self) -> list[Problem]:
        """Every module that cannot be used, in the order of the folders, then what failed when it was imported or reloaded."""
        found = self.index.problems()
        read = {one.path for one in found}
        return [*found, *(one for one in self._failed.values() if one.path not in read)]

    @property
    def failures(self) -> list[Problem]:
        """What failed when it was imported or reloaded; words of the modules' own code, for the host's eyes."""
        return [*self._failed.values()]

    def extend(self, folder: str) -> None:
        """Looks for modules in one more folder from now on, behind the others."""
        with self._lock:
            self._paths.append(os.path.abspath(folder))
            self._index = None
            self._learnt = False

    def refresh(self) -> None:
        """Looks at the folders again when next asked; modules that are loaded stay as they are."""
        with self._lock:
            self.index.refresh()
            self._failed.clear()
            self._learnt = False

    def declare_kinds(self) -> None:
        """Makes the kinds of all capabilities that modules demand ones that hosts can grant, before any module is loaded."""
        if not self._learnt:
            for need in self.index.capabilities():
                declare_kind_of(need)
            self._learnt = True

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
            loaded = self._loaded[name]  # a reload may have come between
            key = (self, name, id(grants))
            bound = run.modules.get(key)
            if type(bound) is not Bound:
                bound = run.modules[key] = Bound(self, ModuleHandle(name, self._table(name, loaded, run, grants)), grants)
                self._runs = [each for each in self._runs if each() not in (None, run)]
                self._runs.append(ref(run))
        return bound.handle

    def _table(self, name: str, loaded: Loaded, run: Run, grants: Grants) -> dict[str, object]:
        """The members of a module for a run."""
        try:
            table = loaded.bind(run, grants)
        except MLError:
            raise
        except (Exception, SystemExit) as error:  # whatever the module's own code raises, and where it would end the process
            self._failed[name] = problem_of(name, loaded.path, error)
            raise failed(name) from error
        return self._shown(loaded, table)

    def _shown(self, loaded: Loaded, table: dict[str, object]) -> dict[str, object]:
        """A table of members as programs see it: measured where somebody asks for that."""
        return table if self._measures is None else self._measures.measured(loaded.module.name, [one for _, one in loaded.functions], table)

    def _import(self, name: str) -> Loaded:
        with self._lock:
            loaded = self._loaded.get(name)
            if loaded is None:
                load = self._import_anew if self._measures is None else self._measures.weighed(self._import_anew)
                began = perf_counter()
                loaded = load(name)
                loaded.load_time = perf_counter() - began
                if loaded.shared is not None and self._measures is not None:
                    loaded.shared.replace(self._shown(loaded, loaded.shared.table))
                self._loaded[name] = loaded
            return loaded

    def _import_anew(self, name: str) -> Loaded:
        return self._import_shipped(name) or self._import_found(name)

    @staticmethod
    def _import_shipped(name: str) -> Loaded | None:
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
        return loaded_from(python, STDLIB, str(python.__file__))

    def _import_found(self, name: str) -> Loaded:
        found = self.index.find(name)
        if found is None:
            if any(one.name == name for one in self.index.problems()):
                raise failed(name, f"`mlpy modules {name}` says why")
            close = nearest(name, self.names())
            raise MLError(f"no module `{name}`", "ImportError", hint=f"did you mean `{close}`?" if close else "`mlpy modules` lists what there is")
        try:
            loaded = import_found(found)
        except (Exception, SystemExit) as error:  # whatever the module's own code raises, and where it would end the process
            self._failed[name] = problem_of(name, found.path, error)
            raise failed(name) from error
        self._failed.pop(name, None)
        return loaded

    # ── reloading ──

    def reload(self, name: str) -> None:
        """Imports a module's file anew and swaps it into every handle that programs hold; each run gets a fresh instance.

        Functions and host objects that a program has stored elsewhere stay the old ones. Raises MLError (`ImportError`) that names
        the line, and changes nothing, where the new version does not load, has another name, or where one of its functions demands
        a capability that the old one did not.
        """
        with self._lock:
            self.index.refresh()
            self._learnt = False
            self._failed.pop(name, None)
            old = self._loaded.get(name)
            if old is None:
                self._import(name)
                return
            try:
                self._must_read(old.path)
                began = perf_counter()
                new = fresh(name, old) if self._measures is None else self._measures.weighed(fresh)(name, old)
                new.load_time = perf_counter() - began
                self._swap(name, old, new)
            except (Exception, SystemExit) as error:  # as above
                problem = self._failed[name] = problem_of(name, old.path, error)
                where = f"line {problem.line}: " if problem.line > 1 else ""
                raise MLError(f"module `{name}` was not reloaded: {where}{problem.message}", "ImportError", hint="the old version stays in use") from error

    def _must_read(self, path: str) -> None:
        """Raises DeclarationError for a file in which reading finds a mistake, before anything of it is run."""
        for one in self.index.problems():
            if one.path == path:
                raise DeclarationError(one.message, one.path, one.line)

    def _swap(self, name: str, old: Loaded, new: Loaded) -> None:
        """Makes every new table first, so that a module whose instance cannot be made changes nothing."""
        runs = [run for each in self._runs if (run := each()) is not None]
        try:
            tables = self._tables(name, new, old.shared)
        except BaseException:
            for run in runs:
                run.modules.pop(new.module, None)
            raise
        for handle, table in tables:
            handle.replace(table)
        if new.shared is not None and old.shared is not None:
            new.shared = old.shared
        elif new.shared is not None:
            new.shared.replace(self._shown(new, new.shared.table))
        self._loaded[name] = new
        for run in runs:
            run.modules.pop(old.module, None)
        discard(old.namespace)
        sweep()

    def _tables(self, name: str, loaded: Loaded, shared: ModuleHandle | None) -> list[tuple[ModuleHandle, dict[str, object]]]:
        """Every handle by which programs hold a module, each with a fresh table of what is loaded."""
        tables = [] if shared is None or loaded.shared is None else [(shared, self._shown(loaded, loaded.table(None, None, None)))]
        for run in [run for each in self._runs if (run := each()) is not None]:
            bound = [one for one in list(run.modules.values()) if type(one) is Bound and one.belongs(self, name)]
            tables += [(one.handle, self._shown(loaded, loaded.bind(run, one.grants))) for one in bound]
        return tables

    # ── what is loaded ──

    def files(self) -> dict[str, tuple[str, bool]]:
        """The path of each loaded module's file, and whether it came with mlpy."""
        return {name: (loaded.path, loaded.shipped) for name, loaded in list(self._loaded.items())}

    def kept(self, run: Run) -> dict[str, list[object]]:
        """What each loaded module keeps: the data of its file and the instance that a run has of it."""
        found: dict[str, list[object]] = {}
        for name, loaded in list(self._loaded.items()):
            own = [value for key, value in list(loaded.namespace.items()) if key[:2] != "__" and type(value) is not FunctionType]
            found[name] = [*own, run.modules.get(loaded.module)]
        return found

    # ── measuring ──

    def measure(self, *, memory: bool = False) -> None:
        """Takes down from now on what modules cost: the calls of their functions, how many and how long, also by programs that hold them already.

        With `memory` also the bytes that loading left allocated, for which Python traces each allocation meanwhile, so that load
        times are larger. Nothing stands before a function until then. What a program has stored of a module elsewhere stays as it was.
        """
        from mlpy.metrics import Measures  # noqa: PLC0415  only for who measures

        self._show(Measures(memory=memory))

    def stop_measuring(self) -> None:
        """Hands out the functions themselves again; what was taken down is lost."""
        self._show(None)

    def observed(self, host: object, function: Function, value: FunctionType) -> FunctionType:
        """A method of a host object, measured where a module that is loaded here has its class."""
        measures, kind = self._measures, type(host)
        name = next((name for name, loaded in list(self._loaded.items()) if kind in loaded.classes or kind.__module__ == loaded.namespace["__name__"]), None)
        return value if name is None or measures is None else measures.timed(name, f"{HOST_HANDLES[kind].__name__}.{function.name}", value, model=function.function)

    def _show(self, measures: Measures | None) -> None:
        with self._lock:
            observe(self, on=measures is not None)
            self._measures = measures
            for name, loaded in self._loaded.items():
                for handle, table in self._tables(name, loaded, loaded.shared):
                    handle.replace(table)

    @property
    def measures(self) -> Measures | None:
        """What takes down what modules cost; None while nobody measures."""
        return self._measures

    def metrics(self) -> dict[str, Metrics]:
        """What the modules cost that are loaded, by name; of their calls those since `measure`, and nothing where nobody measures."""
        measures = self._measures
        if measures is None:
            return {}
        found = {}
        for name, loaded in list(self._loaded.items()):
            made = found[name] = measures.taken(name)
            made.load_time = loaded.load_time
            made.discovery = self._index.seconds(loaded.path) if self._index is not None else None
        return found


_registries: list[ref[Registry]] = []


def learn_kinds() -> None:
    """Has every registry that there is declare the kinds of its modules, or one without further folders."""
    for registry in [one for each in _registries if (one := each()) is not None] or [Registry()]:
        registry.declare_kinds()


def owned(name: str, value: object) -> object:
    """A copy of an array or object for one program; raises MLError for one that no program can hold."""
    from mlpy.hosting import entered  # noqa: PLC0415  few modules have such constants

    return entered(value, f"the constant `{name}`", copy=True)


# ── the pieces ───────────────────────────────────────────────────────────────────────────────────────────────────


def declare_kind_of(capability: str) -> None:
    """Makes the kind of a capability that a module demands one that hosts can grant; what is no kind is reported when it loads."""
    from mlpy.capabilities import KINDS, declare_kind  # noqa: PLC0415  only modules that touch the outside

    kind = capability.partition(":")[0]
    if kind not in KINDS:
        declare_kind(kind)


def import_found(found: Found) -> Loaded:
    """Imports the file of a module that the index knows; what did not come with mlpy is verified."""
    root, path = found.root, found.path
    if root.origin == "distribution":
        target = root.points[path].target  # type: ignore[attr-defined]  # an `Installed`
        __import__(target)
        loaded = loaded_from(sys.modules[target], None, path)
    elif root.package is not None:  # once in a process, as the standard library: what its files hold there may be large
        target = f"{root.package}.{stem_of(path)}"
        __import__(target)
        loaded = loaded_from(sys.modules[target], root.package, path)
    else:
        loaded = loaded_from(import_file(path), None, path)
    if not loaded.shipped:
        verify(loaded.namespace, loaded.module)
    return loaded


def fresh(name: str, old: Loaded) -> Loaded:
    """A module's file imported once more, from its source; raises DeclarationError where it may not take the old one's place."""
    python = import_file(old.path, str(old.namespace["__name__"]))
    try:
        return accepted(name, old, loaded_from(python, old.package, old.path))
    except BaseException:
        discard(vars(python))
        raise


def accepted(name: str, old: Loaded, new: Loaded) -> Loaded:
    """A new version that may take the place of the old one; raises DeclarationError."""
    verify(new.namespace, new.module)
    against = objection(name, old, new)
    if against is not None:
        raise DeclarationError(against, old.path, 1)
    return new


def registered(namespace: Mapping[str, object]) -> list[type]:
    """The classes of a file whose instances programs may hold."""
    return [value for value in namespace.values() if type(value) is type and value in HOST_HANDLES]


def discard(namespace: Mapping[str, object]) -> None:
    """Lets the classes go that a file has defined and that its new version defines anew."""
    home = str(namespace["__name__"])
    for each in registered(namespace):
        if each.__module__ == home or each.__module__.startswith(home + "."):
            retire(each)


def objection(name: str, old: Loaded, new: Loaded) -> str | None:
    """Why a new version may not take the place of the old one in programs that hold it."""
    if new.module.name != name:
        return f"the new version is called `{new.module.name}`"
    if old.shared is not None and new.shared is None:
        return "the new version keeps state or demands capabilities, the old one did not: start the programs anew"
    for member, needs in new.needs.items():
        for need in needs:
            if member in old.names and need not in old.needs.get(member, ()):
                return f"the new version of `{member}` demands `{need}`: start the programs anew to accept it"
    return None


def stem_of(path: str) -> str:
    """The name of a file without its ending, of a package that of its folder."""
    folder, name = os.path.split(path)
    return os.path.basename(folder) if name == "__init__.py" else name.removesuffix(".py")


def import_file(path: str, name: str | None = None) -> ModuleType:
    """Imports a module's file, under a name of its own where none is given."""
    inside = os.path.basename(path) == "__init__.py"
    if name is None:
        name = f"{FOREIGN}{blake2b(path.encode(errors='surrogateescape'), digest_size=8).hexdigest()}_{stem_of(path)}"
    return execute(spec_of(name, path, os.path.dirname(path) if inside else None))


FOREIGN = "mlpy_extension_"  # how the names begin of files in folders that are no packages


def spec_of(name: str, path: str, folder: str | None) -> ModuleSpec:
    """How Python is to import a file; `folder` is that of a package."""
    spec = ModuleSpec(name, SourceLoader(name, path), origin=path, is_package=folder is not None)
    spec.has_location = True
    if folder is not None:
        spec.submodule_search_locations = [folder]
        if name.startswith(FOREIGN) and SubmoduleFinder not in sys.meta_path:
            sys.meta_path.insert(0, SubmoduleFinder)
    return spec


class SourceLoader(SourceFileLoader):
    """Goes by what a file says and by nothing that was compiled beside it, which an edit within a second of another may outlive."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  the protocol of loaders
        """The code of the file, from the user's cache where that knows this text."""
        data = self.get_data(self.path)
        key = cache.key(data, "python", self.path)
        kept = cache.load(key)
        if type(kept) is CodeType:
            return kept
        code: CodeType = self.source_to_code(data, self.path)
        cache.store(key, code)
        return code


class SubmoduleFinder:
    """Finds what belongs to packages among the extension paths, for the same loader."""

    @staticmethod
    def find_spec(fullname: str, path: Iterable[str] | None, target: object = None) -> ModuleSpec | None:  # noqa: ARG004  the protocol of finders
        """The spec of a submodule; None for what belongs to others."""
        if not fullname.startswith(FOREIGN):
            return None
        for folder in path or ():
            base = os.path.join(folder, fullname.rpartition(".")[2])
            if os.path.isfile(os.path.join(base, "__init__.py")):
                return spec_of(fullname, os.path.join(base, "__init__.py"), base)
            if os.path.isfile(base + ".py"):
                return spec_of(fullname, base + ".py", None)
        return None


def execute(spec: ModuleSpec) -> ModuleType:
    """Runs a module's file under its name; where that fails, whatever was imported under the name stays."""
    loader = spec.loader
    assert isinstance(loader, SourceLoader)
    name = spec.name
    old = {each: sys.modules.pop(each) for each in list(sys.modules) if each == name or each.startswith(name + ".")}
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:  # an interrupt, too, must leave no half module behind
        discard(vars(module))
        for each in list(sys.modules):
            if each == name or each.startswith(name + "."):
                del sys.modules[each]
        sys.modules.update(old)
        raise
    return module


def loaded_from(python: ModuleType, package: str | None, path: str) -> Loaded:
    """What an imported file declares; its pure functions become interruptible where they are ours."""
    module = declared_module(vars(python))
    if module is None:
        raise DeclarationError("no class is declared with `@ml_module`", path, 1)
    if module.interruptible:
        interruptible(*own_functions(vars(python)))
    return Loaded(vars(python), module, package, path)


def failed(name: str, hint: str | None = None) -> MLError:
    """What a program sees of a module that does not load; the host finds the rest in the cause and among the failures."""
    return MLError(f"module `{name}` cannot be loaded", "ImportError", hint=hint)


def problem_of(name: str, path: str, error: BaseException) -> Problem:
    """What is wrong with a module whose import raised."""
    from mlpy.index import Problem  # noqa: PLC0415  only for what fails

    if isinstance(error, DeclarationError):
        return Problem(name, error.file or path, error.line, error.message)
    if isinstance(error, SyntaxError):
        return Problem(name, error.filename or path, error.lineno or 1, error.msg)
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    said = error.message if isinstance(error, MLError) else str(error)
    return Problem(name, path, line, f"{type(error).__name__}: {said}")

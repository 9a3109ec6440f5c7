"""The ML files that programs import: where they are, how a program and its files become one, and what each may do in a run.

`Finder` reads files below their roots by handle and leaves those by no link. `link` follows the imports of a program when it is
compiled, so that a missing file, a broken one and a cycle are found before anything runs. `Importer` is what a file's imports
call in a run: a file runs once for each authority that it is imported with.
"""

from __future__ import annotations

import os
from errno import ENAMETOOLONG, ENOENT, ENOTDIR
from stat import S_ISREG
from time import perf_counter

from mlpy.capabilities import UNASKED, Grants, Layer
from mlpy.errors import CheckFailed, MLError
from mlpy.lower.names import MAIN
from mlpy.runtime.run import execute
from mlpy.runtime.values import ModuleHandle
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Protocol

    from mlpy.capabilities import Grant
    from mlpy.compiled import Compiled
    from mlpy.diagnostics import Diagnostic
    from mlpy.metrics import Measures, Metrics
    from mlpy.runtime.run import Run
    from mlpy.source import Span

    class Builder(Protocol):
        """What compiles a file; `fresh` takes nothing from the cache."""

        def __call__(self, source: Source, /, *, fresh: bool) -> Compiled: ...


SUFFIX = ".ml"
LARGEST = 2 << 20  # bytes that are read of a file; the parser takes fewer, in a worker too
MAX_FILES = 1_000  # of one program
MAX_LOADED = 20_000  # modules of one run: a file that is imported with different authorities runs for each
SUGGESTED = 500
NEAR = 2  # levels up from the current folder
FOLDER = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_DIRECTORY", 0)
PLAIN = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
ABSENT = (ENOENT, ENOTDIR, ENAMETOOLONG)


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Unusable:
    """A file that an import means and that cannot be used: why, and what to do."""

    __slots__ = ("hint", "reason")

    def __init__(self, reason: str, hint: str) -> None:
        self.reason = reason
        self.hint = hint


class Finder:
    """Finds what imports mean and reads it, each file once: below the folder of the importing file, then below the module paths.

    A program that is no file has `project_root` for its folder. What lies below that, by default the folder of the program, belongs to
    the project.
    """

    __slots__ = ("_found", "_sources", "main", "paths", "project", "start")

    def __init__(self, main: Source, project_root: str | None, module_paths: Sequence[str]) -> None:
        self.main = None if main.path is None else os.path.realpath(main.path)
        self.paths = [(folder, _shown(folder)) for folder in map(os.path.realpath, module_paths)]
        self.start: tuple[str, str] | None = None
        if self.main is not None:
            self.start = folder, _ = os.path.dirname(self.main), os.path.dirname(main.name)
            if os.path.realpath(self.start[1]) != folder:  # a host named it otherwise
                self.start = folder, _shown(folder)
        elif project_root is not None:
            folder = os.path.realpath(project_root)
            self.start = folder, _shown(folder)
        self.project = os.path.realpath(project_root) if project_root is not None else None if self.start is None else self.start[0]
        self._found: dict[tuple[str, str], Source | Unusable | None] = {}
        self._sources: dict[str, Source] = {}

    def inside(self, source: Source) -> bool:
        """Whether an imported file belongs to the project."""
        return self.project is not None and _below(self.project, str(source.path)) is not None

    def find(self, path: str, importer: Source) -> Source | Unusable | None:
        """The file that `import path;` means in a file; None where there is none."""
        names = path.split(".")
        if not all(name.isascii() and name.isidentifier() for name in names):  # what a worker asks for has been through no parser
            return None
        for folder, shown in self.roots(importer):
            key = (folder, path)
            if key not in self._found:
                self._found[key] = self._read(folder, shown, names)
            found = self._found[key]
            if found is not None:
                return found
        return None

    def roots(self, importer: Source) -> Iterator[tuple[str, str]]:
        """The folders below which the imports of a file are looked for, each with the name that it is shown by."""
        path = importer.path
        if path in self._sources:
            yield os.path.dirname(path), os.path.dirname(importer.name)
        elif self.start is not None:
            yield self.start
        yield from self.paths

    def forget(self) -> None:
        """Has the disk asked again from here on."""
        self._found.clear()
        self._sources.clear()

    def neighbours(self, importer: Source) -> list[str]:
        """The imports that would find a file in one of the folders, or in a folder there, for suggestions."""
        names: list[str] = []
        for folder, _ in self.roots(importer):
            found = listed(folder)
            names += [name for name, _ in found]
            names += [f"{name}.{inner}" for name, path in found if path is not None for inner, _ in listed(path)]
        return list(dict.fromkeys(names))[:SUGGESTED]

    def read_again(self, source: Source) -> Source:
        """A file as it is now; raises MLError for one that is gone."""
        path = str(source.path)
        found = self._read(os.path.dirname(path), os.path.dirname(source.name), [os.path.basename(path).removesuffix(SUFFIX)])
        if not isinstance(found, Source):
            raise MLError(f"`{source.name}` {'is gone' if found is None else f'is {found.reason}'}", "ImportError")
        return found

    def _read(self, root: str, shown: str, parts: list[str]) -> Source | Unusable | None:
        names = [*parts[:-1], parts[-1] + SUFFIX]
        try:
            file = open_below(root, names)
        except OSError as error:
            return self._read_linked(root, shown, names, error)
        return self._decoded(file, os.path.join(root, *names), os.path.join(shown, *names))

    def _read_linked(self, root: str, shown: str, names: list[str], error: OSError) -> Source | Unusable | None:
        """What is behind links, as long as it lies below the same root; and what cannot be opened at all."""
        try:
            target = os.path.realpath(os.path.join(root, *names))
        except OSError as gone:  # it was a link a moment ago
            error, target = gone, os.path.join(root, *names)
        below = _below(root, target)
        if below is None:
            return Unusable("a link that leads out of the folder of its modules", "copy what it leads to, or name the folder there as a module path")
        if below == names:
            return None if error.errno in ABSENT else Unusable("a file that cannot be read", "look at the permissions of the file")
        try:
            file = open_below(root, below)
        except OSError as another:
            return None if another.errno in ABSENT else Unusable("a file that cannot be read", "look at the permissions of the file")
        return self._decoded(file, os.path.join(root, *below), os.path.join(shown, *below))

    def _decoded(self, file: int, path: str, name: str) -> Source | Unusable:
        try:
            known = self._sources.get(path)
            if known is None:
                if not S_ISREG(os.fstat(file).st_mode):
                    return Unusable("no regular file", "put the module into a file")
                known = self._sources[path] = source_of(_content(file), name, path)
            return known
        except OSError:
            return Unusable("a file that cannot be read", "look at the permissions of the file")
        finally:
            os.close(file)


def listed(folder: str) -> list[tuple[str, str | None]]:
    """The names that an import could have in a folder, each with its path where it is a folder itself; links are left out."""
    found: list[tuple[str, str | None]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found.append((entry.name, entry.path))
                elif entry.name.endswith(SUFFIX) and entry.is_file(follow_symlinks=False):
                    found.append((entry.name.removesuffix(SUFFIX), None))
    except OSError:
        return []
    return sorted(one for one in found if one[0].isidentifier() and one[0].isascii())


def open_below(root: str, names: Sequence[str]) -> int:
    """A handle of a file below a folder, by a walk that follows no link; raises OSError."""
    folder = os.open(root, FOLDER)
    try:
        for name in names[:-1]:
            inner = os.open(name, FOLDER | PLAIN, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(names[-1], PLAIN, dir_fd=folder)
    finally:
        os.close(folder)


def source_of(data: bytes, name: str, path: str) -> Source:
    """The source in a file's bytes. What is no text stays to be refused when it is compiled."""
    return Source(data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape"), name, path)


def _content(file: int) -> bytes:
    data = os.read(file, LARGEST)
    while 0 < len(data) < LARGEST:
        more = os.read(file, LARGEST - len(data))
        if not more:
            break
        data += more
    return data


def _shown(folder: str) -> str:
    """A folder as messages name it: from the current one, unless it lies far from there."""
    here = os.path.relpath(folder, os.path.realpath(os.curdir))
    return "" if here == os.curdir else here if here.count(os.pardir) <= NEAR else folder


def _below(root: str, path: str) -> list[str] | None:
    """The components of a path below a folder; None for one that lies elsewhere."""
    start = root.rstrip(os.sep) + os.sep
    return path[len(start) :].split(os.sep) if path.startswith(start) else None


# ── linking ──────────────────────────────────────────────────────────────────────────────────────────────────────


class File:
    """A file of a program and its code; `imports` says which of the others each of its imports means, `inside` that it belongs to the project.

    `compile_time` is what it took to compile it or to take it from the cache, in seconds.
    """

    __slots__ = ("compile_time", "compiled", "imports", "inside", "source")

    def __init__(self, source: Source, compiled: Compiled, *, inside: bool) -> None:
        self.source = source
        self.compiled = compiled
        self.inside = inside
        self.imports: dict[str, File] = {}
        self.compile_time = 0.0


class Linked:
    """A program with all the files that it imports, each once, by its path."""

    __slots__ = ("files", "finder", "main")

    def __init__(self, main: File, finder: Finder) -> None:
        self.main = main
        self.finder = finder
        self.files: dict[str, File] = {}

    @property
    def registered(self) -> list[str]:
        """The registered modules that its files import."""
        return [name for file in self.all() for name in file.compiled.imports if name not in file.imports]

    @property
    def needs(self) -> tuple[str, ...]:
        """What the program and its files may need together; a file from outside the project has nothing that it does not ask for."""
        return tuple(dict.fromkeys(need for file in self.all() if file.inside or file is self.main or file.compiled.declared is not None for need in file.compiled.needs))

    def all(self) -> list[File]:
        """The program and its files."""
        return [self.main, *self.files.values()]

    def compiled_by(self, main: Compiled, build: Builder) -> Linked:
        """The same files, compiled in another way."""
        made = Linked(File(self.main.source, main, inside=self.main.inside), self.finder)
        for path, file in self.files.items():
            made.files[path] = made_file = File(file.source, build(file.source, fresh=False), inside=file.inside)
            made_file.compile_time = file.compile_time
        for file, other in zip(self.all(), made.all(), strict=True):
            other.imports = {name: made.files[str(one.source.path)] for name, one in file.imports.items()}
        return made


class Step:
    """A file whose imports are being followed."""

    __slots__ = ("file", "imports", "name")

    def __init__(self, file: File) -> None:
        self.file = file
        self.imports = iter(file.compiled.files)
        self.name = ""  # the import that is being followed

    @property
    def span(self) -> Span:
        """The place of that import."""
        from mlpy import ast  # noqa: PLC0415  only a mistake needs the place, and with it the syntax tree
        from mlpy.source import Span  # noqa: PLC0415  as above
        from mlpy.syntax.parser import parse  # noqa: PLC0415  as above

        module, _ = parse(self.file.source)
        found = (one.span for one in (module.body if module is not None else ()) if type(one) is ast.Import and ".".join(one.path) == self.name)
        return next(found, Span(0, 0))

    @property
    def line(self) -> int:
        """The line of that import."""
        return self.file.source.position(self.span.start)[0]


class Linker:
    """Follows the imports of a program. `build` compiles a file; with its `fresh` it looks at the imports of the file again.

    `registered` tells whether a name has become that of a registered module, which comes first; None where none can have come.
    """

    __slots__ = ("build", "finder", "linked", "problems", "registered", "steps")

    def __init__(self, finder: Finder, build: Builder, registered: Callable[[str], bool] | None = None) -> None:
        self.finder = finder
        self.build = build
        self.registered = registered
        self.steps: list[Step] = []
        self.problems: list[Diagnostic] = []

    def link(self, source: Source, compiled: Compiled) -> Linked:
        """The program with its files. Raises CheckFailed with what is wrong in any of them, and MLError for a limit."""
        self.linked = Linked(File(source, compiled, inside=self.finder.inside(source)), self.finder)
        self.steps = [Step(self.linked.main)]
        while self.steps:
            step = self.steps[-1]
            name = step.name = next(step.imports, "")
            if name:
                self.follow(step, name)
            else:
                self.steps.pop()
        if self.problems:
            raise CheckFailed(self.problems)
        return self.linked

    def follow(self, step: Step, name: str) -> None:
        """Takes in the file that an import means, unless it is there already."""
        source = None if self.registered is not None and self.registered(name) else self.finder.find(name, step.file.source)
        if not isinstance(source, Source):
            self.look_again(step, name)
            return
        file = self.linked.files.get(str(source.path))
        at = next((at for at, one in enumerate(self.steps) if one.file is file), None) if source.path != self.finder.main else 0
        if at is not None:
            self.report_cycle(self.steps[at:])
        elif file is None:
            file = self.take(source)
        if file is not None:
            step.file.imports[name] = file

    def look_again(self, step: Step, name: str) -> None:
        """An import that found a file when the importing one was compiled, and now finds none: the check says so, unless a registered module has come."""
        try:
            fresh = step.file.compiled = self.build(step.file.source, fresh=True)
        except CheckFailed as failed:
            del self.steps[-1]
            self.problems += [self.imported(one) for one in failed.diagnostics if one.severity == "error"]
            return
        if name in fresh.files:  # it came and went in between
            raise MLError(f"`{name}` cannot be read", "ImportError")

    def take(self, source: Source) -> File | None:
        """Compiles a file that is new to the program; what is wrong with it is a problem of the program."""
        if len(self.linked.files) >= MAX_FILES:
            self.report_too_many()
            return None
        began = perf_counter()
        try:
            file = File(source, self.build(source, fresh=False), inside=self.finder.inside(source))
        except CheckFailed as failed:
            self.problems += [self.imported(one) for one in failed.diagnostics if one.severity == "error"]
            return None
        file.compile_time = perf_counter() - began
        self.linked.files[str(source.path)] = file
        self.steps.append(Step(file))
        return file

    def imported(self, problem: Diagnostic) -> Diagnostic:
        """A problem of a file with the imports that lead to it."""
        if self.steps:
            chain = "imported by " + " → ".join(f"`{one.file.source.name}:{one.line}`" for one in self.steps)
            problem.note = chain if problem.note is None else f"{problem.note}\n{chain}"
        return problem

    def report_too_many(self) -> None:
        from mlpy.diagnostics import Diagnostic  # noqa: PLC0415  only a mistake needs it

        step = self.steps[-1]
        label, hint = f"a program has at most {MAX_FILES:,} files", "join some of them"
        self.problems.append(Diagnostic("E0501", f"cannot import `{step.name}`", step.span, label=label, hint=hint, source=step.file.source))
        self.steps.clear()

    def report_cycle(self, steps: list[Step]) -> None:
        from mlpy.diagnostics import Diagnostic  # noqa: PLC0415  only a mistake needs it

        last = steps.pop()
        names = [os.path.basename(one.file.source.name).removesuffix(SUFFIX) for one in (*steps, last)]
        hint = "move what both need into a file that imports neither" if steps else "remove the import: a file has its own names already"
        title = f"the imports run in a circle: `{' → '.join([*names, names[0]])}`"
        found = Diagnostic("E0505", title, last.span, label="leads back to where it comes from", hint=hint, source=last.file.source)
        del self.steps[-1]
        self.problems.append(self.imported(found))
        self.steps.append(last)


# ── running ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Loaded:
    """A file that has run in a run: its exports, the authority that it runs with, and the handles by which it is held, one for each name that it is imported under.

    `load_time` is what its top level took, in seconds; `measures` takes down the calls of its functions, where somebody asks for that.
    """

    __slots__ = ("exports", "file", "grants", "handles", "load_time", "measures")

    def __init__(self, file: File, grants: Grants, exports: dict[str, object], load_time: float, measures: Measures | None) -> None:
        self.file = file
        self.grants = grants
        self.exports = exports
        self.load_time = load_time
        self.measures = measures
        self.handles: dict[str, ModuleHandle] = {}

    def handle(self, name: str) -> ModuleHandle:
        """The handle for a name."""
        made = self.handles.get(name)
        if made is None:
            made = self.handles[name] = ModuleHandle(name, self.shown(name))
        return made

    def shown(self, name: str) -> dict[str, object]:
        """The exports as programs see them under a name."""
        return self.exports if self.measures is None else self.measures.measured_exports(name, self.exports)

    def replace(self, file: File, exports: dict[str, object], load_time: float) -> None:
        """Swaps the exports; everybody who holds the module sees the new ones."""
        self.file = file
        self.exports = exports
        self.load_time = load_time
        self.show(self.measures)

    def show(self, measures: Measures | None) -> None:
        """Has the calls of its functions taken down from now on, or no more."""
        self.measures = measures
        for name, handle in self.handles.items():
            handle.replace(self.shown(name))


class Changed(tuple[Layer, ...]):
    """The layers of an authority that has changed: another object even where there are none, so that gates forget what they have allowed."""

    __slots__ = ()


class Importer:
    """The `$import` of one file in one run: what it imports is bound to what the file may do.

    `imports` says which files its imports mean; anything else is a registered module.
    """

    __slots__ = ("below", "grants", "imports", "modules", "run")

    def __init__(self, run: Run, grants: Grants, imports: dict[str, File]) -> None:
        self.run = run
        self.grants = grants
        self.imports = imports
        self.modules: dict[str, ModuleHandle] = {}
        self.below: dict[str, dict[str, object]] = {}

    def __call__(self, path: str, head: bool) -> ModuleHandle:
        """The module of an import, or (`head`) what its first name stands for, with everything below that the file has imported."""
        file = self.imports.get(path)
        if file is None:
            found = self.module(path)
        else:
            run = self.run
            grants = authority(run, self.grants, file)
            key = (file.source.path, *grants.identity)
            loaded = run.modules.get(key)
            if type(loaded) is not Loaded:
                main = prepared(run, file, grants)
                began = perf_counter()
                exports = main()[1]  # called from here: a chain of imports nests as few calls as can be
                loaded = run.modules[key] = Loaded(file, grants, exports, perf_counter() - began, run.measures)
            run.modules[path] = None  # what `modules()` lists
            found = loaded.handle(path)
        return self.placed(path, found) if head else found

    def declare(self, patterns: Sequence[str]) -> None:
        """Bounds the program, and the files that it has imported already, by what a cell of a session asks for."""
        loaded = self.loaded()
        self.grants.declare(patterns, dict.fromkeys(one.grants for one in loaded if one.grants is not self.grants))
        self.file_again(loaded)

    def regrant(self, granted: Sequence[Grant], denied: tuple[Grant, ...], derived: Iterable[Grants] = ()) -> None:
        """What the host grants and denies from now on, to the program and to all that is bound to an authority of its own, or `derived` from it otherwise.

        The host's layer is replaced, as other runs may share it; where everything is granted there is none.
        """
        loaded = self.loaded()
        bound = [found for one in self.run.modules.values() if type(found := getattr(one, "grants", None)) is Grants]
        old = next((layer for layer in self.grants.layers if layer.origin == "grant"), None)
        new = None if old is None else Layer(granted, "grant", old.ask, words=old.words, advice=old.advice)
        for each in {id(one): one for one in (self.grants, *bound, *derived)}.values():
            each.layers = Changed([new if one is old and new is not None else one for one in each.layers])
            each.denied = denied
        self.file_again(loaded)

    def loaded(self) -> list[Loaded]:
        """The files that have run, each for an authority."""
        return [one for one in self.run.modules.values() if type(one) is Loaded]

    def file_again(self, loaded: Iterable[Loaded]) -> None:
        """Files them under what they may do now."""
        modules = self.run.modules
        for key in [key for key, one in modules.items() if type(one) is Loaded]:
            del modules[key]
        modules.update({(one.file.source.path, *one.grants.identity): one for one in loaded})

    def module(self, path: str) -> ModuleHandle:
        """A registered module."""
        registry = self.run.registry
        if registry is None:
            raise MLError(f"there is no module `{path}`", "ImportError")
        return registry.load(path, self.run, self.grants)

    def placed(self, path: str, found: ModuleHandle) -> ModuleHandle:
        """Hangs a module below the names before it; gives what the first of these stands for."""
        self.modules[path] = found
        handle = self.view(path)
        while "." in path:
            path, _, last = path.rpartition(".")
            self.below.setdefault(path, {})[last] = handle
            handle = self.view(path)
        return handle

    def view(self, path: str) -> ModuleHandle:
        """A name's own module, together with those below it."""
        module, below = self.modules.get(path), self.below.get(path)
        if below is None:
            assert module is not None
            return module
        if module is None:
            return ModuleHandle(path, below)
        made = ModuleHandle(path, {**module.table, **below})
        made.get = lambda name: below[name] if name in below else module.get(name)  # a reload changes `module.get`
        return made


def authority(run: Run, importer: Grants, file: File) -> Grants:
    """What a file may do: what its importer may, within what it asks for; one from outside the project that asks for nothing may do nothing."""
    grants = importer.effective()
    declared = file.compiled.declared
    if declared is None and file.inside:
        return grants
    key = ("layer", file.source.path)
    layer = run.modules.get(key)
    if type(layer) is not Layer:  # one for all its importers, so that what it counts is counted once
        name = f"`{file.source.name}`"
        words = f"is refused to {name}, a file from outside of the project without a `capability` block" if declared is None else UNASKED.format(name)
        layer = run.modules[key] = grants.declaration(declared or (), file.source.name, words)
    return grants.within(layer)


def prepared(run: Run, file: File, grants: Grants) -> Callable[[], tuple[object, dict[str, object]]]:
    """The top level of a file: a function that gives a value and the exports."""
    if len(run.modules) >= MAX_LOADED:
        raise MLError(f"the program loads more than {MAX_LOADED:,} modules", "ImportError", hint="each set of declared capabilities that leads to a file loads it again")
    source, compiled = file.source, file.compiled
    namespace = run.namespace(source, compiled.parts)
    namespace["$import"] = Importer(run, grants, file.imports)
    if "$hasCapability" in namespace and grants is not run.grants:
        from mlpy.runtime.builtins import speaking_for  # noqa: PLC0415  it is there if its functions are

        namespace.update({"$" + name: function for name, function in (run.speaking_for or speaking_for)(lambda: grants).items()})
    exec(compiled.code, namespace)  # noqa: S102  verified code, which defines `$main` and does nothing else
    main: Callable[[], tuple[object, dict[str, object]]] = namespace.pop(MAIN)
    return main


def loaded_as(run: Run, name: str) -> list[Loaded]:
    """The files that a run has imported under a name."""
    return [one for one in list(run.modules.values()) if type(one) is Loaded and name in one.handles]


def replace(run: Run, loaded: Sequence[Loaded], fresh: Callable[[File], File]) -> None:
    """Runs the new versions of files for each authority that the old ones ran with, then swaps them all; where that fails nothing has changed."""
    versions = {str(one.file.source.path): one.file for one in loaded}
    for path, old in versions.items():
        new = versions[path] = fresh(old)
        if new.compiled.declared != old.compiled.declared:
            hint = "start afresh to accept them"
            raise MLError(f"`{new.source.name}` was not reloaded: the new version asks for other capabilities", "ImportError", hint=hint)
    made = [(one, timed_exports(run, versions[str(one.file.source.path)], one.grants)) for one in loaded]
    for one, (exports, took) in made:
        one.replace(versions[str(one.file.source.path)], exports, took)


def files_of(run: Run) -> dict[str, Source]:
    """The ML files that a run has imported, by the names that they are imported under."""
    return {name: one.file.source for one in list(run.modules.values()) if type(one) is Loaded for name in list(one.handles)}


def timed_exports(run: Run, file: File, grants: Grants) -> tuple[dict[str, object], float]:
    """What a file exports, and the seconds that its top level took."""
    main = prepared(run, file, grants)
    began = perf_counter()
    exports = execute(run, main)[1]
    return exports, perf_counter() - began


def measure(run: Run, measures: Measures | None) -> None:
    """Has the calls of functions in files that a run imports taken down from now on, or no more."""
    run.measures = measures
    for one in list(run.modules.values()):
        if type(one) is Loaded:
            one.show(measures)


def costs(run: Run) -> dict[str, Metrics]:
    """What the files that a run has imported cost, by the names that they are imported under; nothing where nobody measures."""
    found: dict[str, Metrics] = {}
    measures = run.measures
    if measures is None:
        return found
    for one in [one for one in list(run.modules.values()) if type(one) is Loaded]:
        for name in one.handles:
            made = found[name] = measures.taken(name)
            made.discovery, made.load_time = one.file.compile_time, one.load_time
    return found

"""The embedding facade: text → `Program` → `Result`, sessions, and functions in both directions.

Compiling imports the compiler on first use; running a compiled program does not.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b
from _thread import RLock
from time import monotonic

from mlpy import cache, capabilities
from mlpy.capabilities import Grants
from mlpy.compiled import UNKNOWN_NAME, Compiled
from mlpy.errors import CheckFailed, MLError, Stop
from mlpy.lower.names import CONSTANTS, MAIN, VALUE, is_identifier, python_name
from mlpy.runtime.limits import Limits
from mlpy.runtime.run import Run, execute, within
from mlpy.runtime.values import UNSET
from mlpy.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Literal, NoReturn, TypeAlias, TypeVar

    from mlpy.audit import AuditRecord
    from mlpy.capabilities import Grant
    from mlpy.diagnostics import Diagnostic
    from mlpy.metrics import Metrics
    from mlpy.modules import Builder, File, Finder, Linked
    from mlpy.registry import Registry
    from mlpy.runtime.run import Usage
    from mlpy.sandbox.pool import Sandbox

    T = TypeVar("T")
    Sink: TypeAlias = Callable[[str], object] | list[str] | None
    Allowed: TypeAlias = Grants | Iterable[str | Grant] | None
    Functions: TypeAlias = Mapping[str, Callable[..., object]]

making = RLock()  # what engines make on first use


# ── compiling ────────────────────────────────────────────────────────────────────────────────────────────────────


def build(
    source: Source,
    *,
    registry: Registry,
    inputs: Iterable[str] | None,
    finder: Finder | None = None,
    session: Iterable[str] | None = None,
    fuel: bool = False,
    tests: bool = False,
) -> Compiled:
    """Text → code. Raises CheckFailed with every diagnostic.

    With `inputs` None, a name that nothing binds, that is not called and resembles nothing in scope is taken for an input.
    """
    try:
        from mlpy.compiler import compile_source  # noqa: PLC0415  a warm start needs no compiler

        return compile_source(source, registry, finder, inputs, session, fuel=fuel, tests=tests)
    except MLError:
        raise
    except (RecursionError, MemoryError):
        raise CheckFailed([too_deep(source)]) from None
    except Exception as error:  # whatever a bug of ours raises, hosts get an MLError
        raise MLError("mlpy cannot compile this program", "InternalError", hint="this is a bug in mlpy: please report the program") from error


def timed(run: Run, make: Callable[[], Compiled]) -> Compiled:
    """Compiles under the limits of a run, whose time it is that the compiler takes (T1). Raises MLError where it takes too much."""
    import threading  # noqa: F401, PLC0415  as in `prepare_imports`

    from mlpy.compiler import prepare  # noqa: PLC0415  a warm start compiles nothing

    prepare()
    began = monotonic()
    try:
        return execute(run, make, thread="any")
    except Stop as stop:
        if stop.run is not run:
            raise
        raise MLError(f"{stop.message} (it was still being compiled)", type(stop).__name__, limit=stop.kind) from None
    finally:
        run.spent += monotonic() - began


def too_deep(source: Source) -> Diagnostic:
    from mlpy.diagnostics import Diagnostic  # noqa: PLC0415  rare
    from mlpy.source import Span  # noqa: PLC0415  rare

    return Diagnostic("E0124", "the program is nested too deeply", Span(0, min(1, len(source.text))), hint="split it into functions", source=source)


# ── programs ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Program:
    """A compiled program. It holds no state: every run starts afresh; `function` and `Engine.callback` share one start."""

    __slots__ = ("_codes", "_engine", "_instance", "_linked", "_lock", "_starting", "inputs", "needs", "source")

    def __init__(self, engine: Engine, source: Source, compiled: Compiled, linked: Linked | None = None) -> None:
        self._engine = engine
        self._codes: dict[tuple[bool, bool], Compiled] = {(False, False): compiled}
        self._linked: dict[bool, Linked | None] = {False: linked}
        self._instance: Instance | None = None
        self._starting: Run | None = None
        self._lock = RLock()
        self.source = source
        self.inputs = compiled.inputs
        self.needs = compiled.needs if linked is None else linked.needs

    @classmethod
    def elsewhere(cls, engine: Engine, source: Source, inputs: tuple[str, ...], needs: tuple[str, ...]) -> Program:
        """A program of which only workers have code."""
        made = cls.__new__(cls)
        Program.__init__(made, engine, source, Compiled(EMPTY, inputs, None, needs, (), (), {}, 0))
        made._codes.clear()  # noqa: SLF001  its own
        return made

    @property
    def name(self) -> str:
        """The name that diagnostics and tracebacks show."""
        return self.source.name

    def compiled(self, run: Run | None = None, *, fuel: bool = False, tests: bool = False) -> Compiled:
        """The code that a run needs: `fuel` for a step limit, `tests` with the test blocks. What is not there yet is compiled in its time."""
        made = self._codes.get((fuel, tests))
        if made is None:
            engine = self._engine
            with self._lock:
                made = self._codes.get((fuel, tests)) or engine.build(self.source, run or engine.new_run(self.source), inputs=self.inputs, fuel=fuel, tests=tests)
                self._codes[fuel, tests] = made
        return made

    def linked(self, run: Run | None = None, *, fuel: bool = False) -> Linked | None:
        """The program with the files that it imports, as they were when it was compiled; None where it imports none."""
        if fuel not in self._linked:
            run = run or self._engine.new_run(self.source)
            with self._lock:
                plain = self._linked[False]
                self._linked[fuel] = None if plain is None else plain.compiled_by(self.compiled(run, fuel=fuel), self._engine.builder(plain.finder, run, fuel=fuel))
        return self._linked[fuel]

    def run(
        self,
        *,
        inputs: Mapping[str, object] | None = None,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        share: bool = False,
        arguments: Iterable[str] = (),
    ) -> Result:
        """Runs the program from its start. Raises MLError for whatever goes wrong; `error.limit` names a limit that ended it.

        `inputs` are copied unless `share`; `grants` and `limits` default to the engine's; `output` takes what is printed, a
        callable or a list, and by default it is collected in the result. `arguments` are what its module `args` gives.
        """
        return self._engine.run(self, inputs=inputs, grants=grants, limits=limits, functions=functions, output=output, share=share, arguments=arguments)

    def function(self, name: str, *, limits: Limits | None = None, validate: bool = False) -> Callable[..., object]:
        """A top-level function as a Python callable, with its signature and documentation.

        The program's top level runs once, when the first function is asked for; all of them share its state. Calls are under
        `limits`, by default the engine's; where those limit nothing but output, they run on the caller's thread. `validate`
        checks arguments against the declared types.
        """
        return self._engine.callback(self, name, limits=limits, validate=validate)

    def __repr__(self) -> str:
        return f"<Program {self.source.name}>"


class Result:
    """What a run gave: `value` of the last expression statement, `output` printed, `exports`, `audit`, `usage`."""

    __slots__ = ("_exports", "_instance", "_output", "value")

    def __init__(self, instance: Instance, output: list[str] | None) -> None:
        self._instance = instance
        self._output = output
        self._exports: dict[str, object] | None = None
        self.value = crossed(instance.value, instance.run)

    @property
    def output(self) -> str:
        """What the program printed; empty where a function of the host took it."""
        return "".join(self._output or ())

    @property
    def exports(self) -> dict[str, object]:
        """The top-level names that do not begin with `_`, as they were at the end; its functions as callables.

        A value that cannot cross (nested deeper than 200, or containing itself) is an MLError when it is asked for here.
        """
        if self._exports is None:
            run = self._instance.run
            for value in self._instance.exports.values():
                if isinstance(value, MLError):  # of a worker, which it could not leave
                    raise value
            self._exports = {name: crossed(value, run, f"`{name}`") for name, value in self._instance.exports.items()}
        return self._exports

    @property
    def audit(self) -> list[AuditRecord]:
        """Each use of a capability, granted or refused."""
        return self._instance.run.audit.records()

    @property
    def usage(self) -> Usage:
        """Wall and CPU seconds, steps, bytes of output, capability calls."""
        return self._instance.run.usage

    def __repr__(self) -> str:
        return f"Result(value={self.value!r})"


class Instance:
    """A program whose top level has run: its values as they are inside."""

    __slots__ = ("exports", "program", "run", "tests", "value")

    def __init__(self, program: Program | None, run: Run, value: object, exports: dict[str, object], tests: list[tuple[str, Callable[[], object]]]) -> None:
        self.program = program
        self.run = run
        self.value = value
        self.exports = exports
        self.tests = tests


def start(program: Program, run: Run, inputs: Mapping[str, object], functions: Functions, *, share: bool = False, tests: bool = False, own: bool = True) -> Instance:
    """Runs a program's top level; raises MLError, or a `Stop` of a run further out."""
    fuel = run.limits.steps is not None
    compiled, linked = program.compiled(run, fuel=fuel, tests=tests), program.linked(run, fuel=fuel)
    if compiled.declared is not None:  # its modules, the host's functions and its own questions: all act with what it asks for (§7)
        run.grants = run.grants.narrow(compiled.declared, "declaration")
    given = given_values(compiled.inputs, inputs, functions, run, share=share) if compiled.inputs else {}
    namespace = run.namespace(program.source, compiled.parts)
    namespace["$import"] = importer(run, compiled, linked)
    prepare_imports(compiled, linked)
    exec(compiled.code, namespace)  # noqa: S102  verified code, which defines `$main` and does nothing else
    main = namespace.pop(MAIN)
    try:
        value, exports, *rest = execute(run, main, *[given[name] for name in compiled.inputs], thread="any" if own else "caller")
    except BaseException as error:  # noqa: BLE001  handed on as what it means
        if own:
            run.close()
        fail(error, run)
    run.spent = 0.0  # its functions have the whole time for each call
    if run.kept and own and not any(map(holds_more, (value, *exports.values()))):
        run.close()
    return Instance(program, run, value, exports, rest[0] if rest else [])


def holds_more(value: object) -> bool:
    """Whether a value may reach what a program has opened: anything but data."""
    from mlpy.crossing import is_plain  # noqa: PLC0415  few programs leave something open

    return not (value is None or type(value) in PLAIN or is_plain(value))


def prepare_imports(compiled: Compiled, linked: Linked | None) -> None:
    """Imports `threading` here where the program's modules may: it takes the thread that does so first for the main one.

    On a thread of our pool that would make the process wait for that thread at its end, for ever. It is a tenth of a start, and as much again at the end of the process.
    """
    if not THREADLESS.issuperset(compiled.imports if linked is None else linked.registered):
        import threading  # noqa: F401, PLC0415  as said


def given_values(names: Iterable[str], inputs: Mapping[str, object], functions: Functions, run: Run, *, share: bool) -> dict[str, object]:
    """What the host gives, as a program may hold it."""
    from mlpy.hosting import entered, hosted  # noqa: PLC0415  a program that gets nothing starts without it

    given = {name: entered(inputs[name], f"the input `{name}`", copy=not share) for name in names if name in inputs}
    given.update({name: hosted(name, functions[name], run, run.grants) for name in names if name in functions and name not in given})
    return given


def crossed(value: object, run: Run, place: str = "the result") -> object:
    """A program's value as the host may have it."""
    if value is None or type(value) in PLAIN:
        return value
    from mlpy.hosting import left  # noqa: PLC0415  as above

    return left(value, run, place)


def fail(error: BaseException, run: Run) -> NoReturn:
    """Raises what the host is to see of an exception that left a program."""
    from mlpy.hosting import raise_failure  # noqa: PLC0415  as above

    raise_failure(error, run)


PLAIN = (bool, int, float, str)
# Modules of the standard library whose functions never import `threading`.
THREADLESS = frozenset(("args", "collections", "crypto", "csv", "functional", "json", "math", "random", "regex", "string"))
if sys.version_info < (3, 12):
    THREADLESS |= {"datetime"}  # a zone's name imports `zoneinfo`, and that `sysconfig`, which has a lock since
OWN_SPELLING = frozenset(map(python_name, CONSTANTS))
EMPTY = (lambda: None).__code__


def importer(run: Run, compiled: Compiled, linked: Linked | None) -> Callable[[str, bool], object]:
    """The `$import` of a program: modules and files bound to what it may do."""
    if linked is not None or any("." in path for path in compiled.imports):
        from mlpy.modules import Importer  # noqa: PLC0415  most programs import no files

        return Importer(run, run.grants, {} if linked is None else linked.main.imports)
    grants = run.grants

    def import_module(path: str, _head: bool) -> object:
        if run.registry is None:
            raise MLError(f"there is no module `{path}`", "ImportError")
        return run.registry.load(path, run, grants)

    return import_module


def learn_kinds() -> None:
    """Makes the kinds known that modules demand, of which a grant names one that nobody has declared yet."""
    from mlpy.registry import learn_kinds as learn  # noqa: PLC0415  a program that imports nothing starts without it

    learn()


capabilities.learning.append(learn_kinds)


# ── engines ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Engine:
    """Compiles and runs programs under the same defaults. Safe to share between threads.

    `grants` and `limits` hold for every run that is given none of its own; `functions` are the host's, callable from every
    program (`@ml_function(capability=…)` makes a call demand a capability); `extension_paths` are folders of modules;
    `module_paths` are folders of ML files to import, behind the folder of the importing file; files below `project_root`, by default the
    folder of the program's file, keep what their importer may do, and others have what they declare of it;
    `cache` keeps compiled code in the user's cache, for sources that are trusted; with a `frozen_clock`, a time in ISO form, it is
    that time for every program. With `isolation="process"` programs are compiled and run in the workers of a `Sandbox`, which `close` ends;
    what goes in and comes out is copied then.
    """

    __slots__ = ("_registry", "_sandbox", "cached", "extension_paths", "frozen_clock", "functions", "grants", "isolation", "limits", "module_paths", "project_root")

    def __init__(
        self,
        *,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        extension_paths: Iterable[str] = (),
        module_paths: Iterable[str] = (),
        project_root: str | None = None,
        cache: bool = False,
        frozen_clock: str | None = None,
        isolation: Literal["none", "process"] = "none",
    ) -> None:
        if isolation not in ("none", "process"):
            raise ValueError(f"`isolation` is `none` or `process`, not `{isolation}`")
        self.isolation = isolation
        self._sandbox: Sandbox | None = None
        self.functions = checked_functions(functions or {})
        self.limits = Limits() if limits is None else checked_limits(limits)
        self.extension_paths = listed(extension_paths, "extension paths", "['./modules']")
        self.module_paths = tuple(map(os.path.abspath, listed(module_paths, "module paths", "['./lib']")))
        self.project_root = None if project_root is None else os.path.abspath(project_root)
        self._registry: Registry | None = None
        if self.extension_paths:
            self.registry  # noqa: B018  its modules may demand kinds that the grants name
        self.grants = Grants.of(grants)
        self.cached = cache
        self.frozen_clock = None if frozen_clock is None else clock_at(frozen_clock)

    @property
    def registry(self) -> Registry:
        """The modules that programs can import; made when a program is compiled or imports one."""
        if self._registry is None:
            from mlpy.registry import Registry  # noqa: PLC0415  a program that imports nothing starts without it

            with making:
                self._registry = self._registry or Registry(self.extension_paths)
        return self._registry

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of an engine with `isolation="process"`; made when it is first needed."""
        if self._sandbox is None:
            found = __import__("mlpy.sandbox.pool", fromlist=["Sandbox"]).Sandbox  # which stands to the right of engines: they know nothing of it but this
            with making:
                self._sandbox = self._sandbox or found.of(self)
        return self._sandbox

    @sandbox.setter
    def sandbox(self, value: Sandbox) -> None:
        self._sandbox = value

    def extend(self, folder: str) -> None:
        """Has what is compiled from now on find modules in one more folder, behind the others: those in Python and those in ML."""
        path = os.path.abspath(folder)
        self.registry.extend(path)
        self.extension_paths, self.module_paths = (*self.extension_paths, path), (*self.module_paths, path)

    def close(self) -> None:
        """Ends the workers of an engine with `isolation="process"`; there is nothing to end otherwise."""
        if self._sandbox is not None:
            self._sandbox.close()

    def compile(self, source: str | Source, *, name: str = "ml", inputs: Iterable[str] | None = None) -> Program:
        """Checks and compiles a program; raises CheckFailed with every diagnostic.

        Text is shown as `<name>`. `inputs` are the names that the host will give; without them, a name that nothing binds, that
        is not called and resembles nothing in scope is taken for one (`Program.inputs` lists them).
        """
        if self.isolation == "process":
            return self.sandbox.compile(source, name=name, inputs=inputs)
        text = source if isinstance(source, Source) else Source(checked_text(source), shown_name(name))
        return self.compile_for(self.new_run(text), text, None if inputs is None else listed(inputs, "inputs", "['user', 'order']"))

    def compile_for(self, run: Run, source: Source, inputs: tuple[str, ...] | None) -> Program:
        """Compiles a program in the time of a run."""
        compiled = self.build(source, run, inputs=inputs)
        if not compiled.files:
            return Program(self, source, compiled)
        linked = self.link(source, compiled, lambda: self.build(source, run, inputs=inputs, fresh=True), run)
        return Program(self, source, linked.main.compiled, linked)

    def build(self, source: Source, run: Run, *, inputs: Iterable[str] | None, fuel: bool = False, tests: bool = False, fresh: bool = False) -> Compiled:
        """The code of a program, from the cache where it may come from there, unless it is to be `fresh`."""
        if self.isolation == "process":
            raise MLError("the program has code in the workers of its sandbox only", "SandboxError", hint="`run` it, or ask for a `function`")
        names = None if inputs is None else (*inputs, *self.functions)
        options = (source.name, repr(names), repr(sorted(self.functions)), f"{fuel}{tests}")
        return self.kept(source, options, run, lambda: self._build(source, inputs, fuel=fuel, tests=tests), fresh=fresh)

    def kept(self, source: Source, options: tuple[str, ...], run: Run, make: Callable[[], Compiled], *, fresh: bool) -> Compiled:
        """What is in the cache for a source and these options, or else is made now, in the time of a run."""
        if not self.cached:
            return timed(run, make)
        key = cache.key(source.text.encode("utf-8", "surrogatepass"), *options)
        found = None if fresh else cache.load(key)
        if found is not None:
            return Compiled(*found)  # type: ignore[misc]  # a record, by its MAC
        built = timed(run, make)
        cache.store(key, built.record())
        return built

    def _build(self, source: Source, inputs: Iterable[str] | None, *, fuel: bool, tests: bool) -> Compiled:
        finder = self.finder(source)
        if inputs is None and not self.functions:
            return build(source, registry=self.registry, finder=finder, inputs=None, fuel=fuel, tests=tests)
        if inputs is not None:
            return build(source, registry=self.registry, finder=finder, inputs=(*checked_names(inputs), *self.functions), fuel=fuel, tests=tests)
        try:
            return build(source, registry=self.registry, finder=finder, inputs=tuple(self.functions), fuel=fuel, tests=tests)
        except CheckFailed as failed:
            guessed = guessed_inputs(failed, self.functions)
            if not guessed:
                raise
            return build(source, registry=self.registry, finder=finder, inputs=(*guessed, *self.functions), fuel=fuel, tests=tests)

    # ── files ──

    def finder(self, source: Source) -> Finder:
        """Finds the files that a program and its files import."""
        from mlpy.modules import Finder  # noqa: PLC0415  most programs import no files, and a warm start compiles none

        return Finder(source, self.project_root, self.module_paths)

    def link(self, source: Source, compiled: Compiled, again: Callable[[], Compiled], run: Run) -> Linked:
        """A program with the files that it imports. `again` compiles the program once more, to say what is wrong with its imports."""
        from mlpy.modules import Linker  # noqa: PLC0415  most programs import no files

        finder = self.finder(source)
        shelf = Shelf(self, source) if self.cached else None
        build_file = self.builder(finder, run, shelf=shelf)

        def build_either(one: Source, *, fresh: bool) -> Compiled:
            return again() if one is source else build_file(one, fresh=fresh)

        registered = None if shelf is not None and shelf.before and not self.extension_paths else lambda name: self.registry.info(name) is not None
        linked = Linker(finder, build_either, registered).link(source, compiled)
        if shelf is not None:
            shelf.keep(linked)
        return linked

    def builder(self, finder: Finder, run: Run, *, fuel: bool = False, shelf: Shelf | None = None) -> Builder:
        """What compiles the files of a program. They see none of the host's names."""

        def build_file(source: Source, *, fresh: bool) -> Compiled:
            found = shelf.take(source) if shelf is not None and not fresh else None
            return found or self.kept(source, (source.name, "file", str(fuel)), run, lambda: self.build_file(source, finder, fuel=fuel), fresh=fresh)

        return build_file

    def build_file(self, source: Source, finder: Finder, *, fuel: bool) -> Compiled:
        """Compiles an imported file."""
        if not source.text.isascii():
            check_encoding(source)
        return build(source, registry=self.registry, finder=finder, inputs=(), fuel=fuel)

    def run(
        self,
        program: Program | str,
        *,
        inputs: Mapping[str, object] | None = None,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        share: bool = False,
        arguments: Iterable[str] = (),
    ) -> Result:
        """Runs a program, or the text of one; see `Program.run`."""
        if self.isolation == "process":
            return self.sandbox.run(program, inputs=inputs, grants=grants, limits=limits, functions=functions, output=output, arguments=arguments)
        start, run = self.prepared(program, inputs, functions, grants=grants, limits=limits, output=output, share=share, arguments=arguments)
        return Result(start(), collected(run))

    def prepared(
        self,
        program: Program | str,
        inputs: Mapping[str, object] | None,
        functions: Functions | None,
        *,
        grants: Allowed,
        limits: Limits | None,
        output: Sink,
        share: bool,
        arguments: Iterable[str],
    ) -> tuple[Callable[[], Instance], Run]:
        """A run of a program, and what compiles and starts it."""
        own = self.merged(functions)
        if inputs is not None:
            mapped(inputs, "inputs", "{'user': 'Ada'}")
        source = program.source if isinstance(program, Program) else Source(checked_text(program), shown_name("ml"))
        run = self.new_run(source, grants=grants, limits=limits, output=output)
        run.arguments = checked_arguments(arguments)

        def begin() -> Instance:
            compiled = program if isinstance(program, Program) else self.compile_for(run, source, (*(inputs or ()), *own))
            return self.start(compiled, run, inputs=inputs or {}, functions=own, share=share)

        return begin, run

    def merged(self, functions: Functions | None) -> Functions:
        """The functions of this engine and those of one call."""
        return self.functions if functions is None else {**self.functions, **checked_functions(functions)}

    def new_run(self, source: Source | None, *, grants: Allowed = None, limits: Limits | None = None, output: Sink = None, errors: Sink = None) -> Run:
        """A run under this engine's defaults."""
        for sink in (output, errors):
            if not (sink is None or callable(sink) or isinstance(sink, list)):
                raise TypeError(f"`output` is a callable or a list, not {kind_of(sink)}")
        run = Run(
            limits=self.limits if limits is None else checked_limits(limits),
            grants=self.grants if grants is None else Grants.of(grants),
            output=output,
            errors=errors,
            source=source,
            registry=lambda: self.registry,
        )
        run.measures = None if self._registry is None else self._registry.measures
        run.frozen_clock = self.frozen_clock
        run.extension_paths = tuple(self.extension_paths)
        run.module_paths = (*self.module_paths, *self.own_folders(source))
        return run

    def own_folders(self, source: Source | None) -> Iterator[str]:
        """The folders of a program's own files."""
        if self.project_root is not None:
            yield self.project_root
        if source is not None and source.path is not None:
            yield os.path.dirname(os.path.abspath(source.path))
            yield os.path.dirname(os.path.realpath(source.path))  # where its imports are looked for

    def start(self, program: Program, run: Run, *, inputs: Mapping[str, object], functions: Functions | None = None, share: bool = False, tests: bool = False) -> Instance:
        """Runs a program's top level under a run."""
        own = self.functions if functions is None else functions
        list(checked_names(inputs))
        missing = [name for name in program.inputs if name not in inputs and name not in own]
        if missing:
            self.refuse(program, [*(name for name in program.inputs if name not in missing), *own], run)
        return start(program, run, inputs, own, share=share, tests=tests)

    def refuse(self, program: Program, names: Iterable[str], run: Run) -> None:
        """Names that nobody gave are unknown after all: the check says where."""
        try:
            timed(run, lambda: build(program.source, registry=self.registry, finder=self.finder(program.source), inputs=names))
        except CheckFailed as failed:
            for one in failed.diagnostics:
                if one.code == UNKNOWN_NAME and one.hint is None:
                    one.hint = f"give it with `inputs={{'{program.source.text[one.span.start : one.span.end]}': …}}`"
            raise

    async def run_async(
        self,
        program: Program | str,
        *,
        inputs: Mapping[str, object] | None = None,
        grants: Allowed = None,
        limits: Limits | None = None,
        functions: Functions | None = None,
        output: Sink = None,
        share: bool = False,
        arguments: Iterable[str] = (),
    ) -> Result:
        """`run` on another thread, for an event loop. Cancelling the task cancels the program, which then ends within milliseconds."""
        if self.isolation == "process":
            return await self.sandbox.run_async(program, inputs=inputs, grants=grants, limits=limits, functions=functions, output=output, arguments=arguments)
        import asyncio  # noqa: PLC0415  for hosts that have it running

        start, run = self.prepared(program, inputs, functions, grants=grants, limits=limits, output=output, share=share, arguments=arguments)
        work = asyncio.get_running_loop().run_in_executor(None, start)
        try:
            instance = await asyncio.shield(work)
        except asyncio.CancelledError:
            run.cancel()
            await asyncio.wait([work])
            work.exception()
            raise
        return Result(instance, collected(run))

    def callback(self, program: Program, name: str, *, limits: Limits | None = None, validate: bool = False) -> Callable[..., object]:
        """A top-level function of a program as a Python callable. The program starts once and keeps its state between calls."""
        if not isinstance(program, Program):
            raise TypeError(f"a callback is made of a `Program`, not {kind_of(program)}")
        if limits is not None:
            checked_limits(limits)
        if self.isolation == "process":
            return self.sandbox.function(program, name, limits=limits, validate=validate)
        instance = program._instance or self.instance(program)  # noqa: SLF001  the two are one thing
        from mlpy.crossing import is_ml_function  # noqa: PLC0415  a program that stays inside starts without it
        from mlpy.hosting import callback  # noqa: PLC0415  as above

        function = instance.exports.get(name)
        if not is_ml_function(function):
            raise no_function(program, name, instance.exports)
        signature = program.compiled().signatures.get(name)
        if limits is None and (self.limits.time, self.limits.steps, self.limits.memory) != (None, None, None):
            limits = self.limits
        return callback(function, instance.run, limits=limits, signature=signature, validate=validate)

    def instance(self, program: Program) -> Instance:
        """The one start of a program that its functions share."""
        starting = program._starting  # noqa: SLF001  as above
        if starting is not None and within(starting):  # waiting for itself it would never end
            raise RuntimeError(f"the functions of `{program.name}` are there when its top level has run")
        with program._lock:  # noqa: SLF001  as above
            if program._instance is None:  # noqa: SLF001  as above
                run = program._starting = self.new_run(program.source)  # noqa: SLF001  as above
                try:
                    program._instance = self.start(program, run, inputs={})  # noqa: SLF001  as above
                finally:
                    program._starting = None  # noqa: SLF001  as above
            return program._instance  # noqa: SLF001  as above

    def session(self, *, grants: Allowed = None, limits: Limits | None = None, functions: Functions | None = None, output: Sink = None) -> Session:
        """A session, which keeps names between evaluations."""
        if self.isolation == "process":
            return self.sandbox.session(grants=grants, limits=limits, functions=functions, output=output)  # type: ignore[return-value]  # it evaluates, and has no more in common
        return Session(self, self.new_run(None, grants=grants, limits=limits, output=output), self.merged(functions))


class Shelf:
    """The code of a program's files as one entry of the cache, so that a start reads one; what a file says decides whether its code counts.

    While nothing was installed since, no registered module has come to stand before one of the files.
    """

    __slots__ = ("before", "key", "records")

    def __init__(self, engine: Engine, source: Source) -> None:
        options = ("files", source.name, source.path or "", repr((engine.project_root, engine.module_paths, installations())))
        self.key = cache.key(source.text.encode("utf-8", "surrogatepass"), *options)
        found = cache.load(self.key)
        self.before: dict[str, tuple[str, bytes, tuple[object, ...]]] = found if isinstance(found, dict) else {}
        self.records: dict[str, tuple[str, bytes, tuple[object, ...]]] = {}

    def take(self, source: Source) -> Compiled | None:
        """The code of a file that has not changed."""
        path = str(source.path)
        kept = self.before.get(path)
        if kept is None or kept[:2] != (source.name, digest(source)):
            return None
        self.records[path] = kept
        return Compiled(*kept[2])  # type: ignore[arg-type]  # a record, by its MAC

    def keep(self, linked: Linked) -> None:
        """Keeps the files of this start for the next one, unless all came from here."""
        if len(self.records) < len(linked.files) or len(self.before) > len(linked.files):
            records = {path: self.records.get(path) or (file.source.name, digest(file.source), file.compiled.record()) for path, file in linked.files.items()}
            cache.store(self.key, records)


def installations() -> list[int]:
    """The times of the folders that Python modules are installed in: an installation changes one."""
    here = os.getcwd()
    times = []
    for folder in sys.path:
        if os.path.isabs(folder) and folder != here:
            try:
                times.append(os.stat(folder).st_mtime_ns)
            except OSError:
                continue
    return times


def digest(source: Source) -> bytes:
    return blake2b(source.text.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def check_encoding(source: Source) -> None:
    """Raises CheckFailed for a file that is not UTF-8, of which such bytes were kept as lone surrogates."""
    try:
        source.text.encode()
    except UnicodeEncodeError as error:
        from mlpy.diagnostics import undecodable  # noqa: PLC0415  only a failure needs it

        byte = ord(source.text[error.start]) - 0xDC00
        plain = Source(source.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), source.name, source.path)
        raise CheckFailed([undecodable(plain, error.start, byte)]) from None


def collected(run: Run) -> list[str] | None:
    """What a run printed, unless the host takes it with a function of its own."""
    return run.output if isinstance(run.output, list) else None


def no_function(program: Program, name: str, exports: Mapping[str, object]) -> MLError:
    """The error of a host that asks for a function that a program does not have."""
    there = ", ".join([f"`{one}`" for one, value in exports.items() if callable(value)])
    return MLError(f"`{program.name}` has no function `{name}`", "NameError", hint=f"it has {there or 'none'}")


def guessed_inputs(failed: CheckFailed, functions: Functions) -> tuple[str, ...]:
    """Unknown names without a suggestion, where they are all that is wrong."""
    errors = [one for one in failed.diagnostics if one.severity == "error"]
    if any(one.code != UNKNOWN_NAME or one.hint is not None or one.source is None for one in errors):
        return ()
    names = [one.source.text[one.span.start : one.span.end] for one in errors if one.source is not None]
    return tuple(dict.fromkeys(name for name in names if name not in functions))


def checked_names(names: Iterable[str]) -> Iterator[str]:
    """The names, each of which has to be one that ML can write (N2, F21)."""
    for name in names:
        if not is_identifier(name):
            raise MLError(f"`{name}` cannot be the name of an input", "ValueError", hint="use letters, digits and `_`, and no reserved word")
        yield name


def checked_functions(functions: Functions) -> dict[str, Callable[..., object]]:
    """Host functions whose names ML can write; the kinds of the capabilities that they declare become known."""
    from mlpy.capabilities import KINDS, declare_kind  # noqa: PLC0415  imported already

    for name, function in mapped(functions, "functions", "{'notify': notify}").items():
        list(checked_names([name]))
        if not callable(function):
            raise MLError(f"the function `{name}` is not callable", "TypeError")
        for need in getattr(getattr(function, "ml", None), "capabilities", ()):
            kind = need.partition(":")[0]
            if kind not in KINDS:
                declare_kind(kind)
    return dict(functions)


# ── mistakes of hosts ────────────────────────────────────────────────────────────────────────────────────────────
# They are the host's own, so they are Python's TypeError and not an error of the program.


def kind_of(value: object) -> str:
    return f"`{type(value).__name__}`"


def checked_text(source: object) -> str:
    if not isinstance(source, str):
        raise TypeError(f"a program is a `str`, not {kind_of(source)}" + (": decode it first" if isinstance(source, bytes | bytearray) else ""))
    return source


def checked_limits(limits: object) -> Limits:
    if not isinstance(limits, Limits):
        raise TypeError(f"limits are written `mlpy.Limits(time=2)`, not {kind_of(limits)}")
    return limits


def clock_at(text: str) -> int:
    """Microseconds since 1970 at a time in ISO form; raises ValueError for any other text."""
    from mlpy.stdlib import _dates as dates  # noqa: PLC0415  only where a clock is to stand still

    if not isinstance(text, str):
        raise TypeError(f"`frozen_clock` is a time in ISO form, not {kind_of(text)}")
    try:
        return dates.microseconds_at(text)
    except MLError as error:
        raise ValueError(f"{error.message}: {error.hint}" if error.hint else error.message) from None


def listed(values: Iterable[str], what: str, example: str) -> tuple[str, ...]:
    """Several texts; a single one is refused, as its characters would be taken."""
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise TypeError(f"{what} are a list such as `{example}`, not {kind_of(values)}")
    return tuple(values)


def checked_arguments(arguments: Iterable[str]) -> tuple[str, ...]:
    found = listed(arguments, "arguments", "['--verbose', 'a.txt']")
    for one in found:
        if not isinstance(one, str):
            raise TypeError(f"an argument of a program is a `str`, not {kind_of(one)}")
    return tuple(map(str, found))


def mapped(values: Mapping[str, T], what: str, example: str) -> Mapping[str, T]:
    if not (hasattr(values, "keys") and hasattr(values, "__getitem__")):
        raise TypeError(f"{what} are written `{example}`, not as {kind_of(values)}")
    return values


def shown_name(name: str) -> str:
    """How a text is called: in angle brackets, so that nothing takes it for a file, and in printable ASCII (F34)."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a program is a `str`, not {kind_of(name)}")
    plain = "".join(one if " " <= one <= "~" and one not in "<>" else "?" for one in name[:100])
    return f"<{plain or 'ml'}>"


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def one_at_a_time(run: Run) -> None:
    """Raises RuntimeError where a cell of a session asks for another one, as waiting for itself it would never end."""
    if within(run):
        raise RuntimeError("a session evaluates one cell at a time, and this call comes from inside of one")


def bounded(under: Run | None, function: Callable[..., object], *args: object) -> None:
    """Calls a function within the limits of a run, where there is one; raises MLError where these end it."""
    if under is None:
        function(*args)
        return
    try:
        execute(under, function, *args, thread="caller")
    except Stop as stop:
        fail(stop, under)


class Session:
    """A program that grows cell by cell: every evaluation sees the names of those before. One evaluation at a time.

    A `capability` block bounds the whole session from its cell on, what earlier cells defined and imported included.
    """

    __slots__ = ("_cells", "_engine", "_importer", "_lock", "_namespace", "revoked", "run")

    def __init__(self, engine: Engine, run: Run, functions: Functions) -> None:
        self._engine = engine
        self.revoked: list[Grant] = []  # what is denied since it was taken back
        self._cells = 0
        self._lock = RLock()
        self.run = run
        run.grants = run.grants.copy()
        self._namespace = run.namespace()
        from mlpy.modules import Importer  # noqa: PLC0415  most programs import no files

        self._namespace["$import"] = self._importer = Importer(run, run.grants, {})
        self._give(given_values(functions, {}, functions, run, share=False))

    def _give(self, values: Mapping[str, object]) -> None:
        self._namespace.update({python_name(name): value for name, value in values.items()})

    @property
    def names(self) -> list[str]:
        """The names that are bound, in the order in which they were."""
        return [*self.held()]

    def __getitem__(self, name: str) -> object:
        """The value of a name, its functions as callables; raises KeyError."""
        if name not in self.names:
            raise KeyError(name)
        return crossed(self._namespace[python_name(name)], self.run, f"`{name}`")

    def __setitem__(self, name: str, value: object) -> None:
        list(checked_names([name]))
        self._give(given_values([name], {name: value}, {}, self.run, share=False))

    def close(self) -> None:
        """Closes what the program left open."""
        self.run.close()

    # ── values as they are inside, for a shell over this session ──

    def held(self) -> dict[str, object]:
        """What the names stand for, as the program has it: nothing is converted."""
        own = {name: value for name, value in self._namespace.copy().items() if "$" not in name or name in OWN_SPELLING}  # a copy, as jobs may bind names meanwhile
        del own["__builtins__"]
        return {name.rstrip("$"): value for name, value in own.items()}

    def hold(self, name: str, value: object) -> None:
        """Binds a name to a value that came out of this session by `held` or `perform`."""
        self._namespace[python_name(name)] = value

    def drop(self, name: str) -> None:
        """Unbinds a name."""
        self._namespace.pop(python_name(name), None)

    def evaluate(self, text: str, *, inputs: Mapping[str, object] | None = None) -> Result:
        """Evaluates a cell with full budgets. Raises MLError; names that were bound before it stay bound."""
        checked_text(text)
        one_at_a_time(self.run)
        with self._lock:
            for name, value in mapped(inputs or {}, "inputs", "{'user': 'Ada'}").items():
                self[name] = value
            before = len(collected(self.run) or ())
            instance = self.perform(text)
            instance.exports = self.held()
            if instance.value is UNSET:
                instance.value = None
            return Result(instance, (collected(self.run) or [])[before:])

    def perform(self, text: str | Source) -> Instance:
        """Evaluates a cell, or a file as one, and gives its value as it is inside: `UNSET` where it does not end in an expression. Raises MLError."""
        one_at_a_time(self.run)
        with self._lock:
            self._cells += 1
            source = text if isinstance(text, Source) else Source(text, f"<cell {self._cells}>")
            run = self.run
            run.renew()
            compiled, linked = self._compile(source, run)
            run.files[source.name] = source
            if compiled.declared is not None:  # a session is one file that grows (§7)
                self._importer.declare(compiled.declared)
            namespace = self._namespace
            prepare_imports(compiled, linked)
            namespace.pop(VALUE, None)
            try:
                execute(run, exec, compiled.code, namespace)
            except BaseException as error:  # noqa: BLE001  handed on as what it means
                fail(error, run)
            run.spent = 0.0  # as in `start`
            return Instance(Program(self._engine, source, compiled, linked), run, namespace.pop(VALUE, UNSET), {}, [])

    def beside(self, source: Source, run: Run) -> Callable[[], object]:
        """What evaluates a cell over the same names and authority under another run, on any thread, while this session goes on; it gives the value as `perform` does.

        It is compiled now. Raises MLError.
        """
        with self._lock:
            compiled, linked = self._compile(source, run)
            self.run.files[source.name] = source
        if compiled.declared is not None:
            raise MLError("a `capability` block bounds the whole session", "CapabilityError", hint="evaluate it in the foreground")
        run.files, run.beside, run.namespaces = self.run.files, self.run, self.run.namespaces
        namespace, place = self._namespace, f"{VALUE}{source.name}"
        code = compiled.code.replace(co_names=tuple([place if name == VALUE else name for name in compiled.code.co_names]))
        prepare_imports(compiled, linked)

        def perform() -> object:
            try:
                execute(run, exec, code, namespace)
            except Stop as stop:
                fail(stop, run)
            except BaseException as error:  # noqa: BLE001  handed on as what it means; its frames are this session's
                fail(error, self.run)
            return namespace.pop(place, UNSET)

        return perform

    # ── authority ──

    def grant(self, text: str) -> None:
        """Allows more from now on, to what was imported before as well. Raises ValueError for a text that is no grant, MLError where a denial stands against it."""
        own = self.run.grants
        (new,) = own.parsed([text])
        kept = [one for one in self.revoked if not new.covers_grant(one)]
        denied = tuple([one for one in own.denied if one not in self.revoked or one in kept])
        against = next((one for one in denied if one.covers_grant(new)), None)
        if against is not None:
            hint, note = (f"grant `{against.text}` to take that back", None) if against in kept else (None, "it is denied from the start")
            raise MLError(f"`{new.text}` is denied by `{against.text}`", "CapabilityError", hint=hint, note=note)
        layer = next((layer for layer in own.layers if layer.origin == "grant"), None)
        others = [] if layer is None else [one for one in layer.grants if not (new.suffices_for(one) and (not new.constrained or one.suffices_for(new)))]
        self.revoked = kept
        self._importer.regrant([*others, new], denied, self.derived())

    def revoke(self, text: str) -> None:
        """Takes back what was granted, also from what was imported before: the grants within this one, and what a wider one allows of it. Raises ValueError."""
        own = self.run.grants
        (old,) = own.parsed([text])
        old.must_be_plain()
        layer = next((layer for layer in own.layers if layer.origin == "grant"), None)
        kept = [] if layer is None else [one for one in layer.grants if not old.covers_grant(one)]
        denied = own.denied
        if (layer is None or any(one.kind == old.kind for one in kept)) and not any(one.covers_grant(old) for one in denied):
            self.revoked = [*(one for one in self.revoked if not old.covers_grant(one)), old]
            denied = (*(one for one in denied if not old.covers_grant(one)), old)
        self._importer.regrant(kept, denied, self.derived())

    def derived(self) -> Iterable[Grants]:
        """Authorities that were made of this session's, of which its run knows nothing."""
        return ()

    def _compile(self, source: Source, run: Run) -> tuple[Compiled, Linked | None]:
        """A cell, and the files that it imports, in the time of a run."""
        engine = self._engine
        fuel = run.limits.steps is not None

        def make() -> Compiled:
            names, text = self.names, source.text
            try:
                return make_with([name for name in names if name in text])  # each costs two microseconds
            except CheckFailed:
                return make_with(names)  # which may be what was meant

        def make_with(names: list[str]) -> Compiled:
            return timed(run, lambda: build(source, registry=engine.registry, finder=engine.finder(source), inputs=(), session=names, fuel=fuel))

        compiled = make()
        if not compiled.files:
            return compiled, None
        linked = engine.link(source, compiled, make, run)
        if fuel:
            linked = linked.compiled_by(linked.main.compiled, engine.builder(linked.finder, run, fuel=True))
        self._importer.imports.update(linked.main.imports)
        return linked.main.compiled, linked

    def reload(self, name: str, under: Run | None = None) -> None:
        """Takes in the new version of a module or file that was imported as `name`, at once for everybody who holds it.

        Functions that the program has stored elsewhere stay the old ones. Raises MLError, and changes nothing, where the new version
        does not compile or fails at its start, or where the limits of the run `under` which it is taken in end that, or somebody cancels it.
        """
        from mlpy.modules import loaded_as, replace  # noqa: PLC0415  imported already

        if within(self.run):
            raise RuntimeError("a session reloads between two cells, and this call comes from inside of one")
        loaded = loaded_as(self.run, name)
        if not loaded:  # whatever executes goes on with the new version
            bounded(under, self._engine.registry.reload, name)
            return
        run = self.run

        def take_in() -> None:
            try:
                replace(run, loaded, self._fresh)
            except BaseException as error:  # noqa: BLE001  handed on as what it means
                fail(error, run)

        with self._lock:
            run.renew()
            try:
                bounded(under, take_in)
            finally:
                if run.dead and not run.executions:  # jobs go on in its functions
                    run.renew()

    # ── measuring ──

    def measure(self, *, memory: bool = False) -> None:
        """Takes down from now on what the modules and files cost that this session imports; see `Registry.measure`."""
        self._engine.registry.measure(memory=memory)
        self._measured()

    def stop_measuring(self) -> None:
        """Hands out the functions themselves again; what was taken down is lost."""
        self._engine.registry.stop_measuring()
        self._measured()

    def _measured(self) -> None:
        from mlpy.modules import measure  # noqa: PLC0415  imported already

        measure(self.run, self._engine.registry.measures)

    def metrics(self) -> dict[str, Metrics]:
        """What the modules and files cost that this session has imported, by name; nothing where nobody measures."""
        from mlpy.modules import costs  # noqa: PLC0415  imported already

        return {**self._engine.registry.metrics(), **costs(self.run)}

    def _fresh(self, old: File) -> File:
        """An imported file as it is now, with what it imports."""
        from mlpy.modules import Linker  # noqa: PLC0415  imported already

        finder = self._engine.finder(Source("", "<session>"))
        source = finder.read_again(old.source)
        build_file = self._engine.builder(finder, self.run, fuel=self.run.limits.steps is not None)
        began = monotonic()
        made = Linker(finder, build_file).link(source, build_file(source, fresh=False)).main
        made.compile_time = monotonic() - began
        return made


# ── the shortest way ─────────────────────────────────────────────────────────────────────────────────────────────


_default: list[Engine] = []


def default_engine() -> Engine:
    """The engine behind `mlpy.run` and `mlpy.compile`: no grants, no limits but that of output."""
    if not _default:
        _default.append(Engine())
    return _default[0]


def run(
    source: str,
    *,
    inputs: Mapping[str, object] | None = None,
    grants: Allowed = None,
    limits: Limits | None = None,
    functions: Functions | None = None,
) -> object:
    """The value of a program: `run("1 + 2")` is 3; what it prints is dropped. Raises MLError, or CheckFailed where it does not compile."""
    return default_engine().run(source, inputs=inputs, grants=grants, limits=limits, functions=functions).value


def compile(source: str, *, name: str = "ml", inputs: Iterable[str] | None = None, functions: Functions | None = None) -> Program:  # noqa: A001  the name is fixed
    """Checks and compiles a program; see `Engine.compile`. `functions` are the host's, callable from it."""
    engine = Engine(functions=functions) if functions else default_engine()
    return engine.compile(source, name=name, inputs=inputs)

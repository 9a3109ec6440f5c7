"""Text → code: the only file that knows every stage. A warm start does without it."""

from __future__ import annotations

import sys
import warnings
from _thread import RLock

from mlpy import ast, capabilities
from mlpy.analysis import check
from mlpy.capabilities import declared_patterns
from mlpy.compiled import UNKNOWN_NAME, Compiled
from mlpy.errors import CheckFailed
from mlpy.lower.lower import lower
from mlpy.lower.names import is_identifier, python_name
from mlpy.lower.verify import verify
from mlpy.outline import outline
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.current import current
from mlpy.runtime.limits import interruptible
from mlpy.runtime.members import ARRAY_METHODS, METHOD_NAMES, STRING_METHODS
from mlpy.runtime.namespace import HELPERS
from mlpy.runtime.parts import parts_of
from mlpy.signatures import signatures
from mlpy.source import Source
from mlpy.syntax.parser import parse
from mlpy.syntax.tables import load

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from _ast import Module as PythonModule
    from collections.abc import Iterable, Iterator
    from types import CodeType

    from mlpy.analysis.facts import Facts
    from mlpy.ast import Module
    from mlpy.diagnostics import Diagnostic
    from mlpy.index import ModuleInfo
    from mlpy.modules import Finder, Unusable
    from mlpy.outline import Outline
    from mlpy.registry import Registry

quiet = RLock()  # CPython's warnings are switched off inside it (F34)
SECONDS_A_PAIR = 25e-9  # of a function and a name: 9,000 of each took two seconds
STAGES = ("mlpy.syntax.", "mlpy.ast", "mlpy.analysis.", "mlpy.lower.", "mlpy.outline", "mlpy.signatures")
prepared: list[bool] = []
OF_A_FILE = ("$alive", "$fuel", "$import", "$run")


def prepare() -> None:
    """Loads what a compilation may need, none of which is to count for a program, and lets its time limit end the stages: pure functions all."""
    if not prepared:
        from mlpy.syntax import recover  # noqa: F401, PLC0415  where nothing limits a program, only a text with errors needs it

        load()
        interruptible(*[module for name, module in sys.modules.items() if name.startswith(STAGES)])
        prepared.append(True)


def parse_module(source: Source) -> Module:
    """The syntax tree of a source; raises CheckFailed."""
    module, diagnostics = parse(source)
    if module is None or any(one.severity == "error" for one in diagnostics):
        raise CheckFailed(located(diagnostics, source))
    return module


def check_source(
    source: Source, *, registry: Registry, inputs: Iterable[str] = (), lints: bool = True, finder: Finder | None = None
) -> tuple[list[Diagnostic], tuple[str, ...]]:
    """All that `mlpy check` says of a source, and what the program asks for; never raises for the source. `finder` finds the files that it imports."""
    module, diagnostics = parse(source)
    needs: tuple[str, ...] = ()
    if module is not None and not any(one.severity == "error" for one in diagnostics):
        methods = {"array": ARRAY_METHODS, "string": STRING_METHODS}
        facts, more = check(module, source, builtins=BUILTINS, methods=methods, modules=Modules(registry, finder, source), authority=capabilities, inputs=tuple(inputs), lints=lints)
        diagnostics = [*diagnostics, *more]
        needs = tuple(facts.needs)
    return located(diagnostics, source), needs


def located(diagnostics: list[Diagnostic], source: Source) -> list[Diagnostic]:
    for one in diagnostics:
        one.source = source
    return diagnostics


class Modules:
    """What the checker may know of what a source imports (`analysis.facts.Modules`): registered modules, and files if there is a finder."""

    __slots__ = ("finder", "outlines", "registry", "source")

    def __init__(self, registry: Registry, finder: Finder | None, source: Source) -> None:
        self.registry = registry
        self.finder = finder
        self.source = source
        self.outlines: dict[str, Outline | None] = {}

    def find(self, path: str) -> Source | Unusable | None:
        """The file that `import path;` means."""
        return None if self.finder is None else self.finder.find(path, self.source)

    def known(self, path: str) -> bool:
        """Whether `import path;` finds something."""
        return self.registry.info(path) is not None or isinstance(self.find(path), Source)

    def is_file(self, path: str) -> bool:
        """Whether `import path;` finds an ML file."""
        return self.registry.info(path) is None and isinstance(self.find(path), Source)

    def trouble(self, path: str) -> tuple[str, str] | None:
        """What is wrong with the file that an import means, and what to do."""
        found = self.find(path)
        if found is None and any(one.name == path for one in self.registry.problems()):
            return "this module has a mistake in its own file", f"`mlpy modules {path}` says which"
        return None if found is None or isinstance(found, Source) else (found.reason, found.hint)

    def names(self) -> Iterator[str]:
        """The names of the registered modules and of the files beside the source, which are looked for when they are asked for."""
        yield from self.registry.names()
        if self.finder is not None:
            yield from self.finder.neighbours(self.source)

    def info(self, name: str) -> ModuleInfo | Outline | None:
        """The declared members of a module, or what a file exports."""
        found = self.registry.info(name)
        if found is not None:
            return found
        if name not in self.outlines:
            self.outlines[name] = self.outline(name)
        return self.outlines[name]

    def outline(self, name: str) -> Outline | None:
        """What the file that an import means exports."""
        found = self.find(name)
        return outline(name, found) if isinstance(found, Source) else None


class Registered(Modules):
    """What suffices to compile: nothing there depends on what a file exports."""

    __slots__ = ()

    def info(self, name: str) -> ModuleInfo | None:
        """The declared members of a registered module."""
        return self.registry.info(name)


def lower_source(
    source: Source,
    registry: Registry,
    inputs: Iterable[str] | None,
    session: Iterable[str] | None = None,
    *,
    finder: Finder | None = None,
    fuel: bool = False,
    tests: bool = False,
) -> tuple[Module, Facts, tuple[str, ...], PythonModule]:
    """Text → the syntax tree, what the checker found, the inputs, and the verified Python tree. Raises CheckFailed."""
    module = parse_module(source)
    modules = Registered(registry, finder, source)
    names = tuple(dict.fromkeys(inputs or ()))
    known = None if session is None else tuple(session)
    facts, diagnostics = check(module, source, builtins=BUILTINS, modules=modules, authority=capabilities, inputs=names, session=known, lints=False)
    if inputs is None and any(one.code == UNKNOWN_NAME for one in diagnostics):
        names = free_names(module, diagnostics)
        facts, diagnostics = check(module, source, builtins=BUILTINS, modules=modules, authority=capabilities, inputs=names, session=known, lints=False)
    errors = [one for one in diagnostics if one.severity == "error"]
    if errors:
        raise CheckFailed(located(diagnostics, source))
    tree = lower(module, source, facts, methods=METHOD_NAMES, inputs=names, session=session is not None, fuel=fuel, tests=tests)
    foresee(verify(tree, [python_name(name) for name in (*(known or ()), *names)], {*HELPERS, *OF_A_FILE}))
    return module, facts, names, tree


def compile_source(
    source: Source, registry: Registry, finder: Finder | None, inputs: Iterable[str] | None, session: Iterable[str] | None, *, fuel: bool, tests: bool
) -> Compiled:
    """Text → code. Raises CheckFailed with every diagnostic, RecursionError for what is nested too deeply."""
    module, facts, names, tree = lower_source(source, registry, inputs, session, finder=finder, fuel=fuel, tests=tests)
    declarations = [one for one in module.body if type(one) is ast.CapabilityDeclaration]
    declared = tuple(pattern for one in declarations for pattern in declared_patterns([(each.kind, each.target) for each in one.allows], [each.value for each in one.resources]))
    imports = tuple(dict.fromkeys(".".join(one.path) for one in facts.imports))
    files = tuple(path for path in imports if registry.info(path) is None)
    count = sum(type(one) is ast.Test for one in module.body)
    code = compile_tree(tree, source)
    return Compiled(code, names, declared if declarations else None, tuple(facts.needs), imports, files, signatures(module), count, parts_of(code))


def foresee(pairs: int) -> None:
    """Ends the run that is compiling where Python's compiler, which nothing interrupts, would outlast its time.

    What takes that compiler long are functions in a place with many names: it copies the set of the names for each function.
    """
    run = current.get(None)
    left = None if run is None else run.remaining()
    if run is not None and left is not None and pairs * SECONDS_A_PAIR > left:
        run.exceed("time", "the program has more functions and names than Python compiles in its time limit")


def compile_tree(tree: PythonModule, source: Source) -> CodeType:
    """Python's own compiler over the verified tree; what it would warn of is ours to say (F34)."""
    with quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code: CodeType = compile(tree, source.name, "exec", dont_inherit=True)
    return code


def free_names(module: Module, diagnostics: list[Diagnostic]) -> tuple[str, ...]:
    """The unknown names that can be inputs: not called, and without a suggestion of what was meant."""
    called = {(one.callee.start, one.callee.end) for one in ast.walk(module) if type(one) is ast.Call and type(one.callee) is ast.Name}
    found: dict[str, None] = {}
    refused: set[str] = set()
    for one in diagnostics:
        if one.code == UNKNOWN_NAME and one.source is not None:
            name = one.source.text[one.span.start : one.span.end]
            if one.hint is not None or tuple(one.span) in called or not is_identifier(name):
                refused.add(name)
            found[name] = None
    return tuple(name for name in found if name not in refused)

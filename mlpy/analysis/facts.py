"""What the passes find out about a program, and the context that they share.

`Facts` is the contract with the lowerer (docs/design/internals.md); `Check` carries the program, the outside world that it
may name, and the diagnostics from pass to pass.
"""

from __future__ import annotations

from mlpy.diagnostics import MAX_DIAGNOSTICS, Diagnostic

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Any, Protocol

    from mlpy.ast import Assign, Call, Expression, FunctionDeclaration, Import, Module, Name, Node, Pipe, Return, TypeDeclaration
    from mlpy.diagnostics import Edit
    from mlpy.source import Source, Span

    class Member(Protocol):
        """A member of a module: `kind` is `function` or `constant`; a parameter is (name, type, default, kind)."""

        @property
        def kind(self) -> str: ...
        @property
        def params(self) -> Sequence[tuple[str, str, str | None, str]]: ...
        @property
        def result(self) -> str: ...
        @property
        def capabilities(self) -> Sequence[str]: ...

    class ModuleInfo(Protocol):
        """What the registry read from a module's source."""

        @property
        def name(self) -> str: ...
        @property
        def members(self) -> Mapping[str, Member]: ...
        @property
        def classes(self) -> Collection[str]: ...

    class Modules(Protocol):
        """What an import can find: the registry, and the ML files that the importing file can reach."""

        def known(self, path: str) -> bool:
            """Whether `import path;` finds something."""

        def is_file(self, path: str) -> bool:
            """Whether `import path;` finds an ML file."""

        def trouble(self, path: str) -> tuple[str, str] | None:
            """What is wrong with the file that `import path;` means, and what to do; None where there is no file."""

        def names(self) -> Iterable[str]:
            """What can be imported by a single name, for suggestions."""

        def info(self, name: str) -> ModuleInfo | None:
            """The declared members of a registered module, or what an ML file exports; None where that is not known."""

    class Kind(Protocol):
        """A kind of capability; `syntax` is `none` where it has no resources."""

        syntax: str

    class Pattern(Protocol):
        """A pattern of capabilities."""

        kind: str

        def covers(self, capability: Any, /) -> bool:  # noqa: ANN401  whatever `Authority.Capability` made
            """Whether the pattern matches a capability."""

        def covers_grant(self, other: Any, /) -> bool:  # noqa: ANN401  whatever `Authority.Grant` made
            """Whether everything that another pattern covers is covered too."""

    class Authority(Protocol):
        """What the checker needs of `mlpy.capabilities`, which stands to its right; the module itself is passed."""

        @property
        def KINDS(self) -> Mapping[str, Kind]: ...  # noqa: N802  a constant of that module
        @property
        def SHORT_KINDS(self) -> Mapping[str, str]: ...  # noqa: N802  a constant of that module
        @property
        def Grant(self) -> Callable[[str], Pattern]: ...  # noqa: N802  a class of that module
        @property
        def Capability(self) -> Callable[[str, str], object]: ...  # noqa: N802  a class of that module
        @property
        def declared_patterns(self) -> Callable[[Sequence[tuple[str, str | None]], Sequence[str]], tuple[str, ...]]: ...


class Binding:
    """A variable of one function: everything that its name means there.

    `python` is its name in the generated code. It differs from `name` for names of match arms and handlers. `functions`
    counts the sites that surely bind a function.
    """

    __slots__ = ("assigned", "captured", "functions", "kind", "name", "python", "rebound", "scope", "sites", "used")

    def __init__(self, name: str, kind: str, scope: Scope, python: str | None = None) -> None:
        self.name = name
        self.python = python or name
        self.kind = kind
        self.scope = scope
        self.sites: list[Node] = []
        self.assigned = 0
        self.functions = 0
        self.captured = False
        self.rebound = False
        self.used = False

    @property
    def is_function(self) -> bool:
        """Whether whatever it is bound to is a function of this file."""
        return 0 < self.functions == self.assigned and self.kind != "input"

    def __repr__(self) -> str:
        return f"Binding({self.python!r}, {self.kind!r}, assigned={self.assigned})"


NOT_EXPORTED = frozenset(("import", "type", "capability", "input", "pattern", "error"))


def exported(binding: Binding) -> bool:
    """Whether a top-level name is seen by those who import the file."""
    return binding.kind not in NOT_EXPORTED and not binding.name.startswith("_")


class Scope:
    """The names of one function, arrow, test block, or of the top level.

    `nonlocals` holds Python names. `visible` is `bindings` by ML name together with what `nonlocal` reaches.
    """

    __slots__ = ("bindings", "node", "nonlocals", "parent", "visible")

    def __init__(self, node: Node, parent: Scope | None) -> None:
        self.node = node
        self.parent = parent
        self.bindings: dict[str, Binding] = {}
        self.nonlocals: set[str] = set()
        self.visible: dict[str, Binding] = {}

    def __repr__(self) -> str:
        return f"Scope({type(self.node).__name__}, {list(self.bindings)})"


class Facts:
    """Everything that `check` knows about a module; see docs/design/internals.md."""

    __slots__ = (
        "assigned_at_end",
        "hoisted",
        "imports",
        "members",
        "names",
        "needs",
        "open_ended",
        "order",
        "outer_only",
        "preset",
        "reads",
        "renamed",
        "returns",
        "scopes",
        "shadowed",
        "targets",
        "types",
        "values",
    )

    def __init__(self) -> None:
        self.scopes: dict[Node, Scope] = {}
        self.names: dict[Name, Binding | None] = {}
        self.renamed: dict[Node, str] = {}
        self.shadowed: set[Call | Pipe] = set()
        self.hoisted: set[FunctionDeclaration] = set()
        self.preset: set[Binding] = set()
        self.outer_only: set[Binding] = set()
        self.imports: list[Import] = []
        self.members: dict[Import, Mapping[str, Member]] = {}  # of registered modules
        self.needs: list[str] = []
        self.assigned_at_end: set[str] = set()
        # Between the passes only.
        self.targets: dict[Node, Binding] = {}  # a binding site → what it binds
        self.order: list[Node] = []  # every statement and expression but names, parents first, in source order
        self.returns: dict[Node, list[Return]] = {}  # a function → what it returns
        self.reads: dict[Node, list[Name]] = {}  # a statement → the names that it reads itself
        self.types: dict[str, TypeDeclaration] = {}
        self.values: dict[Binding, list[Expression | Assign | None]] = {}  # None: bound to something unknown
        self.open_ended: set[Node] = set()  # functions whose end can be reached


class Check:
    """One run of the checker: its input, its facts and its findings."""

    __slots__ = ("authority", "builtins", "diagnostics", "facts", "inputs", "lints", "methods", "module", "modules", "session", "source")

    def __init__(
        self,
        module: Module,
        source: Source,
        *,
        builtins: Mapping[str, object],
        methods: Mapping[str, Mapping[str, object]],
        modules: Modules | None,
        authority: Authority | None,
        inputs: Collection[str],
        session: Collection[str] | None,
        lints: bool,
    ) -> None:
        self.module = module
        self.source = source
        self.builtins = builtins
        self.methods = methods
        self.modules = modules
        self.authority = authority
        self.inputs = inputs
        self.session = session
        self.lints = lints
        self.facts = Facts()
        self.diagnostics: list[Diagnostic] = []

    def report(
        self,
        code: str,
        title: str,
        span: Span,
        *,
        label: str = "",
        labels: tuple[tuple[Span, str], ...] = (),
        note: str | None = None,
        hint: str | None = None,
        fix: tuple[Edit, ...] = (),
    ) -> None:
        """Adds a finding; what a file has beyond the first hundred is dropped, and lints where nobody asked for them."""
        if len(self.diagnostics) < MAX_DIAGNOSTICS and (self.lints or code[0] == "E"):
            self.diagnostics.append(Diagnostic(code, title, span, label=label, labels=labels, note=note, hint=hint, fix=fix, source=self.source))

"""What a Python file says about names, read from its syntax tree and never by running it: what it imports, what its top level and its classes bind, which classes define which methods.

In goes a file's source, out comes a skeleton of plain data, small enough to be kept. What the names mean is asked of several files at once: `discovery.py` and `closure.py`.
"""

from __future__ import annotations

import warnings
from _ast import (
    AST,
    AnnAssign,
    Assign,
    AsyncFor,
    AsyncFunctionDef,
    AsyncWith,
    Attribute,
    AugAssign,
    Call,
    ClassDef,
    Compare,
    Constant,
    Delete,
    Eq,
    For,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    Lambda,
    List,
    Match,
    Module,
    Name,
    Not,
    PyCF_ONLY_AST,
    Subscript,
    Try,
    TryStar,
    Tuple,
    UnaryOp,
    While,
    With,
)

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from _ast import expr, stmt
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias, TypedDict

    # What a name may stand for: ("module", "a.b", ""), ("member", "a.b", "name"), ("class", "Outer.Inner", ""), ("name", "a.B", ""), ("other", "", "").
    # A module of a relative import begins with as many dots as it has levels.
    Target: TypeAlias = tuple[str, str, str]
    Names: TypeAlias = dict[str, list[Target]]

    class Class(TypedDict):
        """A class that can be imported: `bases` are dotted names, None for what is no name; `methods` say of each name of interest "method", "abstract" or "value"."""

        line: int
        bases: list[str | None]
        methods: dict[str, str]

    class Skeleton(TypedDict):
        """`imports` are (module, names) of all statements that may be executed, also in functions; `scopes` are the names of the top level (under "") and of each class's body."""

        imports: list[tuple[str, list[str]]]
        scopes: dict[str, Names]
        stars: list[str]
        exported: list[str] | None
        classes: dict[str, Class]


METHODS = frozenset({"parameters", "simulate"})
VALUES = frozenset({"cached_property", "property"})  # decorators that make of a function something that is not called
MAKERS = frozenset({"dict", "field", "float", "frozenset", "int", "list", "set", "str", "tuple"})  # of values
ABSTRACT = frozenset({"abstractclassmethod", "abstractmethod", "abstractstaticmethod"})


def read(source: bytes) -> Skeleton:
    """The skeleton of a file.

    Raises:
        SyntaxError: As Python's parser says it.
        ValueError: Where the file holds what no parser takes; `RecursionError` and `MemoryError` where it is nested too deeply.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a file's odd escapes are its author's business
        tree: Module = compile(source, "<file>", "exec", PyCF_ONLY_AST, dont_inherit=True)  # type: ignore[assignment]  # the root of a file
    reader = Reader()
    reader.body(tree.body, "", certain=True)
    return reader.skeleton


class Reader:
    """Walks statements, not expressions: nothing in these can import or bind at the top level but what no reader could tell."""

    def __init__(self) -> None:
        self.skeleton: Skeleton = {"imports": [], "scopes": {"": {}}, "stars": [], "exported": None, "classes": {}}

    def body(self, statements: Iterable[stmt], scope: str, *, certain: bool) -> None:
        """Takes up the statements of a file or a class; those that are not `certain` to be executed leave what their names stood for before."""
        for one in statements:
            match one:
                case Import() | ImportFrom():
                    self.imports(one)
                    self.bind_imports(one, scope, certain=certain)
                case ClassDef():
                    self.class_(one, scope, certain=certain)
                case FunctionDef() | AsyncFunctionDef():
                    self.bind(scope, one.name, ("other", "", ""), certain=certain)
                    self.method(scope, one.name, kind_of(one))
                    self.inside(one.body)
                case Assign() | AnnAssign() | AugAssign():
                    self.assign(one, scope, certain=certain)
                case Delete():
                    pass
                case _:
                    for part, sure in parts(one):
                        self.body(part, scope, certain=certain and sure)

    def inside(self, statements: Iterable[stmt]) -> None:
        """Takes up what functions import: their names are nobody else's, and classes that they make cannot be imported."""
        for one in statements:
            if isinstance(one, Import | ImportFrom):
                self.imports(one)
            elif isinstance(one, FunctionDef | AsyncFunctionDef | ClassDef):
                self.inside(one.body)
            else:
                for part, _ in parts(one):
                    self.inside(part)

    # ── imports ──

    def imports(self, node: Import | ImportFrom) -> None:
        if isinstance(node, Import):
            self.skeleton["imports"] += [(alias.name, []) for alias in node.names]
        else:
            self.skeleton["imports"].append((origin(node), [alias.name for alias in node.names]))

    def bind_imports(self, node: Import | ImportFrom, scope: str, *, certain: bool) -> None:
        for alias in node.names:
            if isinstance(node, ImportFrom) and alias.name == "*":
                self.skeleton["stars"].append(origin(node))
            elif isinstance(node, ImportFrom):
                self.bind(scope, alias.asname or alias.name, ("member", origin(node), alias.name), certain=certain)
                self.method(scope, alias.asname or alias.name, "method")
            elif alias.asname:
                self.bind(scope, alias.asname, ("module", alias.name, ""), certain=certain)
            else:
                first = alias.name.partition(".")[0]
                self.bind(scope, first, ("module", first, ""), certain=certain)

    # ── names ──

    def bind(self, scope: str, name: str, target: Target, *, certain: bool) -> None:
        """Notes what a name stands for from here on, or may stand for."""
        names = self.skeleton["scopes"][scope]
        if certain:
            names[name] = [target]
        elif target not in names.setdefault(name, []):
            names[name].append(target)

    def assign(self, node: Assign | AnnAssign | AugAssign, scope: str, *, certain: bool) -> None:
        targets = node.targets if isinstance(node, Assign) else [node.target]
        names = [one.id for one in targets if isinstance(one, Name)]
        names += [one.id for several in targets if isinstance(several, Tuple | List) for one in several.elts if isinstance(one, Name)]
        if node.value is None:
            return
        value = dotted(node.value)
        for name in names:
            if name == "__all__" and not scope:
                self.export(node)
            self.bind(scope, name, ("name", value, "") if value else ("other", "", ""), certain=certain)
            self.method(scope, name, "method" if may_be_called(node) else "value")

    def export(self, node: Assign | AnnAssign | AugAssign) -> None:
        """Notes what `__all__` lists, as far as it is written out."""
        value = node.value
        listed = [one.value for one in value.elts if isinstance(one, Constant) and isinstance(one.value, str)] if isinstance(value, List | Tuple) else []
        self.skeleton["exported"] = [*(self.skeleton["exported"] or []), *listed] if isinstance(node, AugAssign) else listed if isinstance(value, List | Tuple) else None

    # ── classes ──

    def class_(self, node: ClassDef, scope: str, *, certain: bool) -> None:
        name = f"{scope}.{node.name}" if scope else node.name
        self.bind(scope, node.name, ("class", name, ""), certain=certain)
        known = self.skeleton["classes"].get(name)
        bases = [dotted(one.value if isinstance(one, Subscript) else one) for one in node.bases]
        if known is not None and not certain:  # the two of an `if` and its `else` are one class, which may have the bases and methods of either
            known["bases"] += [one for one in bases if one not in known["bases"]]
        else:
            self.skeleton["classes"][name] = {"line": node.lineno, "bases": bases, "methods": {}}
            self.skeleton["scopes"][name] = {}
        self.body(node.body, name, certain=certain)

    def method(self, scope: str, name: str, kind: str) -> None:
        """Notes a method of interest in the body of a class."""
        if scope and name in METHODS:
            self.skeleton["classes"][scope]["methods"][name] = kind


def may_be_called(node: Assign | AnnAssign | AugAssign) -> bool:
    """Whether what is assigned may be a function: a name, a lambda, or what a decorator that is called by hand gives (`jit(f)`), but no field and no collection."""
    value = node.value
    if not isinstance(value, Call):
        return isinstance(value, Lambda | Name | Attribute)
    maker = (dotted(value.func) or "").rpartition(".")[2]
    return isinstance(node, Assign) and maker.islower() and maker not in MAKERS


def parts(node: stmt) -> Iterator[tuple[list[stmt], bool]]:
    """The bodies of a statement that may be executed when the file is imported, and whether each certainly is."""
    match node:
        case If():
            yield from branches(node)
        case Try() | TryStar():
            yield node.body, False
            for handler in node.handlers:
                yield handler.body, False
            yield node.orelse, False
            yield node.finalbody, True
        case With() | AsyncWith():
            yield node.body, True
        case For() | AsyncFor() | While():
            yield node.body, False
            yield node.orelse, False
        case Match():
            yield from ((case.body, False) for case in node.cases)
        case _:
            pass


def branches(node: If) -> Iterator[tuple[list[stmt], bool]]:
    """The same of an `if` with all its `elif`, of which there may be more than Python nests."""
    sure = True
    while True:
        verdict = decided(node.test)
        if verdict is not False:
            yield node.body, sure and verdict is True
        if verdict is True:
            return
        sure = sure and verdict is False
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], If):
            yield node.orelse, sure
            return
        node = node.orelse[0]


def decided(test: expr) -> bool | None:
    """What a condition is whenever a file is imported; None where that depends. What only a type checker sees, or who runs the file itself, is never there."""
    if isinstance(test, UnaryOp) and isinstance(test.op, Not):
        inner = decided(test.operand)
        return None if inner is None else not inner
    if isinstance(test, Constant):
        return bool(test.value)
    if isinstance(test, Compare) and isinstance(test.left, Name) and test.left.id == "__name__" and isinstance(test.ops[0], Eq):
        return False
    return False if (dotted(test) or "").rpartition(".")[2] == "TYPE_CHECKING" else None


def dotted(node: AST) -> str | None:
    """`a.b.c` of a name or of attributes of one; None for anything else."""
    names = []
    while isinstance(node, Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *names[::-1]]) if isinstance(node, Name) else None


def origin(node: ImportFrom) -> str:
    """The module that names are imported from, its levels as dots."""
    return "." * node.level + (node.module or "")


def kind_of(node: FunctionDef | AsyncFunctionDef) -> str:
    """What a function in a class is for who has an instance: a method, one that a subclass has to define, or a value."""
    names = {(dotted(one.func if isinstance(one, Call) else one) or "").rpartition(".")[2] for one in node.decorator_list}
    return "abstract" if names & ABSTRACT else "value" if names & VALUES else "method"

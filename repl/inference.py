"""What an expression stands for, found without evaluating anything: values that the session holds, else what declarations say of results.

Nothing here calls into a program or a module: names are looked up, members are read from objects, arrays and tables of modules, and
calls are known by the declared type of their result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType

from mlpy.repl import display

from mlpy import ast
from mlpy.index import parameter_text
from mlpy.runtime import describe
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.members import METHODS, camel
from mlpy.runtime.values import HOST_CLASSES, ErrorValue, ModuleHandle, function_name, type_name
from mlpy.sdk import HostHandle
from mlpy.source import Source
from mlpy.syntax.parser import parse, parse_expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Protocol

    from mlpy.engine import Engine
    from mlpy.index import MemberInfo, ModuleInfo
    from mlpy.registry import Registry
    from mlpy.runtime.run import Run
    from mlpy.runtime.values import Value

    class Session(Protocol):
        """What is asked of a session."""

        @property
        def run(self) -> Run: ...
        def held(self) -> Mapping[str, object]: ...

    class Scope(Protocol):
        """What is asked of a shell."""

        @property
        def engine(self) -> Engine: ...
        @property
        def session(self) -> Session: ...


class Nothing:
    """The type of `NOTHING`."""


NOTHING = Nothing()
SAMPLES: dict[str, Value] = {"string": "", "array": [], "object": {}, "number": 0, "int": 0, "float": 0.0, "boolean": False}  # a value of each type, for its members
MOST = 300  # keys of an object
SHOWN = 40  # columns of a value beside its name


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an expression: its value, or a declaration of it, or the class of a module that its value is of."""

    value: Value = NOTHING
    member: MemberInfo | None = None
    module: ModuleInfo | None = None
    title: str = ""  # a class of `module`
    method: bool = False  # a method, whose first parameter is its receiver
    sample: bool = False  # `value` is one of the type, not the value


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that can be written, with what a reader wants to know of it."""

    name: str
    kind: str
    signature: str = ""
    doc: str = ""


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────


def look_up(scope: Scope, text: str) -> Known | None:
    """What an expression is known to stand for; None where nothing is."""
    node, _ = parse_expression(Source(text))
    return None if node is None else resolve(scope, node, scope.session.held())


def resolve(scope: Scope, node: ast.Expression, held: Mapping[str, Value]) -> Known | None:
    """The same of a node."""
    match node:
        case ast.Name():
            if node.id in held:
                return known_value(scope, held[node.id])
            kind = kinds_elsewhere(scope).get(node.id)
            if kind is not None:
                info = registry_of(scope).info(node.id) if kind == "module" else None
                return sample(kind) if info is None else Known(ModuleHandle(node.id, {}), module=info)
            return Known(BUILTINS[node.id]) if node.id in BUILTINS else None
        case ast.Group():
            return resolve(scope, node.value, held)
        case ast.String() | ast.Template():
            return Known("", sample=True)
        case ast.Number() | ast.Boolean():
            return Known(node.value)
        case ast.Array():
            return Known([], sample=True)
        case ast.Object():
            keys = [entry.key.value for entry in node.entries if isinstance(entry, ast.Property) and isinstance(entry.key, ast.String)]
            return Known(dict.fromkeys(keys, NOTHING), sample=True)
        case ast.Member():
            owner = resolve(scope, node.object, held)
            return None if owner is None else member_of(scope, owner, node.name)
        case ast.Index():
            owner = resolve(scope, node.object, held)
            return None if owner is None else item_of(scope, owner, node.index)
        case ast.Call():
            callee = resolve(scope, node.callee, held)
            return None if callee is None else result_of(scope, callee)
        case _:
            return None


def known_value(scope: Scope, value: Value) -> Known | None:
    """What is known of a value: of a function of a module its declaration too."""
    if value is NOTHING:
        return None
    if type(value) is ModuleHandle:
        return Known(value, module=registry_of(scope).info(value.name))
    if callable(value):
        return Known(value, member=registry_of(scope).declaration(value, scope.session.run))
    return Known(value)


def kinds_elsewhere(scope: Scope) -> dict[str, str]:
    """The names of a session whose values are in a worker, each with its type."""
    found: dict[str, str] = getattr(scope.session, "kinds", dict)()
    return found


def registry_of(scope: Scope) -> Registry:
    return scope.engine.registry


def member_of(scope: Scope, owner: Known, name: str) -> Known | None:
    """What `owner.name` is."""
    value = owner.value
    kind = type(value)
    if owner.title and owner.module is not None:
        found = owner.module.classes[owner.title].get(name)
        return None if found is None else Known(member=found, module=owner.module)
    if kind is ModuleHandle:
        declared = owner.module.member(name) if owner.module is not None else None
        held = value.table.get(name, NOTHING)
        if declared is not None:
            return Known(held, member=declared, module=owner.module)
        return None if held is NOTHING else known_value(scope, held)
    if kind is dict:
        return known_value(scope, value[name]) if name in value else Known(len(value)) if name == "length" else None
    if kind is ErrorValue:
        return known_value(scope, value.table.get(name, NOTHING))
    if kind in METHODS:
        method = METHODS[kind].get(name) or METHODS[kind].get(camel(name))
        return Known(method, method=True) if method is not None else Known(0, sample=True) if name == "length" else None
    method = methods_of(value).get(name)
    return None if method is None else Known(method, method=True)


def item_of(scope: Scope, owner: Known, index: ast.Expression) -> Known | None:
    """What `owner[index]` is where the index is written out."""
    value = owner.value
    if isinstance(index, ast.Unary) and index.op == "-" and isinstance(index.operand, ast.Number):
        at: object = -index.operand.value
    elif isinstance(index, ast.Number | ast.String):
        at = index.value
    else:
        return None
    if type(value) is list and type(at) is int and -len(value) <= at < len(value):
        return known_value(scope, value[at])
    if type(value) is dict and type(at) is str and at in value:
        return known_value(scope, value[at])
    return Known("", sample=True) if type(value) is str and type(at) is int else None


def result_of(scope: Scope, callee: Known) -> Known | None:
    """What a call gives, by the declared type of its result."""
    if callee.member is not None:
        module = callee.module or next((info for info in infos(scope, callee) if info is not None), None)
        title = callee.member.result.removesuffix(" | null")
        if module is not None and title in module.classes:
            return Known(module=module, title=title)
        return sample(title)
    declared = declaration(scope, callee.value)
    if declared is not None:
        result = declared.node.result
        return None if result is None else sample(declared.source.text[result.start : result.end])
    if callable(callee.value):
        return sample(describe.type_words(callee.value, "return"))
    return None


def infos(scope: Scope, callee: Known) -> Iterator[ModuleInfo | None]:
    """The modules of the session that a function may be of."""
    for value in scope.session.held().values():
        if type(value) is ModuleHandle and any(one is callee.value for one in value.table.values()):
            yield registry_of(scope).info(value.name)


def sample(kind: str) -> Known | None:
    """A value of a declared type stands for all of them."""
    name = kind.removesuffix(" | null").partition("<")[0].strip()
    name = "object" if name.startswith("{") else name
    return Known(SAMPLES[name], sample=True) if name in SAMPLES else None


def methods_of(value: Value) -> dict[str, FunctionType]:
    """The Python functions behind the methods of a host object."""
    functions = type(value).functions if isinstance(value, HostHandle) else {}
    return {name: function.function for name, function in functions.items()}


# ── members ──────────────────────────────────────────────────────────────────────────────────────────────────────


def members(scope: Scope, known: Known, begun: str = "") -> list[Entry]:
    """What can stand behind a dot, in the order in which it was declared; of an object's keys those that begin so, in any case, and not all of very many."""
    value = known.value
    kind = type(value)
    if known.title and known.module is not None:
        return [entry_of_member(one) for one in known.module.classes[known.title].values()]
    if kind is ModuleHandle:
        if known.module is not None:
            return [entry_of_member(one) for one in known.module.members.values()]
        return [entry_of_value(scope, name, one) for name, one in list(value.table.items())]
    if kind is dict:
        keys = [key for key in list(value) if type(key) is str and key.lower().startswith(begun) and key.isidentifier() and key.isascii() and not key.startswith("__")][:MOST]
        counted = [] if known.sample or "length" in value else [Entry("length", "field", number(len(value)))]
        return [*(entry_of_value(scope, key, value.get(key)) for key in keys), *counted]
    if kind is ErrorValue:
        return [entry_of_value(scope, key, item) for key, item in value.table.items()]
    if kind in METHODS:
        length = Entry("length", "field", "number" if known.sample else number(len(value)), "How many characters it has." if kind is str else "How many items it has.")
        return [*(Entry(name, "method", name + parameters_text(one), describe.first_line(one)) for name, one in METHODS[kind].items()), length]
    info = HOST_CLASSES.get(kind)
    if info is None:
        return []
    own = methods_of(value)
    return [Entry(name, "method", name + parameters_text(own[name]), doc) if name in own else Entry(name, "field", "", doc) for name, doc in info.members.items()]


def parameters_text(method: Callable[..., object]) -> str:
    """The signature of a method without its name, which may be another one in Python."""
    return "".join(describe.signature(method, 1).partition("(")[1:])


def number(value: int) -> str:
    return display.number_text(value)


def entry_of_member(member: MemberInfo) -> Entry:
    """A member of a module, with the capabilities that it demands."""
    return Entry(member.name, member.kind, member.signature + "".join([f"  [{need}]" for need in member.capabilities]), first_line(member.doc))


def first_line(doc: str | None) -> str:
    return (doc or "").strip().partition("\n")[0].partition(" Example:")[0]


def entry_of_value(scope: Scope, name: str, value: Value) -> Entry:
    """A name with the value that it stands for: of a function its signature, of anything else what it looks like."""
    if value is NOTHING:
        return Entry(name, "field")
    if type(value) is ModuleHandle:
        info = registry_of(scope).info(value.name)
        return Entry(name, "module", "", first_line(info.description) if info is not None else "")
    if callable(value):
        return Entry(name, "function", signature(scope, value), first_line(value.__doc__))
    line, _ = display.flat(value, SHOWN, SHOWN, quiet=True)
    return Entry(name, type_name(value), "".join([part for _, part in line]))


def parameters(scope: Scope, known: Known) -> list[tuple[str, str]]:
    """The parameters of a function that can be named, each with the text that declares it."""
    if known.member is not None:
        return [(one[0], parameter_text(one)) for one in known.member.params if one[3] in ("normal", "named")]
    declared = declaration(scope, known.value)
    if declared is not None:
        return [(one.name, declared.source.text[one.start : one.end]) for one in declared.node.params if not one.rest]
    code = getattr(known.value, "__code__", None)
    if code is None:
        return []
    function = known.value
    first = max(code.co_posonlyargcount, int(known.method))
    names = code.co_varnames[first : code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(zip(reversed(code.co_varnames[: code.co_argcount]), reversed(function.__defaults__ or ()), strict=False)) | (function.__kwdefaults__ or {})
    return [(name.removesuffix("$"), describe.parameter(function, name, defaults)) for name in names]


# ── functions of the session ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where a function of a program is declared, and the name that it was given."""

    source: Source
    node: ast.FunctionDeclaration | ast.Arrow
    name: str
    statement: ast.Node  # the whole of it

    @property
    def signature(self) -> str:
        """Its parameters and its result as they are written."""
        text = self.source.text
        parts = [" ".join(text[one.start : one.end].split()) for one in self.node.params]
        result = self.node.result
        return f"{self.name or 'fn'}({', '.join(parts)})" + (f": {text[result.start : result.end]}" if result is not None else "")


def declaration(scope: Scope, function: Value) -> Declaration | None:
    """The declaration of a function that was written in ML; None for any other."""
    code = getattr(function, "__code__", None)
    if not isinstance(function, FunctionType) or code is None:
        return None
    source = scope.session.run.files.get(code.co_filename)
    if source is None:
        return None
    found = declarations(source).get(code.co_firstlineno, [])
    name = function_name(function)
    named = [one for one in found if one.name == name] or found
    if len(named) < 2:
        return named[0] if named else None
    places = {source.offset(line, column + 1) for line, _, column, _ in code.co_positions() if line and column is not None and line <= len(source.starts)}
    inside = [one for one in named if any(one.node.start <= place < one.node.end for place in places if place > source.offset(code.co_firstlineno, 1))]
    return min(inside or named, key=lambda one: one.node.end - one.node.start)


@lru_cache(maxsize=1_000)
def declarations(source: Source) -> dict[int, list[Declaration]]:
    """All functions of a source by the line that they begin on."""
    found: dict[int, list[Declaration]] = {}
    module, _ = parse(source)
    pending: list[tuple[ast.Node, ast.Node, str]] = [] if module is None else [(one, one, "") for one in module.body]
    while pending:
        node, statement, name = pending.pop()
        if isinstance(node, ast.FunctionDeclaration | ast.Arrow):
            own = node.name if isinstance(node, ast.FunctionDeclaration) else name
            found.setdefault(source.position(node.start)[0], []).append(Declaration(source, node, own, node if isinstance(node, ast.FunctionDeclaration) else statement))
        assigned = ""
        if isinstance(node, ast.Assign) and isinstance(node.target, ast.Target) and isinstance(node.target.place, ast.Name):
            assigned = node.target.place.id
        pending += [(child, child if isinstance(child, ast.Statement) else statement, assigned) for child in ast.children(node)]
    return found


def signature(scope: Scope, function: Value, *, method: bool = False) -> str:
    """How a function is called: as it is written where it is one of the session, else as it is declared."""
    declared = declaration(scope, function)
    if declared is not None:
        return declared.signature
    member = None if method or BUILTINS.get(function_name(function) or "") is function else registry_of(scope).declaration(function, scope.session.run)
    return member.signature if member is not None else describe.signature(function, int(method))

"""An independent check of the generated Python, before it is compiled (N1, F22).

It knows nothing of how `lower.py` works: only which nodes, names and attributes confined code may contain. What it refuses
is a bug of ours, never a mistake of the program.
"""

from __future__ import annotations

import _ast as py

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

NODES = frozenset(
    getattr(py, name)
    for name in (
        "Module FunctionDef Return Delete Assign AugAssign For While If With Raise Try Global Nonlocal Expr Pass Break Continue "
        "BoolOp NamedExpr BinOp UnaryOp Lambda IfExp Dict Compare Call FormattedValue JoinedStr Constant Attribute Subscript Starred Name List Tuple Slice "
        "Load Store Del And Or Add Sub Mult Div Mod Pow FloorDiv Not UAdd USub Eq NotEq Lt LtE Gt GtE Is IsNot In "
        "ExceptHandler arguments arg keyword withitem"
    ).split()
)
# What stands in a field and has nothing below it: text, numbers, and those nodes that are mere marks.
EMPTY = frozenset((str, int, type(None), *(kind for kind in NODES if not kind._fields and kind not in (py.Pass, py.Break, py.Continue))))
# The only attributes that are read beside those of modules, `$:name`: `get` of objects and handles, and the methods that are inlined behind a type test.
ATTRIBUTES = frozenset(
    "get append pop insert reverse clear copy upper lower strip startswith endswith isdigit isalpha isalnum isspace split count replace ljust rjust zfill".split()
)
CONSTANTS = (type(None), bool, int, float, str)


class VerifyError(Exception):
    """The generated code contains something that it must not."""


def verify(tree: py.Module, names: Collection[str] = (), helpers: Collection[str] | None = None) -> int:
    """Raises VerifyError unless every node, attribute, constant and name of the tree is one that confined code may contain.

    A name is one that the tree itself binds, one of `names` (a session's), or a helper: `$…`, and where `helpers` is given
    one of these. Gives how many functions there are times how many names are bound.
    """
    bound: set[str] = set(names)
    functions = 0
    loaded: set[str] = set()
    stack: list[py.AST] = [tree]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind not in NODES:
            raise VerifyError(f"a {kind.__name__} node")
        if kind is py.FunctionDef or kind is py.Lambda:
            functions += 1
        if kind is py.Name and type(node.ctx) is py.Load:  # type: ignore[attr-defined]  # a Name
            loaded.add(node.id)  # type: ignore[attr-defined]  # a Name
            continue
        if kind in BINDERS:
            bound.update(BINDERS[kind](node))
        if kind in CHECKS:
            CHECKS[kind](node)
        for field in kind._fields:
            value = getattr(node, field, None)
            if type(value) in EMPTY:
                continue
            if isinstance(value, py.AST):
                stack.append(value)
            elif isinstance(value, list):
                stack += [item for item in value if isinstance(item, py.AST) and type(item) not in EMPTY]
    unknown = {name for name in loaded - bound if name[:1] != "$" or (helpers is not None and name not in helpers)}
    if unknown:
        raise VerifyError(f"the name {min(unknown)!r}")
    for name in bound:
        if "__" in name[:2] or (helpers is not None and name in helpers):
            raise VerifyError(f"the binding {name!r}")
    return functions * len(bound)


def check_function(node: py.FunctionDef) -> None:
    if node.decorator_list or node.returns is not None or getattr(node, "type_params", None):
        raise VerifyError("a decorated, annotated or generic function")


def check_arguments(node: py.arguments) -> None:
    if node.posonlyargs or node.kwonlyargs or node.kwarg is not None:
        raise VerifyError("a parameter that ML does not have")


def check_arg(node: py.arg) -> None:
    if node.annotation is not None:
        raise VerifyError("an annotation")


def check_handler(node: py.ExceptHandler) -> None:
    if not isinstance(node.type, py.Name) or node.type.id not in ("$Exception", "$NameError"):
        raise VerifyError("a handler of something other than `$Exception`")


def check_attribute(node: py.Attribute) -> None:
    if (node.attr not in ATTRIBUTES and not node.attr.startswith("$:")) or not isinstance(node.ctx, py.Load):
        raise VerifyError(f"the attribute {node.attr!r}")


def check_constant(node: py.Constant) -> None:
    values = [node.value]
    while values:
        value: object = values.pop()
        if type(value) is tuple:  # declarations and key lists
            values.extend(value)
        elif type(value) not in CONSTANTS:
            raise VerifyError(f"a constant of type {type(value).__name__}")


def check_keyword(node: py.keyword) -> None:
    if node.arg is None or node.arg[:2] == "__":
        raise VerifyError("a keyword argument that ML cannot write")


def check_outer(node: py.Global | py.Nonlocal) -> None:
    if any(name[:1] == "$" or name[:2] == "__" for name in node.names):
        raise VerifyError("an outer name that ML cannot write")


def check_try(node: py.Try) -> None:
    """A `finally` runs nothing but behind `$alive`, and a handler begins with `$caught` (F1)."""
    for statement in node.finalbody:
        test = getattr(statement, "test", None)
        first = test.values[0] if isinstance(test, py.BoolOp) else None
        if not isinstance(statement, py.If) or statement.orelse or not isinstance(first, py.Name) or first.id != "$alive":
            raise VerifyError("an unguarded finally")
    for handler in node.handlers:
        if isinstance(handler.type, py.Name) and handler.type.id == "$Exception" and not begins_with_caught(handler):
            raise VerifyError("an unguarded handler")


def begins_with_caught(handler: py.ExceptHandler) -> bool:
    value = getattr(handler.body[0], "value", None)
    return isinstance(value, py.Call) and isinstance(value.func, py.Name) and value.func.id in ("$caught", "$caught_members", "$passed")


# The names that a node binds, and what it must not be; each function takes the node type that it stands under.
BINDERS: dict[type, Callable[..., Iterable[str]]] = {
    py.Name: lambda node: () if isinstance(node.ctx, py.Load) else (node.id,),
    py.FunctionDef: lambda node: (node.name,),
    py.arg: lambda node: (node.arg,),
    py.ExceptHandler: lambda node: () if node.name is None else (node.name,),
    py.Global: lambda node: node.names,
    py.Nonlocal: lambda node: node.names,
}
CHECKS: dict[type, Callable[..., None]] = {
    py.FunctionDef: check_function,
    py.arguments: check_arguments,
    py.arg: check_arg,
    py.ExceptHandler: check_handler,
    py.Attribute: check_attribute,
    py.Constant: check_constant,
    py.keyword: check_keyword,
    py.Global: check_outer,
    py.Nonlocal: check_outer,
    py.Try: check_try,
}

"""Reads what a Python file declares as a module from its syntax tree, without importing it.

In goes a path; out comes plain data for the registry's index: (entry, None), (None, problem), or (None, None) for a file that
declares nothing. Works on the compiler's own nodes: importing `ast` costs more than reading a module. What a declaration must be
says `declarations.py`.
"""

from __future__ import annotations

import os
from _ast import (
    AST,
    AnnAssign,
    Attribute,
    BinOp,
    BitOr,
    ClassDef,
    Constant,
    Dict,
    FunctionDef,
    List,
    Module,
    Name,
    PyCF_ONLY_AST,
    Subscript,
    Tuple,
    UnaryOp,
    USub,
)

from mlpy.declarations import attributes, check, class_title, declared_name, decorator, docstring, field_names, literals, needs, owner_of, written
from mlpy.runtime.values import quoted
from mlpy.sdk import DeclarationError, ml_name

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from _ast import arg, expr
    from collections.abc import Iterable, Iterator

    from mlpy.index import Parameter

    Member = tuple[str, str, tuple[Parameter, ...], str, tuple[str, ...], str, tuple[str, ...], int]
    Class = tuple[str, str, tuple[Member, ...]]
    Entry = tuple[str, str, str, str, tuple[Member, ...], tuple[Class, ...]]
    Problem = tuple[str, int, str]

NUMBERS = frozenset(("int", "float", "number"))
TYPES = {
    "None": "null", "bool": "boolean", "int": "int", "float": "number", "str": "string", "list": "array", "dict": "object", "tuple": "array",
    "Sequence": "array", "Iterable": "array", "Mapping": "object", "Callable": "function", "Function": "function",
}  # fmt: skip


def read_module(path: str) -> tuple[Entry | None, Problem | None]:
    """The module that a file declares, or the problem with it as (name, line, message)."""
    name = os.path.basename(os.path.dirname(path)) if path.endswith("__init__.py") else os.path.basename(path).removesuffix(".py")
    try:
        with open(path, "rb") as file:
            source = file.read()
        if b"ml_module" not in source:
            return None, None
        tree: Module = compile(source, path, "exec", PyCF_ONLY_AST, dont_inherit=True)  # type: ignore[assignment]  # the root of a file
        owner = owner_of(tree, path)
        if owner is None:
            return None, None
        name = declared_name(owner) or name
        check(tree, owner, path)
        return read_tree(tree, owner), None
    except SyntaxError as error:
        return None, (name, error.lineno or 1, error.msg)
    except DeclarationError as error:
        return None, (name, error.line, error.message)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return None, (name, 1, getattr(error, "strerror", None) or str(error) or "the file is too deeply nested")


def read_tree(tree: Module, owner: ClassDef) -> Entry:
    """What a file declares that has passed the check."""
    arguments = literals(decorator(owner, "ml_module"))
    hosts = {one.name: one for one in tree.body if isinstance(one, ClassDef) and class_title(one)}
    classes = {name: class_title(one) or "" for name, one in hosts.items()}
    members = [*constants(owner, classes), *functions(owner.body, classes), *functions(tree.body, classes)]
    described = tuple((classes[name], docstring(one), (*fields(one, classes), *functions(one.body, classes))) for name, one in hosts.items())
    description, guide = summary(docstring(owner), arguments.get("description"))
    return declared_name(owner) or "", description, arguments.get("version", "0.0.0"), guide, tuple(members), described


def summary(doc: str, description: str | None) -> tuple[str, str]:
    """A module's description in a line, by default the first of its docstring, and the rest of that."""
    first, _, rest = doc.partition("\n")
    return (first.removesuffix("."), rest.strip()) if description in {None, first.removesuffix(".")} else (description or "", doc)


def constants(owner: ClassDef, classes: dict[str, str]) -> Iterator[Member]:
    """The public attributes in a module's class, each documented by the string below it."""
    for name, node, doc in attributes(owner):
        if name[0] != "_" and node.value is not None:
            kind = type_text(node.annotation, classes, result=True) if isinstance(node, AnnAssign) else literal_type(node.value)
            yield name, "constant", (), kind, (), doc, (), node.lineno


def fields(owner: ClassDef, classes: dict[str, str]) -> Iterator[Member]:
    """The fields of a host class: attributes that it annotates, and properties."""
    known: dict[str, tuple[expr | None, str, int]] = {name: (node.annotation, doc, node.lineno) for name, node, doc in attributes(owner) if isinstance(node, AnnAssign)}
    known.update({one.name: (one.returns, docstring(one), one.lineno) for one in owner.body if isinstance(one, FunctionDef)})
    for name in field_names(owner):
        annotation, doc, line = known[name]
        yield ml_name(name), "field", (), type_text(annotation, classes, result=True), (), doc, (), line


def literal_type(node: expr) -> str:
    """The ML type of a constant's value as far as it is written out."""
    if isinstance(node, Constant):
        return {bool: "boolean", int: "int", float: "float", str: "string", type(None): "null"}.get(type(node.value), "any")
    return "array" if isinstance(node, List) else "object" if isinstance(node, Dict) else "any"


def functions(body: Iterable[AST], classes: dict[str, str]) -> Iterator[Member]:
    """The declared functions in the body of a file or class."""
    for one in body:
        mark = decorator(one, "ml_function") if isinstance(one, FunctionDef) else None
        if isinstance(one, FunctionDef) and mark is not None:
            arguments = literals(mark)
            doc, examples = split_doc(one)
            result = type_text(one.returns, classes, result=True)
            yield arguments.get("name", ml_name(one.name)), "function", tuple(parameters(one, classes)), result, needs(mark), doc, examples, one.lineno


def parameters(node: FunctionDef, classes: dict[str, str]) -> Iterator[Parameter]:
    """(name, ML type, default, kind) of each parameter but `self`."""
    given = node.args
    plain: list[tuple[arg, str]] = [*((one, "positional") for one in given.posonlyargs), *((one, "normal") for one in given.args)]
    defaults: list[expr | None] = [*([None] * (len(plain) - len(given.defaults))), *given.defaults]
    for (one, kind), default in zip(plain, defaults, strict=True):
        if one.arg != "self":
            yield one.arg, type_text(one.annotation, classes), None if default is None else default_text(default), kind
    if given.vararg is not None:
        yield given.vararg.arg, type_text(given.vararg.annotation, classes), None, "rest"
    for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        yield one.arg, type_text(one.annotation, classes), None if default is None else default_text(default), "named"


def default_text(node: expr) -> str:
    """A default in ML's notation; `…` for one that is not written out."""
    if isinstance(node, Constant):
        return quoted(node.value) if isinstance(node.value, bool | int | float | str | None) else "…"
    if isinstance(node, UnaryOp) and isinstance(node.op, USub):
        return "-" + default_text(node.operand)
    if isinstance(node, List | Tuple):
        return f"[{', '.join(map(default_text, node.elts))}]"
    return "{}" if isinstance(node, Dict) and not node.keys else "…"


def split_doc(node: FunctionDef) -> tuple[str, tuple[str, ...]]:
    """A docstring without its examples, and the text of each `Example:`."""
    doc, *examples = docstring(node).split("Example:")
    return doc.strip(), tuple([one.strip().rstrip(".") for one in examples])


def type_text(node: expr | None, classes: dict[str, str], *, result: bool = False) -> str:
    """The ML type of an annotation; what has no counterpart is `any`.

    A parameter that is a `float` takes whole numbers too; a result is a float only where it always is (`int | float` is a number).
    """
    if isinstance(node, BinOp) and isinstance(node.op, BitOr):
        sides = [*dict.fromkeys(part for side in (node.left, node.right) for part in type_text(side, classes, result=result).split(" | "))]
        if len(NUMBERS.intersection(sides)) > 1:
            sides = [*dict.fromkeys("number" if part in NUMBERS else part for part in sides)]
        return "any" if "any" in sides else " | ".join(sides)
    if isinstance(node, Subscript):
        return generic_text(node, classes, result=result)
    if isinstance(node, Constant) and isinstance(node.value, str):
        return type_text(written(node.value), classes, result=result)
    if isinstance(node, Constant) and node.value is None:
        return "null"
    name = node.id if isinstance(node, Name) else node.attr if isinstance(node, Attribute) else ""
    return "float" if result and name == "float" else classes.get(name) or TYPES.get(name, "any")


def generic_text(node: Subscript, classes: dict[str, str], *, result: bool) -> str:
    """`list[float]` → `array<number>`, `Callable[[float], str]` → `fn(number) => string`, `Optional[str]` → `string | null`."""
    base = type_text(node.value, classes, result=result)
    inner = node.slice.elts if isinstance(node.slice, Tuple) else [node.slice]
    if base == "array":
        item = type_text(inner[0], classes, result=result)
        return base if item == "any" else f"array<{item}>"
    if base == "function" and len(inner) == 2 and isinstance(inner[0], List):
        taken = ", ".join([type_text(one, classes, result=not result) for one in inner[0].elts])
        return f"fn({taken}) => {type_text(inner[1], classes, result=result)}"
    if isinstance(node.value, Name) and node.value.id == "Optional":
        return f"{type_text(inner[0], classes, result=result)} | null"
    return base

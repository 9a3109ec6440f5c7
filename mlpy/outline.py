"""What an ML file exports, from its syntax tree: what the checker of an importing file knows of it (`analysis.facts.ModuleInfo`)."""

from __future__ import annotations

from mlpy import ast
from mlpy.analysis import check
from mlpy.analysis.facts import exported
from mlpy.runtime.builtins import BUILTINS
from mlpy.signatures import encode, text
from mlpy.syntax.parser import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlpy.analysis.facts import Binding, Facts
    from mlpy.source import Source

    Parameter = tuple[str, str, str | None, str]


class Export:
    """A name that a file exports; a function if nothing else is ever bound to it."""

    __slots__ = ("capabilities", "kind", "params", "result")

    def __init__(self, kind: str, params: tuple[Parameter, ...], result: str) -> None:
        self.kind = kind
        self.params = params
        self.result = result
        self.capabilities: tuple[str, ...] = ()  # what its functions use is bound to the file that they stand in


class Outline:
    """The exports of a file by name."""

    __slots__ = ("classes", "members", "name")

    def __init__(self, name: str, members: Mapping[str, Export]) -> None:
        self.name = name
        self.members = members
        self.classes: tuple[str, ...] = ()


def outline(name: str, source: Source) -> Outline | None:
    """The exports of a file that is imported as `name`; None where it cannot be read."""
    module, diagnostics = parse(source)
    if module is None or any(one.severity == "error" for one in diagnostics):
        return None
    facts, _ = check(module, source, builtins=BUILTINS, lints=False)
    types = {one.name: one.type for one in module.body if type(one) is ast.TypeDeclaration}
    return Outline(name, {binding.name: export(binding, facts, types) for binding in facts.scopes[module].bindings.values() if exported(binding)})


def export(binding: Binding, facts: Facts, types: Mapping[str, ast.Type]) -> Export:
    """What is known of one name."""
    values = facts.values.get(binding, [])
    function = values[0] if len(values) == 1 and binding.assigned == 1 else None
    if not isinstance(function, ast.FunctionDeclaration | ast.Arrow):
        return Export("constant", (), "any")
    params = tuple(parameter(one, types) for one in function.params)
    return Export("function", params, type_text(function.result, types))


def parameter(node: ast.Parameter, types: Mapping[str, ast.Type]) -> Parameter:
    return node.name, type_text(node.type, types), None if node.default is None else "…", "rest" if node.rest else "normal"


def type_text(node: ast.Type | None, types: Mapping[str, ast.Type]) -> str:
    return "any" if node is None else text(encode(node, types))

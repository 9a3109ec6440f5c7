"""The type of an expression, found by the checker from what the session's names hold: nothing is evaluated."""

from __future__ import annotations

from itertools import islice

from mlpy.repl.inference import declaration

from mlpy import ast
from mlpy.analysis.facts import Check
from mlpy.analysis.flow import flow
from mlpy.analysis.resolve import resolve
from mlpy.analysis.shapes import ANY, BOOLEAN, FLOAT, FUNCTION, INT, NAMED, NULL, STRING, Shape, show
from mlpy.analysis.signatures import Parameter, Signature
from mlpy.analysis.types import Types
from mlpy.compiler import Registered, located
from mlpy.errors import CheckFailed
from mlpy.runtime.builtins import BUILTINS
from mlpy.runtime.members import ARRAY_METHODS, STRING_METHODS
from mlpy.runtime.values import HOST_CLASSES, ModuleHandle, key_text
from mlpy.source import Source
from mlpy.syntax.parser import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlpy.repl.shell import Shell

    from mlpy.runtime.values import Value

LOOKED_AT = 200  # items of an array, and fields of an object, that decide about its type
DEEPEST = 4
SCALARS: dict[type, Shape] = {type(None): NULL, bool: BOOLEAN, int: INT, float: FLOAT, str: STRING}


def type_of(shell: Shell, text: str) -> str:
    """The type of an expression as an annotation would spell it. Raises CheckFailed."""
    source = Source(text, "<input>")
    module, _ = parse(source)
    assert module is not None
    confined = shell.sandbox is not None
    held: Mapping[str, Value] = shell.session.kinds() if confined else shell.session.held()  # type: ignore[attr-defined]  # it is a `Confined`
    modules = Registered(shell.engine.registry, None, source)
    check = Check(
        module, source, builtins=BUILTINS, methods={"array": ARRAY_METHODS, "string": STRING_METHODS}, modules=modules, authority=None, inputs=(), session=tuple(held), lints=True
    )
    resolve(check)
    flow(check)
    errors = [one for one in check.diagnostics if one.severity == "error"]
    if errors:
        raise CheckFailed(located(errors, source))
    types = Types(check)
    types.any_key = False  # what is there is known
    for binding in set(check.facts.names.values()):
        if binding is not None and binding.kind == "input" and binding.name in held:
            value = held[binding.name]
            types.bindings[binding] = shape_of_kind(types, value) if confined else shape_of(shell, types, value)
    last = module.body[-1]
    return show(types.infer(last.value), key_text) if isinstance(last, ast.ExpressionStatement) else "null"


def shape_of_kind(types: Types, kind: str) -> Shape:
    """The type of a value in a worker, of which no more is known than what it is."""
    return NAMED.get(kind) or types.shapes.named("host", kind)


def shape_of(shell: Shell, types: Types, value: Value, depth: int = 0) -> Shape:
    """The type of a value; deeper than a few levels it is `any`."""
    kind = type(value)
    if kind in SCALARS:
        return SCALARS[kind]
    if depth >= DEEPEST:
        return ANY
    shapes = types.shapes
    if kind is list:
        return shapes.array(shapes.union([shape_of(shell, types, item, depth + 1) for item in islice(value, LOOKED_AT)]))
    if kind is dict:
        return shapes.record([(name, shape_of(shell, types, item, depth + 1), False) for name, item in islice(value.items(), LOOKED_AT)], exact=True)
    if kind is ModuleHandle:
        return shapes.named("module", value.name)
    if callable(value):
        return function_shape(shell, types, value)
    info = HOST_CLASSES.get(kind)
    return ANY if info is None else shapes.named("host", info.name)


def function_shape(shell: Shell, types: Types, function: Value) -> Shape:
    """The type of a function by its declaration; of one that was not written in ML only that it is one."""
    declared = declaration(shell, function)
    if declared is None:
        return FUNCTION
    node = declared.node
    own = [one for one in node.params if not one.rest]
    params = [Parameter(one.name, ANY if one.type is None else types.annotation(one.type), optional=one.default is not None) for one in own]
    rest = next((types.shapes.array(ANY if one.type is None else types.annotation(one.type)) for one in node.params if one.rest), None)
    return types.shapes.function(Signature(declared.name, params, rest, ANY if node.result is None else types.annotation(node.result)))

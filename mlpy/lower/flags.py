"""Variables whose type is tested once where they are assigned, rather than at each comparison in the loops below.

A local variable qualifies if it is only ever assigned by plain assignments or is a parameter, nothing else can rebind it, and
some `<`, `>`, `<=` or `>=` looks at it in a loop that none of its assignments stands in. Its flag, the local `name$s`, says
whether it holds a number or a string, which is what makes the plain operator harmless.
"""

from __future__ import annotations

from mlpy import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.analysis.facts import Binding, Facts, Scope

FLAG = "$s"
ORDERED = frozenset({"<", "<=", ">", ">="})
INNER = (ast.FunctionDeclaration, ast.Arrow, ast.Test)


def flagged(body: ast.Node, scope: Scope, facts: Facts) -> set[Binding]:
    """The variables of a function (or of the top level) that get a flag."""
    assigned: dict[Binding, int] = {binding: 0 for binding in scope.bindings.values() if binding.kind == "parameter"}
    compared: dict[Binding, int] = {}
    refused: set[Binding] = set()
    plain: dict[Binding, int] = dict.fromkeys(assigned, 1)
    stack: list[tuple[ast.Node, int]] = [(body, 0)]
    while stack:
        node, depth = stack.pop()
        if type(node) is ast.Assign and type(node.target) is ast.Target:
            binding = facts.targets.get(node.target) or facts.targets.get(node.target.place)
            if binding is not None:
                assigned[binding] = max(depth, assigned.get(binding, 0))
                plain[binding] = plain.get(binding, 0) + 1
        elif type(node) is ast.Binary and node.op in ORDERED:
            for operand in (node.left, node.right):
                found = facts.names.get(operand) if type(operand) is ast.Name else None
                if found is not None and found.scope is scope:
                    compared[found] = max(depth, compared.get(found, 0))
        elif type(node) is ast.Nonlocal:
            refused.update(one for name in node.names if (one := scope.visible.get(name.id)) is not None)
        deeper = depth + 1 if type(node) in (ast.For, ast.While) else depth
        stack.extend((child, deeper) for child in ast.children(node) if type(child) not in INNER)
    return {
        binding
        for binding, depth in compared.items()
        if binding.scope is scope and not binding.rebound and binding not in refused and binding not in facts.preset
        and plain.get(binding, 0) == binding.assigned and assigned.get(binding, depth) < depth
    }  # fmt: skip

"""Which members of imported modules are read straight from the module.

`o.name` asks an object of unknown kind, which takes a call. Where a name can only stand for a registered module and the member
is declared, its view (`ModuleHandle.view`) is read instead, which costs what reading a Python module does.
"""

from __future__ import annotations

from mlpy import ast

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator

    from mlpy.analysis.facts import Binding, Facts


def read_from_views(module: ast.Module, facts: Facts) -> tuple[dict[ast.Import, tuple[str, ...]], set[ast.Member]]:
    """The imports whose modules need a view, each with the members that are read from it, and where they are read."""
    imports = {facts.targets[one]: one for one in leading(module) if one in facts.members and settled(facts.targets[one], one, facts)}
    reads: dict[ast.Import, dict[str, None]] = {}
    places: set[ast.Member] = set()
    for node in facts.order if imports else ():
        if type(node) is ast.Member and type(node.object) is ast.Name and not node.optional:
            binding = facts.names.get(node.object)
            found = imports.get(binding) if binding is not None else None
            if found is not None and node.name in facts.members[found]:
                places.add(node)
                reads.setdefault(found, {})[node.name] = None
    return {one: tuple(names) for one, names in reads.items()}, places


def leading(module: ast.Module) -> Iterator[ast.Import]:
    """The imports before anything else, whose names every other line finds bound."""
    for one in module.body:
        if type(one) is ast.Import:
            yield one
        elif type(one) is not ast.CapabilityDeclaration:
            return


def settled(binding: Binding, node: ast.Import, facts: Facts) -> bool:
    """Whether a name stands for the module of one import, and for nothing else ever."""
    head = [one for one in facts.imports if one.path[0] == node.path[0]]  # a module and one below it are shown as one
    return binding.assigned == 1 and not binding.rebound and len(head) == 1 and (len(node.path) == 1 or node.alias is not None)

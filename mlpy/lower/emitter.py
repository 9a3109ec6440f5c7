"""What all parts of lowering share: where statements go, temporaries, names, positions, type tests."""

from __future__ import annotations

import _ast as py
from _bisect import bisect_right
from abc import ABC, abstractmethod

from mlpy import ast
from mlpy.lower.flags import flagged
from mlpy.lower.kinds import Kinds
from mlpy.lower.names import python_name
from mlpy.lower.nodes import IS, OR, call, is_simple, load, store
from mlpy.lower.views import read_from_views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.analysis.facts import Facts
    from mlpy.lower.nodes import Position
    from mlpy.source import Source


class Emitter(ABC):
    """The state of one lowering."""

    def __init__(self, module: ast.Module, source: Source, facts: Facts, methods: frozenset[str], *, session: bool, fuel: bool, tests: bool) -> None:
        self.source = source
        self.starts = source.starts
        self.facts = facts
        self.kinds = Kinds(module, facts, session=session)
        self.methods = methods
        self.session = session
        self.fuel = fuel
        self.tests = tests
        self.out: list[py.stmt] = []  # the statements of the block being made
        self.temporaries = 0
        self.functions = 0
        self.root = facts.scopes[module]
        self.scope = self.root
        bindings = [one for scope in facts.scopes.values() for one in scope.bindings.values()]
        self.shared = {python_name(one.python) for one in bindings if one.rebound or (session and one.scope is self.root)}
        self.flags = set() if session else flagged(module, self.root, facts)  # of the function that is being lowered
        self.viewed, self.of_views = ({}, set()) if session else read_from_views(module, facts)
        self.opened: dict[ast.Expression, py.expr] = {}  # bases of optional chains that a temporary holds by now

    @abstractmethod
    def expression(self, node: ast.Expression) -> py.expr:
        """The Python of an ML expression; may append statements that have to run before it."""

    @abstractmethod
    def statement(self, node: ast.Statement) -> None:
        """Appends the Python of an ML statement."""

    @abstractmethod
    def body(self, block: ast.Block) -> list[py.stmt]:
        """The statements of a block, at least one."""

    def suite(self, fill: Callable[[], None]) -> list[py.stmt]:
        """The statements that `fill` makes, as a list of their own."""
        outer, self.out = self.out, []
        fill()
        made, self.out = self.out, outer
        return made

    def at(self, node: ast.Node) -> Position:
        """The ML position of a node, as Python's nodes carry it: 1-based lines, 0-based columns in characters."""
        starts, start, end = self.starts, node.start, node.end
        line = bisect_right(starts, start)
        end_line = line if line == len(starts) or end < starts[line] else bisect_right(starts, end)
        return {"lineno": line, "col_offset": start - starts[line - 1], "end_lineno": end_line, "end_col_offset": end - starts[end_line - 1]}

    def temporary(self) -> str:
        self.temporaries += 1
        return f"$t{self.temporaries}"

    def twice(self, value: py.expr, p: Position, *, stable: bool = True) -> tuple[py.expr, py.expr]:
        """An expression to be evaluated first, and one to mention it again.

        Names and constants are both at once, unless something that runs in between (`stable` is false) could rebind the name.
        """
        if type(value) is py.Constant or (type(value) is py.Name and (stable or not self.is_shared(value.id))):
            return value, value
        name = self.temporary()
        return py.NamedExpr(target=store(name, p), value=value, **p), load(name, p)

    def is_shared(self, name: str) -> bool:
        """Whether code outside this function can rebind a Python name."""
        return name in self.shared

    def held(self, node: ast.Expression) -> py.expr:
        """The value of an expression as a name or constant, evaluated by a statement now."""
        return self.settled(self.expression(node), self.at(node))

    def settled(self, value: py.expr, p: Position) -> py.expr:
        if is_simple(value) and not (type(value) is py.Name and self.is_shared(value.id)):
            return value
        name = self.temporary()
        self.assign_name(name, value, p)
        return load(name, p)

    def assign_name(self, name: str, value: py.expr, p: Position) -> None:
        self.out.append(py.Assign(targets=[store(name, p)], value=value, **p))

    def target_name(self, target: ast.Target) -> str:
        place = target.place
        binding = self.facts.targets.get(target) or self.facts.targets.get(place)
        renamed = self.facts.renamed.get(target) or self.facts.renamed.get(place)
        return python_name(renamed or (binding.python if binding is not None else place.id))  # type: ignore[union-attr]  # a Name

    def read_name(self, node: ast.Name) -> str:
        binding = self.facts.names.get(node)
        return python_name(self.facts.renamed.get(node) or (binding.python if binding is not None else node.id))

    def is_builtin(self, node: ast.Expression, name: str) -> bool:
        return type(node) is ast.Name and node.id == name and self.facts.names.get(node, node) is None

    def type_of(self, value: py.expr, p: Position) -> py.expr:
        return call("$type", [value], p)

    def is_type(self, value: py.expr, python_type: str, p: Position) -> py.expr:
        return self.compare(self.type_of(value, p), IS, load(python_type, p), p)

    def any_type(self, first: py.expr, again: py.expr, types: tuple[str, ...], p: Position) -> py.expr:
        tests = [self.is_type(first, types[0], p), *[self.is_type(again, one, p) for one in types[1:]]]
        return py.BoolOp(op=OR, values=tests, **p)

    def compare(self, left: py.expr, operator: py.cmpop, right: py.expr, p: Position) -> py.expr:
        return py.Compare(left=left, ops=[operator], comparators=[right], **p)

"""What is known of the items of arrays that stay in one function.

An array variable is tracked if nothing but known operations ever sees the array: it is made here, indexed, iterated, appended
to, measured, given to builtins that keep nothing, returned. Then its items are the union of what was put in. Arrows that are
written where they are passed to `map`, `filter` and the like get their parameters' kinds from the array that they are called on.
"""

from __future__ import annotations

from mlpy import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.analysis.facts import Binding
    from mlpy.lower.kinds import Kinds

# Builtins that keep no reference to an array argument, change nothing in it and do not give it back; `ONLY` holds those that
# do so for the arguments at these places alone: `min(a, b)` is one of the two, `reduce` hands its start to the function.
READERS = frozenset("len sum min max any all sorted reversed map filter reduce enumerate zip print str repr bool".split())
ONLY = {"sum": slice(1), "reduce": slice(1, 2)}
# Methods that read an array, or put what is known into it.
READING_METHODS = frozenset("pop reverse clear copy index count indexOf includes join map filter reduce forEach find some every slice sort".split())
ADDING_METHODS = {"append": 0, "push": 0, "insert": 1}
# Functions and methods that call an arrow with one item: the position of the arrow, and of the array where it is no method.
CALLERS = {"map": (0, 1), "filter": (0, 1)}
CALLING_METHODS = frozenset("map filter forEach find some every".split())


class Elements:
    """The kinds of the items of tracked arrays; `unsafe` holds the variables that are not tracked."""

    def __init__(self, kinds: Kinds, module: ast.Module) -> None:
        self.kinds = kinds
        self.facts = kinds.facts
        self.values: dict[tuple[Binding, bool], int] = {}
        self.sources: list[tuple[Binding, Callable[[], int]]] = []
        self.arrows: list[tuple[Binding, Callable[[], int]]] = []
        self.safe: set[ast.Node] = set()
        for node in ast.walk(module):
            self.visit(node)
        session_names = set(kinds.values)
        used = [(name, binding) for name, binding in self.facts.names.items() if binding is not None]
        # What functions share with the top level may be changed by a host that was given it.
        self.unsafe = {one for name, one in used if name not in self.safe or (one.captured and one.scope.parent is None)} | session_names
        self.parameters = {binding for binding, _ in self.arrows}

    def visit(self, node: ast.Node) -> None:
        """Notes which reads of names are harmless where they stand, and what is put into arrays."""
        match node:
            case ast.For(iterable=iterable):
                self.safe.add(iterable)
            case ast.Index(object=value) | ast.Slice(object=value):
                self.safe.add(value)
            case ast.Binary(op="==" | "!=" | "in", left=left, right=right):
                self.safe.update((left, right))
            case ast.Unary(op="!", operand=operand):
                self.safe.add(operand)
            case ast.If(test=test) | ast.While(test=test) | ast.Conditional(test=test):
                self.safe.add(test)
            case ast.Member(object=value, name="length"):
                self.safe.add(value)
            case ast.Return(value=ast.Name() as name):
                binding = self.facts.names.get(name)
                if binding is not None and not binding.captured:
                    self.safe.add(name)
            case ast.Call():
                self.visit_call(node)

    def visit_call(self, node: ast.Call) -> None:
        callee, args = node.callee, node.args
        if type(callee) is ast.Name and self.facts.names.get(callee, callee) is None and callee.id in READERS:
            self.safe.update(args[ONLY[callee.id]] if callee.id in ONLY else args if len(args) == 1 or callee.id not in ("min", "max") else ())
            if callee.id in CALLERS and len(args) == 2:
                self.call_arrow(args[0], args[1])
            elif callee.id == "reduce" and len(args) == 3:
                self.call_folding(args[0], args[1], args[2])
        elif type(callee) is ast.Member and type(callee.object) is ast.Name:
            position = ADDING_METHODS.get(callee.name)
            if position is not None and len(args) == position + 1 and type(args[position]) not in (ast.Spread, ast.NamedArgument):
                self.safe.add(callee.object)
                self.put(callee.object, args[position])  # type: ignore[arg-type]  # positional
            elif callee.name in READING_METHODS:
                self.safe.add(callee.object)
                if callee.name in CALLING_METHODS and len(args) == 1:
                    self.call_arrow(args[0], callee.object)
                elif callee.name == "reduce" and len(args) == 2:
                    self.call_folding(args[0], callee.object, args[1])

    def put(self, name: ast.Name, value: ast.Expression) -> None:
        binding = self.facts.names.get(name)
        if binding is not None:
            self.sources.append((binding, lambda: self.kinds.of(value)))

    def call_arrow(self, arrow: ast.Expression | ast.NamedArgument, array: ast.Expression | ast.NamedArgument) -> None:
        if type(arrow) is ast.Arrow and len(arrow.params) == 1 and not arrow.params[0].rest and isinstance(array, ast.Expression):
            binding = self.facts.scopes[arrow].bindings[arrow.params[0].name]
            self.arrows.append((binding, lambda: self.of(array)))

    def call_folding(self, arrow: ast.Expression | ast.NamedArgument, array: ast.Expression | ast.NamedArgument, start: ast.Expression | ast.NamedArgument) -> None:
        """`reduce(fn(total, item) => …, array, start)`."""
        if type(arrow) is not ast.Arrow or len(arrow.params) != 2 or any(one.rest for one in arrow.params):
            return
        body = arrow.body
        if not isinstance(array, ast.Expression) or not isinstance(start, ast.Expression) or not isinstance(body, ast.Expression):
            return
        bindings = self.facts.scopes[arrow].bindings
        self.arrows.append((bindings[arrow.params[0].name], lambda: self.kinds.of(start) | self.kinds.of(body)))
        self.arrows.append((bindings[arrow.params[1].name], lambda: self.of(array)))

    def of(self, node: ast.Expression) -> int:
        """The kind of the items of an array expression."""
        from mlpy.lower import kinds as k  # noqa: PLC0415  the two files know each other

        node = ast.strip(node)
        match node:
            case ast.Array(items=items):
                kind = k.NOTHING
                for item in items:
                    kind |= self.of(item.value) if type(item) is ast.Spread else self.kinds.of(item)
                return kind
            case ast.Binary(op="*", left=left, right=right):
                return self.of(left if type(ast.strip(left)) is ast.Array else right)
            case ast.Name():
                binding = self.facts.names.get(node)
                if binding is None or binding in self.unsafe or binding.kind != "local":
                    return k.ANY
                return self.values.get((binding, self.is_special(binding)), k.NOTHING)
            case ast.Slice(object=value):
                return self.of(value)
            case ast.Call(callee=ast.Name(id=name) as callee, args=args) if self.facts.names.get(callee, callee) is None:
                return self.of_builtin(name, args, node)
            case ast.Call(callee=ast.Member(object=value, name="split" | "rsplit" | "lines")) if self.kinds.of(value) == k.STR:
                return k.STR
            case ast.Call(callee=ast.Member(object=value, name="map" | "filter" | "slice" | "copy" as name), args=args) if len(args) <= 1:
                return self.mapped(args[0]) if name == "map" and args else self.of(value) if name != "map" else k.ANY
        return k.ANY

    def of_builtin(self, name: str, args: list[ast.Expression | ast.NamedArgument], node: ast.Call) -> int:
        from mlpy.lower import kinds as k  # noqa: PLC0415  as above

        if name == "range":
            return self.kinds.items(node)
        if name == "keys":
            return k.STR
        if name == "map" and len(args) == 2:
            return self.mapped(args[0])
        if name == "filter" and len(args) == 2:
            return self.of(args[1]) if isinstance(args[1], ast.Expression) else k.ANY
        if name in ("sorted", "reversed") and args and isinstance(args[0], ast.Expression) and type(args[0]) is not ast.Spread:
            return self.of(args[0])
        return k.ANY

    def mapped(self, function: ast.Expression | ast.NamedArgument) -> int:
        """What an arrow of one expression gives."""
        from mlpy.lower import kinds as k  # noqa: PLC0415  as above

        if type(function) is ast.Arrow and isinstance(function.body, ast.Expression):
            return self.kinds.of(function.body)
        return k.ANY

    def is_special(self, binding: Binding) -> bool:
        return self.kinds.inside is not None and self.kinds.owners[binding.scope] is self.kinds.inside

    def assigned(self, binding: Binding, value: ast.Expression) -> None:
        """Records that a variable is given an array expression."""
        self.sources.append((binding, lambda: self.of(value)))

    def stored(self, place: ast.Index, source: Callable[[], int]) -> None:
        """Records that an item of a variable is assigned."""
        if type(place.object) is ast.Name:
            binding = self.facts.names.get(place.object)
            if binding is not None:
                self.sources.append((binding, source))

    def step(self) -> bool:
        """Joins once everything that is put into tracked arrays; whether anything changed."""
        changed = False
        for binding, source in self.sources:
            owner = self.kinds.owners[binding.scope]
            for special in (False, True):
                if special and owner not in self.kinds.reached:
                    break
                self.kinds.inside = owner if special else None
                key = (binding, special)
                before = self.values.get(key, 0)
                self.values[key] = before | source()
                changed |= self.values[key] != before
        return changed

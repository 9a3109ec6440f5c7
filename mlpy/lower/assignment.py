"""Assignment to names, items, members and patterns, plain and compound."""

from __future__ import annotations

import _ast as py
from abc import abstractmethod

from mlpy import ast
from mlpy.lower.flags import FLAG
from mlpy.lower.guards import TEXT_LIMIT
from mlpy.lower.kinds import ANY, LIST, NUMBER, STR, contains, is_small_literal, is_text
from mlpy.lower.matching import Matching
from mlpy.lower.names import python_name
from mlpy.lower.nodes import AND, IS, IS_NOT, LOAD, OPERATORS, OR, STORE, call, const, load, store
from mlpy.lower.traits import chain, is_harmless, leftmost, required_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.analysis.facts import Binding
    from mlpy.lower.nodes import Position

TEXTS = (ast.String, ast.Template)


class Assignments(Matching):
    """Everything that gives a place a value."""

    @abstractmethod
    def define(self, node: ast.FunctionDeclaration | ast.Arrow | ast.Test, name: str, params: list[ast.Parameter], body: ast.Block | ast.Expression, doc: str | None) -> None:
        """Appends the `def` of a function."""

    def slice_parts(self, node: ast.Slice) -> list[py.expr]:
        p = self.at(node)
        return [const(None, p) if part is None else self.expression(part) for part in (node.lower, node.upper, node.step)]

    # ── plain assignment ────────────────────────────────────────────────────────────────────────────────────────

    def lower_assign(self, node: ast.Assign) -> None:
        target, value = node.target, node.value
        if node.op != "=":
            self.compound(node)
        elif type(target) is ast.Target and type(target.place) is ast.Name:
            self.assign_plain(node, self.target_name(target), target.place)
        elif not (type(target) is ast.ArrayPattern and type(ast.strip(value)) is ast.Array and self.assign_pairwise(target, ast.strip(value), node)):  # type: ignore[arg-type]  # an Array
            self.assign_pattern(target, self.expression(value))
        if type(target) is ast.Target:
            binding = self.facts.targets.get(target) or self.facts.targets.get(target.place)
            if binding is not None:
                self.flag(binding, self.at(node))

    def flag(self, binding: Binding, p: Position) -> None:
        """Tests the type of a variable that loops below compare (see `flags.py`)."""
        if binding in self.flags:
            name = load(python_name(binding.python), p)
            self.assign_name(python_name(binding.python) + FLAG, self.any_type(name, name, ("$Int", "$Float", "$Str"), p), p)

    def assign_plain(self, node: ast.Assign, name: str, place: ast.Name) -> None:
        value = node.value
        if type(value) is ast.Arrow:
            self.assign_arrow(value, name, node)
        elif type(value) is ast.Match:
            result = self.temporary()
            self.match_value(value, result)
            self.assign_name(name, load(result, self.at(node)), self.at(node))
        elif type(value) is ast.Binary and self.appends(value, place):
            operands = chain(value)[1:]
            self.append_text(node, name, operands, as_text=any(type(one) in TEXTS for one in operands))
        else:
            self.assign_name(name, self.expression(value), self.at(node))

    def appends(self, value: ast.Binary, place: ast.Name) -> bool:
        """Whether this is `s + …` about to be assigned to a string variable `s`."""
        first = leftmost(value)
        return type(first) is ast.Name and first.id == place.id and self.kinds.of(first) == STR

    def assign_arrow(self, value: ast.Arrow, name: str, node: ast.Assign) -> None:
        """`double = fn(x) => …` defines a function called `double`."""
        binding = self.facts.targets.get(node.target) or self.facts.targets.get(node.target.place)  # type: ignore[attr-defined]  # a Target
        reads_itself = binding is not None and name != python_name(binding.name)
        if reads_itself:
            self.assign_name(name, self.expression(value), self.at(node))
        else:
            self.define(value, name, value.params, value.body, node.doc)

    def assign_pairwise(self, target: ast.ArrayPattern, value: ast.Array, node: ast.Assign) -> bool:
        """`[a, xs[i]] = [xs[i], a]` as a tuple assignment; items that need a check are stored after it, in order."""
        items = [item.pattern for item in target.items if type(item) is ast.Element and item.default is None]
        if len(items) != len(target.items) or len(items) != len(value.items) or not items:
            return False
        if not all(type(one) is ast.Target for one in items) or any(type(one) is ast.Spread for one in value.items):
            return False
        p = self.at(node)
        stores: list[py.expr] = []
        later: list[tuple[ast.Pattern, str]] = []
        loads = [self.expression(one) for one in value.items]
        for one in items:
            if type(one.place) is ast.Name and not later:  # type: ignore[attr-defined]  # a Target
                stores.append(store(self.target_name(one), self.at(one)))  # type: ignore[arg-type]  # a Target
            else:
                name = self.temporary()
                stores.append(store(name, p))
                later.append((one, name))
        self.out.append(py.Assign(targets=[py.Tuple(elts=stores, ctx=STORE, **p)], value=py.Tuple(elts=loads, ctx=LOAD, **p), **p))
        for one, name in later:
            self.assign_place(one, load(name, p))  # type: ignore[arg-type]  # a Target
        return True

    def assign_pattern(self, pattern: ast.Pattern, value: py.expr) -> None:
        """Assigns a value to a target, or takes it apart."""
        p = self.at(pattern)
        if type(pattern) is ast.Target:
            self.assign_place(pattern, value)
        elif type(pattern) is ast.ArrayPattern:
            self.assign_array(pattern, value, p)
        elif type(pattern) is ast.ObjectPattern:
            self.assign_object(pattern, value, p)

    def assign_place(self, target: ast.Target, value: py.expr) -> None:
        place, p = target.place, self.at(target)
        if type(place) is ast.Name:
            self.assign_name(self.target_name(target), value, p)
        elif type(place) is ast.Member:
            subscript = py.Subscript(value=self.expression(place.object), slice=const(place.name, p), ctx=STORE, **p)
            self.out.append(py.Assign(targets=[subscript], value=value, **p))
        elif type(place) is ast.Index:
            self.store_item(place, value, p)
        elif type(place) is ast.Slice:
            value = self.settled(value, p)
            self.out.append(py.Expr(value=call("$set_slice", [self.expression(place.object), *self.slice_parts(place), value], p), **p))

    def store_item(self, place: ast.Index, value: py.expr, p: Position) -> None:
        """`owner[key] = value`: plain where it is an array or the key is a string, else checked (F25)."""
        index, owner_kind = self.kinds.of(place.index), self.kinds.of(place.object)
        if (contains(index, STR) and index) or (contains(owner_kind, LIST) and owner_kind):
            subscript = py.Subscript(value=self.expression(place.object), slice=self.expression(place.index), ctx=STORE, **p)
            self.out.append(py.Assign(targets=[subscript], value=value, **p))
            return
        value = self.settled(value, p)
        owner, key = self.held(place.object), self.held(place.index)
        plain = py.Assign(targets=[py.Subscript(value=owner, slice=key, ctx=STORE, **p)], value=value, **p)
        test = self.is_type(owner, "$List", p)
        if not contains(index, NUMBER) or not index:
            test = py.BoolOp(op=OR, values=[self.is_type(key, "$Str", p), test], **p)
        checked = py.Expr(value=call("$set_item", [owner, key, value], p), **p)
        self.out.append(py.If(test=test, body=[plain], orelse=[checked], **p))

    def assign_array(self, pattern: ast.ArrayPattern, value: py.expr, p: Position) -> None:
        items = pattern.items
        rest = next((index for index, item in enumerate(items) if type(item) is ast.Rest), None)
        required = required_items(items)
        count = len(items)
        if rest is None:
            first, again = self.twice(value, p)
            fits = py.BoolOp(op=AND, values=[self.is_type(first, "$List", p), self.compare(call("$size", [again], p), py.Eq(), const(count, p), p)], **p)
            parts: py.expr = py.IfExp(test=fits, body=again, orelse=call("$unpack", [again, const(count, p), const(required, p)], p), **p)
        else:
            parts = call("$unpack_rest", [value, const(rest, p), const(count - rest - 1, p), const(required, p)], p)
        self.take_apart([(item, item.pattern if type(item) is ast.Element else item.target) for item in items], parts, p)  # type: ignore[union-attr]  # Element or Rest

    def assign_object(self, pattern: ast.ObjectPattern, value: py.expr, p: Position) -> None:
        keys = const(tuple(field.key for field in pattern.fields_), p)
        held = self.settled(value, p) if pattern.rest is not None else value
        self.take_apart([(field, field.pattern) for field in pattern.fields_], call("$unpack_object", [held, keys], p), p, missing=True)
        if pattern.rest is not None:
            self.assign_place(pattern.rest.target, call("$rest_object", [held, keys], p))

    def take_apart(self, parts: list[tuple[ast.Pattern, ast.Pattern]], value: py.expr, p: Position, *, missing: bool = False) -> None:
        """Unpacks a list into names at once, then fills defaults and nested patterns from temporaries."""
        targets: list[py.expr] = []
        later: list[tuple[ast.Pattern, ast.Pattern, str]] = []
        for item, pattern in parts:
            q = self.at(pattern)
            default = getattr(item, "default", None)
            if type(pattern) is ast.Target and type(pattern.place) is ast.Name and default is None and not missing:
                targets.append(store(self.target_name(pattern), q))
            else:
                name = self.temporary()
                targets.append(store(name, q))
                later.append((item, pattern, name))
        if targets:
            self.out.append(py.Assign(targets=[py.Tuple(elts=targets, ctx=STORE, **p)], value=value, **p))
        else:
            self.out.append(py.Expr(value=value, **p))
        for item, pattern, name in later:
            q = self.at(item)
            default = getattr(item, "default", None)
            part: py.expr = load(name, q)
            if default is not None or missing:
                absent = const(None, q) if default is None else self.expression(default)
                part = py.IfExp(test=self.compare(part, IS, load("$unset", q), q), body=absent, orelse=part, **q)
            self.assign_pattern(pattern, part)

    # ── compound assignment ─────────────────────────────────────────────────────────────────────────────────────

    def compound(self, node: ast.Assign) -> None:
        """`place op= value`: the place is evaluated once."""
        target = node.target
        assert type(target) is ast.Target, "the parser allows nothing else"
        place, op, p = target.place, node.op[:-1], self.at(node)
        if isinstance(place, ast.Name):
            self.compound_name(node, self.target_name(target), place, op)
        elif isinstance(place, ast.Slice):
            owner = self.held(place.object)
            parts = [self.settled(part, p) for part in self.slice_parts(place)]
            value = self.combined(node, place, op, call("$slice", [owner, *parts], self.at(place)))
            self.out.append(py.Expr(value=call("$set_slice", [owner, *parts, value], p), **p))
        elif isinstance(place, ast.Member):
            self.compound_item(node, place, op, self.held(place.object), const(place.name, p))
        else:
            self.compound_item(node, place, op, self.held(place.object), self.held(place.index))

    def compound_item(self, node: ast.Assign, place: ast.Member | ast.Index, op: str, owner: py.expr, key: py.expr) -> None:
        """A key that could be read may be stored without a check."""
        p = self.at(node)
        stored = py.Subscript(value=owner, slice=key, ctx=STORE, **p)
        if op == "??":
            test = self.compare(call("$present_item", [owner, key], self.at(place)), IS, const(None, p), p)
            body = self.suite(lambda: self.out.append(py.Expr(value=call("$set_item", [owner, key, self.expression(node.value)], p), **p)))
            self.out.append(py.If(test=test, body=body, orelse=[], **p))
        elif not (op == "+" and is_text(place, node.value)) and is_harmless(op, ANY, self.kinds.of(node.value), node.value, literal=is_small_literal(node.value)):
            self.out.append(py.AugAssign(target=stored, op=OPERATORS[op][0], value=self.expression(node.value), **p))
        else:
            current = self.settled(py.Subscript(value=owner, slice=key, ctx=LOAD, **self.at(place)), p)
            self.out.append(py.Assign(targets=[stored], value=self.combined(node, place, op, current), **p))

    def combined(self, node: ast.Assign, place: ast.Expression, op: str, current: py.expr) -> py.expr:
        """The new value of a compound assignment from the current one."""
        p = self.at(node)
        if op == "+" and is_text(place, node.value):
            return self.text([(current, self.kinds.of(place)), *self.text_parts(node.value)], p)
        if op == "??":
            first, again = self.twice(current, p)
            return py.IfExp(test=self.compare(first, IS_NOT, const(None, p), p), body=again, orelse=self.expression(node.value), **p)
        value = self.float_operand(node.value, place, op) if op in ("+", "-") else self.expression(node.value)
        return self.arithmetic(op, current, value, self.kinds.of(place), self.kinds.of(node.value), p, node.value, in_place=True)

    def compound_name(self, node: ast.Assign, name: str, place: ast.Name, op: str) -> None:
        p = self.at(node)
        if op == "??":
            body = self.suite(lambda: self.assign_name(name, self.expression(node.value), p))
            self.out.append(py.If(test=self.compare(load(name, p), IS, const(None, p), p), body=body, orelse=[], **p))
        elif op == "+" and self.kinds.of(place) == STR:
            as_text = is_text(place, node.value)
            self.append_text(node, name, chain(node.value) if as_text else [node.value], as_text=as_text)
        else:
            self.assign_name(name, self.combined(node, place, op, load(name, p)), p)

    def append_text(self, node: ast.Assign, name: str, operands: list[ast.Expression], *, as_text: bool) -> None:
        """`s += …` on a string: CPython appends in place only where the operator stands right before the store."""
        p = self.at(node)
        if as_text:
            suffix = self.text(self.text_parts(*operands), p)
        elif len(operands) == 1 and self.kinds.of(operands[0]) == STR:
            suffix = self.expression(operands[0])
        else:
            value: py.expr = load(name, p)
            for operand in operands[:-1]:
                value = call("$add", [value, self.expression(operand)], p)
            self.append_unknown(name, value, self.settled(self.expression(operands[-1]), p), p)
            return
        self.out.append(py.AugAssign(target=store(name, p), op=OPERATORS["+"][0], value=suffix, **p))
        if type(suffix) is not py.Constant:
            self.out.append(self.check_text(name, p))

    def append_unknown(self, name: str, value: py.expr, suffix: py.expr, p: Position) -> None:
        slow = py.Assign(targets=[store(name, p)], value=call("$add", [value, suffix], p), **p)
        if type(value) is not py.Name:
            self.out.append(slow)
            return
        plain = [py.AugAssign(target=store(name, p), op=OPERATORS["+"][0], value=suffix, **p), self.check_text(name, p)]
        self.out.append(py.If(test=self.is_type(suffix, "$Str", p), body=plain, orelse=[slow], **p))

    def check_text(self, name: str, p: Position) -> py.stmt:
        """Fails when a text that was appended to grew beyond the limit."""
        large = self.compare(call("$size", [load(name, p)], p), py.Gt(), const(TEXT_LIMIT, p), p)
        return py.If(test=large, body=[py.Expr(value=call("$concat", [load(name, p)], p), **p)], orelse=[], **p)

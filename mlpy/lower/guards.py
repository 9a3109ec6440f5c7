"""Operators and text: Python's own operator inline where it can do no harm, the helper everywhere else.

What an operator may do inline is decided by the kinds of its operands (`kinds.py`) and, where they are not known, by a guard:
a test of an operand's type that costs a few nanoseconds. The rules behind the guards (SECURITY.md says what they are for):
operands of unlike types fail in ML's words, no operation makes a value of unbounded size, and `%` formats nothing.
"""

from __future__ import annotations

import _ast as py

from mlpy import ast
from mlpy.lower.emitter import Emitter
from mlpy.lower.flags import FLAG
from mlpy.lower.kinds import BOOL, DICT, FLOAT, LIST, NULL, NUMBER, SCALAR, SMALL, STR, contains, is_small_literal, is_text
from mlpy.lower.names import python_name
from mlpy.lower.nodes import AND, COMPARISONS, IS, OPERATORS, OR, SHORT, call, const, is_read, is_short, is_simple, load, plain_of
from mlpy.lower.traits import LARGEST_POWER, chain, has_product, is_harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.lower.nodes import Position

# A factor within ± this is one CPython digit: its product with any int grows by 30 bits at the most, and comparing it is specialised.
SMALL_FACTOR = (1 << 30) - 1
# Texts are kept below this by every operation that makes one, so a handful of parts can be joined first and measured after.
TEXT_LIMIT = 1 << 26
UNCHECKED_PARTS = 4


class Guards(Emitter):
    """Arithmetic, comparison and text."""

    # ── arithmetic ──────────────────────────────────────────────────────────────────────────────────────────────

    def arithmetic(
        self,
        op: str,
        left: py.expr,
        right: py.expr,
        one: int,
        other: int,
        p: Position,
        right_node: ast.Expression,
        *,
        left_node: ast.Expression | None = None,
        in_place: bool = False,
    ) -> py.expr:
        """`left op right`: the plain operator where it can do no harm, else behind the cheapest guard that is right."""
        operator, helper = OPERATORS[op]
        plain = py.BinOp(left=left, op=operator, right=right, **p)
        literal = is_small_literal(right_node) or (left_node is not None and is_small_literal(left_node))
        if is_harmless(op, one, other, right_node, literal=literal):
            return plain
        if op == "**":
            return self.power(left, right, right_node, p)
        if in_place and op == "+":
            helper = "$iadd"
        if op == "+":
            return self.one_checked(left, right, ("$Int", "$Float"), plain_of(operator, p), helper, p)
        if op == "*":
            return self.product(left, right, one, other, p)
        return self.guarded(left, right, lambda a, b, x, y: self.guard_remainder(a, b, x, y, other, p), plain_of(operator, p), helper, p)

    def power(self, left: py.expr, right: py.expr, exponent: ast.Expression, p: Position) -> py.expr:
        """A positive float to a literal power inline; everything else could be large, complex (F17) or no number."""
        literal = ast.strip(exponent)
        if type(literal) is ast.Unary and literal.op == "-":
            literal = ast.strip(literal.operand)
        if type(literal) is not ast.Number or literal.value > LARGEST_POWER:
            return call("$pow", [left, right], p)
        first, again = self.twice(left, p)
        positive = self.compare(again, py.Gt(), const(0.0, p), p)
        test = py.BoolOp(op=AND, values=[self.is_type(first, "$Float", p), positive], **p)
        return py.IfExp(test=test, body=py.BinOp(left=again, op=py.Pow(), right=right, **p), orelse=call("$pow", [again, right], p), **p)

    def guarded(
        self,
        left: py.expr,
        right: py.expr,
        guard: Callable[[py.expr, py.expr, py.expr, py.expr], py.expr],
        plain: Callable[[py.expr, py.expr], py.expr],
        helper: str,
        p: Position,
    ) -> py.expr:
        """`plain(a, b) if guard else helper(a, b)` with each operand evaluated once, left first.

        The guard gets each operand as it must stand where it is mentioned first, and as it stands again. It must mention
        the left one first, and evaluate both where both are not simple.
        """
        a, again_a = self.twice(left, p, stable=is_simple(right))
        b, again_b = self.twice(right, p)
        return py.IfExp(test=guard(a, b, again_a, again_b), body=plain(again_a, again_b), orelse=call(helper, [again_a, again_b], p), **p)

    def one_checked(self, left: py.expr, right: py.expr, types: tuple[str, ...], plain: Callable[[py.expr, py.expr], py.expr], helper: str, p: Position) -> py.expr:
        """Where one operand of the right type makes the plain operator safe, whatever the other is: tests the simpler one.

        The other may stand in both branches: only one is evaluated. It may be evaluated after the test, as the tested one is
        a name that it cannot rebind, or both are plain reads.
        """
        if self.is_fixed(left) and is_short(right):
            return py.IfExp(test=self.any_type(left, left, types, p), body=plain(left, right), orelse=call(helper, [left, right], p), **p)
        if (self.is_fixed(right) or (is_read(left) and is_read(right))) and is_short(left):
            first, again = self.twice(right, p)
            return py.IfExp(test=self.any_type(first, again, types, p), body=plain(left, again), orelse=call(helper, [left, again], p), **p)

        def guard(a: py.expr, b: py.expr, x: py.expr, y: py.expr) -> py.expr:
            if a is not x and b is not y and len(types) == 2:
                # Two calls, as in `f(n) + g(n)`: this chain evaluates both, whatever they are.
                same = py.Compare(left=self.type_of(a, p), ops=[IS, IS], comparators=[self.type_of(b, p), load(types[0], p)], **p)
                return py.BoolOp(op=OR, values=[same, self.is_type(y, types[1], p)], **p)
            return self.checked_type(a, b, x, y, types, p, left=b is y)

        return self.guarded(left, right, guard, plain, helper, p)

    def product(self, left: py.expr, right: py.expr, one: int, other: int, p: Position) -> py.expr:
        """A number by a tiny one; a float; or two ints of which one is small. Everything else may be large, or a repetition."""
        plain = plain_of(OPERATORS["*"][0], p)
        numbers = bool(one and other) and contains(one | other, NUMBER)
        if (one and contains(one, SMALL | BOOL)) or (other and contains(other, SMALL | BOOL)):
            tiny_right = bool(other) and contains(other, SMALL | BOOL)
            types = ("$Int", "$Float")
            return self.guarded(left, right, lambda a, b, x, y: self.checked_type(a, b, x, y, types, p, left=tiny_right), plain, "$mul", p)
        if not numbers and is_short(left) and (self.is_fixed(right) or (is_read(left) and is_read(right))):
            first, again = self.twice(right, p)
            a, x = self.twice(left, p)
            both = py.Compare(left=self.type_of(a, p), ops=[IS, IS], comparators=[load("$Int", p), self.type_of(again, p)], **p)
            small = py.BoolOp(op=AND, values=[both, self.is_small(x, p)], **p)
            checked = py.IfExp(test=small, body=plain(x, again), orelse=call("$mul", [x, again], p), **p)
            return py.IfExp(test=self.is_type(first, "$Float", p), body=plain(left, again), orelse=checked, **p)

        def guard(a: py.expr, b: py.expr, x: py.expr, y: py.expr) -> py.expr:
            small = self.is_small(x, p)
            if not numbers:
                both = py.Compare(left=self.type_of(x, p), ops=[IS, IS], comparators=[load("$Int", p), self.type_of(y, p)], **p)
                small = py.BoolOp(op=AND, values=[both, small], **p)
            return self.after(self.evaluate_both(a, b, x, y, p), [self.is_type(x, "$Float", p), small], p)

        return self.guarded(left, right, guard, plain, "$mul", p)

    def guard_remainder(self, a: py.expr, b: py.expr, x: py.expr, y: py.expr, other: int, p: Position) -> py.expr:
        """`%` and `~/`: the left operand a number (`%` formats strings, A3), the right one small, or a float."""
        if other and contains(other, SMALL | BOOL | FLOAT):
            return self.checked_type(a, b, x, y, ("$Int", "$Float"), p, left=True)
        both = py.Compare(left=self.type_of(x, p), ops=[IS, IS], comparators=[load("$Int", p), self.type_of(y, p)], **p)
        safe = py.BoolOp(op=AND, values=[both, self.is_small(y, p)], **p)
        return self.after(self.evaluate_both(a, b, x, y, p), [safe, self.is_type(x, "$Float", p)], p)

    def is_small(self, value: py.expr, p: Position) -> py.expr:
        return py.Compare(left=const(-SMALL_FACTOR, p), ops=[py.Lt(), py.Lt()], comparators=[value, const(SMALL_FACTOR, p)], **p)

    def is_fixed(self, value: py.expr) -> bool:
        """A constant, or a name that nothing outside this function can rebind."""
        return type(value) is py.Constant or (type(value) is py.Name and value.id not in self.shared)

    def checked_type(self, a: py.expr, b: py.expr, x: py.expr, y: py.expr, types: tuple[str, ...], p: Position, *, left: bool) -> py.expr:
        """Whether the left (or right) operand is of one of these types; evaluates both operands where they need it."""
        first, again, other_is_simple = (a, x, b is y) if left else (b, y, a is x)
        if other_is_simple:
            return self.any_type(first, again, types, p)
        return self.after(self.evaluate_both(a, b, x, y, p), [self.any_type(again, again, types, p)], p)

    def evaluate_both(self, a: py.expr, b: py.expr, x: py.expr, y: py.expr, p: Position) -> py.expr | None:
        """A test that is never true and fills the operands' temporaries in order; None where there are none."""
        if a is x and b is y:
            return None
        if a is not x and b is not y:
            return self.compare(self.compare(a, IS, b, p), IS, const(None, p), p)
        return self.compare(a if a is not x else b, IS, load("$unset", p), p)

    def after(self, evaluated: py.expr | None, checks: list[py.expr], p: Position) -> py.expr:
        return py.BoolOp(op=OR, values=checks if evaluated is None else [evaluated, *checks], **p)

    # ── operands of a float ─────────────────────────────────────────────────────────────────────────────────────

    def float_operand(self, node: ast.Expression, other: ast.Expression, op: str) -> py.expr:
        """An operand whose sum with a float, or quotient, is asked for."""
        return self.for_float(node) if op == "/" or self.kinds.of(other) == FLOAT else self.expression(node)

    def for_float(self, node: ast.Expression) -> py.expr:
        """An expression that becomes part of a float at once.

        Where it is a product, or a sum of products, the factors have to be numbers and the result cannot grow from step to
        step: it needs no guard against repetition or growth, only `+x`, which refuses whatever is no number and costs a tenth
        of a type test.
        """
        inner = ast.strip(node)
        if type(inner) is not ast.Binary or inner.op not in ("*", "+", "-") or (inner.op == "+" and is_text(inner.left, inner.right)):
            return self.expression(node)
        p = self.at(inner)
        if inner.op == "*":
            left, right = self.numeric(inner.left), self.numeric(inner.right)
        elif has_product(inner):
            left, right = self.term(inner.left), self.term(inner.right)
        else:
            return self.expression(node)
        return py.BinOp(left=left, op=OPERATORS[inner.op][0], right=right, **p)

    def term(self, node: ast.Expression) -> py.expr:
        """A term of a sum that becomes part of a float."""
        inner = ast.strip(node)
        if type(inner) is ast.Binary and inner.op in ("*", "+", "-") and has_product(inner):
            return self.for_float(inner)
        return self.numeric(node)

    def numeric(self, node: ast.Expression) -> py.expr:
        kind = self.kinds.of(node)
        value = self.expression(node)
        return value if kind and contains(kind, NUMBER) else py.UnaryOp(op=py.UAdd(), operand=value, **self.at(node))

    # ── comparison ──────────────────────────────────────────────────────────────────────────────────────────────

    def comparison(self, node: ast.Binary, p: Position) -> py.expr:
        """Plain where one side is a scalar: a scalar against a container never recurses (F6)."""
        operator, helper = COMPARISONS[node.op]
        left, right = self.expression(node.left), self.expression(node.right)
        one, other = self.kinds.of(node.left), self.kinds.of(node.right)
        if node.op == "in":
            return self.membership(node, left, right, p)
        ordered = node.op not in ("==", "!=")
        harmless = NUMBER | STR if ordered else SCALAR

        def plain(a: py.expr, b: py.expr) -> py.expr:
            return self.compare(a, operator, b, p)

        if (contains(one, harmless) and one) or (contains(other, harmless) and other):
            return plain(left, right)
        types = ("$Int", "$Float", "$Str") if ordered else ("$Str", "$Int")
        for operand in (node.left, node.right):
            binding = self.facts.names.get(operand) if type(operand) is ast.Name else None
            if ordered and binding is not None and binding in self.flags and (is_short(left) and is_short(right)):
                test = load(python_name(binding.python) + FLAG, p)
                return py.IfExp(test=test, body=plain(left, right), orelse=call(helper, [left, right], p), **p)
        return self.one_checked(left, right, types, plain, helper, p)

    def membership(self, node: ast.Binary, left: py.expr, right: py.expr, p: Position) -> py.expr:
        """`in`, plain for a scalar in an object or a string, and in an array if comparing it with ten million items takes no time (F6)."""
        operator, helper = COMPARISONS["in"]
        one, other = self.kinds.of(node.left), self.kinds.of(node.right)
        scalar = bool(one) and contains(one, NULL | NUMBER | STR)
        literal = ast.strip(node.left)
        cheap = scalar and (contains(one, NULL | BOOL | SMALL | FLOAT) or (type(literal) is ast.String and len(literal.value) <= SHORT))
        kinds, types = (LIST | DICT | STR, ("$List", "$Dict", "$Str")) if cheap else (DICT | STR, ("$Dict", "$Str"))

        def plain(a: py.expr, b: py.expr) -> py.expr:
            return self.compare(a, operator, b, p)

        def guard(a: py.expr, b: py.expr, x: py.expr, y: py.expr) -> py.expr:
            if scalar:
                return self.checked_type(a, b, x, y, types, p, left=False)
            both = py.BoolOp(op=AND, values=[self.any_type(x, x, ("$Str", "$Int"), p), self.any_type(y, y, types, p)], **p)
            evaluated = self.evaluate_both(a, b, x, y, p)
            return both if evaluated is None else self.after(evaluated, [both], p)

        if scalar and other and contains(other, kinds):
            return plain(left, right)
        return self.guarded(left, right, guard, plain, helper, p)

    # ── text ────────────────────────────────────────────────────────────────────────────────────────────────────

    def text_parts(self, *nodes: ast.Expression) -> list[tuple[py.expr | str, int]]:
        """The operands of a string-building chain, templates opened, each with its kind; literals as Python strings."""
        operands = chain(nodes[0]) if len(nodes) == 1 else nodes
        parts: list[tuple[py.expr | str, int]] = []
        for operand in operands:
            if type(operand) is ast.String:
                parts.append((operand.value, STR))
            elif type(operand) is ast.Template:
                parts += [(one, STR) if isinstance(one, str) else (self.expression(one), self.kinds.of(one)) for one in operand.parts]
            else:
                parts.append((self.expression(operand), self.kinds.of(operand)))
        return parts

    def text(self, parts: list[tuple[py.expr | str, int]], p: Position) -> py.expr:
        """An f-string over display forms; `$concat` where many parts could be long."""
        if all(isinstance(part, str) for part, _ in parts):
            return const("".join(part for part, _ in parts), p)  # type: ignore[misc]  # all are strings
        unbounded = sum(not isinstance(part, str) and not contains(kind, SMALL | FLOAT) for part, kind in parts)
        if unbounded > UNCHECKED_PARTS:
            return call("$concat", [const(part, p) if isinstance(part, str) else part for part, _ in parts], p)
        values = [const(part, p) if isinstance(part, str) else self.shown(part, kind, p) for part, kind in parts]
        made = py.JoinedStr(values=values, **p)
        if unbounded < 2:
            return made
        first, again = self.twice(made, p)
        short = self.compare(call("$size", [first], p), py.LtE(), const(TEXT_LIMIT, p), p)
        return py.IfExp(test=short, body=again, orelse=call("$concat", [again], p), **p)

    def shown(self, value: py.expr, kind: int, p: Position) -> py.expr:
        """One part of an f-string: raw only where it is known to be text or a small int (F23)."""
        if not kind or not contains(kind, STR | SMALL | FLOAT):
            first, again = self.twice(value, p)
            value = py.IfExp(test=self.is_type(first, "$Str", p), body=again, orelse=call("$display", [again], p), **p)
        return py.FormattedValue(value=value, conversion=-1, format_spec=None, **p)

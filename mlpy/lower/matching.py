"""`match`: a chain of tests over one subject, as statements where arms are blocks, else as one conditional expression."""

from __future__ import annotations

import _ast as py

from mlpy import ast
from mlpy.lower.guards import Guards
from mlpy.lower.nodes import AND, IS, IS_NOT, LOAD, NOT, OR, call, const, load, store
from mlpy.lower.traits import required_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlpy.lower.nodes import Position

ARMS_A_CHAIN = 100  # CPython compiles about 900 levels of nesting


class Matching(Guards):
    """Arms and patterns."""

    # ── arms ────────────────────────────────────────────────────────────────────────────────────────────────────

    def match_statement(self, node: ast.Match) -> None:
        """An if-chain; an arm that is a block is a block of the enclosing function."""

        def body(arm: ast.Arm) -> list[py.stmt]:
            if isinstance(arm.body, ast.Block):
                return self.body(arm.body)
            value = arm.body
            return self.suite(lambda: self.statement(ast.ExpressionStatement(value.start, value.end, value)))

        self.match_chain(node, body)

    def match_value(self, node: ast.Match, result: str) -> None:
        """An if-chain whose arms assign to `result`; null when nothing matches."""
        self.assign_name(result, const(None, self.at(node)), self.at(node))

        def body(arm: ast.Arm) -> list[py.stmt]:
            assert isinstance(arm.body, ast.Expression), "the parser allows blocks in statements only"
            value = arm.body
            if type(value) is ast.Match:
                return self.suite(lambda: self.match_value(value, result))
            return self.suite(lambda: self.assign_name(result, self.expression(value), self.at(arm)))

        self.match_chain(node, body)

    def match_chain(self, node: ast.Match, body: Callable[[ast.Arm], list[py.stmt]]) -> None:
        p = self.at(node)
        subject = self.held(node.subject)
        groups = [node.arms[at : at + ARMS_A_CHAIN] for at in range(0, len(node.arms), ARMS_A_CHAIN)]
        if len(groups) == 1:
            self.out.append(self.arm_chain(groups[0], subject, body, []) or py.Pass(**p))
            return
        found = self.temporary()
        self.assign_name(found, const(value=False, p=p), p)
        for group in groups:
            missed: list[py.stmt] = [py.Assign(targets=[store(found, p)], value=const(value=False, p=p), **p)]
            chain = self.arm_chain(group, subject, body, missed)
            hit = py.Assign(targets=[store(found, p)], value=const(value=True, p=p), **p)
            assert chain is not None, "a group has arms"
            self.out.append(py.If(test=py.UnaryOp(op=NOT, operand=load(found, p), **p), body=[hit, chain], orelse=[], **p))

    def arm_chain(self, arms: list[ast.Arm], subject: py.expr, body: Callable[[ast.Arm], list[py.stmt]], orelse: list[py.stmt]) -> py.stmt | None:
        made: py.stmt | None = None
        tests = [(arm, self.arm_test(arm, subject), body(arm)) for arm in arms]
        for arm, test, statements in reversed(tests):
            p = self.at(arm)
            made = py.If(test=test, body=statements or [py.Pass(**p)], orelse=orelse, **p)
            orelse = [made]
        return made

    def lower_match(self, node: ast.Match) -> py.expr:
        """A match inside an expression: a conditional over the arms, in groups where there are many."""
        p = self.at(node)
        value = self.expression(node.subject)
        subject = self.temporary()
        opened = [(self.arm_test(arm, load(subject, p)), self.expression(arm.body), self.at(arm)) for arm in node.arms]  # type: ignore[arg-type]  # an expression
        result: py.expr = const(None, p)
        for at in range((len(opened) - 1) // ARMS_A_CHAIN * ARMS_A_CHAIN, -1, -ARMS_A_CHAIN):
            last = at + ARMS_A_CHAIN >= len(opened)
            conditional = result if last else load("$unset", p)
            for test, body, q in reversed(opened[at : at + ARMS_A_CHAIN]):
                conditional = py.IfExp(test=test, body=body, orelse=conditional, **q)
            if last:
                result = conditional
            else:
                first, again = self.twice(conditional, p)
                result = py.IfExp(test=self.compare(first, IS_NOT, load("$unset", p), p), body=again, orelse=result, **p)
        filled = self.compare(py.NamedExpr(target=store(subject, p), value=value, **p), IS, load("$unset", p), p)
        return py.IfExp(test=filled, body=const(None, p), orelse=result, **p)

    def arm_test(self, arm: ast.Arm, subject: py.expr) -> py.expr:
        p = self.at(arm.pattern)
        tests = list(self.tests_of(arm.pattern, subject))
        if arm.guard is not None:
            tests.append(self.expression(arm.guard))
        if not tests:
            return const(value=True, p=p)
        return tests[0] if len(tests) == 1 else py.BoolOp(op=AND, values=tests, **p)

    # ── patterns ────────────────────────────────────────────────────────────────────────────────────────────────

    def tests_of(self, pattern: ast.Pattern, value: py.expr) -> Iterator[py.expr]:
        """The conditions under which a value fits a pattern, in order; binding a name is a condition that holds."""
        p = self.at(pattern)
        if type(pattern) is ast.LiteralPattern:
            yield from self.tests_of_literal(pattern, value, p)
        elif type(pattern) is ast.Target:
            name = self.target_name(pattern)
            yield self.compare(py.NamedExpr(target=store(name, p), value=value, **p), IS, load(name, p), p)
        elif type(pattern) is ast.ArrayPattern:
            yield from self.tests_of_array(pattern, value, p)
        elif type(pattern) is ast.ObjectPattern:
            yield from self.tests_of_object(pattern, value, p)
        elif type(pattern) is ast.OrPattern:
            options = []
            for option in pattern.options:
                tests = list(self.tests_of(option, value))
                options.append(py.BoolOp(op=AND, values=tests, **p) if len(tests) > 1 else tests[0] if tests else const(value=True, p=p))
            yield py.BoolOp(op=OR, values=options, **p)

    def tests_of_literal(self, pattern: ast.LiteralPattern, value: py.expr, p: Position) -> Iterator[py.expr]:
        literal = self.expression(pattern.value)
        if type(pattern.value) in (ast.Null, ast.Boolean):
            yield self.compare(value, IS, literal, p)
        else:
            if type(pattern.value) is not ast.String:
                yield py.Compare(left=self.type_of(value, p), ops=[IS_NOT], comparators=[load("$Bool", p)], **p)
            yield self.compare(value, py.Eq(), literal, p)

    def tests_of_array(self, pattern: ast.ArrayPattern, value: py.expr, p: Position) -> Iterator[py.expr]:
        items = pattern.items
        rest = next((index for index, item in enumerate(items) if type(item) is ast.Rest), None)
        count, required = len(items) - (rest is not None), required_items(items)
        yield self.is_type(value, "$List", p)
        size = call("$size", [value], p)
        if rest is None and required == count:
            yield self.compare(size, py.Eq(), const(count, p), p)
        else:
            if required:
                yield self.compare(size, py.GtE(), const(required, p), p)
            if rest is None:
                yield self.compare(size, py.LtE(), const(count, p), p)
        for index, item in enumerate(items):
            if type(item) is ast.Rest:
                after = len(items) - index - 1
                cut = py.Slice(lower=const(index, p), upper=const(-after, p) if after else None, step=None, **p)
                yield from self.tests_of(item.target, py.Subscript(value=value, slice=cut, ctx=LOAD, **p))
            elif type(item) is ast.Element:
                at = index if rest is None or index < rest else index - len(items)
                part: py.expr = py.Subscript(value=value, slice=const(at, p), ctx=LOAD, **p)
                if item.default is not None:
                    present = self.compare(size, py.Gt(), const(index, p), p)
                    part = py.IfExp(test=present, body=part, orelse=self.expression(item.default), **p)
                yield from self.tests_of_part(item.pattern, part, p)

    def tests_of_object(self, pattern: ast.ObjectPattern, value: py.expr, p: Position) -> Iterator[py.expr]:
        yield self.is_type(value, "$Dict", p)
        for field in pattern.fields_:
            key = const(field.key, p)
            part: py.expr = py.Subscript(value=value, slice=key, ctx=LOAD, **p)
            present = self.compare(key, py.In(), value, p)
            if field.default is None:
                yield present
            else:
                part = py.IfExp(test=present, body=part, orelse=self.expression(field.default), **p)
            yield from self.tests_of_part(field.pattern, part, p)
        if pattern.rest is not None:
            keys = const(tuple(field.key for field in pattern.fields_), p)
            yield from self.tests_of(pattern.rest.target, call("$rest_object", [value, keys], p))

    def tests_of_part(self, pattern: ast.Pattern, part: py.expr, p: Position) -> Iterator[py.expr]:
        """Tests a part of a value; a pattern that looks at it more than once gets it in a temporary."""
        if type(pattern) in (ast.Target, ast.Wildcard):
            yield from self.tests_of(pattern, part)
            return
        name = self.temporary()
        yield self.compare(py.NamedExpr(target=store(name, p), value=part, **p), IS, load(name, p), p)
        yield from self.tests_of(pattern, load(name, p))

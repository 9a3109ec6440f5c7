"""AST → Python ast, one method a construct.

Enters a checked module with its facts; leaves an `_ast.Module` whose every node carries its ML position. A program becomes
the body of one function, so that its top-level names are fast locals; a session's cell becomes module-level code over the
session's namespace. `mlpy emit py FILE` shows what a program becomes; docs/design/decisions.md says why.

This file has the constructs, one after the other. The larger ones have files of their own below it: `assignment.py`,
`matching.py`, `guards.py` (operators and text), `emitter.py` (what all share).

Three habits carry them. A guard tests an operand's type inline and leaves everything unusual to a helper (`$add`), so
that the common case costs a few nanoseconds. An operand that a guard mentions twice is a name, a constant or a temporary
(`$t1`), so nothing is evaluated twice. Functions that need statements are defined just before the statement that uses them.
"""

from __future__ import annotations

import _ast as py

from mlpy import ast
from mlpy.analysis.facts import exported
from mlpy.lower.assignment import Assignments
from mlpy.lower.flags import flagged
from mlpy.lower.kinds import DICT, FLOAT, HANDLE, LIST, SMALL, STR, contains, is_text
from mlpy.lower.names import MAIN, TESTS, TWIN, VALUE, VIEW, python_name
from mlpy.lower.nodes import AND, COMPARISONS, DEL, IS, IS_NOT, LOAD, NOT, OR, STORE, call, const, function, is_simple, load, store
from mlpy.lower.traits import constant, is_constant, is_fraction, is_leaf, leaves_early, positional, reads_members, split_result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.analysis.facts import Binding, Facts
    from mlpy.lower.nodes import Position
    from mlpy.source import Source

FEW_SPREADS = 4  # an array literal with more is sized before it is made
MAX_SHARED = 40  # how large the arguments may be that stand in both branches of an inlined method call

# Methods that are inlined behind a type test: name → (Python's name, least and most arguments, what the arguments must be). Only
# those that run in constant or linear time, call nothing back, compare nothing deeply and give V1 values of bounded size.
LIST_METHODS: dict[str, tuple[str, int, int, str]] = {
    "append": ("append", 1, 1, "any"),
    "push": ("append", 1, 1, "any"),
    "pop": ("pop", 0, 1, "any"),
    "insert": ("insert", 2, 2, "any"),
    "reverse": ("reverse", 0, 0, "any"),
    "clear": ("clear", 0, 0, "any"),
    "copy": ("copy", 0, 0, "any"),
}
STRING_METHODS: dict[str, tuple[str, int, int, str]] = {
    "upper": ("upper", 0, 0, "any"),
    "lower": ("lower", 0, 0, "any"),
    "strip": ("strip", 0, 0, "any"),
    "trim": ("strip", 0, 0, "any"),
    "startswith": ("startswith", 1, 1, "text"),
    "startsWith": ("startswith", 1, 1, "text"),
    "endswith": ("endswith", 1, 1, "text"),
    "endsWith": ("endswith", 1, 1, "text"),
    "isdigit": ("isdigit", 0, 0, "any"),
    "isalpha": ("isalpha", 0, 0, "any"),
    "isalnum": ("isalnum", 0, 0, "any"),
    "isspace": ("isspace", 0, 0, "any"),
    "split": ("split", 0, 1, "parts"),
    "count": ("count", 1, 1, "separator"),
    "replace": ("replace", 2, 2, "shrinking"),
    "ljust": ("ljust", 1, 1, "width"),
    "rjust": ("rjust", 1, 1, "width"),
    "zfill": ("zfill", 1, 1, "width"),
}
WIDEST = 1000
MOST_PARTS = 1_000_000  # a text of no more characters has no more parts


def lower(
    module: ast.Module,
    source: Source,
    facts: Facts,
    *,
    methods: frozenset[str],
    inputs: tuple[str, ...] = (),
    session: bool = False,
    fuel: bool = False,
    tests: bool = False,
) -> py.Module:
    """The Python of a module that the checker found no error in.

    `methods` are the names of array and string methods; `inputs` the names that the host gives; `fuel` makes loops and
    function entries burn the step limit; `tests` keeps the test blocks.
    """
    return Lowerer(module, source, facts, methods, session=session, fuel=fuel, tests=tests).module(module, inputs)


class Lowerer(Assignments):
    """One method a construct."""

    # ── the whole file ──────────────────────────────────────────────────────────────────────────────────────────

    def module(self, module: ast.Module, inputs: tuple[str, ...]) -> py.Module:
        p: Position = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
        body, result = split_result(module.body)
        if self.session:
            self.declare_presets(p)
            self.block(body)
            if result is not None:
                self.temporaries = 0
                self.assign_name(VALUE, self.expression(result.value), self.at(result))
            return py.Module(body=self.out, type_ignores=[])
        main = self.suite(lambda: self.main(body, result, p))
        arguments = py.arguments(posonlyargs=[], args=[py.arg(python_name(name), **p) for name in inputs], kwonlyargs=[], kw_defaults=[], defaults=[])
        return py.Module(body=[function(MAIN, arguments, main, p)], type_ignores=[])

    def main(self, body: list[ast.Statement], result: ast.ExpressionStatement | None, p: Position) -> None:
        self.declare_presets(p)
        self.assign_name(VALUE, const(None, p), p)
        if self.tests:
            self.assign_name(TESTS, py.List(elts=[], ctx=LOAD, **p), p)
        self.block(body)
        if result is not None:
            if type(result.value) is ast.Match:
                self.match_value(result.value, VALUE)
            else:
                self.assign_name(VALUE, self.expression(result.value), self.at(result))
        exports, uncertain = self.exports()
        made = py.Dict(keys=[const(name, p) for name, _ in exports], values=[load(python, p) for _, python in exports], **p)
        results: list[py.expr] = [load(VALUE, p), made]
        if uncertain:
            self.assign_name("$exports", made, p)
            for binding in uncertain:
                self.export_if_assigned(binding, p)
            results[1] = load("$exports", p)
        if self.tests:
            results.append(load(TESTS, p))
        self.out.append(py.Return(value=py.Tuple(elts=results, ctx=LOAD, **p), **p))

    def exports(self) -> tuple[list[tuple[str, str]], list[Binding]]:
        """The exported names with their Python names, where they are surely assigned at the end; and the others."""
        certain: list[tuple[str, str]] = []
        uncertain: list[Binding] = []
        for binding in self.root.bindings.values():
            if not exported(binding):
                continue
            if binding.name in self.facts.assigned_at_end:
                certain.append((binding.name, python_name(binding.python)))
            else:
                uncertain.append(binding)
        return certain, uncertain

    def export_if_assigned(self, binding: Binding, p: Position) -> None:
        python = python_name(binding.python)
        target = py.Subscript(value=load("$exports", p), slice=const(binding.name, p), ctx=STORE, **p)
        handler = py.ExceptHandler(type=load("$NameError", p), name=None, body=[py.Pass(**p)], **p)
        assign: py.stmt = py.Assign(targets=[target], value=load(python, p), **p)
        if binding in self.facts.preset:
            assign = py.If(test=self.compare(load(python, p), IS_NOT, load("$" + binding.name, p), p), body=[assign], orelse=[], **p)
        self.out.append(py.Try(body=[assign], handlers=[handler], orelse=[], finalbody=[], **p))

    def declare_presets(self, p: Position) -> None:
        """Variables with a builtin's name begin as that; names that only inner functions bind are made local here."""
        for binding in self.scope.bindings.values():
            name = python_name(binding.python)
            if binding in self.facts.preset:
                self.assign_name(name, load("$" + binding.name, p), p)
            elif binding in self.facts.outer_only:
                self.assign_name(name, const(None, p), p)
                self.out.append(py.Delete(targets=[py.Name(id=name, ctx=DEL, **p)], **p))

    # ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def body(self, block: ast.Block) -> list[py.stmt]:
        made = self.suite(lambda: self.block(block.body))
        return made or [py.Pass(**self.at(block))]

    def block(self, statements: list[ast.Statement]) -> None:
        for statement in statements:
            if statement in self.facts.hoisted:
                self.statement(statement)
        for statement in statements:
            if type(statement) is ast.CapabilityDeclaration:
                self.lower_capability_declaration(statement)
        for statement in statements:
            if statement not in self.facts.hoisted:
                self.statement(statement)

    def statement(self, node: ast.Statement) -> None:
        taken = self.temporaries
        STATEMENTS[type(node)](self, node)
        self.temporaries = taken

    # ── simple statements ───────────────────────────────────────────────────────────────────────────────────────

    def lower_nothing(self, node: ast.Statement) -> None:
        """`;`, `type` (never evaluated), `nonlocal` (collected per function), and `capability` (made first)."""

    def lower_expression_statement(self, node: ast.ExpressionStatement) -> None:
        value = node.value
        if type(value) is ast.Match:
            self.match_statement(value)
        elif type(value) is not ast.String:  # a string that stands first would become a docstring
            self.out.append(py.Expr(value=self.expression(value), **self.at(node)))

    def lower_break(self, node: ast.Break) -> None:
        self.out.append(py.Break(**self.at(node)))

    def lower_continue(self, node: ast.Continue) -> None:
        self.out.append(py.Continue(**self.at(node)))

    def lower_return(self, node: ast.Return) -> None:
        p = self.at(node)
        if type(node.value) is ast.Match:
            result = self.temporary()
            self.match_value(node.value, result)
            self.out.append(py.Return(value=load(result, p), **p))
        else:
            self.out.append(py.Return(value=None if node.value is None else self.expression(node.value), **p))

    def lower_throw(self, node: ast.Throw) -> None:
        p = self.at(node)
        helper = "$thrown" if type(node.value) is ast.Object else "$raise"  # an object that nobody else holds need not be copied
        self.out.append(py.Raise(exc=call(helper, [self.expression(node.value)], p), cause=None, **p))

    def lower_assert(self, node: ast.Assert) -> None:
        p = self.at(node)
        message = const(None, p) if node.message is None else self.expression(node.message)
        test = ast.strip(node.test)
        if type(test) is ast.Binary and test.op in COMPARISONS:
            left, right = self.temporary(), self.temporary()
            self.assign_name(left, self.expression(test.left), self.at(test.left))
            self.assign_name(right, self.expression(test.right), self.at(test.right))
            one, other = load(left, p), load(right, p)
            holds: py.expr = call(COMPARISONS[test.op][1], [one, other], self.at(test))
            failure = call("$assertion_pair", [const(test.op, p), one, other, message], p)
        else:
            holds = self.expression(node.test)
            failure = call("$assertion", [message], p)
        self.out.append(py.If(test=py.UnaryOp(op=NOT, operand=holds, **p), body=[py.Raise(exc=failure, cause=None, **p)], orelse=[], **p))

    def lower_import(self, node: ast.Import) -> None:
        p = self.at(node)
        name = python_name(node.alias or node.path[0])
        self.assign_name(name, call("$import", [const(".".join(node.path), p), const(node.alias is None, p)], p), p)
        read = self.viewed.get(node)
        if read:
            self.assign_name(VIEW + name, call("$view", [load(name, p), const(read, p)], p), p)

    def lower_capability_declaration(self, node: ast.CapabilityDeclaration) -> None:
        p = self.at(node)
        kinds = const(tuple((one.kind, one.target) for one in node.allows), p)
        resources = const(tuple(one.value for one in node.resources), p)
        self.assign_name(python_name(node.name), call("$capability", [const(node.name, p), kinds, resources], p), p)

    def lower_test(self, node: ast.Test) -> None:
        if not self.tests:
            return
        p = self.at(node)
        name = self.function_name("test")
        self.define(node, name, [], node.body, None)
        entry = py.Tuple(elts=[const(node.name, p), load(name, p)], ctx=LOAD, **p)
        self.out.append(py.Expr(value=py.Call(func=py.Attribute(value=load(TESTS, p), attr="append", ctx=LOAD, **p), args=[entry], keywords=[], **p), **p))

    # ── control flow ────────────────────────────────────────────────────────────────────────────────────────────

    def lower_if(self, node: ast.If) -> None:
        p = self.at(node)
        orelse: list[py.stmt] = []
        test = self.expression(node.test)
        body = self.body(node.body)
        branch = node.orelse
        if isinstance(branch, ast.If):
            orelse = self.suite(lambda: self.statement(branch))
        elif branch is not None:
            orelse = self.body(branch)
        self.out.append(py.If(test=test, body=body, orelse=orelse, **p))

    def lower_while(self, node: ast.While) -> None:
        p = self.at(node)
        always = type(node.test) is ast.Boolean and node.test.value

        def fill() -> None:
            if not always:
                t = self.at(node.test)
                test = self.expression(node.test)
                self.out.append(py.If(test=py.UnaryOp(op=NOT, operand=test, **t), body=[py.Break(**t)], orelse=[], **t))
            self.block(node.body.body)

        body = self.suite(fill) or [py.Pass(**p)]
        if self.fuel:
            self.out.append(py.For(target=store("$step", p), iter=load("$fuel", p), body=body, orelse=[self.exhausted(p)], **p))
        else:
            self.out.append(py.While(test=const(value=True, p=p), body=body, orelse=[], **p))

    def lower_for(self, node: ast.For) -> None:
        p = self.at(node)
        iterable = self.walked(node)
        targets: list[py.expr] = []
        unpacked: list[tuple[ast.Pattern, str]] = []
        for pattern in node.targets:
            if type(pattern) is ast.Target and type(pattern.place) is ast.Name:
                targets.append(store(self.target_name(pattern), self.at(pattern)))
            else:
                name = self.temporary()
                targets.append(store(name, self.at(pattern)))
                unpacked.append((pattern, name))
        target = targets[0] if len(targets) == 1 else py.Tuple(elts=targets, ctx=STORE, **p)

        def fill() -> None:
            for pattern, name in unpacked:
                self.assign_pattern(pattern, load(name, self.at(pattern)))
            self.block(node.body.body)

        body = self.suite(fill) or [py.Pass(**p)]
        orelse: list[py.stmt] = []
        if self.fuel:
            prepaid = type(iterable) is py.Call and getattr(iterable.func, "id", "") == "$range_" and not leaves_early(node.body)
            iterable = call("$paid" if prepaid else "$compress_", [iterable, load("$fuel", p)], p)
            orelse = [self.exhausted(p)]
        self.out.append(py.For(target=target, iter=iterable, body=body, orelse=orelse, **p))

    def walked(self, node: ast.For) -> py.expr:
        """What a `for` iterates: `range(…)` lazily, an array as it is, anything else through a helper."""
        source = ast.strip(node.iterable)
        p = self.at(node.iterable)
        single = len(node.targets) == 1
        if single and type(source) is ast.Call and self.is_builtin(source.callee, "range") and 1 <= len(source.args) <= 3 and positional(source.args):
            return call("$range_", [self.expression(one) for one in source.args], p)  # type: ignore[arg-type]  # positional
        value = self.expression(node.iterable)
        if contains(self.kinds.of(node.iterable), LIST):
            return value if single else call("$enumerate_", [value], p)
        first, again = self.twice(value, p)
        plain = again if single else call("$enumerate_", [again], p)
        slow = call("$iterate" if single else "$pairs", [again], p)
        return py.IfExp(test=self.is_type(first, "$List", p), body=plain, orelse=slow, **p)

    def exhausted(self, p: Position) -> py.stmt:
        return py.Expr(value=call("$exhausted", [], p), **p)

    def lower_try(self, node: ast.Try) -> None:
        p = self.at(node)
        body = self.body(node.body)
        handlers = [self.handler(node.handlers[0])] if node.handlers else []
        final: list[py.stmt] = []
        if node.final is not None:
            # After a limit no ML code runs (F1): `$alive` is false from before the limit is raised.
            alive = py.BoolOp(op=OR, values=[load("$alive", p), call("$still", [], p)], **p)
            final = [py.If(test=alive, body=self.body(node.final), orelse=[], **p)]
        self.out.append(py.Try(body=body, handlers=handlers, orelse=[], finalbody=final, **p))

    def handler(self, node: ast.Handler) -> py.ExceptHandler:
        p = self.at(node)
        caught = self.temporary()

        binding = self.facts.targets.get(node)
        used = node.name is not None and (binding is None or binding.used)

        def fill() -> None:
            if used:
                helper = "$caught_members" if binding is not None and reads_members(node, binding, self.facts) else "$caught"
                self.assign_name(python_name(self.facts.renamed.get(node, node.name or "")), call(helper, [load(caught, p)], p), p)
            else:
                self.out.append(py.Expr(value=call("$passed", [load(caught, p)], p), **p))
            self.block(node.body.body)

        return py.ExceptHandler(type=load("$Exception", p), name=caught, body=self.suite(fill), **p)

    def lower_with(self, node: ast.WithCapability) -> None:
        p = self.at(node)
        manager = call("$narrow", [self.expression(one) for one in node.capabilities], p)
        self.out.append(py.With(items=[py.withitem(context_expr=manager, optional_vars=None)], body=self.body(node.body), **p))

    # ── functions ───────────────────────────────────────────────────────────────────────────────────────────────

    def lower_function(self, node: ast.FunctionDeclaration) -> None:
        binding = self.facts.targets.get(node)
        name = python_name(binding.python if binding is not None else node.name)
        self.define(node, name, node.params, node.body, node.doc)
        if node in self.kinds.twins:
            self.kinds.inside = node
            self.define(node, name + TWIN, node.params, node.body, node.doc)
            self.kinds.inside = None

    def define(self, node: ast.FunctionDeclaration | ast.Arrow | ast.Test, name: str, params: list[ast.Parameter], body: ast.Block | ast.Expression, doc: str | None) -> None:
        """Appends the `def` of a function."""
        p = self.at(node)
        outer, self.scope = self.scope, self.facts.scopes[node]
        taken, self.temporaries = self.temporaries, 0
        flags, self.flags = self.flags, flagged(body, self.scope, self.facts)

        def fill() -> None:
            if doc is not None:
                self.out.append(py.Expr(value=const(doc, p), **p))
            self.declare_outer(p)
            self.declare_presets(p)
            if self.fuel and not is_leaf(body, self.facts):
                self.out.append(py.For(target=store("$step", p), iter=load("$fuel", p), body=[py.Break(**p)], orelse=[self.exhausted(p)], **p))
            self.fill_parameters(params)
            for one in params:
                self.flag(self.scope.bindings[one.name], self.at(one))
            if isinstance(body, ast.Block):
                self.block(body.body)
            else:
                self.lower_return(ast.Return(body.start, body.end, body))

        made = self.suite(fill) or [py.Pass(**p)]
        self.scope, self.temporaries, self.flags = outer, taken, flags
        self.out.append(function(name, self.arguments(params), made, p))

    def declare_outer(self, p: Position) -> None:
        """`nonlocal`; `global` for a session's top-level names."""
        names = [python_name(name) for name in sorted(self.scope.nonlocals)]
        top = [name for name in names if self.session and not self.binds_between(name)]
        inner = [name for name in names if name not in top]
        if top:
            self.out.append(py.Global(names=top, **p))
        if inner:
            self.out.append(py.Nonlocal(names=inner, **p))

    def binds_between(self, name: str) -> bool:
        """Whether a function round this one, below the top level, binds the Python name."""
        scope = self.scope.parent
        while scope is not None and scope.parent is not None:
            if any(python_name(binding.python) == name for binding in scope.bindings.values()):
                return True
            scope = scope.parent
        return False

    def arguments(self, params: list[ast.Parameter]) -> py.arguments:
        """The Python signature: exactly the declared parameters (F19). Defaults that are not constants come from `$unset`."""
        plain = [one for one in params if not one.rest]
        rest = next((one for one in params if one.rest), None)
        args = [py.arg(python_name(one.name), **self.at(one)) for one in plain]
        defaults = [self.default(one.default) for one in plain if one.default is not None]
        vararg = None if rest is None else py.arg(python_name(rest.name), **self.at(rest))
        return py.arguments(posonlyargs=[], args=args, vararg=vararg, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=defaults)

    def default(self, node: ast.Expression) -> py.expr:
        p = self.at(node)
        return const(constant(node), p) if is_constant(node) else load("$unset", p)

    def fill_parameters(self, params: list[ast.Parameter]) -> None:
        """Evaluates defaults at the call; makes the array of a rest parameter (Python's is a tuple, F18)."""
        for one in params:
            p = self.at(one)
            name = python_name(one.name)
            if one.rest:
                self.assign_name(name, py.List(elts=[py.Starred(value=load(name, p), ctx=LOAD, **p)], ctx=LOAD, **p), p)
            elif one.default is not None and not is_constant(one.default):
                body = self.suite(lambda name=name, one=one, p=p: self.assign_name(name, self.expression(one.default), p))  # type: ignore[misc]  # bound now
                self.out.append(py.If(test=self.compare(load(name, p), IS, load("$unset", p), p), body=body, orelse=[], **p))

    def lower_arrow(self, node: ast.Arrow) -> py.expr:
        """A lambda where the body is one expression; else a function defined before the statement."""
        simple = (
            not isinstance(node.body, ast.Block)
            and (not self.fuel or is_leaf(node.body, self.facts))
            and all(one.default is None or is_constant(one.default) for one in node.params)
        )
        if simple and not any(one.rest for one in node.params) and type(node.body) is not ast.Match:
            outer, self.scope = self.scope, self.facts.scopes[node]
            taken, self.temporaries = self.temporaries, 0
            made: list[py.expr] = []
            needed = self.suite(lambda: made.append(self.expression(node.body)))  # type: ignore[arg-type]  # not a block
            self.scope, self.temporaries = outer, taken
            if not needed:
                return py.Lambda(args=self.arguments(node.params), body=made[0], **self.at(node))
        name = self.function_name("fn")
        self.define(node, name, node.params, node.body, None)
        return load(name, self.at(node))

    def function_name(self, stem: str) -> str:
        self.functions += 1
        return f"${stem}{self.functions}"

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────

    def expression(self, node: ast.Expression) -> py.expr:
        opened = self.opened.get(node)
        if opened is not None:
            return opened
        return EXPRESSIONS[type(node)](self, node)

    def lower_null(self, node: ast.Null) -> py.expr:
        return const(None, self.at(node))

    def lower_value(self, node: ast.Boolean | ast.Number | ast.String) -> py.expr:
        return const(node.value, self.at(node))

    def lower_group(self, node: ast.Group) -> py.expr:
        return self.expression(node.value)

    def lower_name(self, node: ast.Name) -> py.expr:
        p = self.at(node)
        if node in self.facts.names and self.facts.names[node] is None:
            return load("$" + node.id, p)
        return load(self.read_name(node), p)

    def lower_template(self, node: ast.Template) -> py.expr:
        return self.text(self.text_parts(node), self.at(node))

    def lower_array(self, node: ast.Array) -> py.expr:
        p = self.at(node)
        parts: list[py.expr] = [self.spread(one) if type(one) is ast.Spread else self.expression(one) for one in node.items]
        spreads = sum(type(one) is ast.Spread for one in node.items)
        if spreads > FEW_SPREADS:
            return call("$list_", [part.value if type(part) is py.Starred else py.List(elts=[part], ctx=LOAD, **p) for part in parts], p)
        made = py.List(elts=parts, ctx=LOAD, **p)
        return call("$list_", [made], p) if spreads else made

    def spread(self, node: ast.Spread) -> py.expr:
        p = self.at(node)
        value = self.expression(node.value)
        if not contains(self.kinds.of(node.value), LIST):
            first, again = self.twice(value, p)
            value = py.IfExp(test=self.is_type(first, "$List", p), body=again, orelse=call("$spread", [again], p), **p)
        return py.Starred(value=value, ctx=LOAD, **p)

    def lower_object(self, node: ast.Object) -> py.expr:
        keys: list[py.expr | None] = []
        values: list[py.expr] = []
        for entry in node.entries:
            p = self.at(entry)
            if type(entry) is ast.Spread:
                keys.append(None)
                first, again = self.twice(self.expression(entry.value), p)
                values.append(py.IfExp(test=self.is_type(first, "$Dict", p), body=again, orelse=call("$spread_object", [again], p), **p))
            else:
                keys.append(self.key(entry))  # type: ignore[arg-type]  # a Property
                values.append(self.expression(entry.value))
        return py.Dict(keys=keys, values=values, **self.at(node))

    def key(self, node: ast.Property) -> py.expr:
        key = self.expression(node.key)
        if not node.computed or contains(self.kinds.of(node.key), STR):
            return key
        p = self.at(node.key)
        first, again = self.twice(key, p)
        return py.IfExp(test=self.is_type(first, "$Str", p), body=again, orelse=call("$key", [again], p), **p)

    def lower_unary(self, node: ast.Unary) -> py.expr:
        p = self.at(node)
        operand = self.expression(node.operand)
        if node.op == "-" and type(operand) is py.Constant and type(operand.value) in (int, float):
            return const(-operand.value, p)  # type: ignore[operator]  # a number
        return py.UnaryOp(op=NOT if node.op == "!" else py.USub(), operand=operand, **p)

    def lower_conditional(self, node: ast.Conditional) -> py.expr:
        return py.IfExp(test=self.expression(node.test), body=self.expression(node.then), orelse=self.expression(node.orelse), **self.at(node))

    def lower_binary(self, node: ast.Binary) -> py.expr:
        p, op = self.at(node), node.op
        if op in ("&&", "||"):
            return py.BoolOp(op=AND if op == "&&" else OR, values=[self.expression(node.left), self.expression(node.right)], **p)
        if op == "??":
            first, again = self.twice(self.expression(node.left), p)
            return py.IfExp(test=self.compare(first, IS_NOT, const(None, p), p), body=again, orelse=self.expression(node.right), **p)
        if op in COMPARISONS:
            return self.comparison(node, p)
        if op == "+" and is_text(node.left, node.right):
            return self.text(self.text_parts(node), p)
        if op in ("+", "-", "/"):
            left, right = self.float_operand(node.left, node.right, op), self.float_operand(node.right, node.left, op)
        elif op == "**" and is_fraction(node.right):
            left, right = self.for_float(node.left), self.expression(node.right)
        else:
            left, right = self.expression(node.left), self.expression(node.right)
        return self.arithmetic(op, left, right, self.kinds.of(node.left), self.kinds.of(node.right), p, node.right, left_node=node.left)

    # ── members, items, calls ───────────────────────────────────────────────────────────────────────────────────

    def lower_member(self, node: ast.Member) -> py.expr:
        chained = self.optional_chain(node)
        if chained is not None:
            return chained
        p = self.at(node)
        if node in self.of_views:
            return py.Attribute(value=load(VIEW + self.read_name(node.object), p), attr=VIEW + node.name, ctx=LOAD, **p)  # type: ignore[arg-type]  # a Name
        owner = self.expression(node.object)
        if node.name != "length":
            return self.get(owner, node.name, p)
        kind = self.kinds.of(node.object)
        if contains(kind, LIST | STR) and kind:
            return call("$size", [owner], p)
        first, again = self.twice(owner, p)
        test = self.any_type(first, again, ("$List", "$Str"), p)
        return py.IfExp(test=test, body=call("$size", [again], p), orelse=call("$member", [again, const("length", p)], p), **p)

    def get(self, owner: py.expr, name: str, p: Position) -> py.expr:
        """`owner.get("name")`: only objects and our handles have a `get`."""
        if type(owner) is py.Constant:  # a literal has no members; the helper says so in ML's words
            return call("$member", [owner, const(name, p)], p)
        return py.Call(func=py.Attribute(value=owner, attr="get", ctx=LOAD, **p), args=[const(name, p)], keywords=[], **p)

    def lower_index(self, node: ast.Index) -> py.expr:
        chained = self.optional_chain(node)
        if chained is not None:
            return chained
        p = self.at(node)
        return py.Subscript(value=self.expression(node.object), slice=self.expression(node.index), ctx=LOAD, **p)

    def lower_slice(self, node: ast.Slice) -> py.expr:
        chained = self.optional_chain(node)
        if chained is not None:
            return chained
        p = self.at(node)
        kind = self.kinds.of(node.object)
        known = bool(kind) and contains(kind, LIST | STR)
        if not known and node.end - node.object.end > MAX_SHARED:
            return call("$slice", [self.expression(node.object), *self.slice_parts(node)], p)
        first, again = self.expression(node.object), None
        if not known:
            first, again = self.twice(first, p)
        parts = [None if part is None else self.expression(part) for part in (node.lower, node.upper, node.step)]
        cut = py.Slice(lower=parts[0], upper=parts[1], step=parts[2], **p)
        plain = py.Subscript(value=again or first, slice=cut, ctx=LOAD, **p)
        if again is None:
            return plain
        slow = call("$slice", [again, *[const(None, p) if part is None else part for part in parts]], p)
        return py.IfExp(test=self.any_type(first, again, ("$List", "$Str"), p), body=plain, orelse=slow, **p)

    def lower_pipe(self, node: ast.Pipe) -> py.expr:
        """`x |> f(a)` is `f(x, a)`, `x |> f` is `f(x)`."""
        right = node.right
        if type(right) is ast.Call:
            called = ast.Call(node.start, node.end, right.callee, [node.left, *right.args])
        else:
            called = ast.Call(node.start, node.end, right, [node.left])
        if node in self.facts.shadowed or right in self.facts.shadowed:
            self.facts.shadowed.add(called)
        return self.lower_call(called)

    def lower_call(self, node: ast.Call) -> py.expr:
        chained = self.optional_chain(node)
        if chained is not None:
            return chained
        p, callee = self.at(node), node.callee
        if type(callee) is ast.Member and callee not in self.opened and callee.name in self.methods and self.kinds.of(callee.object) != HANDLE:
            return self.method_call(node, callee, p)
        inline = self.inline_builtin(node, p)
        if inline is not None:
            return inline
        if type(callee) is ast.Name and node in self.facts.shadowed:
            name = load(self.read_name(callee), p)
            function: py.expr = py.IfExp(test=call("$callable_", [name], p), body=name, orelse=load("$" + callee.id, p), **p)
        else:
            function = self.specialised(node) or self.expression(callee)
        args, keywords = self.call_arguments(node.args)
        return py.Call(func=function, args=args, keywords=keywords, **p)

    def inline_builtin(self, node: ast.Call, p: Position) -> py.expr | None:
        """`len` of what is seen to have one, and `str` of what an f-string shows alike."""
        if len(node.args) != 1 or not positional(node.args):
            return None
        argument: ast.Expression = node.args[0]  # type: ignore[assignment]  # positional
        kind = self.kinds.of(argument)
        if self.is_builtin(node.callee, "len"):
            value = self.expression(argument)
            if kind and contains(kind, LIST | STR | DICT):
                return call("$size", [value], p)
            first, again = self.twice(value, p)
            return py.IfExp(test=self.any_type(first, again, ("$List", "$Str"), p), body=call("$size", [again], p), orelse=call("$len", [again], p), **p)
        if self.is_builtin(node.callee, "str") and kind and contains(kind, STR | SMALL | FLOAT):
            return py.JoinedStr(values=[self.shown(self.expression(argument), kind, p)], **p)
        return None

    def specialised(self, node: ast.Call) -> py.expr | None:
        """The specialised body of the function that is called, where the arguments are of its kinds."""
        function = self.kinds.called(node)
        if function is None or function not in self.kinds.twins or not self.kinds.fits_twin(node, function):
            return None
        return load(self.read_name(node.callee) + TWIN, self.at(node.callee))  # type: ignore[arg-type]  # a Name

    def call_arguments(self, nodes: list[ast.Expression | ast.NamedArgument]) -> tuple[list[py.expr], list[py.keyword]]:
        args: list[py.expr] = []
        keywords: list[py.keyword] = []
        for one in nodes:
            if type(one) is ast.NamedArgument:
                keywords.append(py.keyword(arg=python_name(one.name), value=self.expression(one.value), **self.at(one)))
            elif type(one) is ast.Spread:
                args.append(self.spread(one))
            else:
                args.append(self.expression(one))  # type: ignore[arg-type]  # neither spread nor named
        return args, keywords

    def method_call(self, node: ast.Call, callee: ast.Member, p: Position) -> py.expr:
        """`xs.append(v)` inline behind a type test; every other method through `$call_member`."""
        kind, name, count = self.kinds.of(callee.object), callee.name, len(node.args)
        for table, python_type, bit in ((LIST_METHODS, "$List", LIST), (STRING_METHODS, "$Str", STR)):
            method = table.get(name)
            if method is None or not method[1] <= count <= method[2] or (kind and not kind & bit) or not self.suits(method[3], node.args):
                continue
            if kind != bit and node.end - callee.end > MAX_SHARED:
                break  # arguments that stand in both branches double the code at each level of nesting
            owner = first = again = self.expression(callee.object)
            sized = method[3] == "parts"
            if kind != bit or sized:
                first, again = self.twice(owner, p)
            args, _keywords = self.call_arguments(node.args)
            fast = py.Call(func=py.Attribute(value=again, attr=method[0], ctx=LOAD, **p), args=args, keywords=[], **p)
            if kind == bit and not sized:
                return fast
            slow = call("$call_member", [again, const(name, p), *args], p)
            tests = [] if kind == bit else [self.is_type(first, python_type, p)]
            if sized:
                tests.append(self.compare(call("$size", [again if tests else first], p), py.LtE(), const(MOST_PARTS, p), p))
            test = tests[0] if len(tests) == 1 else py.BoolOp(op=AND, values=tests, **p)
            return py.IfExp(test=test, body=fast, orelse=slow, **p)
        owner = self.expression(callee.object)
        args, keywords = self.call_arguments(node.args)
        return py.Call(func=load("$call_member", p), args=[owner, const(name, p), *args], keywords=keywords, **p)

    def suits(self, condition: str, args: list[ast.Expression | ast.NamedArgument]) -> bool:
        """Whether the arguments of a method are such that Python's own can stand in its place."""
        if not positional(args):
            return False
        values = [getattr(one, "value", None) if type(one) in (ast.String, ast.Number) else None for one in args]
        match condition:
            case "text":
                return all(self.kinds.of(one) == STR for one in args)  # type: ignore[arg-type]  # positional
            case "separator" | "parts":
                return all(isinstance(one, str) and one != "" for one in values)
            case "shrinking":
                old, new = values
                return isinstance(old, str) and isinstance(new, str) and 0 < len(old) >= len(new)
            case "width":
                return all(type(one) is int and one <= WIDEST for one in values)
        return True

    def optional_chain(self, node: ast.Expression) -> py.expr | None:
        """`a?.b.c` as `None if (t := a) is None else t.b.c`; None where no unopened `?.` stands below this node."""
        link = self.innermost_optional(node)
        if link is None:
            return None
        base = link.object
        p = self.at(link)
        value = self.expression(base)
        if is_simple(value):
            first = again = value
        else:
            first, again = self.twice(value, p)
        self.opened[base] = again
        rest = self.expression(node)
        del self.opened[base]
        return py.IfExp(test=self.compare(first, IS, const(None, p), p), body=const(None, p), orelse=rest, **p)

    def innermost_optional(self, node: ast.Expression) -> ast.Member | ast.Index | ast.Slice | None:
        found = None
        while True:
            if type(node) is ast.Call:
                node = node.callee
            elif isinstance(node, ast.Member | ast.Index | ast.Slice):
                if node.object in self.opened:
                    return found
                if node.optional:
                    found = node
                node = node.object
            else:
                return found


# Each method takes the node type that it stands under.
STATEMENTS: dict[type, Callable[..., None]] = {
    ast.Empty: Lowerer.lower_nothing,
    ast.TypeDeclaration: Lowerer.lower_nothing,
    ast.Nonlocal: Lowerer.lower_nothing,
    ast.CapabilityDeclaration: Lowerer.lower_nothing,
    ast.ExpressionStatement: Lowerer.lower_expression_statement,
    ast.Assign: Lowerer.lower_assign,
    ast.FunctionDeclaration: Lowerer.lower_function,
    ast.If: Lowerer.lower_if,
    ast.While: Lowerer.lower_while,
    ast.For: Lowerer.lower_for,
    ast.Break: Lowerer.lower_break,
    ast.Continue: Lowerer.lower_continue,
    ast.Return: Lowerer.lower_return,
    ast.Throw: Lowerer.lower_throw,
    ast.Try: Lowerer.lower_try,
    ast.WithCapability: Lowerer.lower_with,
    ast.Assert: Lowerer.lower_assert,
    ast.Import: Lowerer.lower_import,
    ast.Test: Lowerer.lower_test,
}
EXPRESSIONS: dict[type, Callable[..., py.expr]] = {
    ast.Null: Lowerer.lower_null,
    ast.Boolean: Lowerer.lower_value,
    ast.Number: Lowerer.lower_value,
    ast.String: Lowerer.lower_value,
    ast.Template: Lowerer.lower_template,
    ast.Name: Lowerer.lower_name,
    ast.Group: Lowerer.lower_group,
    ast.Array: Lowerer.lower_array,
    ast.Object: Lowerer.lower_object,
    ast.Unary: Lowerer.lower_unary,
    ast.Binary: Lowerer.lower_binary,
    ast.Conditional: Lowerer.lower_conditional,
    ast.Pipe: Lowerer.lower_pipe,
    ast.Call: Lowerer.lower_call,
    ast.Member: Lowerer.lower_member,
    ast.Index: Lowerer.lower_index,
    ast.Slice: Lowerer.lower_slice,
    ast.Arrow: Lowerer.lower_arrow,
    ast.Match: Lowerer.lower_match,
}

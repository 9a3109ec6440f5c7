"""AST → Python ast, one method a construct.

Enters a checked module with its facts; leaves an `_ast.Module` whose every node carries its ML position. A program becomes
the body of one function, so that its top-level names are fast locals; a session's cell becomes module-level code over the
session's namespace. What each construct becomes, and why, stands in the table of docs/design/architecture.md.

Three habits carry the file. A guard tests an operand's type inline and leaves everything unusual to a helper (`$add`), so
that the common case costs a few nanoseconds. An operand that a guard mentions twice is a name, a constant or a temporary
(`$t1`), so nothing is evaluated twice. Functions that need statements are defined just before the statement that uses them.
"""

from __future__ import annotations

import _ast as py

from mlpy import ast
from mlpy.lower.flags import FLAG, flagged
from mlpy.lower.kinds import ANY, BOOL, DICT, FLOAT, HANDLE, LINEAR, LIST, NUMBER, SCALAR, SMALL, STR, Kinds, contains, is_small_literal, is_text
from mlpy.lower.names import MAIN, TESTS, TWIN, VALUE, python_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypedDict

    from mlpy.analysis.facts import Binding, Facts
    from mlpy.source import Source

    class Position(TypedDict):
        lineno: int
        col_offset: int
        end_lineno: int
        end_col_offset: int


LOAD, STORE, DEL = py.Load(), py.Store(), py.Del()
AND, OR, NOT, IS, IS_NOT = py.And(), py.Or(), py.Not(), py.Is(), py.IsNot()

OPERATORS: dict[str, tuple[py.operator, str]] = {
    "+": (py.Add(), "$add"),
    "-": (py.Sub(), "$sub"),
    "*": (py.Mult(), "$mul"),
    "/": (py.Div(), "$div"),
    "%": (py.Mod(), "$mod"),
    "~/": (py.FloorDiv(), "$floordiv"),
    "**": (py.Pow(), "$pow"),
}
COMPARISONS: dict[str, tuple[py.cmpop, str]] = {
    "==": (py.Eq(), "$eq"),
    "!=": (py.NotEq(), "$ne"),
    "<": (py.Lt(), "$lt"),
    "<=": (py.LtE(), "$le"),
    ">": (py.Gt(), "$gt"),
    ">=": (py.GtE(), "$ge"),
    "in": (py.In(), "$contains"),
}

# A factor within ± this is one CPython digit: its product with any int grows by 30 bits at the most, and comparing it is specialised.
SMALL_FACTOR = (1 << 30) - 1
# Texts are kept below this by every operation that makes one, so a handful of parts can be joined first and measured after.
TEXT_LIMIT = 1 << 26
FEW_SPREADS = 4  # an array literal with more is sized before it is made
UNCHECKED_PARTS = 4
LARGEST_POWER = 64
SHORT = 16
MAX_SHARED = 40  # how large the arguments may be that stand in both branches of an inlined method call
ARMS_A_CHAIN = 100  # CPython compiles about 900 levels of nesting

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
    "split": ("split", 0, 1, "separator"),
    "count": ("count", 1, 1, "separator"),
    "replace": ("replace", 2, 2, "shrinking"),
    "ljust": ("ljust", 1, 1, "width"),
    "rjust": ("rjust", 1, 1, "width"),
    "zfill": ("zfill", 1, 1, "width"),
}
WIDEST = 1000


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


class Lowerer:
    """The state of one lowering: where statements go, and which temporaries are taken."""

    def __init__(self, module: ast.Module, source: Source, facts: Facts, methods: frozenset[str], *, session: bool, fuel: bool, tests: bool) -> None:
        self.source = source
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
        self.opened: dict[ast.Expression, py.expr] = {}  # bases of optional chains that a temporary holds by now

    # ── the whole file ──────────────────────────────────────────────────────────────────────────────────────────

    def module(self, module: ast.Module, inputs: tuple[str, ...]) -> py.Module:
        p: Position = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
        body, result = split_result(module.body)
        if self.session:
            self.out.append(py.Assign(targets=[store(VALUE, p)], value=const(None, p), **p))
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
            if binding.kind in ("import", "type", "capability", "input", "pattern", "error") or binding.name.startswith("_"):
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

    def suite(self, fill: Callable[[], None]) -> list[py.stmt]:
        """The statements that `fill` makes, as a list of their own."""
        outer, self.out = self.out, []
        fill()
        made, self.out = self.out, outer
        return made

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
        simple = not isinstance(node.body, ast.Block) and (not self.fuel or is_leaf(node.body, self.facts)) and all(one.default is None or is_constant(one.default) for one in node.params)
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

    # ── assignment ──────────────────────────────────────────────────────────────────────────────────────────────

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

    # ── operators behind guards ─────────────────────────────────────────────────────────────────────────────────

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

    def one_checked(
        self, left: py.expr, right: py.expr, types: tuple[str, ...], plain: Callable[[py.expr, py.expr], py.expr], helper: str, p: Position
    ) -> py.expr:
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

    def comparison(self, node: ast.Binary, p: Position) -> py.expr:
        """Plain where one side is a scalar: a scalar against a container never recurses (F6). `in` looks at its left only."""
        operator, helper = COMPARISONS[node.op]
        left, right = self.expression(node.left), self.expression(node.right)
        one, other = self.kinds.of(node.left), self.kinds.of(node.right)
        ordered = node.op not in ("==", "!=", "in")
        harmless = NUMBER | STR if ordered else SCALAR

        def plain(a: py.expr, b: py.expr) -> py.expr:
            return self.compare(a, operator, b, p)

        if (contains(one, harmless) and one) or (node.op != "in" and contains(other, harmless) and other):
            return plain(left, right)
        types = ("$Int", "$Float", "$Str") if ordered else ("$Str", "$Int")
        if node.op == "in":
            return self.guarded(left, right, lambda a, b, x, y: self.checked_type(a, b, x, y, types, p, left=True), plain, helper, p)
        for operand in (node.left, node.right):
            binding = self.facts.names.get(operand) if type(operand) is ast.Name else None
            if ordered and binding is not None and binding in self.flags and (is_short(left) and is_short(right)):
                test = load(python_name(binding.python) + FLAG, p)
                return py.IfExp(test=test, body=plain(left, right), orelse=call(helper, [left, right], p), **p)
        return self.one_checked(left, right, types, plain, helper, p)

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

    # ── members, items, calls ───────────────────────────────────────────────────────────────────────────────────

    def lower_member(self, node: ast.Member) -> py.expr:
        chained = self.optional_chain(node)
        if chained is not None:
            return chained
        p = self.at(node)
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

    def slice_parts(self, node: ast.Slice) -> list[py.expr]:
        p = self.at(node)
        return [const(None, p) if part is None else self.expression(part) for part in (node.lower, node.upper, node.step)]

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
            if kind != bit:
                first, again = self.twice(owner, p)
            args, _keywords = self.call_arguments(node.args)
            fast = py.Call(func=py.Attribute(value=again, attr=method[0], ctx=LOAD, **p), args=args, keywords=[], **p)
            if kind == bit:
                return fast
            slow = call("$call_member", [again, const(name, p), *args], p)
            return py.IfExp(test=self.is_type(first, python_type, p), body=fast, orelse=slow, **p)
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
            case "separator":
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

    # ── match ───────────────────────────────────────────────────────────────────────────────────────────────────

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

    # ── small things ────────────────────────────────────────────────────────────────────────────────────────────

    def at(self, node: ast.Node) -> Position:
        """The ML position of a node, as Python's nodes carry it: 1-based lines, 0-based columns in characters."""
        position = self.source.position
        line, column = position(node.start)
        end_line, end_column = position(node.end)
        return {"lineno": line, "col_offset": column - 1, "end_lineno": end_line, "end_col_offset": end_column - 1}

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


# ── nodes without state ─────────────────────────────────────────────────────────────────────────────────────────


def load(name: str, p: Position) -> py.expr:
    return py.Name(id=name, ctx=LOAD, **p)


def store(name: str, p: Position) -> py.Name:
    return py.Name(id=name, ctx=STORE, **p)


def const(value: object, p: Position) -> py.expr:
    return py.Constant(value=value, kind=None, **p)  # type: ignore[arg-type]  # literals only


def call(name: str, args: list[py.expr], p: Position) -> py.expr:
    return py.Call(func=py.Name(id=name, ctx=LOAD, **p), args=args, keywords=[], **p)


def function(name: str, arguments: py.arguments, body: list[py.stmt], p: Position) -> py.FunctionDef:
    return py.FunctionDef(name=name, args=arguments, body=body, decorator_list=[], type_params=[], **p)  # type: ignore[call-arg, unused-ignore]  # 3.12 asks for `type_params`


def plain_of(operator: py.operator, p: Position) -> Callable[[py.expr, py.expr], py.expr]:
    return lambda a, b: py.BinOp(left=a, op=operator, right=b, **p)


def is_simple(value: py.expr) -> bool:
    """Whether evaluating this has no effect and costs nothing."""
    return type(value) in (py.Name, py.Constant)


def is_short(value: py.expr) -> bool:
    """Whether an expression may stand in both branches of a guard; nested guards would double it at each level."""
    return is_simple(value) or is_read(value) or (type(value) in (py.Call, py.BinOp) and weight(value, SHORT) < SHORT)


def is_read(value: py.expr) -> bool:
    """A read of items and members of names, which changes nothing."""
    while True:
        if is_simple(value):
            return True
        if type(value) is py.Subscript and is_simple(value.slice):
            value = value.value
        elif type(value) is py.Call and type(value.func) is py.Attribute and value.func.attr == "get":
            value = value.func.value
        else:
            return False


def weight(value: py.AST, most: int) -> int:
    """How many nodes an expression has, counted to `most`; a guard counts for that many."""
    count, stack = 0, [value]
    while stack and count < most:
        node = stack.pop()
        count += most if type(node) is py.IfExp else 1
        for field in node._fields:
            inner = getattr(node, field, None)
            if isinstance(inner, py.expr):
                stack.append(inner)
            elif isinstance(inner, list):
                stack.extend(one for one in inner if isinstance(one, py.AST))
    return count


def is_constant(node: ast.Expression) -> bool:
    """A literal whose value cannot change: what Python may evaluate once as a default."""
    node = ast.strip(node)
    if type(node) is ast.Unary and node.op == "-":
        return type(ast.strip(node.operand)) is ast.Number
    return type(node) in (ast.Null, ast.Boolean, ast.Number, ast.String)


def constant(node: ast.Expression) -> object:
    node = ast.strip(node)
    if type(node) is ast.Unary:
        return -ast.strip(node.operand).value  # type: ignore[attr-defined]  # is_constant: a number
    return getattr(node, "value", None)


def positional(args: list[ast.Expression | ast.NamedArgument]) -> bool:
    return not any(type(one) in (ast.Spread, ast.NamedArgument) for one in args)


def required_items(items: list[ast.Element | ast.Rest]) -> int:
    """How many items an array pattern needs: trailing ones with defaults may be absent where there is no rest."""
    count = sum(type(item) is ast.Element for item in items)
    for item in reversed(items):
        if type(item) is not ast.Element or item.default is None:
            break
        count -= 1
    return count


def chain(node: ast.Expression) -> list[ast.Expression]:
    """The operands of a left-associative `+` chain."""
    operands: list[ast.Expression] = []
    while type(node) is ast.Binary and node.op == "+":
        operands.append(node.right)
        node = node.left
    return [node, *reversed(operands)]


def reads_members(handler: ast.Handler, binding: Binding, facts: Facts) -> bool:
    """Whether a handler only reads members of its error, and none that tells a place: most need no value made for it."""
    uses: list[ast.Node] = []
    read: set[ast.Node] = set()
    beyond: set[ast.Node] = set()  # members that are called or assigned
    for node in ast.walk(handler.body):
        if type(node) is ast.Name and binding in (facts.names.get(node), facts.targets.get(node)):
            uses.append(node)
        elif type(node) is ast.Member and not node.optional and node.name not in PLACE_MEMBERS and node not in beyond:
            read.add(node.object)
        elif type(node) is ast.Call:
            beyond.add(node.callee)
        elif type(node) is ast.Target:
            beyond.add(node.place)
    return all(use in read for use in uses)


def is_leaf(body: ast.Block | ast.Expression, facts: Facts) -> bool:
    """Whether a function calls nothing but builtins that do not call back: whoever calls it in a loop or recursively is charged."""
    for node in ast.walk(body):
        if type(node) is ast.Pipe:
            return False
        if type(node) is ast.Call:
            callee = node.callee
            if type(callee) is not ast.Name or facts.names.get(callee, callee) is not None or callee.id not in LEAVES:
                return False
    return True


def leaves_early(body: ast.Block) -> bool:
    """Whether a loop's body can end the loop, other than by an error."""
    stack: list[tuple[ast.Node, bool]] = [(body, False)]
    while stack:
        node, nested = stack.pop()
        if type(node) is ast.Return or (type(node) is ast.Break and not nested):
            return True
        if type(node) not in (ast.FunctionDeclaration, ast.Arrow):
            stack.extend((one, nested or type(node) in (ast.For, ast.While)) for one in ast.children(node))
    return False


def leftmost(node: ast.Expression) -> ast.Expression:
    """The first operand of a `+` chain; the node itself where it is none."""
    found = node
    while type(found) is ast.Binary and found.op == "+":
        found = found.left
    return found


def split_result(body: list[ast.Statement]) -> tuple[list[ast.Statement], ast.ExpressionStatement | None]:
    """The statements without the one whose value is the program's: the last, where that is an expression."""
    for index in range(len(body) - 1, -1, -1):
        statement = body[index]
        if type(statement) is ast.ExpressionStatement and not has_block_arm(statement.value):
            return [*body[:index], *body[index + 1 :]], statement
        if type(statement) not in (ast.Empty, ast.FunctionDeclaration, ast.TypeDeclaration, ast.CapabilityDeclaration):
            break
    return body, None


def has_block_arm(node: ast.Expression) -> bool:
    return type(node) is ast.Match and any(isinstance(arm.body, ast.Block) for arm in node.arms)


def has_product(node: ast.Expression) -> bool:
    """Whether a sum has a product among its terms."""
    node = ast.strip(node)
    return type(node) is ast.Binary and (node.op == "*" or (node.op in ("+", "-") and not is_text(node.left, node.right) and (has_product(node.left) or has_product(node.right))))


def is_fraction(node: ast.Expression) -> bool:
    """A literal exponent that makes a float of whatever it is applied to."""
    node = ast.strip(node)
    if type(node) is ast.Unary and node.op == "-":
        node = ast.strip(node.operand)
    return type(node) is ast.Number and type(node.value) is float


def is_harmless(op: str, one: int, other: int, right: ast.Expression, *, literal: bool) -> bool:
    """Whether the plain operator is bounded and fails by itself on operands of other kinds (F8, F12, F17, A3)."""
    if op in ("-", "/"):
        return True
    if not one or not other:
        return False
    numbers = contains(one | other, NUMBER)
    if op == "+":
        return contains(one, NUMBER) or contains(other, NUMBER)
    if op == "*":
        small = contains(one, SMALL | FLOAT | BOOL) or contains(other, SMALL | FLOAT | BOOL) or contains(one | other, SMALL | LINEAR | FLOAT | BOOL)
        return FLOAT in (one, other) or (numbers and (small or literal))
    if op == "%":
        return contains(one, NUMBER) and contains(other, SMALL | FLOAT | BOOL)
    if op == "~/":
        return contains(other, SMALL | FLOAT | BOOL)
    exponent = ast.strip(right)
    return contains(one, FLOAT | SMALL) and type(exponent) is ast.Number and type(exponent.value) is int and 0 <= exponent.value <= LARGEST_POWER


# Builtins that call nothing back and take bounded time.
PLACE_MEMBERS = frozenset("file line column stack hint".split())  # of an error: what only its handle knows
LEAVES = frozenset("abs round int float bool chr ord len typeof callable isinstance".split())
TEXTS = (ast.String, ast.Template)
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

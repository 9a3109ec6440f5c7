"""Lints: code that runs but most likely does not mean what it says. All are warnings; a leading `_` in a name asks for silence."""

from __future__ import annotations

from mlpy import ast
from mlpy.analysis.flow import is_irrefutable
from mlpy.analysis.resolve import declared_span
from mlpy.diagnostics import Edit
from mlpy.source import Source, Span
from mlpy.syntax.parser import parse_expression
from mlpy.syntax.tokens import tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.analysis.facts import Binding, Check
    from mlpy.ast import Expression, Node

RELATIONS = frozenset({"<", ">", "<=", ">=", "in"})
EQUALITIES = frozenset({"==", "!="})
COMPARISONS = RELATIONS | EQUALITIES
PLACES = (ast.Name, ast.Member, ast.Index)
OPERAND_ENDS = frozenset({"NAME", "NUMBER", ")", "]"})
CONSTANTS = (ast.Null, ast.Boolean, ast.Number, ast.String, ast.Array, ast.Object, ast.Arrow)
WITHOUT_EFFECT = (
    ast.Null,
    ast.Boolean,
    ast.Number,
    ast.String,
    ast.Template,
    ast.Name,
    ast.Group,
    ast.Array,
    ast.Object,
    ast.Property,
    ast.Unary,
    ast.Binary,
    ast.Conditional,
    ast.Member,
    ast.Arrow,
)
NOT_FUNCTIONS = (ast.Null, ast.Boolean, ast.Number, ast.String, ast.Template, ast.Array, ast.Object, ast.Unary)
PAIRS = {"items": "pairs of an object", "enumerate": "pairs of index and item", "zip": "pairs"}
REPORTED_UNUSED = {"local": "variable", "function": "function", "pattern": "name"}


class Lint:
    """One pass over the nodes in source order. `functions` holds the ends of the functions that enclose the current node."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.facts = check.facts
        self.text = check.source.text
        self.functions: list[int] = []
        expressions = [one for one in check.module.body if isinstance(one, ast.ExpressionStatement)]
        self.top = frozenset(expressions[:-1])

    def run(self) -> None:
        for node in self.facts.order:
            while self.functions and node.start >= self.functions[-1]:
                self.functions.pop()
            rule = RULES.get(type(node))
            if rule is not None:
                rule(self, node)
        self.unused()
        for call in self.facts.shadowed:
            self.shadowed_builtin(call)
        for comment in self.check.module.comments:
            self.comment(comment)

    def slice(self, node: Node) -> str:
        return self.text[node.start : node.end]

    def report(self, code: str, title: str, span: Span, *, label: str = "", labels: tuple[tuple[Span, str], ...] = (), hint: str | None = None, fix: tuple[Edit, ...] = ()) -> None:
        self.check.report(code, title, span, label=label, labels=labels, hint=hint, fix=fix)

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────

    def unused(self) -> None:
        for node, scope in self.facts.scopes.items():
            top = isinstance(node, ast.Module)
            for binding in scope.bindings.values():
                if binding.used or not binding.sites or binding.name.startswith("_"):
                    continue
                if binding.kind == "import":
                    self.unused_import(binding)
                elif binding.kind in REPORTED_UNUSED and (not top or binding.kind == "pattern"):
                    self.unused_name(binding)

    def unused_import(self, binding: Binding) -> None:
        site = binding.sites[0]
        known = isinstance(site, ast.Import) and self.check.modules is not None and self.check.modules.info(".".join(site.path)) is not None
        if known and self.check.session is None:
            hint = "remove the import"
            self.report("W0802", f"`{binding.name}` is imported but never used", site.span, hint=hint, fix=(Edit(self.whole_line(site), ""),))

    def whole_line(self, node: Node) -> Span:
        """The span of a statement, with its line where nothing else stands there."""
        start, end = self.text.rfind("\n", 0, node.start) + 1, self.text.find("\n", node.end)
        if end >= 0 and not self.text[start : node.start].strip() and not self.text[node.end : end].strip():
            return Span(start, end + 1)
        return node.span

    def unused_name(self, binding: Binding) -> None:
        span = declared_span(binding.sites[0], self.text)
        hint = "write `_` in its place" if binding.kind == "pattern" else f"remove it, or call it `_{binding.name}`"
        self.report("W0801", f"the {REPORTED_UNUSED[binding.kind]} `{binding.name}` is never used", span, hint=hint)

    def shadowed_builtin(self, call: ast.Call | ast.Pipe) -> None:
        callee = call.callee if isinstance(call, ast.Call) else call.right
        binding = self.facts.names.get(callee) if isinstance(callee, ast.Name) else None
        if binding is None or not isinstance(callee, ast.Name) or not all(self.no_function(callee.id, value) for value in self.facts.values.get(binding, [None])):
            return
        labels = ((declared_span(binding.sites[0], self.text), "the variable"),)
        hint = "give the variable another name"
        self.report("W0811", f"`{callee.id}` is a variable here, so this calls the builtin", callee.span, labels=labels, hint=hint)

    def no_function(self, name: str, value: Node | None) -> bool:
        """Whether what is assigned to a variable with a builtin's name is surely no function."""
        value = ast.strip(value) if isinstance(value, ast.Expression) else value
        if isinstance(value, ast.Call):
            return isinstance(value.callee, ast.Name) and value.callee.id == name
        if isinstance(value, ast.Assign):
            return value.op != "??="
        return isinstance(value, NOT_FUNCTIONS) or (isinstance(value, ast.Binary) and value.op not in ("&&", "||", "??"))

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────

    def binary(self, node: ast.Binary) -> None:
        left, right = node.left, node.right
        if node.op == "-" and isinstance(left, PLACES) and self.text[right.start - 1 : right.start + 1] == "--":
            self.twice_minus(right.start - 1, left, "- -")
        if node.op not in COMPARISONS:
            return
        if isinstance(left, ast.Unary) and left.op == "!" and not (isinstance(right, ast.Unary) and right.op == "!"):
            self.negated_operand(node, left)
        elif isinstance(left, ast.Binary) and ((left.op in RELATIONS and node.op in RELATIONS) or (left.op in EQUALITIES and node.op in EQUALITIES)):
            self.chained(node, left)
        elif {type(ast.strip(left)), type(ast.strip(right))} == {ast.Number, ast.Boolean} and node.op in EQUALITIES:
            self.report("W0808", "a number is compared with a boolean", node.span, label="true counts as 1, false as 0", hint="compare with a number, or test the value itself")
        elif node.op != "in" and plain(left) and ast.same(ast.strip(left), ast.strip(right)):
            self.report("W0816", f"`{self.slice(left)}` is compared with itself", node.span, hint="compare it with something else; `math.isNan(x)` finds what is not a number")

    def negated_operand(self, node: ast.Binary, left: ast.Unary) -> None:
        inner = self.text[left.operand.start : node.end]
        fix = (Edit(Span(left.operand.start, left.operand.start), "("), Edit(Span(node.end, node.end), ")"))
        title = f"`!` belongs to `{self.slice(left.operand)[:40]}` alone, not to the comparison"
        self.report("W0806", title, node.span, label=f"means `({self.slice(left)[:40]}) {node.op} …`", hint=f"write `!({inner[:60]})`", fix=fix)

    def chained(self, node: ast.Binary, left: ast.Binary) -> None:
        middle = self.slice(left.right)
        hint = f"write `{self.slice(left)[:40]} && {middle[:20]} {node.op} {self.slice(node.right)[:20]}`"
        fix = (Edit(Span(left.end, left.end), f" && {middle}"),) if isinstance(left.right, ast.Name | ast.Number) else ()
        self.report("W0807", "comparisons are chained", node.span, label=f"compares `{self.slice(left)[:40]}` with the rest", hint=hint, fix=fix)

    def unary(self, node: ast.Unary) -> None:
        if counts_down(node) and isinstance(node.operand, ast.Unary):
            self.twice_minus(node.start, node.operand.operand, "-(-…)")

    def twice_minus(self, at: int, place: Expression, meant: str) -> None:
        hint = f"write `{self.slice(place)[:40]} -= 1;` to count down, or `{meant}` if that is meant"
        self.report("W0823", "ML has no `--`: this negates twice", Span(at, at + 2), hint=hint)

    def object(self, node: ast.Object) -> None:
        seen: dict[str, ast.Property] = {}
        for entry in node.entries:
            if isinstance(entry, ast.Property) and not entry.computed and isinstance(entry.key, ast.String):
                first = seen.setdefault(entry.key.value, entry)
                if first is not entry:
                    labels = ((first.key.span, "first given here"),)
                    self.report(
                        "W0813", f"the key `{entry.key.value}` stands twice in this object", entry.key.span, label="the last one counts", labels=labels, hint="remove one of them"
                    )

    def conditional(self, node: ast.Conditional) -> None:
        self.condition(node.test)

    def condition(self, test: Expression) -> None:
        if isinstance(ast.strip(test), CONSTANTS):
            self.report("W0812", "the condition never changes", test.span, label="always the same", hint="remove the branch that can never be taken")

    def match(self, node: ast.Match) -> None:
        for at, arm in enumerate(node.arms[:-1]):
            if arm.guard is None and is_irrefutable(arm.pattern):
                later = node.arms[at + 1]
                labels = ((arm.pattern.span, "takes everything"),)
                self.report("W0815", "this arm can never match", later.pattern.span, labels=labels, hint="move it before the arm that takes everything, or remove it")
                return

    # ── comments ─────────────────────────────────────────────────────────────────────────────────────────────────

    def comment(self, node: ast.Comment) -> None:
        """A `//` behind a value, with `;` at the end and known names only, though the statement goes on without it."""
        body = node.text[2:].partition("//")[0].strip()
        if node.own_line or node.text[1] != "/" or not body.endswith(";") or self.text[node.end :].lstrip().startswith("{"):
            return
        before = tokenize(Source(self.text[self.text.rfind("\n", 0, node.start) + 1 : node.start], "")).kinds
        divisor = parse_expression(Source(body[:-1], ""))[0] if len(before) > 1 and before[-2] in OPERAND_ENDS else None
        if divisor is not None and self.numeric(divisor):
            self.report("W0824", "`//` begins a comment, so nothing is divided here", node.span, label="a comment", hint="integer division is written `~/`")

    def numeric(self, node: Expression) -> bool:
        """Whether an expression of a comment has names of this program only, and no text."""
        known = {name for scope in self.facts.scopes.values() for name in scope.visible} | self.check.builtins.keys()
        return not any(isinstance(one, ast.String | ast.Template) or (isinstance(one, ast.Name) and one.id not in known) for one in ast.walk(node))

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, node: ast.FunctionDeclaration | ast.Arrow | ast.Test) -> None:
        self.functions.append(node.end)

    def branch(self, node: ast.If) -> None:
        self.condition(node.test)

    def loop(self, node: ast.While) -> None:
        test = ast.strip(node.test)
        if not (isinstance(test, ast.Boolean | ast.Number) and test.value):
            self.condition(node.test)

    def pairs(self, node: ast.For) -> None:
        if len(node.targets) != 2:
            return
        value = ast.strip(node.iterable)
        if isinstance(value, ast.Name):
            binding = self.facts.names.get(value)
            values = self.facts.values.get(binding, []) if binding is not None and binding.assigned == 1 else []
            value = ast.strip(values[0]) if len(values) == 1 and isinstance(values[0], ast.Expression) else value
        what = self.pair_source(value)
        if what is None:
            return
        first, second = node.targets
        pattern = f"[{self.slice(first)}, {self.slice(second)}]"
        fix = (Edit(Span(first.start, first.start), "["), Edit(Span(second.end, second.end), "]"))
        hint = f"write `for ({pattern} in {self.slice(node.iterable)[:40]})`"
        title = f"this loop numbers the {what} instead of taking them apart"
        self.report("W0809", title, Span(first.start, second.end), label=f"`{self.slice(first)[:20]}` is 0, 1, 2, …", hint=hint, fix=fix)

    def pair_source(self, value: Expression) -> str | None:
        """What kind of pairs an expression surely is an array of."""
        if isinstance(value, ast.Call) and isinstance(value.callee, ast.Name) and self.facts.names.get(value.callee) is None:
            return PAIRS.get(value.callee.id)
        if isinstance(value, ast.Array) and value.items and all(isinstance(one, ast.Array) and len(one.items) == 2 for one in value.items):
            return "pairs"
        return None

    def attempt(self, node: ast.Try) -> None:
        for handler in node.handlers[1:]:
            span = Span(handler.start, handler.start + len("except"))
            labels = ((Span(node.handlers[0].start, node.handlers[0].start + len("except")), "this one runs"),)
            self.report("W0810", "only the first `except` ever runs", span, label="never runs", labels=labels, hint="test `e.type` inside one handler")

    def handler(self, node: ast.Handler) -> None:
        body = node.body
        if not body.body and not any(body.start < comment.start < body.end for comment in self.check.module.comments):
            self.report(
                "W0817", "this handler hides every error", Span(node.start, node.start + len("except")), hint="handle the error, or say in a comment why it does not matter"
            )

    def assign(self, node: ast.Assign) -> None:
        if node.op == "=" and isinstance(node.target, ast.Target) and plain(node.value) and ast.same(node.target.place, ast.strip(node.value)):
            self.report("W0814", f"`{self.slice(node.target)}` is assigned to itself", node.span, hint="remove the statement")

    def statement(self, node: ast.ExpressionStatement) -> None:
        value = ast.strip(node.value)
        dropped = isinstance(value, ast.Binary) and value.op not in ("&&", "||", "??")
        if (self.functions or node in self.top) and (dropped or without_effect(value)) and not counts_down(value):  # of which W0823 says more
            hint = "write `=` to assign" if isinstance(value, ast.Binary) and value.op == "==" else "return it, print it, or remove it"
            self.report("W0818", "this statement has no effect", node.value.span, label="the value is dropped", hint=hint)


def plain(node: Expression) -> bool:
    """Whether an expression is a name or a path of members, which gives the same value each time."""
    node = ast.strip(node)
    while isinstance(node, ast.Member):
        node = ast.strip(node.object)
    return isinstance(node, ast.Name)


def counts_down(node: Expression) -> bool:
    """Whether an expression is `--x`, as other languages write it."""
    inner = node.operand if isinstance(node, ast.Unary) and node.op == "-" else None
    return isinstance(inner, ast.Unary) and inner.op == "-" and inner.start == node.start + 1 and isinstance(inner.operand, PLACES)


def without_effect(node: Expression) -> bool:
    """Whether evaluating an expression does nothing at all."""
    pending: list[Node] = [node]
    while pending:
        current = pending.pop()
        if not isinstance(current, WITHOUT_EFFECT):
            return False
        if not isinstance(current, ast.Arrow):
            pending.extend(ast.children(current))
    return True


RULES: dict[type[Node], Callable[..., None]] = {
    ast.Binary: Lint.binary,
    ast.Unary: Lint.unary,
    ast.Object: Lint.object,
    ast.Conditional: Lint.conditional,
    ast.Match: Lint.match,
    ast.FunctionDeclaration: Lint.enter,
    ast.Arrow: Lint.enter,
    ast.Test: Lint.enter,
    ast.If: Lint.branch,
    ast.While: Lint.loop,
    ast.For: Lint.pairs,
    ast.Try: Lint.attempt,
    ast.Handler: Lint.handler,
    ast.Assign: Lint.assign,
    ast.ExpressionStatement: Lint.statement,
}


def lint(check: Check) -> None:
    """Reports lints, where they are asked for."""
    if check.lints:
        Lint(check).run()

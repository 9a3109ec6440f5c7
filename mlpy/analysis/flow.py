"""Flow: what can run, what is bound by then, and how deep loops and handlers nest.

A state is three sets of bits, one bit a variable of the function: bound on every path, bound on every path if loops run at
least once, bound on some path. Expressions bind nothing, so only statements are walked; their reads were collected by
`resolve`. A read that no path binds is an error; one that some paths do not bind is a lint.
"""

from __future__ import annotations

from mlpy import ast
from mlpy.analysis.resolve import declared_span
from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable

    from mlpy.analysis.facts import Binding, Check, Scope
    from mlpy.ast import Name, Node, Statement

    State = tuple[int, int, int]

DEAD: State = (-1, -1, 0)  # no path leads here; neutral in `join`
MAX_BLOCKS = 20  # CO_MAXBLOCKS of CPython's compiler
UNTRACKED = frozenset({"parameter", "input", "pattern", "error"})
HARMLESS = (ast.Empty, ast.FunctionDeclaration, ast.TypeDeclaration, ast.CapabilityDeclaration, ast.Import, ast.Test, ast.Nonlocal)


def join(one: State, other: State) -> State:
    """What holds where two paths meet."""
    if one is DEAD:
        return other
    if other is DEAD:
        return one
    return one[0] & other[0], one[1] & other[1], one[2] | other[2]


def is_true(node: ast.Expression) -> bool:
    """Whether a condition is a literal that always holds."""
    node = ast.strip(node)
    return isinstance(node, ast.Boolean | ast.Number) and bool(node.value)


def is_irrefutable(pattern: ast.Pattern) -> bool:
    """Whether a pattern of a match takes everything."""
    if isinstance(pattern, ast.OrPattern):
        return any(is_irrefutable(option) for option in pattern.options)
    return isinstance(pattern, ast.Wildcard | ast.Target)


class Loop:
    """The states in which a loop's body is left early, and the reads in it that nothing has bound so far."""

    __slots__ = ("breaks", "continues", "unbound")

    def __init__(self) -> None:
        self.breaks = DEAD
        self.continues = DEAD
        self.unbound: list[tuple[Name, Binding, int]] = []


class Walk:
    """The walk through one function, arrow, test block, or the top level."""

    def __init__(self, check: Check, scope: Scope) -> None:
        self.check = check
        self.facts = check.facts
        self.scope = scope
        self.bits: dict[Binding | None, int] = {}
        self.loops: list[Loop] = []
        self.touched = 0
        self.blocks = 0
        self.too_deep = False
        self.caught = 0  # how many handlers would catch what fails here: an old way to ask whether a name is bound
        self.returns_value = False
        self.reported: set[Binding] = set()
        self.bits.update((binding, 1 << at) for at, binding in enumerate(one for one in scope.bindings.values() if one.kind not in UNTRACKED))

    def run(self, body: ast.Block | ast.Module) -> State:
        self.use(self.scope.node, (0, 0, 0))
        end = self.block(body.body, (0, 0, 0))
        preset, builtins = self.facts.preset, self.check.builtins
        preset.update(binding for binding in self.bits if binding is not None and binding.captured and binding.name in builtins)
        return end

    # ── reads and writes ─────────────────────────────────────────────────────────────────────────────────────────

    def use(self, node: Node, state: State) -> None:
        """Checks what a statement reads itself."""
        must = state[0]
        for name in self.facts.reads.get(node, ()):
            binding = self.facts.names[name]
            bit = self.bits.get(binding)
            if bit is not None and not must & bit and binding is not None:
                self.unbound(name, binding, bit, state)

    def unbound(self, name: Name, binding: Binding, bit: int, state: State) -> None:
        if binding.name in self.check.builtins:
            self.facts.preset.add(binding)
        elif binding.rebound or binding in self.reported:
            return
        elif state[2] & bit or self.caught:
            if not state[1] & bit:
                self.report_possible(name, binding)
        elif self.loops:
            self.loops[-1].unbound.append((name, binding, bit))
        else:
            self.report_certain(name, binding)

    def report_certain(self, name: Name, binding: Binding) -> None:
        self.reported.add(binding)
        hint = self.outer_hint(name) or f"move the assignment of `{name.id}` above this line"
        labels = ((declared_span(binding.sites[0], self.check.source.text), "bound only here"),) if binding.sites[0].start > name.end else ()
        self.check.report("E0304", f"`{name.id}` is used before it is assigned", name.span, label="nothing is assigned to it so far", labels=labels, hint=hint)

    def outer_hint(self, name: Name) -> str | None:
        outer = self.scope.parent
        while outer is not None and name.id not in outer.visible:
            outer = outer.parent
        return None if outer is None else f"add `nonlocal {name.id};` to use the outer `{name.id}`, which the assignment in this function hides"

    def report_possible(self, name: Name, binding: Binding) -> None:
        self.reported.add(binding)
        hint = self.outer_hint(name) or f"assign `{name.id}` on every path that leads here"
        self.check.report("W0804", f"`{name.id}` may not be assigned here", name.span, label="some paths do not assign it", hint=hint)

    def assign(self, state: State, bits: int) -> State:
        self.touched |= bits
        if state is DEAD:
            return DEAD
        return state[0] | bits, state[1] | bits, state[2] | bits

    def bound_by(self, patterns: Iterable[ast.Pattern]) -> int:
        """The bits of the names that targets bind."""
        bits = 0
        pending: list[Node] = [*patterns]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Target):
                bits |= self.bit(node)
            elif isinstance(node, ast.Pattern):
                pending.extend(ast.children(node))
        return bits

    def bit(self, site: Node) -> int:
        return self.bits.get(self.facts.targets.get(site), 0)

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────────────

    def block(self, statements: list[Statement], state: State) -> State:
        hoisted = 0
        for statement in statements:
            if type(statement) is ast.FunctionDeclaration and statement in self.facts.hoisted:
                hoisted |= self.bit(statement)
        if hoisted:
            state = self.assign(state, hoisted)
        alive = state is not DEAD
        for statement in statements:
            if state is DEAD and alive and not isinstance(statement, HARMLESS):
                alive = False
                self.check.report("W0803", "this code can never run", statement.span, label="unreachable", hint="remove it, or the statement before it that never goes on")
            step = STEPS.get(type(statement))
            if step is None:
                self.use(statement, state)
            else:
                state = step(self, statement, state)
        return state

    def assignment(self, node: ast.Assign, state: State) -> State:
        self.use(node, state)
        return self.assign(state, self.bit(node.target) if type(node.target) is ast.Target else self.bound_by([node.target]))

    def declaration(self, node: Statement, state: State) -> State:
        return self.assign(state, self.bit(node))

    def expression(self, node: ast.ExpressionStatement, state: State) -> State:
        self.use(node, state)
        value = ast.strip(node.value)
        if not isinstance(value, ast.Match):
            return state
        end, total = DEAD, False
        for arm in value.arms:
            end = join(end, self.block(arm.body.body, state) if isinstance(arm.body, ast.Block) else state)
            total = total or (arm.guard is None and is_irrefutable(arm.pattern))
        return end if total else join(end, state)

    def condition(self, node: ast.If, state: State) -> State:
        end = DEAD
        current: ast.If | ast.Block | None = node
        while isinstance(current, ast.If):
            self.use(current, state)
            end = join(end, self.block(current.body.body, state))
            state = DEAD if is_true(current.test) else state
            current = current.orelse
        return join(end, self.block(current.body, state) if current is not None else state)

    def while_loop(self, node: ast.While, state: State) -> State:
        self.use(node, state)
        return self.loop(node, state, 0, endless=is_true(node.test))

    def for_loop(self, node: ast.For, state: State) -> State:
        self.use(node, state)
        return self.loop(node, state, self.bound_by(node.targets), endless=False)

    def loop(self, node: ast.While | ast.For, state: State, bits: int, *, endless: bool) -> State:
        loop = Loop()
        self.loops.append(loop)
        self.enter(node, 1)
        end = join(self.block(node.body.body, self.assign(state, bits)), loop.continues)
        self.blocks -= 1
        self.loops.pop()
        self.settle(loop, end)
        left = loop.breaks if endless else join(state, loop.breaks)
        if left is DEAD or state is DEAD:
            return DEAD
        once = join(loop.breaks, DEAD if endless else end)
        return left[0], left[1] | (once[1] if once is not DEAD else 0), left[2] | end[2]

    def settle(self, loop: Loop, end: State) -> None:
        """Decides on reads in the loop that nothing before them binds: something later in the body may, for the next round."""
        for name, binding, bit in loop.unbound:
            if binding in self.reported:
                continue
            if end[2] & bit:
                self.report_possible(name, binding)
            elif self.loops:
                self.loops[-1].unbound.append((name, binding, bit))
            else:
                self.report_certain(name, binding)

    def enter(self, node: Statement | ast.Handler, count: int) -> None:
        self.blocks += count
        if self.blocks > MAX_BLOCKS and not self.too_deep:
            self.too_deep = True
            span = Span(node.start, min(node.end, node.start + 3))
            hint = "move the inner part into a function of its own"
            self.check.report("E0305", "loops, `try` and `with` are nested too deep", span, label=f"more than {MAX_BLOCKS} in one function", hint=hint)

    def attempt(self, node: ast.Try, state: State) -> State:
        before, self.touched = self.touched, 0
        guard = 0 if node.final is None else 1
        count = guard + (1 if node.handlers else 0)
        self.enter(node, count)
        self.caught += bool(node.handlers)
        end = self.block(node.body.body, state)
        self.caught -= bool(node.handlers)
        self.blocks -= count
        caught = DEAD if state is DEAD else (state[0], state[1], state[2] | self.touched)
        for handler in node.handlers:
            self.enter(handler, guard + 2)
            end = join(end, self.block(handler.body.body, caught))
            self.blocks -= guard + 2
        if node.final is not None:
            end = self.finish(node, node.final, end, state)
        self.touched |= before
        return end

    def finish(self, node: ast.Try, final: ast.Block, end: State, state: State) -> State:
        """The state behind a `finally`, which runs after any part of the `try`."""
        start = DEAD if state is DEAD else (state[0], state[1], state[2] | self.touched)
        self.enter(node, 1)
        after = self.block(final.body, start)
        self.blocks -= 1
        if after is DEAD or end is DEAD:
            return DEAD
        return end[0] | after[0] & ~start[0], end[1] | after[1] & ~start[1], end[2] | after[2]

    def narrowing(self, node: ast.WithCapability, state: State) -> State:
        self.use(node, state)
        self.enter(node, 1)
        end = self.block(node.body.body, state)
        self.blocks -= 1
        return end

    def leave_loop(self, node: ast.Break, state: State) -> State:
        if self.loops:
            self.loops[-1].breaks = join(self.loops[-1].breaks, state)
        else:
            self.check.report("E0301", "`break` outside a loop", node.span, hint=self.way_out("break"))
            return state
        return DEAD

    def next_round(self, node: ast.Continue, state: State) -> State:
        if self.loops:
            self.loops[-1].continues = join(self.loops[-1].continues, state)
        else:
            self.check.report("E0302", "`continue` outside a loop", node.span, hint=self.way_out("continue"))
            return state
        return DEAD

    def way_out(self, word: str) -> str:
        if isinstance(self.scope.node, ast.FunctionDeclaration | ast.Arrow):
            return f"use `return` to leave the function, or move the `{word}` into a loop"
        return f"remove it, or move the `{word}` into a loop"

    def leave_function(self, node: ast.Return, state: State) -> State:
        self.use(node, state)
        if not isinstance(self.scope.node, ast.FunctionDeclaration | ast.Arrow):
            self.check.report("E0303", "`return` outside a function", node.span, hint="put the code into a function, or end the program with an expression statement")
            return state
        self.returns_value = self.returns_value or (node.value is not None and state is not DEAD)
        return DEAD

    def throw(self, node: ast.Throw, state: State) -> State:
        self.use(node, state)
        return DEAD

    def assertion(self, node: ast.Assert, state: State) -> State:
        self.use(node, state)
        test = ast.strip(node.test)
        return DEAD if isinstance(test, ast.Boolean) and not test.value else state


STEPS: dict[type[Node], Callable[..., State]] = {
    ast.Assign: Walk.assignment,
    ast.FunctionDeclaration: Walk.declaration,
    ast.Import: Walk.declaration,
    ast.CapabilityDeclaration: Walk.declaration,
    ast.ExpressionStatement: Walk.expression,
    ast.If: Walk.condition,
    ast.While: Walk.while_loop,
    ast.For: Walk.for_loop,
    ast.Try: Walk.attempt,
    ast.WithCapability: Walk.narrowing,
    ast.Break: Walk.leave_loop,
    ast.Continue: Walk.next_round,
    ast.Return: Walk.leave_function,
    ast.Throw: Walk.throw,
    ast.Assert: Walk.assertion,
}


def flow(check: Check) -> None:
    """Reports what cannot run, what is read unbound, misplaced jumps; finds what is bound when the program ends."""
    for node, scope in check.facts.scopes.items():
        body = node if isinstance(node, ast.Module) else node.body  # type: ignore[attr-defined]  # every other scope has one
        if not isinstance(body, ast.Module | ast.Block):
            continue
        walk = Walk(check, scope)
        end = walk.run(body)
        if end is not DEAD:
            check.facts.open_ended.add(node)
            if walk.returns_value and (needs_value(node) or any(map(ends_in_value, body.body[-1:]))):
                report_partial_return(check, node)
        if isinstance(node, ast.Module):
            check.facts.assigned_at_end = {one.name for one in scope.bindings.values() if one.kind == "input" or end[0] & walk.bits.get(one, 0)}


def needs_value(node: Node) -> bool:
    """Whether a function declares a result that is neither null nor anything."""
    declared = node.result if isinstance(node, ast.FunctionDeclaration | ast.Arrow) else None
    names = {one.name for one in ast.walk(declared) if isinstance(one, ast.NamedType)} if declared is not None else {"any"}
    return not names & {"null", "any"}


def ends_in_value(node: Node) -> bool:
    """Whether a branch of a function's last statement returns a value; a search that falls out of its loop means null."""
    match node:
        case ast.Return(value=value):
            return value is not None
        case ast.If(body=body, orelse=orelse):
            return any(map(ends_in_value, body.body[-1:])) or (orelse is not None and ends_in_value(orelse))
        case ast.Try(body=body, handlers=handlers):
            return any(map(ends_in_value, (body, *(one.body for one in handlers))))
        case ast.WithCapability(body=body):
            return ends_in_value(body)
        case ast.Block(body=body):
            return any(map(ends_in_value, body[-1:]))
    return False


def report_partial_return(check: Check, node: Node) -> None:
    declared = isinstance(node, ast.FunctionDeclaration)
    span = declared_span(node, check.source.text) if declared else Span(node.start, node.start + len("fn"))
    name = f"`{node.name}`" if isinstance(node, ast.FunctionDeclaration) else "this function"
    end = node.body.end  # type: ignore[attr-defined]  # only functions return
    labels = ((Span(end - 1, end), "the end can be reached"),)
    check.report("W0805", f"{name} returns a value on some paths only", span, labels=labels, hint="end it with `return null;` if that is meant")

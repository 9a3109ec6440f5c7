"""Which kinds of value an expression can have: what lets the lowerer write a plain operator.

A kind is a set of bits. A variable has one kind, the union over everything that is assigned to it anywhere (flow
insensitive); parameters, inputs and a session's names can be anything. A function of the top level that is called by its name
is specialised: it has a second body whose parameters have the kinds of the arguments at those calls (`twins`). Integers come in three sizes, because only
products of large ones can run away: SMALL (literals, lengths, loop indices, remainders of small divisors), LINEAR (sums
of those: one bit more a step at most) and INT.
"""

from __future__ import annotations

from mlpy import ast
from mlpy.lower.elements import Elements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.analysis.facts import Binding, Facts, Scope

NULL, BOOL, SMALL, LINEAR, INT, FLOAT, STR, LIST, DICT, FUNCTION, HANDLE = (1 << bit for bit in range(11))
ANY = (1 << 11) - 1
NOTHING = 0
WHOLE = BOOL | SMALL | LINEAR | INT
NUMBER = WHOLE | FLOAT
SCALAR = NULL | NUMBER | STR | FUNCTION | HANDLE
LITERAL_BOUND = 1 << 31  # F8: a literal below this keeps a product small enough
ROUNDS = 12  # the lattice is 11 high; a join of everything assigned settles long before

# Builtins whose results have one kind whatever the arguments are.
RESULTS = {
    "len": SMALL,
    "ord": SMALL,
    "str": STR,
    "repr": STR,
    "format": STR,
    "typeof": STR,
    "chr": STR,
    "hex": STR,
    "bin": STR,
    "oct": STR,
    "float": FLOAT,
    "bool": BOOL,
    "isinstance": BOOL,
    "callable": BOOL,
    "any": BOOL,
    "all": BOOL,
    "hasattr": BOOL,
    "hasCapability": BOOL,
    "int": INT,
    "range": LIST,
    "enumerate": LIST,
    "zip": LIST,
    "sorted": LIST,
    "reversed": LIST,
    "keys": LIST,
    "values": LIST,
    "items": LIST,
    "map": LIST,
    "filter": LIST,
    "abs": NUMBER,
    "round": NUMBER,
}
# Methods of strings and arrays whose results have one kind.
METHOD_RESULTS = {
    STR: {
        **dict.fromkeys("upper lower strip trim lstrip rstrip replace capitalize title swapcase center ljust rjust zfill repeat join padStart padEnd slice".split(), STR),
        **dict.fromkeys("split rsplit lines".split(), LIST),
        **dict.fromkeys("startswith startsWith endswith endsWith isdigit isalpha isalnum isspace istitle isupper islower contains includes".split(), BOOL),
        **dict.fromkeys("find rfind index rindex count".split(), SMALL),
    },
    LIST: {
        **dict.fromkeys("map filter slice concat flat copy".split(), LIST),
        **dict.fromkeys("index count indexOf".split(), SMALL),
        **dict.fromkeys("some every includes".split(), BOOL),
        "join": STR,
    },
}
INDEX = {LIST: SMALL, NOTHING: NOTHING}  # the kind of the first of two loop variables
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


def contains(kind: int, allowed: int) -> bool:
    """Whether a value of this kind is certainly one of the allowed."""
    return not kind & ~allowed


def is_small_literal(node: ast.Expression) -> bool:
    """An int literal (or its negation) below 2³¹."""
    node = ast.strip(node)
    if type(node) is ast.Unary and node.op == "-":
        node = ast.strip(node.operand)
    return type(node) is ast.Number and type(node.value) is int and node.value < LITERAL_BOUND


def arithmetic(op: str, left: int, right: int) -> int:
    """The kind of `left op right` for operands of these kinds, supposing that it does not fail."""
    if NOTHING in (left, right):
        return NOTHING
    if op == "/":
        return FLOAT
    numeric = contains(left, NUMBER) and contains(right, NUMBER)
    if op in ("-", "~/") or (op == "%" and left & NUMBER) or (op in ("+", "*", "**") and numeric):
        if contains(left, FLOAT) or contains(right, FLOAT):
            return FLOAT
        return number(op, left, right)
    if op == "+":
        if contains(left, NUMBER) or contains(right, NUMBER):
            return FLOAT if FLOAT in (left, right) else NUMBER
        if STR in (left, right):
            return STR
        if LIST in (left, right):
            return LIST
        return (left | right) & (NUMBER | STR | LIST) | INT
    if op == "*":
        if FLOAT in (left, right):
            return FLOAT
        for sequence in (LIST, STR):
            if sequence in (left, right):
                return sequence
        return NUMBER | (left | right) & (STR | LIST)
    return NUMBER


def number(op: str, left: int, right: int) -> int:
    """The size of an arithmetic result, joined over what the operands can be."""
    fraction = (left | right) & FLOAT
    if not (left | right) & ~FLOAT:
        return FLOAT
    small = SMALL | BOOL | FLOAT
    if op in ("%", "~/"):
        whole = SMALL if contains(right if op == "%" else left, small) else INT
    elif op in ("+", "-"):
        whole = LINEAR if contains(left | right, small | LINEAR) else INT
    else:
        whole = INT
    return whole | fraction if op != "**" else INT | FLOAT


class Kinds:
    """The kinds of a module's variables, and of any expression of it.

    `inside` is the top-level function whose specialised body is being looked at; None for the general bodies and the top level.
    """

    def __init__(self, module: ast.Module, facts: Facts, *, session: bool) -> None:
        self.facts = facts
        self.values: dict[Binding, int] = {}
        self.special: dict[Binding, int] = {}
        self.sources: list[tuple[Binding, Callable[[], int]]] = []
        self.inside: ast.Node | None = None
        self.owners: dict[object, ast.Node | None] = {}
        self.functions: dict[Binding, ast.FunctionDeclaration] = {}
        self.results: dict[tuple[ast.Node, bool], int] = {}
        self.returns: dict[ast.Node, list[ast.Expression]] = {}
        self.calls: list[tuple[ast.Call, ast.FunctionDeclaration, ast.Node | None]] = []
        self.reached: set[ast.Node] = set()
        if session:
            for binding in facts.scopes[module].bindings.values():
                self.values[binding] = ANY
        else:
            self.find_functions(module)
        for scope in facts.scopes.values():
            self.owners[scope] = self.owner(scope)
        self.elements = Elements(self, module)
        self.sources += self.elements.arrows
        self.gather(module)
        self.sources += [(binding, lambda: FUNCTION) for binding in facts.preset]
        sourced = {binding for binding, _ in self.sources}
        self.open = {one for scope in facts.scopes.values() for one in scope.bindings.values() if one.kind == "input" or (one not in sourced and one.kind != "parameter")}
        self.first: set[ast.Node] | None = None
        self.settle()
        if len(self.reached) < len(self.functions):
            self.first = set(self.reached)
            self.settle()
        self.twins = {node for node in self.reached if any(self.special[one] != ANY for one in self.parameters(node))}

    def find_functions(self, module: ast.Module) -> None:
        """The functions of the top level that can be specialised: bound once, without a rest parameter."""
        for statement in module.body:
            if type(statement) is ast.FunctionDeclaration and statement in self.facts.hoisted and statement.params:
                binding = self.facts.targets.get(statement)
                if binding is not None and binding.assigned == 1 and not binding.rebound and not any(one.rest for one in statement.params):
                    self.functions[binding] = statement

    def owner(self, scope: Scope) -> ast.Node | None:
        """The function of the top level that a scope belongs to."""
        while scope.parent is not None and scope.parent.parent is not None:
            scope = scope.parent
        return scope.node if scope.parent is not None else None

    def parameters(self, node: ast.Node) -> list[Binding]:
        bindings = self.facts.scopes[node].bindings
        return [bindings[one.name] for one in node.params]  # type: ignore[attr-defined]  # a function

    def settle(self) -> None:
        """Joins what is assigned into each variable, and passed into each parameter, until nothing changes."""
        for _ in range(ROUNDS * 2):
            changed = False
            for binding, source in self.sources:
                self.inside = None
                changed |= self.join(self.values, binding, source())
                owner = self.owners[binding.scope]
                if owner in self.reached:
                    self.inside = owner
                    changed |= self.join(self.special, binding, source())
            for node, values in self.returns.items():
                changed |= self.join_results(node, values)
            changed |= self.pass_arguments()
            changed |= self.elements.step()
            if not changed:
                break
        else:
            for binding, _ in self.sources:
                self.values[binding] = self.special[binding] = ANY
            self.reached.clear()
        self.inside = None

    @staticmethod
    def join(kinds: dict[Binding, int], binding: Binding, kind: int) -> bool:
        before = kinds.get(binding, NOTHING)
        kinds[binding] = before | kind
        return before | kind != before

    def join_results(self, node: ast.Node, values: list[ast.Expression]) -> bool:
        changed = False
        for special in (False, True):
            if special and node not in self.reached:
                break
            self.inside = node if special else None
            kind = NULL if node in self.facts.open_ended else NOTHING
            for value in values:
                kind |= self.of(value)
            changed |= self.results.get((node, special), NOTHING) | kind != self.results.get((node, special), NOTHING)
            self.results[node, special] = self.results.get((node, special), NOTHING) | kind
        return changed

    def pass_arguments(self) -> bool:
        """Joins the arguments of calls at the top level and in specialised bodies into the parameters.

        In a second round, calls in general bodies count for the functions that the first one did not reach, so that what a
        host calls is fast inside as well.
        """
        changed = False
        for call, function, owner in self.calls:
            general = owner is not None and owner not in self.reached
            if general and (self.first is None or function in self.first):
                continue
            self.inside = None if general else owner
            kinds = self.arguments(call, function)
            if kinds is None or (general and ANY in kinds):
                continue
            self.reached.add(function)
            for binding, kind in zip(self.parameters(function), kinds, strict=True):
                changed |= self.join(self.special, binding, kind)
        return changed

    def arguments(self, call: ast.Call, function: ast.FunctionDeclaration) -> list[int] | None:
        """The kinds that a call gives to each parameter; None where that cannot be told."""
        args, params = call.args, function.params
        if len(args) > len(params) or any(type(one) in (ast.Spread, ast.NamedArgument) for one in args):
            return None
        kinds = [self.of(one) for one in args]  # type: ignore[arg-type]  # positional
        for parameter in params[len(args) :]:
            if parameter.default is None or type(ast.strip(parameter.default)) not in (ast.Null, ast.Boolean, ast.Number, ast.String):
                return None
            kinds.append(self.of(parameter.default))
        return kinds

    def called(self, node: ast.Call) -> ast.FunctionDeclaration | None:
        """The function of the top level that a call certainly calls."""
        callee = node.callee
        binding = self.facts.names.get(callee) if type(callee) is ast.Name else None
        return self.functions.get(binding) if binding is not None else None

    def fits_twin(self, node: ast.Call, function: ast.FunctionDeclaration) -> bool:
        """Whether a call may go to the specialised body."""
        if function not in self.reached:
            return False
        kinds = self.arguments(node, function)
        return kinds is not None and all(contains(kind, self.special.get(one, NOTHING)) for kind, one in zip(kinds, self.parameters(function), strict=True))

    # ── what is assigned to what ────────────────────────────────────────────────────────────────────────────────

    def gather(self, module: ast.Module) -> None:
        stack: list[tuple[ast.Node, ast.Node | None, ast.Node | None]] = [(module, None, None)]
        while stack:
            node, owner, function = stack.pop()
            visit = GATHER.get(type(node))
            if visit is not None:
                visit(self, node)
            if type(node) is ast.Call:
                called = self.called(node)
                if called is not None:
                    self.calls.append((node, called, owner))
            elif type(node) is ast.Return and function in self.returns:
                self.returns[function].append(node.value or ast.Null(node.start, node.end))
            elif type(node) in FUNCTIONS:
                owner, function = owner or node, node
                if owner is node and type(node) is ast.FunctionDeclaration and node in self.functions.values():
                    self.returns[node] = []
            stack += [(child, owner, function) for child in ast.children(node)]

    def bind(self, pattern: ast.Pattern, source: Callable[[], int], *, value: ast.Expression | None = None) -> None:
        """Records that the names of a pattern get values of this kind (parts of it: anything): that of the expression `value`, or an unknown one."""
        if type(pattern) is ast.Target:
            binding = self.facts.targets.get(pattern) or self.facts.targets.get(pattern.place)
            if binding is not None:
                self.sources.append((binding, source))
                if value is None:
                    self.elements.unsafe.add(binding)
                else:
                    self.elements.assigned(binding, value)
            elif type(pattern.place) is ast.Index:
                self.elements.stored(pattern.place, source)
            elif type(pattern.place) is ast.Slice and type(pattern.place.object) is ast.Name:
                self.elements.unsafe.add(self.facts.names[pattern.place.object])  # type: ignore[arg-type]  # builtins are never tracked
            return
        for child in ast.children(pattern):
            if isinstance(child, ast.Pattern):
                self.bind(child, anything)

    def gather_assign(self, node: ast.Assign) -> None:
        value, target = node.value, node.target
        if node.op == "=":
            plain = ast.strip(value)
            if type(target) is ast.ArrayPattern and type(plain) is ast.Array and pairwise(target, plain):
                for item, part in zip(target.items, plain.items, strict=True):
                    self.bind(item.pattern, lambda part=part: self.of(part), value=part)  # type: ignore[union-attr, misc]  # pairwise has no rest
                return
            self.bind(target, lambda: self.of(value), value=value)
        elif type(target) is ast.Target:
            place, op = target.place, node.op[:-1]
            self.bind(target, lambda: self.of(place) | self.of(value) if op == "??" else self.operation(op, place, value), value=value)

    def gather_for(self, node: ast.For) -> None:
        iterable = node.iterable
        if len(node.targets) == 1:
            self.bind(node.targets[0], lambda: self.items(iterable))
        else:
            self.bind(node.targets[0], lambda: INDEX.get(self.of(iterable), STR | SMALL))
            self.bind(node.targets[1], anything)

    def gather_pattern(self, node: ast.Arm) -> None:
        self.bind(node.pattern, anything)

    def gather_declaration(self, node: ast.FunctionDeclaration) -> None:
        self.site(node, FUNCTION)

    def gather_handle(self, node: ast.Import | ast.CapabilityDeclaration) -> None:
        self.site(node, HANDLE)

    def site(self, node: ast.Node, kind: int) -> None:
        binding = self.facts.targets.get(node)
        if binding is not None:
            self.sources.append((binding, lambda: kind))

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, node: ast.Expression) -> int:
        """The kind of an expression."""
        visit = KINDS.get(type(node))
        return ANY if visit is None else visit(self, node)

    def of_name(self, node: ast.Name) -> int:
        binding = self.facts.names.get(node)
        if binding is None:
            return FUNCTION
        if binding.kind == "parameter" and binding not in self.elements.parameters and not (self.inside is not None and binding.scope.node is self.inside):
            return ANY
        if binding in self.open:
            return ANY
        if self.inside is not None and self.owners[binding.scope] is self.inside:
            return self.special.get(binding, NOTHING)
        return self.values.get(binding, NOTHING)

    def of_number(self, node: ast.Number) -> int:
        if type(node.value) is float:
            return FLOAT
        return SMALL if node.value < 1 << 62 else INT

    def of_unary(self, node: ast.Unary) -> int:
        kind = self.of(node.operand)
        return BOOL if node.op == "!" else kind & (FLOAT | SMALL | LINEAR | INT) or (kind and NUMBER)

    def of_binary(self, node: ast.Binary) -> int:
        return self.operation(node.op, node.left, node.right)

    def operation(self, op: str, left: ast.Expression, right: ast.Expression) -> int:
        if op in COMPARISONS:
            return BOOL
        if op in ("&&", "||", "??"):
            return self.of(left) | self.of(right)
        if op == "+" and is_text(left, right):
            return STR
        one, other = self.of(left), self.of(right)
        if op in ("+", "-"):
            if is_small_literal(right) and contains(one, SMALL | BOOL) and one:
                return SMALL
            if is_small_literal(left) and contains(other, SMALL | BOOL) and other:
                return SMALL
        if op == "*" and type(left) is ast.Name and type(right) is ast.Name and left.id == right.id:
            return arithmetic("*", one & NUMBER, other & NUMBER)  # a square is of a number, whatever the name may hold
        return arithmetic(op, one, other)

    def of_conditional(self, node: ast.Conditional) -> int:
        return self.of(node.then) | self.of(node.orelse)

    def of_group(self, node: ast.Group) -> int:
        return self.of(node.value)

    def of_call(self, node: ast.Call) -> int:
        callee = node.callee
        if type(callee) is ast.Name and self.facts.names.get(callee, callee) is None:
            return RESULTS.get(callee.id, ANY)
        if type(callee) is ast.Member and not callee.optional:
            kind = self.of(callee.object)
            return METHOD_RESULTS.get(kind, {}).get(callee.name, ANY) if kind != NOTHING else NOTHING
        function = self.called(node)
        if function is None:
            return ANY
        special = self.fits_twin(node, function)
        return self.results.get((function, special), NOTHING)

    def of_member(self, node: ast.Member) -> int:
        return SMALL if node.name == "length" and contains(self.of(node.object), LIST | STR) and not node.optional else ANY

    def of_slice(self, node: ast.Slice) -> int:
        return self.of(node.object) & (LIST | STR) if not node.optional else ANY

    def items(self, node: ast.Expression) -> int:
        """The kind of what iterating an expression gives."""
        node = ast.strip(node)
        if type(node) is ast.Call and type(node.callee) is ast.Name and self.facts.names.get(node.callee, node) is None and node.callee.id == "range":
            starts = node.args[:1] if len(node.args) > 1 else []
            return SMALL if all(not isinstance(one, ast.Spread | ast.NamedArgument) and contains(self.of(one), SMALL | LINEAR) for one in starts) else INT
        if type(node) is ast.Array:
            kind = NOTHING
            for item in node.items:
                kind |= ANY if type(item) is ast.Spread else self.of(item)
            return kind
        kind = self.of(node)
        return kind if kind in (STR, NOTHING) else self.elements.of(node) if kind == LIST else ANY

    def of_index(self, node: ast.Index) -> int:
        kind = self.of(node.object)
        if kind in (STR, NOTHING):
            return kind
        return self.elements.of(node.object) if kind == LIST and not node.optional else ANY


FUNCTIONS = (ast.FunctionDeclaration, ast.Arrow, ast.Test)


def anything() -> int:
    return ANY


def pairwise(target: ast.ArrayPattern, value: ast.Array) -> bool:
    """Whether `[a, b] = [x, y]` can assign part by part."""
    return (
        len(target.items) == len(value.items)
        and all(type(item) is ast.Element and item.default is None for item in target.items)
        and not any(type(item) is ast.Spread for item in value.items)
    )


def is_text(left: ast.Expression, right: ast.Expression) -> bool:
    """Whether a `+` of these is a chain that contains a string literal or a template (§3)."""
    while True:
        if type(right) in (ast.String, ast.Template) or type(left) in (ast.String, ast.Template):
            return True
        if type(right) is ast.Binary and right.op == "+" and is_text(right.left, right.right):
            return True
        if not isinstance(left, ast.Binary) or left.op != "+":
            return False
        right, left = left.right, left.left


# Each method takes the node type that it stands under.
GATHER: dict[type, Callable[..., None]] = {
    ast.Assign: Kinds.gather_assign,
    ast.For: Kinds.gather_for,
    ast.Arm: Kinds.gather_pattern,
    ast.FunctionDeclaration: Kinds.gather_declaration,
    ast.Import: Kinds.gather_handle,
    ast.CapabilityDeclaration: Kinds.gather_handle,
}
KINDS: dict[type, Callable[..., int]] = {
    ast.Null: lambda _self, _node: NULL,
    ast.Boolean: lambda _self, _node: BOOL,
    ast.Number: Kinds.of_number,
    ast.String: lambda _self, _node: STR,
    ast.Template: lambda _self, _node: STR,
    ast.Array: lambda _self, _node: LIST,
    ast.Object: lambda _self, _node: DICT,
    ast.Arrow: lambda _self, _node: FUNCTION,
    ast.Name: Kinds.of_name,
    ast.Group: Kinds.of_group,
    ast.Unary: Kinds.of_unary,
    ast.Binary: Kinds.of_binary,
    ast.Conditional: Kinds.of_conditional,
    ast.Call: Kinds.of_call,
    ast.Member: Kinds.of_member,
    ast.Index: Kinds.of_index,
    ast.Slice: Kinds.of_slice,
}

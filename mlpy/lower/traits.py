"""Questions about ML's tree that lowering asks, answered from the tree (and the checker's facts) alone."""

from __future__ import annotations

from mlpy import ast
from mlpy.lower.kinds import BOOL, FLOAT, LINEAR, NUMBER, SMALL, contains, is_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mlpy.analysis.facts import Binding, Facts

LARGEST_POWER = 64
PLACE_MEMBERS = frozenset("file line column stack hint".split())  # of an error: what only its handle knows
LEAVES = frozenset("abs round int float bool chr ord len typeof callable isinstance".split())  # builtins that call nothing back and take bounded time


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────


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


def chain(node: ast.Expression) -> list[ast.Expression]:
    """The operands of a left-associative `+` chain."""
    operands: list[ast.Expression] = []
    while type(node) is ast.Binary and node.op == "+":
        operands.append(node.right)
        node = node.left
    return [node, *reversed(operands)]


def leftmost(node: ast.Expression) -> ast.Expression:
    """The first operand of a `+` chain; the node itself where it is none."""
    found = node
    while type(found) is ast.Binary and found.op == "+":
        found = found.left
    return found


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


def required_items(items: list[ast.Element | ast.Rest]) -> int:
    """How many items an array pattern needs: trailing ones with defaults may be absent where there is no rest."""
    count = sum(type(item) is ast.Element for item in items)
    for item in reversed(items):
        if type(item) is not ast.Element or item.default is None:
            break
        count -= 1
    return count


def has_block_arm(node: ast.Expression) -> bool:
    return type(node) is ast.Match and any(isinstance(arm.body, ast.Block) for arm in node.arms)


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────


def split_result(body: list[ast.Statement]) -> tuple[list[ast.Statement], ast.ExpressionStatement | None]:
    """The statements without the one whose value is the program's: the last, where that is an expression."""
    for index in range(len(body) - 1, -1, -1):
        statement = body[index]
        if type(statement) is ast.ExpressionStatement and not has_block_arm(statement.value):
            return [*body[:index], *body[index + 1 :]], statement
        if type(statement) not in (ast.Empty, ast.FunctionDeclaration, ast.TypeDeclaration, ast.CapabilityDeclaration):
            break
    return body, None


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

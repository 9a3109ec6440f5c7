"""The syntax tree of ML: one slotted class a node, each with the character offsets of its span.

A node class is declared like a dataclass; the metaclass makes `__slots__`, `__match_args__` and a positional
`__init__(start, end, *fields)` (dataclasses cost 30 ms at a cold start for as many classes). Nodes compare by
identity; `same` compares trees and ignores spans.
"""

from __future__ import annotations

from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from typing import dataclass_transform
else:

    def dataclass_transform() -> object:
        return lambda cls: cls


@dataclass_transform()
class NodeType(type):
    """Makes a slotted class with a positional constructor from annotations."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, object]) -> NodeType:
        own: tuple[str, ...] = tuple(namespace.get("__annotations__", ()))  # type: ignore[arg-type]  # a dict, by construction
        inherited: tuple[str, ...] = getattr(bases[0], "fields", ()) if bases else ()
        fields = (*inherited, *own)
        namespace["__slots__"] = own
        namespace["fields"] = fields
        namespace["__match_args__"] = fields[2:]
        made: dict[str, object] = {}
        body = "".join(f" self.{field} = {field}\n" for field in fields) or " pass\n"
        exec(f"def __init__(self, {', '.join(fields)}):\n{body}", made)  # noqa: S102  field names of this file only
        namespace["__init__"] = made["__init__"]
        return super().__new__(cls, name, bases, namespace)


class Node(metaclass=NodeType):
    """Every node: `start` and `end` are character offsets into the source."""

    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def __repr__(self) -> str:
        return dump(self)


# ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────────


class Expression(Node):
    """Anything that has a value."""


class Null(Expression):
    """`null` or `undefined`."""


class Boolean(Expression):
    value: bool


class Number(Expression):
    """A numeric literal; `value` is an int or a float."""

    value: int | float


class String(Expression):
    """A string literal, decoded; `raw` is True for `r"…"`."""

    value: str
    raw: bool


class Template(Expression):
    """`` `a${x}b` ``: decoded text and expressions in order of appearance (no empty texts)."""

    parts: list[str | Expression]


class Name(Expression):
    id: str


class Group(Expression):
    """A parenthesised expression. It matters: it ends a `+` chain and an optional chain, and `fmt` keeps it."""

    value: Expression


class Spread(Expression):
    """`...xs` in an array, an object or a call."""

    value: Expression


class Array(Expression):
    items: list[Expression]


class Property(Node):
    """`key: value` of an object literal. `key` is a String for `a:` and `"a":`, any expression for `[k]:` (computed)."""

    key: Expression
    value: Expression
    computed: bool
    shorthand: bool


class Object(Expression):
    entries: list[Property | Spread]


class Unary(Expression):
    """`op` is `!` or `-`."""

    op: str
    operand: Expression


class Binary(Expression):
    """`op` is one of `+ - * / % ~/ ** == != < > <= >= in && || ??`."""

    op: str
    left: Expression
    right: Expression


class Conditional(Expression):
    """`test ? then : orelse`."""

    test: Expression
    then: Expression
    orelse: Expression


class Pipe(Expression):
    """`left |> right`: where `right` is a Call, `left` becomes its first argument; else `right` is called with it."""

    left: Expression
    right: Expression


class NamedArgument(Node):
    """`name: value` in a call."""

    name: str
    value: Expression


class Call(Expression):
    callee: Expression
    args: list[Expression | NamedArgument]


class Member(Expression):
    """`object.name`, or `object?.name` where `optional`. `name_start` is the offset of the name."""

    object: Expression
    name: str
    optional: bool
    name_start: int


class Index(Expression):
    """`object[index]`, or `object?.[index]`."""

    object: Expression
    index: Expression
    optional: bool


class Slice(Expression):
    """`object[a:b:c]`; an absent part is None."""

    object: Expression
    lower: Expression | None
    upper: Expression | None
    step: Expression | None
    optional: bool


class Arrow(Expression):
    """`fn(params): result => body`; the body is an expression or a block."""

    params: list[Parameter]
    result: Type | None
    body: Expression | Block


class Match(Expression):
    subject: Expression
    arms: list[Arm]


class Arm(Node):
    """`pattern if guard => body`; a Block body only where the whole match is a statement."""

    pattern: Pattern
    guard: Expression | None
    body: Expression | Block


# ── patterns: of `match`, and targets of assignment, `for` and destructuring ─────────────────────────────────────


class Pattern(Node):
    """A shape that a value is matched or taken apart with."""


class LiteralPattern(Pattern):
    """`value` is Null, Boolean, Number, String, or Unary `-` of a Number."""

    value: Expression


class Wildcard(Pattern):
    """`_` in a match (in an assignment `_` is an ordinary name)."""


class Target(Pattern):
    """A place: Name always; Member, Index or Slice only in an assignment."""

    place: Name | Member | Index | Slice


class Rest(Pattern):
    """`...name` inside an array or object pattern."""

    target: Target


class Element(Pattern):
    """An element of an array pattern with its default (`[a, b = 1]`), or None."""

    pattern: Pattern
    default: Expression | None


class ArrayPattern(Pattern):
    """At most one of `items` is a Rest."""

    items: list[Element | Rest]


class Field(Pattern):
    """`key`, `key: pattern`, each with a default or None, in an object pattern."""

    key: str
    pattern: Pattern
    default: Expression | None
    shorthand: bool


class ObjectPattern(Pattern):
    fields_: list[Field]
    rest: Rest | None


class OrPattern(Pattern):
    options: list[Pattern]


# ── statements ───────────────────────────────────────────────────────────────────────────────────────────────────


class Statement(Node):
    """Anything that does something."""


class Block(Node):
    """`{ … }` as the body of something; the span includes the braces."""

    body: list[Statement]


class Empty(Statement):
    """A lone `;`."""


class ExpressionStatement(Statement):
    value: Expression


class Assign(Statement):
    """`target op value`, `op` being `=` or one of `+= -= *= /= %= ~/= **= ??=` (then the target is a Target)."""

    target: Pattern
    op: str
    value: Expression
    doc: str | None


class Parameter(Node):
    """`rest` is True for `...name`."""

    name: str
    type: Type | None
    default: Expression | None
    rest: bool


class FunctionDeclaration(Statement):
    """`function name(params): result { body }`. `name_start` is the offset of the name."""

    name: str
    params: list[Parameter]
    result: Type | None
    body: Block
    doc: str | None
    name_start: int


class If(Statement):
    """`orelse` is a Block, another If (`elif`), or None."""

    test: Expression
    body: Block
    orelse: Block | If | None


class While(Statement):
    test: Expression
    body: Block


class For(Statement):
    """`for (x in xs)` has one target, `for (k, v in xs)` two."""

    targets: list[Pattern]
    iterable: Expression
    body: Block


class Break(Statement):
    pass


class Continue(Statement):
    pass


class Return(Statement):
    value: Expression | None


class Throw(Statement):
    value: Expression


class Handler(Node):
    """`except (name) body`; `name` may be None. `name_start` is -1 then."""

    name: str | None
    body: Block
    name_start: int


class Try(Statement):
    body: Block
    handlers: list[Handler]
    final: Block | None


class Nonlocal(Statement):
    names: list[Name]


class WithCapability(Statement):
    """`with capability(a, b) body`: each is an expression (a string, or the name of a capability declaration)."""

    capabilities: list[Expression]
    body: Block


class Assert(Statement):
    test: Expression
    message: Expression | None


class Import(Statement):
    """`import a.b.c as alias`: binds `alias`, else the first segment."""

    path: list[str]
    alias: str | None


class Test(Statement):
    """`test "name" { … }`."""

    name: str
    body: Block


class Allow(Node):
    """One of `allow read, file.write "./x";`: a short or full kind and a target pattern or None."""

    kind: str
    target: str | None


class CapabilityDeclaration(Statement):
    """`capability Name { resource "glob"; allow read, write; }`."""

    name: str
    resources: list[String]
    allows: list[Allow]
    doc: str | None
    name_start: int


class TypeDeclaration(Statement):
    name: str
    type: Type
    doc: str | None
    name_start: int


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Type(Node):
    """An annotation; never evaluated when the program runs."""


class NamedType(Type):
    """`number`, `string`, … or the name of a type declaration."""

    name: str


class ArrayType(Type):
    """`array<item>`."""

    item: Type


class TypeField(Node):
    name: str
    type: Type
    optional: bool


class ObjectType(Type):
    """`{name: string, age?: number}`."""

    entries: list[TypeField]


class UnionType(Type):
    options: list[Type]


class FunctionType(Type):
    """`fn(number, string) => boolean`."""

    params: list[Type]
    result: Type


class GroupType(Type):
    """A parenthesised type."""

    value: Type


# ── the root ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Comment(Node):
    """A comment as written. `own_line`: nothing but white space stands before it on its line."""

    text: str
    own_line: bool


class Module(Node):
    """A whole file. `comments` holds every comment in order, doc comments too."""

    body: list[Statement]
    comments: list[Comment]
    shebang: str | None


def children(node: Node) -> list[Node]:
    """The direct child nodes in order of their fields (comments excepted)."""
    found: list[Node] = []
    names: tuple[str, ...] = node.fields[2:]  # type: ignore[attr-defined]  # made by the metaclass
    for field in names:
        value = getattr(node, field)
        if isinstance(value, Node):
            found.append(value)
        elif type(value) is list and field != "comments":
            found += [item for item in value if isinstance(item, Node)]
    return found


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, parents first, iteratively."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def same(one: object, other: object) -> bool:
    """Whether two trees are equal but for spans and comments."""
    stack = [(one, other)]
    while stack:
        a, b = stack.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, Node):
            names = [name for name in a.fields[2:] if name not in ("comments", "name_start")]  # type: ignore[attr-defined]  # made by the metaclass
            stack.extend((getattr(a, name), getattr(b, name)) for name in names)
        elif isinstance(a, list):
            if len(a) != len(b):  # type: ignore[arg-type]  # the same type as a
                return False
            stack.extend(zip(a, b, strict=True))  # type: ignore[call-overload]  # the same type as a
        elif a != b and not (a != a and b != b):  # noqa: PLR0124  two nans are the same literal
            return False
    return True


def strip(node: Expression) -> Expression:
    """The expression without its parentheses."""
    while isinstance(node, Group):
        node = node.value
    return node


def dump(node: object, indent: int = 0) -> str:
    """The tree as indented text; what `mlpy emit ast` prints."""
    pad = "  " * indent
    if isinstance(node, Node):
        fields = [(name, getattr(node, name)) for name in node.fields[2:] if name not in ("comments", "name_start")]  # type: ignore[attr-defined]  # made by the metaclass
        head = f"{pad}{type(node).__name__} {node.start}:{node.end}"
        flat = "".join(f" {name}={value!r}" for name, value in fields if not isinstance(value, Node | list))
        nested = "".join(f"\n{pad}  .{name}\n{dump(value, indent + 2)}" for name, value in fields if isinstance(value, Node) or (isinstance(value, list) and value))
        return head + flat + nested
    if isinstance(node, list):
        return "\n".join(dump(item, indent) for item in node)
    return f"{pad}{node!r}"

"""A tree to its canonical text: what `mlpy fmt` writes.

Parsing the text gives the same tree again, and printing that the same text. Comments stay where they are, blank lines are
kept up to one, literals keep their spelling. Trees that no source stands behind print too, with parentheses where needed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from re import compile as pattern

from mlpy import ast
from mlpy.syntax.layout import FRESH, HARD, SOFT, SPACE, WIDTH, Broken, Concat, Fill, Group, Indent, Suffix, render
from mlpy.syntax.parser import LEVELS, PRECEDENCE
from mlpy.syntax.tokens import HIDDEN

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Sequence
    from typing import Any

    from mlpy.source import Source
    from mlpy.syntax.layout import Doc

DEPTH = 25  # levels of a tree that are shown on one stack
# How tightly an expression holds together; binary operators stand between at 1 + PRECEDENCE.
WHOLE = 0
BINARY = 1
UNARY = 1 + len(LEVELS)
POWER = UNARY + 1
POSTFIX = UNARY + 2
PRIMARY = UNARY + 3
WORD = pattern(r"(?!__)[A-Za-z_][A-Za-z0-9_]*\Z")
LOOKS_LIKE_EXPONENT = pattern("[eE][0-9]")
ESCAPED = pattern(r'[\x00-\x08\x0b-\x1f\x7f\\"]|' + HIDDEN.pattern)
ESCAPED_IN_TEMPLATE = pattern(r"[\x00-\x08\x0b-\x1f\x7f\\`]|\$(?=\{)|" + HIDDEN.pattern)
ESCAPES = {"\r": "\\r", "\\": "\\\\", '"': '\\"', "`": "\\`", "$": "\\$"}
SIMPLE = (ast.ExpressionStatement, ast.Assign, ast.Return, ast.Throw, ast.Break, ast.Continue, ast.Assert, ast.Nonlocal)
BULKY = (ast.Arrow, ast.Conditional, ast.Match)


def print_module(module: ast.Module, source: Source | None = None, *, width: int = WIDTH) -> str:
    """The canonical text of a module. `source` is the text that it was parsed from, None for a tree made otherwise."""
    text = render(Printer(source, module.comments).module(module), width)
    return f"{text}\n" if text else ""


class Printer:
    """Makes the document of a tree.

    Nodes are visited in the order of the source, and so are comments: each is put out by the first list that it stands in,
    or before the first leaf behind it.
    """

    __slots__ = ("comments", "depth", "next", "places", "source", "text")

    def __init__(self, source: Source | None, comments: list[ast.Comment]) -> None:
        self.source = source
        self.text = source.text if source else ""
        self.comments = comments
        self.places = [comment.start for comment in comments]
        self.next = 0
        self.depth = 0

    def deeper(self, show: Callable[[Any], Doc], node: ast.Node) -> Doc:
        """`show(node)`; where the stack gets deep, on a thread of its own, which has a stack of its own."""
        self.depth += 1
        if self.depth % DEPTH:
            shown = show(node)
        else:
            with ThreadPoolExecutor(1) as thread:
                shown = thread.submit(show, node).result()
        self.depth -= 1
        return shown

    # ── comments ────────────────────────────────────────────────────────────────────────────────────────────────────

    def pending(self, position: int) -> list[ast.Comment]:
        """The comments before a position that are not put out so far."""
        first = self.next
        self.next = max(first, bisect_left(self.places, position))
        return self.comments[first : self.next]

    def has_comments(self, start: int, end: int) -> bool:
        return bisect_left(self.places, start) < bisect_left(self.places, end)

    def waiting(self, position: int) -> bool:
        """Whether comments before a position are still to be put out."""
        return self.next < len(self.places) and self.places[self.next] < position

    def lead(self, position: int, doc: Doc) -> Doc:
        """A leaf behind the comments that stand before it."""
        return Concat([*self.remarks(position), doc]) if self.waiting(position) else doc

    def remarks(self, position: int) -> list[Doc]:
        """The comments before a position, for what begins there to stand behind them."""
        comments = self.pending(position)
        parts: list[Doc] = []
        for comment, following in zip(comments, [*(one.start for one in comments), position][1:], strict=True):
            if self.is_inline(comment, following):
                parts += (comment.text, " ")
            elif comment.own_line:
                parts += (FRESH, comment.text, FRESH)
            else:
                parts += (Suffix(comment.text), FRESH)
        return parts

    def is_inline(self, comment: ast.Comment, following: int) -> bool:
        """Whether a comment stands on the line of what follows it."""
        return comment.text.startswith("/*") and "\n" not in self.text[comment.end : following]

    def trailing(self, end: int, limit: int) -> list[Doc]:
        return [Suffix(comment.text) for comment in self.on_line(end, limit)]

    def on_line(self, end: int, limit: int) -> list[ast.Comment]:
        """The comments that stand behind something on its last line, up to `limit`."""
        found: list[ast.Comment] = []
        while self.next < len(self.places) and end <= self.places[self.next] < limit:
            comment = self.comments[self.next]
            if comment.own_line or "\n" in self.text[end : comment.start]:
                break
            self.next += 1
            found.append(comment)
            end = comment.end
        return found

    def leftover(self, end: int) -> list[Doc]:
        """Comments inside something that had no place for them: the first behind it, others below."""
        parts: list[Doc] = []
        for comment in self.pending(end):
            parts += (FRESH, Suffix(comment.text)) if parts else (Suffix(comment.text),)
        return parts

    # ── sequences of lines: statements, arms, what a capability asks for ────────────────────────────────────────────

    def lines(self, nodes: Sequence[ast.Node], show: Callable[[ast.Node], Doc], start: int, end: int) -> list[Doc]:
        """Nodes on lines of their own from `start` to `end`, with the comments between them."""
        parts: list[Doc] = []
        last = start
        for index, node in enumerate(nodes):
            comments = self.pending(node.start)
            glued = False
            for comment, following in zip(comments, [*(one.start for one in comments), node.start][1:], strict=True):
                parts += [] if glued else self.separate(parts, last, comment.start)
                parts.append(comment.text)
                last = comment.end
                glued = self.is_inline(comment, following)
                parts += [" "] if glued else []
            parts += [] if glued else self.separate(parts, last, node.start, apart=index > 0 and isinstance(node, ast.FunctionDeclaration))
            parts.append(show(node))
            parts += self.leftover(node.end)
            limit = nodes[index + 1].start if index + 1 < len(nodes) else end
            parts += self.trailing(node.end, limit)
            last = max(node.end, self.comments[self.next - 1].end if self.next else 0)
        for comment in self.pending(end):
            parts += self.separate(parts, last, comment.start)
            parts.append(comment.text)
            last = comment.end
        return parts

    def separate(self, before: list[Doc], end: int, start: int, *, apart: bool = False) -> list[Doc]:
        """The line break between two things of a sequence, with the blank line that the source has there."""
        if not before:
            return []
        blank = self.text.count("\n", end, start) > 1 if self.source else apart
        return [HARD, HARD] if blank else [HARD]

    # ── lists in brackets ───────────────────────────────────────────────────────────────────────────────────────────

    def bracketed(self, opener: str, nodes: Sequence[ast.Node], show: Callable[[ast.Node], Doc], closer: str, start: int, end: int, *, broken: bool = False) -> Doc:
        """`opener`, the nodes with commas between them, `closer`: on one line, or each on its own."""
        inner: list[Doc] = [SOFT]
        for index, node in enumerate(nodes):
            if index:
                inner.append(",")
                inner += self.trailing_in_list(node.start)
                inner.append(SPACE)
            remarks = self.remarks(node.start)
            inner += remarks
            inner.append(show(node))
        if nodes:
            inner.append(Broken(","))
        last = nodes[-1].end if nodes else start + 1
        inner += self.trailing(last, end - 1)
        for comment in self.pending(end - 1):
            inner += (FRESH, comment.text)
        if len(inner) == 1:
            return opener + closer
        body = Concat(inner)
        return Group(Concat([opener, Indent(body), SOFT, closer]), broken=broken or body.hard)

    def trailing_in_list(self, start: int) -> list[Doc]:
        """Comments behind the comma that end their line."""
        parts: list[Doc] = []
        while self.next < len(self.places) and self.places[self.next] < start:
            comment = self.comments[self.next]
            if comment.own_line or (comment.text.startswith("/*") and "\n" not in self.text[comment.end : start]):
                break
            self.next += 1
            parts.append(Suffix(comment.text))
        return parts

    def locate(self, mark: str, start: int) -> int:
        """Where a bracket stands that comes next after `start`, but for comments and white space or a `,`."""
        while self.source:
            start = self.text.find(mark, start)
            comment = bisect_right(self.places, start) - 1
            if comment < 0 or self.comments[comment].end <= start:
                break
            start = self.comments[comment].end
        return start

    def starts_line(self, start: int, nodes: Sequence[ast.Node]) -> bool:
        """Whether the source breaks the line behind the bracket at `start`."""
        return bool(self.source and nodes) and "\n" in self.text[start : nodes[0].start]

    # ── the module and blocks ───────────────────────────────────────────────────────────────────────────────────────

    def module(self, module: ast.Module) -> Doc:
        start = len(module.shebang) if module.shebang else 0
        parts = self.lines(module.body, self.statement, start, len(self.text) + 1)
        if module.shebang:
            gap = self.separate([""], start, min([node.start for node in module.body] + self.places, default=start)) if parts else []
            parts = [module.shebang, *gap, *parts]
        return Concat(parts)

    def block(self, block: ast.Block, *, short: bool = False) -> Doc:
        """`short`: one simple statement may stay on the line of the braces."""
        if not block.body and not self.has_comments(block.start, block.end):
            return Concat([*self.remarks(block.start), "{}"])
        if len(block.body) == 1 and isinstance(block.body[0], ast.Empty) and not self.has_comments(block.start, block.end):
            return "{;}"
        if short and self.may_stay_short(block):
            return Group(self.short_block(block))
        head = [*self.pending(block.start), *self.on_line(block.start + 1, block.body[0].start if block.body else block.end)]
        last = head[-1].end if head else block.start + 1
        body = self.lines(block.body, self.deeper_statement, last, block.end - 1)
        lines = [part for comment in head[1:] for part in (HARD, comment.text)] + ([HARD, *body] if body else [])
        return Concat(["{", *(Suffix(comment.text) for comment in head[:1]), Indent(Concat(lines)), HARD, "}"])

    def may_stay_short(self, block: ast.Block) -> bool:
        if len(block.body) != 1 or not isinstance(block.body[0], SIMPLE) or (isinstance(block.body[0], ast.ExpressionStatement) and isinstance(block.body[0].value, ast.Match)):
            return False
        if not self.source:
            return True
        return not self.waiting(block.end) and "\n" not in self.text[block.start : block.body[0].start]

    # ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────

    def deeper_statement(self, node: ast.Node) -> Doc:
        return self.deeper(self.statement, node)

    def statement(self, node: ast.Node) -> Doc:
        match node:
            case ast.ExpressionStatement(value=value):
                shown = self.expression(value)
                return shown if isinstance(value, ast.Match) else Concat([shown, ";"])
            case ast.Assign(target=target, op=op, value=value):
                return Concat([*self.doc(node.doc), self.pattern(target), f" {op}", self.assigned(value), ";"])
            case ast.FunctionDeclaration(name=name, params=params, result=result, body=body):
                head = [*self.doc(node.doc), f"function {name}", self.parameters(params, self.locate("(", node.name_start)), self.result(result)]
                return Concat([*head, " ", self.block(body, short=self.source is not None)])
            case ast.If():
                return self.if_(node)
            case ast.While(test=test, body=body):
                return Concat(["while ", self.condition(test), " ", self.block(body, short=self.source is not None)])
            case ast.For(targets=targets, iterable=iterable, body=body):
                names = self.separated(targets, self.pattern)
                return Concat(["for (", names, " in ", self.expression(iterable), ") ", self.block(body, short=self.source is not None)])
            case ast.Return(value=value):
                return Concat(["return ", self.expression(value), ";"]) if value else "return;"
            case ast.Throw(value=value):
                return Concat(["throw ", self.expression(value), ";"])
            case ast.Try():
                return self.try_(node)
            case ast.Nonlocal(names=names):
                return f"nonlocal {', '.join(name.id for name in names)};"
            case ast.WithCapability(capabilities=capabilities, body=body):
                demanded = self.bracketed("(", capabilities, self.expression_of, ")", node.start, body.start)
                return Concat(["with capability", demanded, " ", self.block(body)])
            case ast.Assert(test=test, message=message):
                tail = [", ", self.expression(message)] if message else []
                return Concat(["assert ", self.expression(test), *tail, ";"])
            case ast.Import(path=path, alias=alias):
                return f"import {'.'.join(path)} as {alias};" if alias else f"import {'.'.join(path)};"
            case ast.Test(name=name, body=body):
                return Concat([f"test {self.string(name, node.start)} ", self.block(body, short=self.source is not None)])
            case ast.CapabilityDeclaration():
                return self.capability(node)
            case ast.TypeDeclaration(name=name, type=type_):
                return Concat([*self.doc(node.doc), f"type {name} = ", self.type(type_), ";"])
            case ast.Break():
                return "break;"
            case ast.Continue():
                return "continue;"
        return ";"

    def assigned(self, value: ast.Expression) -> Doc:
        """The right side of an assignment: a long chain of operators begins on a line of its own."""
        if isinstance(value, ast.Binary) and value.op != "**" and not self.waiting(value.end):
            return Group(Indent(Concat([SPACE, self.binary(value, step=False)])))
        return Concat([" ", self.expression(value)])

    def doc(self, doc: str | None) -> list[Doc]:
        """A doc comment where the tree has no comments to tell it."""
        if doc is None or self.source:
            return []
        return [part for line in doc.split("\n") for part in (f"/// {line}" if line else "///", HARD)]

    def condition(self, test: ast.Expression) -> Doc:
        return Group(Concat(["(", Indent(Concat([SOFT, self.expression(test)])), SOFT, ")"]))

    def if_(self, node: ast.If) -> Doc:
        parts: list[Doc] = []
        word = "if "
        show = self.clause([node.body, *([node.orelse] if isinstance(node.orelse, ast.Block) else [])], chain=isinstance(node.orelse, ast.If))
        current: ast.Block | ast.If | None = node
        while isinstance(current, ast.If):
            parts += (word, self.condition(current.test), " ", show(current.body))
            word = " elif "
            current = current.orelse
        if current:
            parts += (" else ", show(current))
        return Group(Concat(parts))

    def try_(self, node: ast.Try) -> Doc:
        show = self.clause([node.body, *(handler.body for handler in node.handlers)], chain=node.final is not None)
        parts: list[Doc] = ["try ", show(node.body)]
        for handler in node.handlers:
            parts += (f" except ({handler.name}) " if handler.name else " except ", show(handler.body))
        if node.final:
            parts += (" finally ", show(node.final))
        return Group(Concat(parts))

    def clause(self, blocks: list[ast.Block], *, chain: bool) -> Callable[[ast.Block], Doc]:
        """How to show the blocks of one statement: all on its line, where the source has them so, or none of them."""
        short = self.source is not None and not chain and all(self.may_stay_short(block) for block in blocks)
        return self.short_block if short else self.block

    def short_block(self, block: ast.Block) -> Doc:
        return Concat(["{", Indent(Concat([SPACE, self.statement(block.body[0])])), SPACE, "}"])

    def string(self, value: str, start: int) -> str:
        """The string literal that comes next after `start`, as written."""
        if not self.source:
            return quote(value)
        first = min(at for at in (self.locate('"', start), self.locate("'", start)) if at >= 0)
        raw = self.text[first - 1] == "r" and not self.text[first - 2].isalnum()
        end = first + 1
        while self.text[end] != self.text[first]:
            end += 2 if self.text[end] == "\\" and not raw else 1
        return self.text[first - raw : end + 1].replace("\r\n", "\n")

    def capability(self, node: ast.CapabilityDeclaration) -> Doc:
        demands: list[ast.Node] = sorted([*node.resources, *node.allows], key=lambda one: one.start if self.source else 0)
        start = self.locate("{", node.name_start)
        shown: list[Doc] = [f"capability {node.name} "]
        if not demands and not self.has_comments(node.start, node.end):
            return Concat([*self.doc(node.doc), *shown, "{}"])
        rows = self.demand_rows(demands)
        head = self.trailing(start + 1, demands[0].start if demands else node.end)
        lines = self.lines([ast.Node(row[0].start, row[-1].end) for row in rows], self.demands(rows), start + 1, node.end - 1)
        return Concat([*self.doc(node.doc), *shown, "{", *head, Indent(Concat([HARD, *lines])), HARD, "}"])

    def demand_rows(self, demands: list[ast.Node]) -> list[list[ast.Node]]:
        """What stands behind one `resource` or `allow`: neighbours of a kind with no `;` between them."""
        rows: list[list[ast.Node]] = []
        for one in demands:
            last = rows[-1][-1] if rows else None
            joined = last is not None and type(last) is type(one) and ";" not in self.text[last.end : one.start]
            if joined and not self.has_comments(rows[-1][-1].end, one.start):
                rows[-1].append(one)
            else:
                rows.append([one])
        return rows

    def demands(self, rows: list[list[ast.Node]]) -> Callable[[ast.Node], Doc]:
        left = iter(rows)

        def show(_: ast.Node) -> Doc:
            row = next(left)
            word = "resource" if isinstance(row[0], ast.String) else "allow"
            return Concat([f"{word} ", self.separated(row, self.demand), ";"])

        return show

    def demand(self, node: ast.Node) -> Doc:
        if isinstance(node, ast.Allow):
            return node.kind if node.target is None else f"{node.kind} {self.string(node.target, node.start)}"
        return self.expression_of(node)

    # ── parameters and types ────────────────────────────────────────────────────────────────────────────────────────

    def parameters(self, params: list[ast.Parameter], start: int) -> Doc:
        last = params[-1].end if params else start
        end = self.locate(")", last) + 1
        return self.bracketed("(", params, self.parameter, ")", start, end)

    def parameter(self, node: ast.Node) -> Doc:
        assert isinstance(node, ast.Parameter)
        parts: list[Doc] = ["..." if node.rest else "", node.name]
        if node.type:
            parts += (": ", self.type(node.type))
        if node.default:
            parts += (" = ", self.expression(node.default))
        return Concat(parts)

    def result(self, result: ast.Type | None) -> Doc:
        return Concat([": ", self.type(result)]) if result else ""

    def type(self, node: ast.Type) -> Doc:
        return self.deeper(self.plain_type, node)

    def plain_type(self, node: ast.Type) -> Doc:
        match node:
            case ast.NamedType(name=name):
                return name
            case ast.ArrayType(item=item):
                return Concat(["array<", self.type(item), ">"])
            case ast.ObjectType(entries=entries):
                return self.bracketed("{", entries, self.type_field, "}", node.start, node.end, broken=self.starts_line(node.start, entries))
            case ast.UnionType(options=options):
                last = len(options) - 1
                return self.separated(options, lambda one: self.option(one, last=one is options[last]), " | ")
            case ast.FunctionType(params=params, result=result):
                return Concat(["fn(", self.separated(params, self.type_of), ") => ", self.type(result)])
            case ast.GroupType(value=value):
                return Concat(["(", self.type(value), ")"])
        raise TypeError(type(node).__name__)

    def type_of(self, node: ast.Node) -> Doc:
        assert isinstance(node, ast.Type)
        return self.type(node)

    def option(self, node: ast.Node, *, last: bool) -> Doc:
        shown = self.type_of(node)
        return Concat(["(", shown, ")"]) if isinstance(node, ast.UnionType) or (isinstance(node, ast.FunctionType) and not last) else shown

    def type_field(self, node: ast.Node) -> Doc:
        assert isinstance(node, ast.TypeField)
        return Concat([key(node.name), "?: " if node.optional else ": ", self.type(node.type)])

    # ── patterns ────────────────────────────────────────────────────────────────────────────────────────────────────

    def pattern(self, node: ast.Node) -> Doc:
        return self.deeper(self.plain_pattern, node)

    def plain_pattern(self, node: ast.Node) -> Doc:
        match node:
            case ast.Wildcard():
                return self.lead(node.start, "_")
            case ast.Target(place=place):
                return self.expression(place)
            case ast.LiteralPattern(value=value):
                return self.expression(value)
            case ast.Rest(target=target):
                return Concat(["...", self.pattern(target)])
            case ast.Element(pattern=inner, default=default):
                return self.with_default(self.pattern(inner), default)
            case ast.ArrayPattern(items=items):
                return self.bracketed("[", items, self.pattern, "]", node.start, node.end)
            case ast.ObjectPattern(fields_=fields, rest=rest):
                entries = sorted([*fields, rest] if rest else fields, key=lambda one: one.start if self.source else 0)
                return self.bracketed("{", entries, self.pattern, "}", node.start, node.end)
            case ast.Field(key=name, pattern=inner, default=default, shorthand=shorthand):
                return self.with_default(self.lead(node.start, name) if shorthand else Concat([f"{key(name)}: ", self.pattern(inner)]), default)
            case ast.OrPattern(options=options):
                return self.separated(options, self.option_pattern, " | ")
        raise TypeError(type(node).__name__)

    def with_default(self, shown: Doc, default: ast.Expression | None) -> Doc:
        return Concat([shown, " = ", self.expression(default)]) if default else shown

    def option_pattern(self, node: ast.Node) -> Doc:
        shown = self.pattern(node)
        return Concat(["(", shown, ")"]) if isinstance(node, ast.OrPattern) else shown

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def expression_of(self, node: ast.Node) -> Doc:
        """For lists of arguments and items."""
        if isinstance(node, ast.NamedArgument):
            return Concat([f"{node.name}: ", self.expression(node.value)])
        assert isinstance(node, ast.Expression)
        return self.expression(node)

    def expression(self, node: ast.Expression, tight: int = WHOLE) -> Doc:
        """The document of an expression, in parentheses where it holds together less than `tight`."""
        if strength(node) < tight:
            return Concat(["(", self.shown(node), ")"])
        return self.shown(node)

    def shown(self, node: ast.Expression) -> Doc:
        if isinstance(node, ast.Binary | ast.Pipe | ast.Conditional | ast.Call | ast.Member | ast.Index | ast.Slice):
            return self.deeper(self.compound, node)
        head = self.remarks(node.start) if self.comments else []
        shown = self.deeper(self.atom, node)
        return Concat([*head, shown]) if head else shown

    def atom(self, node: ast.Expression) -> Doc:
        """What begins with a token of its own."""
        match node:
            case ast.Name(id=name):
                return name
            case ast.String() | ast.Number() | ast.Template():
                return self.literal(node)
            case ast.Null():
                return "null"
            case ast.Boolean(value=value):
                return "true" if value else "false"
            case ast.Group(value=value):
                return Group(Concat(["(", Indent(Concat([SOFT, self.expression(value)])), SOFT, ")"]))
            case ast.Spread(value=value):
                return Concat(["...", self.expression(value)])
            case ast.Array(items=items):
                return self.array(node, items)
            case ast.Object(entries=entries):
                return self.bracketed("{", entries, self.entry, "}", node.start, node.end, broken=self.starts_line(node.start, entries))
            case ast.Unary(op=op, operand=operand):
                apart = " " if op == "-" and type(operand) is ast.Unary and operand.op == "-" else ""  # `--x` looks like a decrement
                return Concat([op + apart, self.expression(operand, UNARY)])
            case ast.Arrow(params=params, result=result, body=body):
                return self.arrow(node, params, result, body)
            case ast.Match():
                return self.match(node)
        raise TypeError(type(node).__name__)

    def compound(self, node: ast.Expression) -> Doc:
        """What begins with another expression."""
        match node:
            case ast.Binary() | ast.Pipe():
                return self.binary(node)
            case ast.Conditional(test=test, then=then, orelse=orelse):
                first = self.expression(test, BINARY)
                return Group(Concat([first, Indent(Concat([*self.gap(then.start), "? ", self.expression(then), *self.gap(orelse.start), ": ", self.expression(orelse)]))]))
            case ast.Call(callee=callee, args=args):
                return Concat([self.expression(callee, POSTFIX), self.arguments(args, callee.end, node.end)])
            case ast.Member(object=value, name=name, optional=optional):
                return Concat([self.receiver(value, name), *self.inline_gap(node.name_start), "?." if optional else ".", name])
            case ast.Index(object=value, index=index, optional=optional):
                return Concat([self.expression(value, POSTFIX), "?.[" if optional else "[", self.expression(index), "]"])
            case ast.Slice(object=value, lower=lower, upper=upper, step=step, optional=optional):
                return Concat([self.expression(value, POSTFIX), "?.[" if optional else "[", *self.bounds(lower, upper, step), "]"])
        raise TypeError(type(node).__name__)

    def literal(self, node: ast.Expression) -> Doc:
        """A literal as the source has it, or spelt out."""
        if self.source:
            text = self.text[node.start : node.end].replace("\r\n", "\n")
            if isinstance(node, ast.Template):
                self.next = max(self.next, bisect_left(self.places, node.end))
            return tidy_number(text) if isinstance(node, ast.Number) else text
        if isinstance(node, ast.String):
            return raw(node.value) if node.raw else quote(node.value)
        if isinstance(node, ast.Number):
            return "1e400" if node.value == float("inf") else repr(node.value)
        assert isinstance(node, ast.Template)
        parts: list[Doc] = []
        for part in node.parts:
            parts += (ESCAPED_IN_TEMPLATE.sub(escape, part),) if isinstance(part, str) else ("${", self.expression(part), "}")
        return Concat(["`", *parts, "`"])

    def array(self, node: ast.Array, items: list[ast.Expression]) -> Doc:
        broken = self.starts_line(node.start, items)
        if len(items) > 1 and all(isinstance(item, ast.Number | ast.String) for item in items) and not self.has_comments(node.start, node.end):
            shown = [str(self.literal(item)) for item in items]
            if not any("\n" in text for text in shown) and not self.one_in_each_line(items):
                return Group(Concat(["[", Indent(Concat([SOFT, Fill(shown), Broken(",")])), SOFT, "]"]), broken=broken)
        return self.bracketed("[", items, self.expression_of, "]", node.start, node.end, broken=broken)

    def one_in_each_line(self, items: list[ast.Expression]) -> bool:
        return bool(self.source) and all("\n" in self.text[one.end : other.start] for one, other in pairwise(items))

    def entry(self, node: ast.Node) -> Doc:
        if not isinstance(node, ast.Property):
            return self.expression_of(node)
        if node.shorthand:
            return self.expression(node.value)
        if node.computed:
            return Concat(["[", self.expression(node.key), "]: ", self.expression(node.value)])
        name = node.key.value if isinstance(node.key, ast.String) else ""
        shown = self.text[node.key.start : node.key.end].replace("\r\n", "\n") if self.source else key(name)
        return Concat([self.lead(node.start, f"{shown}: "), self.expression(node.value)])

    def receiver(self, value: ast.Expression, name: str) -> Doc:
        shown = self.expression(value, POSTFIX)
        apart = isinstance(value, ast.Number) and isinstance(value.value, int) and LOOKS_LIKE_EXPONENT.match(name)
        return Concat([shown, " "]) if apart else shown

    def bounds(self, lower: ast.Expression | None, upper: ast.Expression | None, step: ast.Expression | None) -> list[Doc]:
        shown = [self.expression(part) if part else "" for part in (lower, upper, step)]
        return [shown[0], ":", shown[1], *([":", shown[2]] if step else [])]

    def gap(self, position: int) -> list[Doc]:
        """The place before an operator whose right side begins at a position, with the comments there."""
        remarks = self.remarks(position) if self.source else []
        return [" ", *remarks] if remarks else [SPACE]

    def inline_gap(self, position: int) -> list[Doc]:
        remarks = self.remarks(position) if self.source else []
        return [" ", *remarks] if remarks else []

    def binary(self, node: ast.Binary | ast.Pipe, *, step: bool = True) -> Doc:
        """A chain of operators of one level, broken before each of them if it does not fit; `step`: indented then."""
        level = precedence(node)
        links: list[tuple[str, ast.Expression]] = []
        first: ast.Expression = node
        while isinstance(first, ast.Binary | ast.Pipe) and precedence(first) == level and (node is first or level < PRECEDENCE["**"]):
            links.append(("|>" if isinstance(first, ast.Pipe) else first.op, first.right))
            first = first.left
        if level == PRECEDENCE["**"]:
            shown = self.expression(first, POSTFIX)
            return Concat([shown, *self.inline_power(links[0][1]), self.expression(links[0][1], UNARY)])
        parts: list[Doc] = [self.expression(first, BINARY + level)]
        rest: list[Doc] = []
        for op, right in reversed(links):
            rest += (*self.gap(right.start), f"{op} ")
            rest.append(self.shown(right) if op == "|>" and isinstance(right, ast.Arrow) and right is links[0][1] else self.expression(right, BINARY + level + 1))
        return Group(Concat([*parts, Indent(Concat(rest)) if step else Concat(rest)]))

    def inline_power(self, right: ast.Expression) -> list[Doc]:
        return [" ", *self.inline_gap(right.start), "** "]

    def arguments(self, args: list[ast.Expression | ast.NamedArgument], start: int, end: int) -> Doc:
        if self.embraces(args, start, end):
            shown: list[Doc] = []
            for arg in args:
                shown += (", ", self.expression_of(arg)) if shown else (self.expression_of(arg),)
            return Concat(["(", *shown, ")"])
        return self.bracketed("(", args, self.expression_of, ")", self.locate("(", start), end)

    def embraces(self, args: list[ast.Expression | ast.NamedArgument], start: int, end: int) -> bool:
        """Whether the last argument may span lines while the brackets stay beside it, as in `each(xs, fn(x) => { … })`."""
        values = [arg.value if isinstance(arg, ast.NamedArgument) else arg for arg in args]
        if not values or (self.has_comments(start, end) and not self.only_in(values[-1], start, end)):
            return False
        if len(values) == 1 and isinstance(values[0], ast.String | ast.Template):
            return True
        return is_open(values[-1]) and not any(is_open(value) or isinstance(value, BULKY) for value in values[:-1])

    def only_in(self, node: ast.Expression, start: int, end: int) -> bool:
        return not self.has_comments(start, node.start) and not self.has_comments(node.end, end)

    def arrow(self, node: ast.Arrow, params: list[ast.Parameter], result: ast.Type | None, body: ast.Expression | ast.Block) -> Doc:
        head: list[Doc] = ["fn", self.parameters(params, self.locate("(", node.start)), self.result(result), " =>"]
        if isinstance(body, ast.Block):
            return Concat([*head, " ", self.block(body, short=True)])
        return Concat([*head, self.body(body)])

    def match(self, node: ast.Match) -> Doc:
        head: list[Doc] = ["match ", self.condition(node.subject), " "]
        start = self.locate("{", node.subject.end)
        if not node.arms and not self.has_comments(start, node.end):
            return Concat([*head, "{}"])
        head += ("{", *self.trailing(start + 1, node.arms[0].start if node.arms else node.end))
        lines = self.lines(node.arms, self.arm, start + 1, node.end - 1)
        return Concat([*head, Indent(Concat([HARD, *lines])), HARD, "}"])

    def arm(self, node: ast.Node) -> Doc:
        assert isinstance(node, ast.Arm)
        parts: list[Doc] = [self.pattern(node.pattern)]
        if node.guard:
            parts += (" if ", self.expression(node.guard))
        if isinstance(node.body, ast.Block):
            return Concat([*parts, " => ", self.block(node.body, short=True)])
        return Concat([*parts, " =>", self.body(node.body), ","])

    def body(self, node: ast.Expression) -> Doc:
        """An expression behind `=>`: on a line of its own where it does not fit and no bracket of its own can open up."""
        shown = self.expression(node)
        return Concat([" ", shown]) if is_open(node) else Group(Indent(Concat([SPACE, shown])))

    def separated(self, nodes: Sequence[ast.Node], show: Callable[[ast.Node], Doc], mark: str = ", ") -> Doc:
        parts: list[Doc] = []
        for node in nodes:
            parts += (mark, show(node)) if parts else (show(node),)
        return Concat(parts)


def strength(node: ast.Expression) -> int:
    """How tightly an expression holds together."""
    match node:
        case ast.Conditional() | ast.Arrow():
            return WHOLE
        case ast.Pipe(right=ast.Arrow()):
            return WHOLE
        case ast.Binary() | ast.Pipe():
            level = precedence(node)
            return POWER if level == PRECEDENCE["**"] else BINARY + level
        case ast.Unary():
            return UNARY
        case ast.Call() | ast.Member() | ast.Index() | ast.Slice():
            return POSTFIX
    return PRIMARY


def precedence(node: ast.Binary | ast.Pipe) -> int:
    return PRECEDENCE[node.op] if isinstance(node, ast.Binary) else PRECEDENCE["|>"]


def is_open(node: ast.Expression) -> bool:
    """Whether an expression ends in a bracket that may close on a line of its own."""
    if isinstance(node, ast.Arrow):
        return isinstance(node.body, ast.Block) or is_open(node.body)
    return (isinstance(node, ast.Array) and bool(node.items)) or (isinstance(node, ast.Object) and bool(node.entries)) or isinstance(node, ast.Match)


def key(name: str) -> str:
    """A key of an object as it can be written."""
    return name if WORD.match(name) else quote(name)


def quote(value: str) -> str:
    """A string literal for a value."""
    return '"' + ESCAPED.sub(escape, value).replace("\n", "\\n").replace("\t", "\\t") + '"'


def raw(value: str) -> str:
    """A raw string literal where one can hold the value, else an ordinary one."""
    mark = '"' if '"' not in value else "'"
    return f"r{mark}{value}{mark}" if mark not in value and not ESCAPED.search(value.replace("\\", "").replace('"', "")) else quote(value)


def escape(found: object) -> str:
    text = str(found[0])  # type: ignore[index]  # a match
    return ESCAPES.get(text) or (f"\\x{ord(text):02X}" if ord(text) < 0x100 else f"\\u{{{ord(text):X}}}")


def tidy_number(text: str) -> str:
    """`1.` as `1.0` and `.5` as `0.5`, so that a member access may follow."""
    text = f"0{text}" if text.startswith(".") else text
    return f"{text}0" if text.endswith(".") else text.replace(".e", ".0e").replace(".E", ".0E")

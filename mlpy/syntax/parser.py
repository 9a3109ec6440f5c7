"""Tokens to tree: a loop over the LALR tables that builds nodes with their spans in one pass.

`parse` gives a module and what there is to say about it. Where the tables have no way on, `recover.py` takes over; it is
not imported otherwise. What a grammar cannot say (targets, rests, nesting, what belongs at the top level) is checked here.
"""

from __future__ import annotations

from mlpy import ast
from mlpy.diagnostics import Diagnostic, Edit
from mlpy.source import Source, Span
from mlpy.syntax import tables as lalr
from mlpy.syntax.tokens import END, FALLBACK, Tokens, tokenize

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable
    from typing import Any

    from mlpy.syntax.tables import Tables

SOURCE_LIMIT = 256 * 1024  # bytes; a worker of the sandbox takes more
NESTING_LIMIT = 200
PATTERN_LIMIT = 64  # of targets within targets, which are made over recursively
# How binary operators bind, loosest first; all of them to the left.
LEVELS = (("|>",), ("??",), ("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">=", "in"), ("+", "-"), ("*", "/", "%", "~/"))
PRECEDENCE = {op: level for level, ops in enumerate(LEVELS) for op in ops}
PRECEDENCE["**"] = len(LEVELS)
TOP_LEVEL = {
    ast.Import: "an import",
    ast.Test: "a test",
    ast.CapabilityDeclaration: "a capability",
    ast.TypeDeclaration: "a type",
}
# Nodes that are a part of the construct around them, so that they do not count as nesting of their own.
PARTS = frozenset({ast.Block, ast.Property, ast.Element, ast.Field, ast.Arm, ast.Handler, ast.Parameter, ast.ExpressionStatement, ast.NamedArgument, ast.Target, ast.TypeField})


def parse(source: Source, *, limit: int | None = None) -> tuple[ast.Module | None, list[Diagnostic]]:
    """The module of a source and its syntax errors in order; the module is None where nothing could be made of it."""
    too_large = _check_size(source, SOURCE_LIMIT if limit is None else limit)
    if too_large:
        return None, [too_large]
    parser = Parser(tokenize(source), "module")
    module = parser.advance()
    if module is None:
        return None, explain(source, "module")
    return module, parser.finish(module)


def parse_expression(source: Source) -> tuple[ast.Expression | None, list[Diagnostic]]:
    """A text that is one expression; None and the errors if it is not."""
    parser = Parser(tokenize(source), "expression")
    tree = parser.advance()
    if tree is None:
        return None, explain(source, "expression")
    found = parser.finish(tree)
    return (None if any(one.severity == "error" for one in found) else tree), found


def is_incomplete(text: str) -> bool:
    """Whether more lines could make a program of the text: it ends within something, and is right until there."""
    tokens = tokenize(Source(text))
    if tokens.open is not None:
        return True
    parser = Parser(tokens, "module")
    return parser.advance() is None and tokens.kinds[parser.index] == END


def explain(source: Source, start: str) -> list[Diagnostic]:
    """What is wrong with a text that has no parse."""
    from mlpy.syntax import recover  # noqa: PLC0415  only a text with errors needs it

    return recover.diagnose(source, start)


def _check_size(source: Source, limit: int) -> Diagnostic | None:
    text = source.text
    if len(text) <= limit and (text.isascii() or len(text.encode("utf-8", "surrogatepass")) <= limit):
        return None
    return Diagnostic("E0127", f"the source is larger than {limit // 1024:,} kB", Span(0, 0), hint="split it into modules", source=source)


class Parser:
    """One parse: the stacks, and the token that it stands at, `index`.

    They hold the states, the offset where each symbol begins, and the values of those symbols that have one (words and
    punctuation have none).
    """

    __slots__ = ("builder", "index", "starts", "states", "tables", "tokens", "values")

    def __init__(self, tokens: Tokens, start: str) -> None:
        self.tables: Tables = lalr.load()
        self.tokens = tokens
        self.builder = Builder(tokens)
        self.index = 0
        self.states = [self.tables.starts[start]]
        self.starts: list[int] = [0]
        self.values: list[Any] = []

    def advance(self) -> Any:  # noqa: ANN401  what the tree is depends on the start symbol
        """The tree of all tokens, or None at the first one that does not fit, `index`."""
        tokens = self.tokens
        kinds, token_values, token_starts, token_ends = tokens.kinds, tokens.values, tokens.starts, tokens.ends
        actions, rules = self.tables.actions, self.tables.rules
        chain, chains = self.tables.chain, self.tables.chains.get
        build = self.builder.actions
        states, starts, values = self.states, self.starts, self.values
        index = self.index
        end = token_ends[index - 1] if index else 0
        state = states[-1]
        kind = kinds[index]
        while True:
            action = actions[state].get(kind)
            if action is None:
                self.index = index
                if kind == END and state in self.tables.ends:
                    return values[-1]
                if not self.reread():
                    return None
                kind = kinds[index]
            elif action >= 0:
                state = action
                states.append(state)
                starts.append(token_starts[index])
                value = token_values[index]
                if value is not None:
                    values.append(value)
                end = token_ends[index]
                index += 1
                kind = kinds[index]
            else:
                size, count, symbol, name, holes = rules[~action]
                if name is None:
                    if size > 1:
                        del states[1 - size :], starts[1 - size :]
                    below = states[-2]
                    found = chains((below, symbol, kind))
                    states[-1] = state = chain(below, symbol, kind) if found is None else found
                    continue
                if size:
                    start = starts[-size]
                    del states[-size:], starts[-size:]
                else:
                    start = token_starts[index]
                if count == 1 and not holes:
                    values[-1] = build[name](start, end, values[-1])
                else:
                    args = values[-count:] if count else []
                    if count:
                        del values[-count:]
                    for hole in holes:
                        args.insert(hole, None)
                    values.append(build[name](start, end, *args))
                below = states[-1]
                found = chains((below, symbol, kind))
                state = chain(below, symbol, kind) if found is None else found
                states.append(state)
                starts.append(start)

    def reread(self) -> bool:
        """Takes the token without an action for what else it can be: a word for a name, `>=` for `>` and `=`."""
        tokens, index = self.tokens, self.index
        kind = tokens.kinds[index]
        row = self.tables.actions[self.states[-1]]
        if kind == ">=" and ">" in row:
            start, end = tokens.starts[index], tokens.ends[index]
            tokens.kinds[index : index + 1] = (">", "=")
            tokens.values[index : index + 1] = (None, None)
            tokens.starts[index : index + 1] = (start, start + 1)
            tokens.ends[index : index + 1] = (start + 1, end)
            return True
        other = FALLBACK.get(kind)
        if other is None or other not in row:
            return False
        tokens.kinds[index] = other
        tokens.values[index] = tokens.text(index)
        return True

    def finish(self, tree: ast.Node) -> list[Diagnostic]:
        """The errors of a tree that is complete, with the lexical ones, in order of their places."""
        found = self.tokens.errors + self.builder.finish()
        deep = check_nesting(tree, self.tokens.source)
        if deep:
            return [deep]
        found.sort(key=lambda one: one.span)
        return found


def check_nesting(tree: ast.Node, source: Source, limit: int = NESTING_LIMIT) -> Diagnostic | None:
    """An error where the tree is deeper than the stages after this one can walk. Goes level by level, so it needs no stack."""
    level = [tree] if tree.__class__ in NESTED else []
    for _ in range(limit + 2):  # the module and its statements are not nested
        below: list[ast.Node] = []
        for node in level:  # it grows: parts of a construct stand on the level of that construct
            for field in NESTED[node.__class__]:
                value = getattr(node, field)
                for child in value if value.__class__ is list else (value,):
                    cls = child.__class__
                    if cls in NESTED:
                        (level if cls in PARTS else below).append(child)
        if not below:
            return None
        level = below
    hint = "name parts of it with variables or functions"
    return Diagnostic("E0124", f"the code is nested more than {limit} deep", level[0].span, hint=hint, source=source)


def _inner_nodes() -> dict[type, tuple[str, ...]]:
    """The fields of each class of node that may hold nodes with nodes of their own."""
    leaves = {"start", "end", "comments", "shebang", "doc", "name", "id", "name_start", "op", "optional", "computed", "shorthand", "raw", "alias", "path", "kind", "names"}
    flat = (ast.Null, ast.Boolean, ast.Number, ast.String, ast.Name, ast.LiteralPattern, ast.Allow, ast.Comment, ast.Import, ast.NamedType)
    classes = [cls for cls in vars(ast).values() if isinstance(cls, ast.NodeType) and not issubclass(cls, flat)]
    fields = {cls: tuple(field for field in cls.fields if field not in leaves) for cls in classes}  # type: ignore[attr-defined]  # made by the metaclass
    return {cls: names for cls, names in fields.items() if names}


NESTED = _inner_nodes()


class Actions(dict[str, "Callable[..., Any]"]):
    """The actions of one parse, each bound when it is first needed."""

    __slots__ = ("builder",)

    def __init__(self, builder: Builder) -> None:
        super().__init__()
        self.builder = builder

    def __missing__(self, name: str) -> Callable[..., Any]:
        method = METHODS.get(name)
        found: Callable[..., Any] = ACTIONS[name] if method is None else getattr(self.builder, method)
        self[name] = found
        return found


class Builder:
    """Makes nodes from the values of a rule. Holds what one parse must remember between rules."""

    __slots__ = ("actions", "blocks", "defaults", "docs", "problems", "source", "tokens")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.source = tokens.source
        self.docs = tokens.docs
        self.problems: list[Diagnostic] = []
        self.defaults: dict[int, ast.Binary] = {}  # `target = value`, kept as a Binary until a pattern takes it, by id
        self.blocks: dict[int, ast.Block] = {}  # arms' blocks of matches not yet a statement, by id
        self.actions = Actions(self)

    def report(self, code: str, title: str, node: ast.Node, hint: str, fix: tuple[Edit, ...] = ()) -> None:
        self.problems.append(Diagnostic(code, title, node.span, hint=hint, fix=fix, source=self.source))

    def finish(self) -> list[Diagnostic]:
        """The problems of the whole, with what no later rule has made right."""
        for default in self.defaults.values():
            self.report("E0113", "`=` assigns, and this is a value", default, "write `==` to compare, or `key: value` in an object")
        for block in self.blocks.values():
            self.report("E0120", "a block as the arm of a `match` that is a value", block, "make the arm an expression, or the whole `match` a statement")
        return self.problems

    # ── statements ──────────────────────────────────────────────────────────────────────────────────────────────────

    def module(self, _start: int, _end: int, body: list[ast.Statement]) -> ast.Module:
        for statement in body:
            if isinstance(statement, ast.Assign):
                statement.doc = self.docs.get(statement.start)
        return ast.Module(0, len(self.source.text), body, self.tokens.comments, self.tokens.shebang)

    def block(self, start: int, end: int, body: list[ast.Statement]) -> ast.Block:
        for statement in body:
            if type(statement) in TOP_LEVEL:
                self.report("E0126", f"{TOP_LEVEL[type(statement)]} inside a block", statement, "move it to the top level of the file")
        return ast.Block(start, end, body)

    def match_statement(self, start: int, end: int, match: ast.Match) -> ast.ExpressionStatement:
        for arm in match.arms:
            self.blocks.pop(id(arm.body), None)
        return ast.ExpressionStatement(start, end, match)

    def function(self, start: int, end: int, name: ast.Name, params: list[ast.Parameter], result: ast.Type | None, body: ast.Block) -> ast.FunctionDeclaration:
        self.check_parameters(params)
        return ast.FunctionDeclaration(start, end, name.id, params, result, body, self.docs.get(start), name.start)

    def arrow(self, start: int, end: int, params: list[ast.Parameter], result: ast.Type | None, body: ast.Expression | ast.Block) -> ast.Arrow:
        self.check_parameters(params)
        return ast.Arrow(start, end, params, result, body)

    def check_parameters(self, params: list[ast.Parameter]) -> None:
        for param in params[:-1]:
            if param.rest:
                self.report("E0125", f"`...{param.name}` is not the last parameter", param, "move it to the end")

    def for_(self, start: int, end: int, first: ast.Expression, second: ast.Expression | None, iterable: ast.Expression, body: ast.Block) -> ast.For:
        targets = [self.pattern(target, places=False) for target in (first, second) if target is not None]
        return ast.For(start, end, targets, iterable, body)

    def try_(self, start: int, end: int, body: ast.Block, handlers: list[ast.Handler], final: ast.Block | None) -> ast.Try:
        node = ast.Try(start, end, body, handlers, final)
        if not handlers and final is None:
            fix = (Edit(Span(end, end), " except (e) { }"),)
            self.problems.append(
                Diagnostic("E0119", "`try` without `except` or `finally`", Span(start, start + 3), hint="add `except (e) { … }` after the block", fix=fix, source=self.source)
            )
        return node

    def with_capability(self, start: int, end: int, capabilities: list[ast.Expression | ast.NamedArgument], body: ast.Block) -> ast.WithCapability:
        plain = [one for one in capabilities if isinstance(one, ast.Expression) and not isinstance(one, ast.Spread)]
        if not capabilities or len(plain) < len(capabilities):
            node = next((one for one in capabilities if one not in plain), body)
            self.report("E0129", "`with capability` takes capabilities", node, 'write `with capability("file.read:./data/**") { … }`')
        return ast.WithCapability(start, end, plain, body)

    def capability(self, start: int, end: int, name: ast.Name, demands: list[ast.String | ast.Allow]) -> ast.CapabilityDeclaration:
        resources = [one for one in demands if isinstance(one, ast.String)]
        allows = [one for one in demands if isinstance(one, ast.Allow)]
        return ast.CapabilityDeclaration(start, end, name.id, resources, allows, self.docs.get(start), name.start)

    def type_declaration(self, start: int, end: int, name: ast.Name, type_: ast.Type) -> ast.TypeDeclaration:
        return ast.TypeDeclaration(start, end, name.id, type_, self.docs.get(start), name.start)

    def assign(self, start: int, end: int, target: ast.Expression, value: ast.Expression) -> ast.Assign:
        return ast.Assign(start, end, self.pattern(target), "=", value, None)

    def augment(self, start: int, end: int, target: ast.Expression, op: str, value: ast.Expression) -> ast.Assign:
        if isinstance(target, ast.Array | ast.Object):
            self.report("E0114", f"`{op}` needs one target", target, "write an assignment for each name")
        return ast.Assign(start, end, self.pattern(target), op, value, None)

    # ── targets ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def pattern(self, node: ast.Expression, *, places: bool = True, depth: int = 0) -> ast.Pattern:
        """What is assigned to, from the expression that it was read as. `places`: members and indexes will do."""
        if isinstance(node, ast.Name):
            return ast.Target(node.start, node.end, node)
        if isinstance(node, ast.Member | ast.Index | ast.Slice) and places:
            self.check_place(node)
            return ast.Target(node.start, node.end, node)
        if depth > PATTERN_LIMIT:
            self.report("E0124", f"the target is nested more than {PATTERN_LIMIT} deep", node, "take the parts apart in assignments of their own")
            return ast.Wildcard(node.start, node.end)
        if isinstance(node, ast.Array):
            items = [self.element(item, places, depth) for item in node.items]
            self.check_rests([item for item in items if isinstance(item, ast.Rest)])
            return ast.ArrayPattern(node.start, node.end, items)
        if isinstance(node, ast.Object):
            fields = [self.field(entry, places, depth) for entry in node.entries if isinstance(entry, ast.Property)]
            rests = [self.rest(entry, places) for entry in node.entries if isinstance(entry, ast.Spread)]
            self.check_rests(rests)
            return ast.ObjectPattern(node.start, node.end, fields, rests[0] if rests else None)
        self.refuse_target(node, places=places)
        return ast.Wildcard(node.start, node.end)

    def refuse_target(self, node: ast.Expression, *, places: bool) -> None:
        if not places:
            self.report("E0114", "a loop variable is a name or a pattern of names", node, "assign to it in the body of the loop")
        elif isinstance(node, ast.Call):
            self.report("E0114", "the result of a call cannot be assigned to", node, "write `==` to compare")
        else:
            self.report("E0114", "this cannot be assigned to", node, "assign to a name, a member, an index or a pattern of these")

    def check_place(self, node: ast.Expression) -> None:
        link = node
        while isinstance(link, ast.Member | ast.Index | ast.Slice | ast.Call):
            if isinstance(link, ast.Call):
                link = link.callee
                continue
            if link.optional:
                self.report("E0114", "`?.` in the target of an assignment", node, "test for null first: `if (o != null) { o.k = v; }`")
                return
            link = link.object

    def element(self, item: ast.Expression, places: bool, depth: int) -> ast.Element | ast.Rest:
        if isinstance(item, ast.Spread):
            return self.rest(item, places)
        target, default = self.settle_default(item)
        return ast.Element(item.start, item.end, self.pattern(target, places=places, depth=depth + 1), default)

    def field(self, entry: ast.Property, places: bool, depth: int) -> ast.Field:
        target, default = self.settle_default(entry.value)
        if entry.computed:
            self.report("E0114", "a computed key in a pattern", entry.key, "take the value out with `object[key]`")
        key = entry.key.value if isinstance(entry.key, ast.String) else ""
        return ast.Field(entry.start, entry.end, key, self.pattern(target, places=places, depth=depth + 1), default, entry.shorthand)

    def settle_default(self, node: ast.Expression) -> tuple[ast.Expression, ast.Expression | None]:
        if self.defaults.pop(id(node), None) is None:
            return node, None
        return node.left, node.right  # type: ignore[attr-defined]  # it is in `defaults`

    def rest(self, spread: ast.Spread, places: bool) -> ast.Rest:
        target = self.pattern(spread.value, places=places)
        if not isinstance(target, ast.Target):
            self.report("E0125", "`...` takes one name", spread, "write `...rest` and take that apart in a second assignment")
            target = ast.Target(spread.start, spread.end, ast.Name(spread.start, spread.end, "_"))
        return ast.Rest(spread.start, spread.end, target)

    def check_rests(self, rests: list[ast.Rest]) -> None:
        for rest in rests[1:]:
            self.report("E0125", "a second `...` in one pattern", rest, "keep only one of them")

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def default(self, start: int, end: int, target: ast.Expression, value: ast.Expression) -> ast.Binary:
        node = ast.Binary(start, end, "=", target, value)
        self.defaults[id(node)] = node
        return node

    def shorthand_default(self, start: int, end: int, target: ast.Expression, value: ast.Expression) -> ast.Property:
        if not isinstance(target, ast.Name):
            self.report("E0122", "an entry of an object is `key: value`", target, "write a key and a colon")
        key = ast.String(target.start, target.end, target.id if isinstance(target, ast.Name) else "", False)
        return ast.Property(start, end, key, self.default(start, end, target, value), False, True)

    def reserved_shorthand(self, start: int, end: int, word: str) -> ast.Property:
        name = ast.Name(start, end, word)
        self.report("E0115", f"`{word}` is a reserved word", name, f"write `{word}: value`")
        return ast.Property(start, end, ast.String(start, end, word, False), name, False, True)

    def null_property(self, start: int, end: int, value: ast.Expression) -> ast.Property:
        return property_(start, end, self.null_key(start, end), value)

    def null_key(self, start: int, _end: int) -> str:
        return "undefined" if self.source.text.startswith("undefined", start) else "null"

    def computed_property(self, start: int, end: int, key: ast.Array, value: ast.Expression) -> ast.Property:
        if len(key.items) != 1 or isinstance(key.items[0], ast.Spread) or id(key.items[0]) in self.defaults:
            self.report("E0122", "a computed key is one value in brackets", key, "write `[key]: value`")
        return ast.Property(start, end, key.items[0] if key.items else key, value, True, False)

    def match(self, start: int, end: int, args: list[ast.Expression | ast.NamedArgument], arms: list[ast.Arm]) -> ast.Match:
        subject = args[0] if args else None
        if len(args) != 1 or not isinstance(subject, ast.Expression) or isinstance(subject, ast.Spread):
            place = ast.Name(start, start + 5, "match")
            self.report("E0120", "`match` takes one value", place, "put several into an array: `match ([a, b]) { [x, y] => … }`")
            subject = subject if isinstance(subject, ast.Expression) else place
        for arm in arms:
            if isinstance(arm.body, ast.Block):
                self.blocks[id(arm.body)] = arm.body
        return ast.Match(start, end, subject, arms)

    def array_pattern(self, start: int, end: int, items: list[ast.Element | ast.Rest]) -> ast.ArrayPattern:
        self.check_rests([item for item in items if isinstance(item, ast.Rest)])
        return ast.ArrayPattern(start, end, items)

    def object_pattern(self, start: int, end: int, entries: list[ast.Field | ast.Rest]) -> ast.ObjectPattern:
        rests = [entry for entry in entries if isinstance(entry, ast.Rest)]
        self.check_rests(rests)
        return ast.ObjectPattern(start, end, [entry for entry in entries if isinstance(entry, ast.Field)], rests[0] if rests else None)

    def array_type(self, start: int, end: int, name: str, item: ast.Type) -> ast.ArrayType:
        if name != "array":
            self.report("E0128", f"`{name}` takes no type in angle brackets", ast.Name(start, start + len(name), name), "write `array<…>` for an array, `{key: …}` for an object")
        return ast.ArrayType(start, end, item)


# ── actions that need nothing but their arguments ──────────────────────────────────────────────────────────────────


def more(_start: int, _end: int, items: list[object], item: object) -> list[object]:
    items.append(item)
    return items


def extend(_start: int, _end: int, items: list[object], others: list[object]) -> list[object]:
    items += others
    return items


def more_holes(_start: int, _end: int, holes: list[object], text: str, value: ast.Expression) -> list[object]:
    holes += (text, value)
    return holes


def more_statements(_start: int, _end: int, body: list[ast.Statement], statement: ast.Statement) -> list[ast.Statement]:
    """A `;` too many is dropped; after a match that is a statement it ends it."""
    last = body[-1]
    if type(statement) is ast.Empty:
        if isinstance(last, ast.ExpressionStatement) and isinstance(last.value, ast.Match) and last.end == last.value.end:
            last.end = statement.end
    elif type(last) is ast.Empty:
        body[-1] = statement
    else:
        body.append(statement)
    return body


def ended(_start: int, end: int, statement: ast.Statement) -> ast.Statement:
    statement.end = end
    return statement


def operate(_start: int, end: int, left: ast.Expression, op: str, right: ast.Expression) -> ast.Expression:
    """Hangs `op right` into the tree of the operators before it: as low on its right side as they bind more loosely."""
    level = PRECEDENCE[op]
    node = left
    above: ast.Binary | ast.Pipe | None = None
    while isinstance(node, ast.Binary | ast.Pipe) and PRECEDENCE[node.op if isinstance(node, ast.Binary) else "|>"] < level:
        node.end = end
        above, node = node, node.right
    made = ast.Binary(node.start, end, op, node, right)
    if above is None:
        return made
    above.right = made
    return left


def operation(op: str) -> Callable[..., ast.Expression]:
    return lambda start, end, left, right: operate(start, end, left, op, right)


def call_match(start: int, end: int, args: list[ast.Expression | ast.NamedArgument]) -> ast.Call:
    return ast.Call(start, end, ast.Name(start, start + 5, "match"), args)


def key_of(word: str) -> Callable[..., ast.Property]:
    return lambda start, end, value: property_(start, end, word, value)


def property_(start: int, end: int, key: str, value: ast.Expression) -> ast.Property:
    return ast.Property(start, end, ast.String(start, start + len(key), key, False), value, False, False)


def string_property(start: int, end: int, key: ast.String, value: ast.Expression) -> ast.Property:
    return ast.Property(start, end, key, value, False, False)


def shorthand(start: int, end: int, name: ast.Name) -> ast.Property:
    return ast.Property(start, end, ast.String(start, end, name.id, False), name, False, True)


def template(start: int, end: int, head: str, holes: list[str | ast.Expression], tail: str) -> ast.Template:
    return ast.Template(start, end, [part for part in (head, *holes, tail) if part != ""])


def capture(start: int, end: int, name: str) -> ast.Pattern:
    return ast.Wildcard(start, end) if name == "_" else ast.Target(start, end, ast.Name(start, end, name))


def union(start: int, end: int, options: list[ast.Type], last: ast.Type | None = None) -> ast.Type:
    if last is not None:
        options.append(last)
    return options[0] if len(options) == 1 else ast.UnionType(start, end, options)


def _rest(start: int, end: int, name: ast.Name) -> ast.Rest:
    return ast.Rest(start, end, ast.Target(name.start, name.end, name))


ACTIONS: dict[str, Callable[..., Any]] = {
    "none": lambda _s, _e: [],
    "one": lambda _s, _e, item: [item],
    "two": lambda _s, _e, one, other: [one, other],
    "more": more,
    "extend": extend,
    "more_statements": more_statements,
    "more_holes": more_holes,
    "nothing": lambda _s, _e: None,
    # statements
    "ended": ended,
    "empty": ast.Empty,
    "empty_block": lambda s, e: ast.Block(s, e, []),
    "expression_statement": ast.ExpressionStatement,
    "if": ast.If,
    "while": ast.While,
    "handler": lambda s, e, name, body: ast.Handler(s, e, name.id, body, name.start) if name else ast.Handler(s, e, None, body, -1),
    "test": lambda s, e, name, body: ast.Test(s, e, name.value, body),
    "break": ast.Break,
    "continue": ast.Continue,
    "return": ast.Return,
    "throw": ast.Throw,
    "assert": ast.Assert,
    "nonlocal": ast.Nonlocal,
    "import": ast.Import,
    "allow": lambda s, e, kind, target: ast.Allow(s, e, kind, target and target.value),
    "dotted": lambda _s, _e, kind, word: f"{kind}.{word}",
    # parameters and types
    "parameter": lambda s, e, name, type_, default: ast.Parameter(s, e, name.id, type_, default, False),
    "rest_parameter": lambda s, e, name, type_: ast.Parameter(s, e, name.id, type_, None, True),
    "union": union,
    "function_type": ast.FunctionType,
    "named_type": ast.NamedType,
    "null_type": lambda s, e: ast.NamedType(s, e, "null"),
    "any_function_type": lambda s, e: ast.NamedType(s, e, "function"),
    "group_type": ast.GroupType,
    "empty_object_type": lambda s, e: ast.ObjectType(s, e, []),
    "object_type": ast.ObjectType,
    "type_field": lambda s, e, key, type_: ast.TypeField(s, e, key, type_, False),
    "optional_type_field": lambda s, e, key, type_: ast.TypeField(s, e, key, type_, True),
    "string_value": lambda _s, _e, string: string.value,
    "true_key": lambda _s, _e: "true",
    "false_key": lambda _s, _e: "false",
    # expressions
    "conditional": ast.Conditional,
    "pipe": ast.Pipe,
    "operate": operate,
    "subtract": operation("-"),
    "less": operation("<"),
    "greater": operation(">"),
    "greater_or_equal": operation(">="),
    "contains": operation("in"),
    "invert": lambda s, e, value: ast.Unary(s, e, "!", value),
    "negate": lambda s, e, value: ast.Unary(s, e, "-", value),
    "power": lambda s, e, left, right: ast.Binary(s, e, "**", left, right),
    "call": ast.Call,
    "call_match": call_match,
    "member": lambda s, e, value, name: ast.Member(s, e, value, name, False, e - len(name)),
    "optional_member": lambda s, e, value, name: ast.Member(s, e, value, name, True, e - len(name)),
    "index": lambda s, e, value, index: ast.Index(s, e, value, index, False),
    "optional_index": lambda s, e, value, index: ast.Index(s, e, value, index, True),
    "bounds": lambda _s, _e, lower, upper: (lower, upper, None),
    "stepped_bounds": lambda _s, _e, lower, upper, step: (lower, upper, step),
    "slice": lambda s, e, value, bounds: ast.Slice(s, e, value, bounds[0], bounds[1], bounds[2], False),
    "optional_slice": lambda s, e, value, bounds: ast.Slice(s, e, value, bounds[0], bounds[1], bounds[2], True),
    "group": ast.Group,
    "name": ast.Name,
    "true": lambda s, e: ast.Boolean(s, e, True),
    "false": lambda s, e: ast.Boolean(s, e, False),
    "null": ast.Null,
    "plain_template": lambda s, e, text: ast.Template(s, e, [text] if text else []),
    "template": template,
    "spread": ast.Spread,
    "named_argument": ast.NamedArgument,
    "empty_array": lambda s, e: ast.Array(s, e, []),
    "array": ast.Array,
    "empty_object": lambda s, e: ast.Object(s, e, []),
    "object": ast.Object,
    "shorthand": shorthand,
    "property": property_,
    "string_property": string_property,
    "true_property": key_of("true"),
    "false_property": key_of("false"),
    # patterns
    "arm": ast.Arm,
    "or_pattern": ast.OrPattern,
    "capture": capture,
    "literal_pattern": ast.LiteralPattern,
    "negative_pattern": lambda s, e, number: ast.LiteralPattern(s, e, ast.Unary(s, e, "-", number)),
    "empty_array_pattern": lambda s, e: ast.ArrayPattern(s, e, []),
    "element": lambda s, e, pattern: ast.Element(s, e, pattern, None),
    "rest": _rest,
    "empty_object_pattern": lambda s, e: ast.ObjectPattern(s, e, [], None),
    "shorthand_field": lambda s, e, name: ast.Field(s, e, name.id, capture(s, e, name.id), None, True),
    "field": lambda s, e, key, pattern: ast.Field(s, e, key, pattern, None, False),
}
# The actions that report problems or need what the parse remembers.
METHODS = {name: name for name in ["module", "block", "match_statement", "function", "arrow", "with_capability", "capability", "type_declaration", "assign", "augment", "default", "shorthand_default", "reserved_shorthand", "null_property", "null_key", "computed_property", "match", "array_pattern", "object_pattern", "array_type"]} | {"for": "for_", "try": "try_"}

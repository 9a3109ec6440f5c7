"""Names: which variable each name means, which functions are hoisted, what is not there at all.

A walk over the tree collects scopes, writes and reads, without recursion and in source order. Only then is anything bound:
functions scope, so a name can be bound below the place that reads it. Names of match arms and handlers live in layers
between two scopes and get Python names of their own.
"""

from __future__ import annotations

from itertools import count

from mlpy import ast
from mlpy.analysis.facts import Binding, Scope
from mlpy.diagnostics import Edit
from mlpy.nearest import nearest
from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterable, Iterator

    from mlpy.analysis.facts import Check
    from mlpy.ast import Name, Node

SUGGESTIONS = 20
FOREIGN = {"True": "true", "False": "false", "None": "null", "nil": "null", "NULL": "null", "NaN": "math.nan", "Infinity": "math.inf"}
TYPE_NAMES = frozenset(["null", "boolean", "number", "int", "float", "string", "array", "object", "function", "any"])
KINDS = {ast.Null: "null", ast.Boolean: "a boolean", ast.Number: "a number", ast.String: "a string", ast.Template: "a string", ast.Array: "an array", ast.Object: "an object"}
NO_ITEMS = {ast.Null: "null", ast.Boolean: "a boolean", ast.Number: "a number", ast.Arrow: "a function"}
NUMBERED = {ast.String: "a string", ast.Template: "a string", ast.Array: "an array"}

CHILDREN: dict[type[Node], tuple[str, ...]] = {
    ast.Group: ("value",),
    ast.Spread: ("value",),
    ast.Array: ("items",),
    ast.Object: ("entries",),
    ast.Unary: ("operand",),
    ast.Binary: ("left", "right"),
    ast.Conditional: ("test", "then", "orelse"),
    ast.Member: ("object",),
    ast.ExpressionStatement: ("value",),
    ast.If: ("test", "body", "orelse"),
    ast.While: ("test", "body"),
    ast.Throw: ("value",),
    ast.Try: ("body", "handlers", "final"),
    ast.WithCapability: ("capabilities", "body"),
    ast.Assert: ("test", "message"),
}


class Layer:
    """The names of one match arm or handler, between its function's names and the code in it."""

    __slots__ = ("names", "parent", "scope")

    def __init__(self, scope: Scope, parent: Layer | None) -> None:
        self.scope = scope
        self.parent = parent
        self.names: dict[str, Binding] = {}


class Write:
    """One place that binds a name. `value` is what it binds, None where that is not one expression."""

    __slots__ = ("kind", "layer", "name", "place", "scope", "site", "value")

    def __init__(self, name: str, kind: str, site: Node, place: Node, value: Node | None, scope: Scope, layer: Layer | None) -> None:
        self.name = name
        self.kind = kind
        self.site = site
        self.place = place
        self.value = value
        self.scope = scope
        self.layer = layer


def word_span(text: str, name: str, start: int) -> Span:
    """The span of a name at or after an offset."""
    at = text.find(name, start)
    return Span(at, at + len(name)) if at >= 0 else Span(start, start)


def declared_span(node: Node, text: str) -> Span:
    """Where a binding site spells its name."""
    if isinstance(node, ast.FunctionDeclaration | ast.CapabilityDeclaration | ast.TypeDeclaration | ast.Handler):
        return Span(node.name_start, node.name_start + len(node.name or ""))
    if isinstance(node, ast.Parameter):
        return word_span(text, node.name, node.start)
    if isinstance(node, ast.Import):
        return word_span(text, node.alias or node.path[0], text.rfind(" as ", node.start, node.end) + 1 if node.alias else node.start + len("import"))
    return node.span


class Resolver:
    """The state of one walk. `stack` holds what is left to visit, with the scope, layer and statement that it belongs to."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.facts = check.facts
        self.text = check.source.text
        self.top = self.scope(check.module, None, None)
        self.stack: list[tuple[Node, Scope, Layer | None, list[Name]]] = []
        self.read: list[tuple[Name, Scope, Layer | None]] = []
        self.updated: list[tuple[Name, Scope, Layer | None]] = []
        self.writes: list[Write] = []
        self.nonlocals: list[tuple[Name, Scope]] = []
        self.outer: dict[Scope, Layer | None] = {self.top: None}
        self.called: list[tuple[ast.Call | ast.Pipe, Name]] = []
        self.callees: set[Name] = set()
        self.suffix = f"${next(CELLS)}_" if check.session is not None else "$"
        self.renames = 0
        self.suggested = 0

    # ── the walk ─────────────────────────────────────────────────────────────────────────────────────────────────

    def walk(self) -> None:
        stack, read, order = self.stack, self.read, self.facts.order
        self.visit_block(self.check.module, self.top, None)
        while stack:
            node, scope, layer, owner = stack.pop()
            kind = type(node)
            if kind is ast.Name:
                read.append((node, scope, layer))  # type: ignore[arg-type]  # its exact type was tested
                owner.append(node)  # type: ignore[arg-type]  # its exact type was tested
                continue
            order.append(node)
            visit = VISITORS.get(kind)
            if visit is not None:
                visit(self, node, scope, layer, owner)
                continue
            fields = CHILDREN.get(kind)
            if fields is None:
                continue
            if isinstance(node, ast.Statement):
                owner = self.facts.reads[node] = []
            for field in reversed(fields):
                value = getattr(node, field)
                if type(value) is list:
                    stack.extend([(item, scope, layer, owner) for item in reversed(value)])
                elif value is not None:
                    stack.append((value, scope, layer, owner))

    def scope(self, node: Node, parent: Scope | None, layer: Layer | None) -> Scope:
        scope = Scope(node, parent)
        self.facts.scopes[node] = scope
        if parent is not None:
            self.outer[scope] = layer
        return scope

    def push(self, nodes: Iterable[Node | None], scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        """Has nodes visited next, in the order given."""
        self.stack.extend(reversed([(node, scope, layer, owner) for node in nodes if node is not None]))

    def write(self, name: str, kind: str, site: Node, scope: Scope, layer: Layer | None = None, *, place: Node | None = None, value: Node | None = None) -> None:
        self.writes.append(Write(name, kind, site, place or site, value, scope, layer))

    def visit_block(self, block: ast.Block | ast.Module, scope: Scope, layer: Layer | None, _: object = None) -> None:
        declared: dict[str, Node] = {}
        for statement in block.body:
            if isinstance(statement, DECLARATIONS):
                earlier = declared.setdefault(statement.name, statement)
                if earlier is not statement:
                    self.report_duplicate(statement.name, earlier, statement)
        self.push(block.body, scope, layer, [])

    def report_duplicate(self, name: str, earlier: Node, later: Node) -> None:
        self.check.report(
            "E0201",
            f"`{name}` is declared twice in this block",
            declared_span(later, self.text),
            label="declared again here",
            labels=((declared_span(earlier, self.text), "first declared here"),),
            hint="give one of them another name, or remove it",
        )

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────

    def visit_template(self, node: ast.Template, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        self.push([part for part in node.parts if not isinstance(part, str)], scope, layer, owner)

    def visit_property(self, node: ast.Property, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        if node.computed:
            self.push((node.key, node.value), scope, layer, owner)
            return
        self.stack.append((node.value, scope, layer, owner))

    def visit_slice(self, node: ast.Slice, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        self.refuse_without_items(node.object)
        self.push((node.object, node.lower, node.upper, node.step), scope, layer, owner)

    def refuse_without_items(self, node: ast.Expression) -> None:
        kind = type(ast.strip(node))
        if kind in NO_ITEMS:
            self.check.report("E0204", f"{NO_ITEMS[kind]} has no items", node.span, label="subscripted here", hint="subscript an array, a string or an object")

    def visit_index(self, node: ast.Index, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        self.refuse_without_items(node.object)
        kind = type(ast.strip(node.object))
        if kind in NUMBERED and type(ast.strip(node.index)) is ast.String:
            self.check.report("E0204", f"{NUMBERED[kind]} has no keys", node.index.span, label="must be a number", hint="index it with a number, or use an object")
        self.push((node.object, node.index), scope, layer, owner)

    def visit_pipe(self, node: ast.Pipe, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        if type(node.right) is ast.Name:
            self.called.append((node, node.right))
        self.refuse_literal_callee(node.right)
        self.push((node.left, node.right), scope, layer, owner)

    def visit_call(self, node: ast.Call, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        if type(node.callee) is ast.Name:
            self.called.append((node, node.callee))
        self.refuse_literal_callee(node.callee)
        named: dict[str, ast.NamedArgument] = {}
        for argument in node.args:
            if type(argument) is ast.NamedArgument:
                self.check_named(argument, named)
            elif named and type(argument) is not ast.Spread:
                first = next(iter(named.values()))
                labels = ((Span(first.start, first.start + len(first.name)), "the named one"),)
                self.check.report("E0207", "an argument without a name follows a named one", argument.span, labels=labels, hint="move it before the named arguments")
        self.push((node.callee, *(argument.value if type(argument) is ast.NamedArgument else argument for argument in node.args)), scope, layer, owner)

    def refuse_literal_callee(self, callee: ast.Expression) -> None:
        kind = type(ast.strip(callee))
        if kind in KINDS:
            self.check.report("E0204", f"{KINDS[kind]} cannot be called", callee.span, label="not a function", hint="is a `,` or an operator missing before the `(`?")

    def check_named(self, argument: ast.NamedArgument, named: dict[str, ast.NamedArgument]) -> None:
        name, span = argument.name, Span(argument.start, argument.start + len(argument.name))
        first = named.setdefault(name, argument)
        if first is not argument:
            labels = ((Span(first.start, first.start + len(name)), "first given here"),)
            self.check.report("E0207", f"the argument `{name}` is given twice", span, labels=labels, hint="remove one of them")

    def visit_arrow(self, node: ast.Arrow, scope: Scope, layer: Layer | None, _: object) -> None:
        self.enter_function(node, scope, layer)

    def enter_function(self, node: ast.Arrow | ast.FunctionDeclaration, scope: Scope, layer: Layer | None) -> None:
        inner = self.scope(node, scope, layer)
        owner = self.facts.reads[node] = []
        self.check_parameters(node.params)
        for parameter in node.params:
            self.write(parameter.name, "parameter", parameter, inner)
        self.push((*(parameter.default for parameter in node.params), node.body), inner, layer, owner)

    def check_parameters(self, params: list[ast.Parameter]) -> None:
        seen: dict[str, ast.Parameter] = {}
        optional: ast.Parameter | None = None
        rest: ast.Parameter | None = None
        for parameter in params:
            name, span = parameter.name, declared_span(parameter, self.text)
            first = seen.setdefault(name, parameter)
            if first is not parameter:
                labels = ((declared_span(first, self.text), "first declared here"),)
                self.check.report("E0205", f"the parameter `{name}` is declared twice", span, labels=labels, hint="give one of them another name")
            if rest is not None:
                self.check.report("E0206", f"the parameter `{name}` follows `...{rest.name}`", span, hint=f"move `...{rest.name}` to the end")
            elif optional is not None and parameter.default is None and not parameter.rest:
                self.check.report(
                    "E0206", f"the parameter `{name}` has no default, but `{optional.name}` before it has one", span, hint=f"give `{name}` a default, or move it forward"
                )
            optional = parameter if parameter.default is not None else optional
            rest = parameter if parameter.rest else rest

    def visit_match(self, node: ast.Match, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        parts: list[tuple[Node, Scope, Layer | None, list[Name]]] = [(node.subject, scope, layer, owner)]
        for arm in node.arms:
            inner = Layer(scope, layer)
            found: dict[str, list[ast.Target]] = {}
            defaults: list[ast.Expression] = []
            self.arm_names(arm.pattern, found, defaults)
            for name, targets in found.items():
                self.bind_in_layer(name, "pattern", targets, inner)
            parts.extend((part, scope, inner if found else layer, owner) for part in (*defaults, arm.guard, arm.body) if part is not None)
        self.stack.extend(reversed(parts))

    def arm_names(self, pattern: ast.Pattern, found: dict[str, list[ast.Target]], defaults: list[ast.Expression]) -> None:
        """Adds the names that an arm's pattern binds and its default expressions."""
        match pattern:
            case ast.Target(place=ast.Name(id=name)):
                self.add_arm_names({name: [pattern]}, found)
            case ast.Rest(target=target):
                self.arm_names(target, found, defaults)
            case ast.ArrayPattern(items=items):
                for item in items:
                    self.arm_names(item, found, defaults)
            case ast.ObjectPattern(fields_=fields, rest=rest):
                for part in fields if rest is None else (*fields, rest):
                    self.arm_names(part, found, defaults)
            case ast.Element(pattern=inner, default=default) | ast.Field(pattern=inner, default=default):
                self.arm_names(inner, found, defaults)
                defaults.extend([default] if default is not None else [])
            case ast.OrPattern(options=options):
                self.add_arm_names(self.alternative_names(options, defaults), found)

    def alternative_names(self, options: list[ast.Pattern], defaults: list[ast.Expression]) -> dict[str, list[ast.Target]]:
        merged: dict[str, list[ast.Target]] = {}
        self.arm_names(options[0], merged, defaults)
        expected = set(merged)
        for option in options[1:]:
            own: dict[str, list[ast.Target]] = {}
            self.arm_names(option, own, defaults)
            for name in sorted(expected ^ set(own)):
                lacking = option if name in expected else options[0]
                hint = "let each alternative bind the same names, or split the arm in two"
                self.check.report("E0210", f"only some of the alternatives bind `{name}`", lacking.span, label=f"does not bind `{name}`", hint=hint)
            for name, targets in own.items():
                merged.setdefault(name, []).extend(targets)
        return merged

    def add_arm_names(self, names: dict[str, list[ast.Target]], found: dict[str, list[ast.Target]]) -> None:
        for name, targets in names.items():
            if name in found:
                labels = ((found[name][0].span, "first bound here"),)
                hint = "give one of them another name, and compare the two in a guard"
                self.check.report("E0211", f"the pattern binds `{name}` twice", targets[0].span, labels=labels, hint=hint)
            found.setdefault(name, []).extend(targets)

    def bind_in_layer(self, name: str, kind: str, sites: Iterable[Node], layer: Layer) -> None:
        """Gives a name of an arm or handler a variable of its own."""
        self.renames += 1
        python = f"{name}{self.suffix}{self.renames}"
        binding = Binding(name, kind, layer.scope, python)
        for site in sites:
            binding.sites.append(site)
            self.facts.targets[site] = binding
            self.facts.renamed[site] = python
            if isinstance(site, ast.Target):
                self.facts.renamed[site.place] = python
        binding.assigned = 1
        self.facts.values[binding] = [None]
        layer.names[name] = binding
        layer.scope.bindings[python] = binding

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────────────

    def visit_assign(self, node: ast.Assign, scope: Scope, layer: Layer | None, _: object) -> None:
        owner = self.facts.reads[node] = []
        self.stack.append((node.value, scope, layer, owner))
        if type(node.target) is ast.Target and type(node.target.place) is ast.Name:
            name = node.target.place
            self.write(name.id, "local", node.target, scope, layer, place=name, value=node.value if node.op == "=" else node)
            if node.op != "=":
                self.updated.append((name, scope, layer))
                owner.append(name)
        else:
            self.write_pattern(node.target, "local", scope, layer, owner)

    def write_pattern(self, pattern: ast.Pattern, kind: str, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        """Writes every name in the target of an assignment or a loop; what else is in it is read."""
        pending: list[Node] = [pattern]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Target):
                if isinstance(node.place, ast.Name):
                    self.write(node.place.id, kind, node, scope, layer, place=node.place)
                else:
                    self.stack.append((node.place, scope, layer, owner))
            elif isinstance(node, ast.Expression):
                self.stack.append((node, scope, layer, owner))
            else:
                pending.extend(reversed(ast.children(node)))

    def visit_for(self, node: ast.For, scope: Scope, layer: Layer | None, _: object) -> None:
        owner = self.facts.reads[node] = []
        self.push((node.iterable, node.body), scope, layer, owner)
        for target in node.targets:
            self.write_pattern(target, "loop", scope, layer, owner)

    def visit_function(self, node: ast.FunctionDeclaration, scope: Scope, layer: Layer | None, _: object) -> None:
        self.write(node.name, "function", node, scope, layer, value=node)
        self.enter_function(node, scope, layer)

    def visit_handler(self, node: ast.Handler, scope: Scope, layer: Layer | None, owner: list[Name]) -> None:
        inner = layer
        if node.name is not None:
            inner = Layer(scope, layer)
            self.bind_in_layer(node.name, "error", [node], inner)
        self.stack.append((node.body, scope, inner, owner))

    def visit_nonlocal(self, node: ast.Nonlocal, scope: Scope, _: Layer | None, __: object) -> None:
        if scope.parent is not None:
            self.nonlocals.extend((name, scope) for name in node.names)
            scope.nonlocals.update(name.id for name in node.names)

    def visit_return(self, node: ast.Return, scope: Scope, layer: Layer | None, _: object) -> None:
        owner = self.facts.reads[node] = []
        self.facts.returns.setdefault(scope.node, []).append(node)
        if node.value is not None:
            self.stack.append((node.value, scope, layer, owner))

    def visit_import(self, node: ast.Import, scope: Scope, layer: Layer | None, _: object) -> None:
        self.facts.imports.append(node)
        self.write(node.alias or node.path[0], "import", node, scope, layer)
        modules, path = self.check.modules, ".".join(node.path)
        if modules is None:
            return
        info = None if modules.is_file(path) else modules.info(path)
        if info is not None:
            self.facts.members[node] = info.members
        elif not modules.known(path):
            start = word_span(self.text, node.path[0], node.start + len("import")).start
            end = self.text.rfind(node.path[-1], start, self.text.rfind(" as ", start, node.end) if node.alias else node.end)
            span = Span(start, end + len(node.path[-1]))
            trouble = modules.trouble(path)
            if trouble is not None:
                self.check.report("E0501", f"cannot import `{path}`", span, label=trouble[0], hint=trouble[1])
                return
            close = self.suggest(path, modules.names())
            hint = f"did you mean `{close}`?" if close else f"create `{'/'.join(node.path)}.ml` beside this file, or install the module"
            fix = (Edit(span, close),) if close else ()
            self.check.report("E0501", f"cannot find the module `{path}`", span, label="no module and no file of this name", hint=hint, fix=fix)

    def visit_test(self, node: ast.Test, scope: Scope, layer: Layer | None, _: object) -> None:
        inner = self.scope(node, scope, layer)
        self.stack.append((node.body, inner, layer, []))

    def visit_capability(self, node: ast.CapabilityDeclaration, scope: Scope, layer: Layer | None, _: object) -> None:
        self.write(node.name, "capability", node, scope, layer)

    def visit_type(self, node: ast.TypeDeclaration, *_: object) -> None:
        if node.name in TYPE_NAMES:
            hint = f"give it another name, such as `My{node.name.capitalize()}`"
            self.check.report("E0202", f"a type cannot be called `{node.name}`", declared_span(node, self.text), label="the name of a built-in type", hint=hint)
        self.facts.types.setdefault(node.name, node)

    # ── binding ──────────────────────────────────────────────────────────────────────────────────────────────────

    def bind(self) -> None:
        """Binds what was written, outer functions first; then finds what `nonlocal` and reads mean."""
        check, facts = self.check, self.facts
        for name in (*check.inputs, *(check.session or ())):
            self.top.bindings[name] = self.top.visible[name] = Binding(name, "input", self.top)
        through: list[Write] = [write for write in self.writes if not self.bind_here(write)]
        for write in self.writes:
            self.hoist(write)
        for name_node, scope in self.nonlocals:
            self.reach_out(name_node, scope)
        for write in through:
            binding = write.scope.visible[write.name]
            binding.rebound = True
            self.record(write, binding)
        self.callees.update(callee for _, callee in self.called)
        for node, scope, layer in self.read:
            found = facts.names[node] = self.look_up(node.id, scope, layer)
            if found is None:
                if node.id not in check.builtins:
                    self.report_unknown(node, scope, layer)
            else:
                found.used = True
                self.note_read(node, scope, found)
        for node, scope, layer in self.updated:
            found = facts.names[node] = self.look_up(node.id, scope, layer)
            if found is not None:
                self.note_read(node, scope, found)
        for call, callee in self.called:
            found = facts.names[callee]
            if found is not None and callee.id in check.builtins and not found.is_function:
                facts.shadowed.add(call)

    def note_read(self, node: Name, scope: Scope, binding: Binding) -> None:
        if binding.scope is not scope:
            binding.captured = True
        if binding.python != binding.name:
            self.facts.renamed[node] = binding.python

    def bind_here(self, write: Write) -> bool:
        """Binds a write in its own function; False if `nonlocal` sends it elsewhere."""
        layer, scope = write.layer, write.scope
        while layer is not None and layer.scope is scope:
            if write.name in layer.names:
                self.record(write, layer.names[write.name])
                return True
            layer = layer.parent
        if write.name in scope.nonlocals and write.kind != "parameter":
            return False
        binding = scope.bindings.get(write.name)
        if binding is None:
            binding = scope.bindings[write.name] = scope.visible[write.name] = Binding(write.name, write.kind, scope)
        self.record(write, binding)
        return True

    def record(self, write: Write, binding: Binding) -> None:
        binding.sites.append(write.site)
        binding.assigned += 1
        self.facts.targets[write.site] = binding
        self.facts.values.setdefault(binding, []).append(write.value)  # type: ignore[arg-type]  # an expression, an assignment or a function by construction
        if isinstance(write.value, ast.FunctionDeclaration | ast.Arrow):
            binding.functions += 1
        if binding.python != binding.name:
            self.facts.renamed[write.site] = self.facts.renamed[write.place] = binding.python

    def hoist(self, write: Write) -> None:
        site = write.site
        if isinstance(site, ast.FunctionDeclaration):
            binding = write.scope.bindings.get(write.name)
            if binding is not None and binding.assigned == 1 and self.facts.targets.get(site) is binding:
                self.facts.hoisted.add(site)

    def reach_out(self, node: Name, scope: Scope) -> None:
        """Finds the variable that a `nonlocal` names; where there is none, one at the top level."""
        name = node.id
        own = scope.bindings.get(name)
        if own is not None:
            labels = ((declared_span(own.sites[0], self.text), "the parameter"),)
            self.check.report("E0209", f"`{name}` is a parameter, so it cannot be nonlocal", node.span, labels=labels, hint="give the parameter another name")
            return
        assert scope.parent is not None  # the top level has none
        binding = self.look_up(name, scope.parent, self.outer[scope])
        if binding is None:
            binding = self.top.bindings[name] = self.top.visible[name] = Binding(name, "local", self.top)
            self.facts.outer_only.add(binding)
            close = self.suggest(name, self.top.bindings)
            hint = f"did you mean `{close}`?" if close else f"write `{name} = null;` at the top level"
            self.check.report("W0819", f"nothing outside this function binds `{name}`", node.span, label="makes a name at the top level", hint=hint)
        binding.captured = True
        scope.visible[name] = binding
        if binding.python != name:
            self.facts.renamed[node] = binding.python
            scope.nonlocals.discard(name)
            scope.nonlocals.add(binding.python)

    def look_up(self, name: str, scope: Scope | None, layer: Layer | None) -> Binding | None:
        while scope is not None:
            while layer is not None and layer.scope is scope:
                if name in layer.names:
                    return layer.names[name]
                layer = layer.parent
            binding = scope.visible.get(name)
            if binding is not None:
                return binding
            scope = scope.parent
        return None

    # ── what is not there ────────────────────────────────────────────────────────────────────────────────────────

    def report_unknown(self, node: Name, scope: Scope, layer: Layer | None) -> None:
        name, report = node.id, self.check.report
        if name in self.facts.types:
            labels = ((declared_span(self.facts.types[name], self.text), "declared here"),)
            report("E0208", f"`{name}` is a type, not a value", node.span, labels=labels, hint="types stand in annotations only; compare `typeof(value)` with a string")
        elif name in FOREIGN:
            report("E0203", f"unknown name `{name}`", node.span, label="not found in this scope", hint=f"write `{FOREIGN[name]}`", fix=(Edit(node.span, FOREIGN[name]),))
        else:
            self.report_misspelt(node, scope, layer)

    def report_misspelt(self, node: Name, scope: Scope, layer: Layer | None) -> None:
        name, modules = node.id, self.check.modules
        hint: str | None = None
        fix: tuple[Edit, ...] = ()
        if modules is not None and self.suggested < SUGGESTIONS and modules.info(name) is not None:
            hint, fix = f"add `import {name};` at the top", (self.import_edit(name),)
        elif close := self.suggest(name, self.in_reach(scope, layer, called=node in self.callees)):
            hint, fix = f"did you mean `{close}`?", (Edit(node.span, close),)
            meant = self.look_up(close, scope, layer)
            if meant is not None:
                meant.used = True
        self.check.report("E0203", f"unknown name `{name}`", node.span, label="not found in this scope", hint=hint, fix=fix)

    def import_edit(self, name: str) -> Edit:
        """Inserts an import behind the last one, or before everything else."""
        if self.facts.imports:
            end = self.facts.imports[-1].end
            return Edit(Span(end, end), f"\nimport {name};")
        start = self.text.find("\n") + 1 if self.text.startswith("#!") else 0
        return Edit(Span(start, start), f"import {name};\n")

    def suggest(self, name: str, known: Iterable[str]) -> str | None:
        self.suggested += 1
        return nearest(name, known) if self.suggested <= SUGGESTIONS else None

    def in_reach(self, scope: Scope | None, layer: Layer | None, *, called: bool) -> Iterator[str]:
        """Every name that could be meant, innermost first; builtins only in a call, as a value they are seldom meant."""
        while layer is not None:
            yield from layer.names
            layer = layer.parent
        while scope is not None:
            yield from scope.visible
            scope = scope.parent
        if called:
            yield from self.check.builtins


DECLARATIONS = (ast.FunctionDeclaration, ast.CapabilityDeclaration, ast.TypeDeclaration)
VISITORS: dict[type[Node], Callable[..., None]] = {
    ast.Block: Resolver.visit_block,
    ast.Template: Resolver.visit_template,
    ast.Property: Resolver.visit_property,
    ast.Index: Resolver.visit_index,
    ast.Slice: Resolver.visit_slice,
    ast.Pipe: Resolver.visit_pipe,
    ast.Call: Resolver.visit_call,
    ast.Arrow: Resolver.visit_arrow,
    ast.Match: Resolver.visit_match,
    ast.Assign: Resolver.visit_assign,
    ast.For: Resolver.visit_for,
    ast.FunctionDeclaration: Resolver.visit_function,
    ast.Handler: Resolver.visit_handler,
    ast.Return: Resolver.visit_return,
    ast.Nonlocal: Resolver.visit_nonlocal,
    ast.Import: Resolver.visit_import,
    ast.Test: Resolver.visit_test,
    ast.CapabilityDeclaration: Resolver.visit_capability,
    ast.TypeDeclaration: Resolver.visit_type,
}


CELLS = count(1)  # closures of one session cell must not share a renamed global with the next cell's


def resolve(check: Check) -> None:
    """Fills in scopes, names, hoisted functions, imports; reports unknown, duplicate and refused names."""
    resolver = Resolver(check)
    resolver.walk()
    resolver.bind()

"""Gradual types: annotations are checked, the rest is inferred through literals, operators, calls, members and signatures.

What is not annotated is `any` until something shows what it is. A variable has one type, the union of everything that is
assigned to it; arrays and objects that are stored somewhere may change later, so only what no assignment of the file can touch
is kept of them. Errors are certain violations of an annotation or of a known signature; operators that always fail are a lint,
for old programs may do that in code that never runs.
"""

from __future__ import annotations

from mlpy import ast
from mlpy.analysis.resolve import declared_span
from mlpy.analysis.shapes import ANY, ARRAY, BOOLEAN, FLOAT, FUNCTION, INT, NAMED, NULL, NUMBER, NUMERIC, OBJECT, OPEN, STRING, Shapes, show
from mlpy.analysis.signatures import Natives, Parameter, Signature
from mlpy.diagnostics import Edit
from mlpy.nearest import nearest
from mlpy.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

    from mlpy.analysis.facts import Binding, Check, Member
    from mlpy.analysis.shapes import Shape
    from mlpy.ast import Node

MAX_DEPTH = 40
FOREIGN = {"str": "string", "bool": "boolean", "list": "array", "dict": "object", "integer": "int", "double": "float", "void": "null", "None": "null", "Function": "function"}
A = {"null": "null", "boolean": "a boolean", "int": "a number", "float": "a number", "string": "a string", "array": "an array", "object": "an object", "function": "a function"}
ORDERED = frozenset({"string", "array"})
CONTAINERS = frozenset({"string", "array", "object", "any", "host", "module"})
LOOPABLE = CONTAINERS | {"function"}
HABITS = {"add": "append", "size": "length", "toUpperCase": "upper", "toLowerCase": "lower", "each": "forEach", "contains": "includes"}
LISTING = {"array": "`methods([])` lists what an array has", "string": '`methods("")` lists what a string has'}
PARTS = frozenset({ast.Call, ast.Binary})
COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "in"})


def camel(name: str) -> str:
    """The camelCase form of a member that may be spelt in snake_case."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def counted(least: int, most: int | None) -> str:
    """`2 arguments`, `1 to 3 arguments`, `at least 1 argument`."""
    if most is None:
        return f"at least {least} argument{'s' if least != 1 else ''}"
    return f"{least} argument{'s' if least != 1 else ''}" if least == most else f"{least} to {most} arguments"


class Types:
    """The state of one check of types. `memo` holds the type of each expression, `any` while it is being found."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.facts = check.facts
        self.shapes = Shapes()
        self.natives = Natives(self.shapes)
        self.memo: dict[Node, Shape] = {}
        self.bindings: dict[Binding, Shape] = {}
        self.annotations: dict[Node, Shape] = {}
        self.named: dict[str, Shape] = {}
        self.resolving: dict[str, int] = {}
        self.constructors = 0
        self.depth = 0
        self.parts: set[Node] = set()  # calls and sums that are no values of their own: of a pipeline, of a longer sum
        self.tested: set[Binding | None] = set()
        self.written: set[str] = set()
        self.any_key = bool(check.inputs) or check.session is not None
        self.paths = [".".join(one.path) for one in check.facts.imports if one.alias is None]
        self.quiet: list[Span] = []

    # ── the pass ─────────────────────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        self.look_ahead()
        group: list[Node] = []
        for node in self.facts.order:
            if isinstance(node, ast.Statement):
                self.visit(group)
                group = [node]
            else:
                group.append(node)
        self.visit(group)

    def visit(self, nodes: list[Node]) -> None:
        """Checks a statement and its expressions, inner ones first, so that nothing recurses deeply."""
        for node in reversed(nodes):
            rule = STATEMENTS.get(type(node))
            if rule is not None:
                rule(self, node)
            elif isinstance(node, ast.Expression) and not (node in self.parts and type(node) in PARTS):
                self.infer(node)

    def look_ahead(self) -> None:
        """Finds what makes inference unsure: variables whose type the program tests, keys that it writes."""
        modules = self.check.modules
        if modules is None or any(modules.is_file(path) or modules.info(path) is None for path in (".".join(one.path) for one in self.facts.imports)):
            self.any_key = True  # the functions of a file may write to whatever they are given
        for node in self.facts.order:
            if isinstance(node, ast.Call):
                self.look_at_call(node)
            elif isinstance(node, ast.Pipe):
                self.parts.add(node.right)
            elif isinstance(node, ast.Binary) and node.op == "+":
                self.parts.add(node.left)
            elif isinstance(node, ast.Assign):
                self.look_at_target(node.target)

    def look_at_call(self, node: ast.Call) -> None:
        callee = node.callee
        if type(callee) is ast.Name and self.facts.names[callee] is None:
            if callee.id in ("typeof", "isinstance", "callable", "len") and node.args and type(node.args[0]) is ast.Name:
                self.tested.add(self.facts.names[node.args[0]])
            elif callee.id == "assertThrows":
                self.quiet.append(node.span)

    def look_at_target(self, pattern: ast.Pattern) -> None:
        pending: list[Node] = [pattern]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Target):
                place = node.place
                if isinstance(place, ast.Member):
                    self.written.add(place.name)
                elif isinstance(place, ast.Index):
                    key = ast.strip(place.index)
                    if isinstance(key, ast.String):
                        self.written.add(key.value)
                    elif not isinstance(key, ast.Number):
                        self.any_key = True
            elif isinstance(node, ast.Pattern):
                pending.extend(ast.children(node))

    def report(self, code: str, title: str, span: Span, *, label: str = "", labels: tuple[tuple[Span, str], ...] = (), hint: str | None = None, fix: tuple[Edit, ...] = ()) -> None:
        if not any(quiet.start <= span.start < quiet.end for quiet in self.quiet):
            self.check.report(code, title, span, label=label, labels=labels, hint=hint, fix=fix)

    # ── annotations ──────────────────────────────────────────────────────────────────────────────────────────────

    def annotation(self, node: ast.Type) -> Shape:
        found = self.annotations.get(node)
        if found is None:
            found = self.annotations[node] = self.read_annotation(node)
        return found

    def read_annotation(self, node: ast.Type) -> Shape:
        match node:
            case ast.NamedType():
                return self.named_type(node)
            case ast.GroupType(value=value):
                return self.annotation(value)
            case ast.UnionType(options=options):
                return self.shapes.union([self.annotation(option) for option in options])
        if self.constructors > MAX_DEPTH:
            return ANY
        self.constructors += 1
        shape = self.constructed(node)
        self.constructors -= 1
        return shape

    def constructed(self, node: ast.Type) -> Shape:
        match node:
            case ast.ArrayType(item=item):
                return self.shapes.array(self.annotation(item))
            case ast.ObjectType(entries=entries):
                return self.shapes.record([(one.name, self.annotation(one.type), one.optional) for one in entries], exact=False)
            case ast.FunctionType(params=params, result=result):
                taken = [Parameter("", self.annotation(one), keyword=False) for one in params]
                return self.shapes.function(Signature("", taken, None, self.annotation(result)))
        return ANY

    def named_type(self, node: ast.NamedType) -> Shape:
        name = node.name
        if name in NAMED:
            return NAMED[name]
        if name in self.named:
            return self.named[name]
        declared = self.facts.types.get(name)
        if declared is None:
            self.report_unknown_type(node)
            return ANY
        if name in self.resolving:
            if self.resolving[name] == self.constructors:
                self.report("E0408", f"the type `{name}` stands for itself", declared_span(declared, self.check.source.text), hint="name another type on the right of the `=`")
                self.named[name] = ANY
            return ANY
        self.resolving[name] = self.constructors
        shape = self.annotation(declared.type)
        del self.resolving[name]
        return self.named.setdefault(name, shape)

    def report_unknown_type(self, node: ast.NamedType) -> None:
        if self.is_host_class(node.name):
            return
        close = FOREIGN.get(node.name) or nearest(node.name, [*NAMED, *self.facts.types])
        hint = f"did you mean `{close}`?" if close else f"declare it: `type {node.name} = any;`"
        fix = (Edit(node.span, close),) if close else ()
        self.report("E0407", f"unknown type `{node.name}`", node.span, hint=hint, fix=fix)

    def is_host_class(self, name: str) -> bool:
        modules = self.check.modules
        infos = [modules.info(".".join(one.path)) for one in self.facts.imports] if modules is not None else []
        return any(info is not None and name in info.classes for info in infos)

    # ── variables and functions ──────────────────────────────────────────────────────────────────────────────────

    def variable(self, binding: Binding) -> Shape:
        found = self.bindings.get(binding)
        if found is None:
            self.bindings[binding] = ANY  # what it is to its own assignments
            found = self.bindings[binding] = self.join_sites(binding)
        return found

    def join_sites(self, binding: Binding) -> Shape:
        if binding in self.tested or binding.kind == "input" or binding in self.facts.preset:
            return ANY
        if self.check.session is not None and isinstance(binding.scope.node, ast.Module) and not binding.is_function:
            return ANY
        if not binding.sites:
            return ANY
        return self.shapes.union([self.site(site, value) for site, value in zip(binding.sites, self.facts.values[binding], strict=False)])

    def site(self, site: Node, value: Node | None) -> Shape:
        """What one binding site binds."""
        if isinstance(site, ast.Parameter):
            return self.shapes.array(self.declared(site)) if site.rest else self.declared(site)
        if isinstance(site, ast.Import):
            return self.imported(site)
        if isinstance(value, ast.FunctionDeclaration):
            return self.function(value)
        if isinstance(value, ast.Assign):
            return self.update(value)
        return self.stored(self.infer(value)) if isinstance(value, ast.Expression) else ANY

    def declared(self, parameter: ast.Parameter) -> Shape:
        return ANY if parameter.type is None else self.annotation(parameter.type)

    def imported(self, node: ast.Import) -> Shape:
        path = ".".join(node.path)
        if self.check.modules is None or self.check.modules.info(path) is None:
            return ANY
        return self.shapes.named("module", path if node.alias is not None else node.path[0])

    def stored(self, shape: Shape) -> Shape:
        """What stays certain of a value that has a name, and so may be changed through it."""
        if shape.kind == "array":
            return ARRAY
        if shape.kind == "object" and shape.exact:
            if self.any_key:
                return OBJECT
            fields = [(name, ANY if name in self.written else self.stored(inner), optional) for name, inner, optional in shape.fields]
            known = {name for name, _, _ in fields}
            return self.shapes.record([*fields, *((name, ANY, True) for name in sorted(self.written - known))], exact=True)
        return self.shapes.union(map(self.stored, shape.parts)) if shape.kind == "union" else shape

    def function(self, node: ast.FunctionDeclaration | ast.Arrow) -> Shape:
        found = self.memo.get(node)
        if found is None:
            params = [
                Parameter(one.name, self.declared(one), optional=one.default is not None, span=None if one.type is None else one.type.span) for one in node.params if not one.rest
            ]
            rest = next((self.declared(one) for one in node.params if one.rest), None)
            name = node.name if isinstance(node, ast.FunctionDeclaration) else ""
            result = None if node.result is None else self.annotation(node.result)
            found = self.memo[node] = self.shapes.function(Signature(name, params, rest, result, infer=lambda: self.returned(node)))
        return found

    def returned(self, node: ast.FunctionDeclaration | ast.Arrow) -> Shape:
        """The type of what a function gives, by its `return` statements."""
        if isinstance(node.body, ast.Expression):
            return self.infer(node.body)
        found = [NULL if one.value is None else self.infer(one.value) for one in self.facts.returns.get(node, ())]
        if node in self.facts.open_ended:
            found.append(NULL)
        return self.shapes.union(found)

    # ── statements ───────────────────────────────────────────────────────────────────────────────────────────────

    def check_assign(self, node: ast.Assign) -> None:
        if node.op != "=":
            self.update(node)

    def update(self, node: ast.Assign) -> Shape:
        """The type that a variable has after `x op= value`."""
        found = self.memo.get(node)
        if found is None:
            self.memo[node] = ANY
            place = node.target.place if isinstance(node.target, ast.Target) else None
            value = self.infer(node.value)
            if node.op == "+=" and is_text(node.value):
                found = STRING
            elif not isinstance(place, ast.Name | ast.Member):
                found = ANY
            else:
                found = self.operate(node.op[:-1], self.infer(place), value, node.target.span, node.value.span)
            self.memo[node] = found
        return found

    def check_function(self, node: ast.FunctionDeclaration | ast.Arrow) -> None:
        shape = self.function(node)
        for parameter in node.params:
            if parameter.type is not None and parameter.default is not None:
                wanted, found = self.annotation(parameter.type), self.infer(parameter.default)
                if self.shapes.clashes(found, wanted):
                    title = f"the default of `{parameter.name}` must be `{show(wanted)}`, not `{show(found)}`"
                    labels = ((parameter.type.span, "declared here"),)
                    hint = f"declare it as `{show(wanted)} | {show(found)}`, or change the default"
                    self.report("E0409", title, parameter.default.span, label=f"this is `{show(found)}`", labels=labels, hint=hint)
        if node.result is None or shape.signature is None:
            return
        wanted = shape.signature.result
        if isinstance(node.body, ast.Expression):
            self.check_result(node, node.body, wanted)
            return
        for one in self.facts.returns.get(node, ()):
            self.check_result(node, one.value if one.value is not None else one, wanted)
        if node in self.facts.open_ended and node not in self.facts.returns and self.shapes.clashes(NULL, wanted):
            span = declared_span(node, self.check.source.text) if isinstance(node, ast.FunctionDeclaration) else Span(node.start, node.start + len("fn"))
            labels = ((node.result.span, "declared here"),)
            self.report("E0402", f"{called(node)} must return `{show(wanted)}`, but returns nothing", span, labels=labels, hint="add a `return`, or drop the result type")

    def check_result(self, node: ast.FunctionDeclaration | ast.Arrow, value: Node, wanted: Shape) -> None:
        found = self.infer(value) if isinstance(value, ast.Expression) else NULL
        if self.shapes.clashes(found, wanted) and node.result is not None:
            title = f"{called(node)} must return `{show(wanted)}`, not `{show(found)}`"
            labels = ((node.result.span, "declared here"),)
            self.report("E0402", title, value.span, label=f"this is `{show(found)}`", labels=labels, hint=conversion(found, wanted))

    def check_type(self, node: ast.TypeDeclaration) -> None:
        self.named_type(ast.NamedType(node.name_start, node.name_start + len(node.name), node.name))

    def check_for(self, node: ast.For) -> None:
        shape = self.infer(node.iterable)
        if not any(option.kind in LOOPABLE or option is NULL for option in shape.options):
            hint = "write `range(…)` to count" if shape.options[0] in NUMERIC else "loop over an array, a string or an object"
            self.report("W0820", f"{A[shape.options[0].kind]} cannot be looped over", node.iterable.span, label="always fails", hint=hint)

    # ── expressions ──────────────────────────────────────────────────────────────────────────────────────────────

    def infer(self, node: ast.Expression) -> Shape:
        found = self.memo.get(node)
        if found is not None:
            return found
        rule = RULES.get(type(node))
        if rule is None or self.depth > MAX_DEPTH:
            return ANY
        self.memo[node] = ANY
        self.depth += 1
        found = rule(self, node)
        self.depth -= 1
        self.memo[node] = found
        return found

    def number(self, node: ast.Number) -> Shape:
        return INT if type(node.value) is int else FLOAT

    def name(self, node: ast.Name) -> Shape:
        binding = self.facts.names.get(node)
        if binding is not None:
            return self.variable(binding)
        builtin = self.check.builtins.get(node.id)
        return ANY if builtin is None else self.natives.function(node.id, builtin)

    def group(self, node: ast.Group) -> Shape:
        return self.infer(node.value)

    def array(self, node: ast.Array) -> Shape:
        return self.shapes.array(self.shapes.union([ANY if isinstance(item, ast.Spread) else self.infer(item) for item in node.items]))

    def object(self, node: ast.Object) -> Shape:
        fields: dict[str, tuple[str, Shape, bool]] = {}
        for entry in node.entries:
            if isinstance(entry, ast.Spread) or not isinstance(entry.key, ast.String):
                return OBJECT
            fields[entry.key.value] = (entry.key.value, self.infer(entry.value), False)
        return self.shapes.record(fields.values(), exact=True)

    def unary(self, node: ast.Unary) -> Shape:
        shape = self.infer(node.operand)
        if node.op == "!":
            return BOOLEAN
        options = [INT if one is BOOLEAN else one if one in NUMERIC else ANY for one in shape.options if one in NUMERIC or one.kind in OPEN]
        if not options and shape is not NULL:
            self.report("W0820", f"`-` cannot take `{show(shape)}`", node.operand.span, label="always fails", hint="only numbers have a sign")
        return self.shapes.union(options)

    def binary(self, node: ast.Binary) -> Shape:
        if node.op == "+":
            return self.sum(node)
        left, right = self.infer(node.left), self.infer(node.right)
        return self.operate(node.op, left, right, node.left.span, node.right.span)

    def sum(self, node: ast.Binary) -> Shape:
        """A `+` chain: a string if a string literal or template is in it."""
        operands: list[ast.Expression] = []
        current: ast.Expression = node
        while isinstance(current, ast.Binary) and current.op == "+":
            operands.append(current.right)
            self.memo[current] = ANY  # the chain is one; nothing asks for a part of it
            current = current.left
        operands.append(current)
        operands.reverse()
        shapes = [self.infer(operand) for operand in operands]
        if any(is_text(operand) for operand in operands):
            return STRING
        total = shapes[0]
        for at, shape in enumerate(shapes[1:], 1):
            total = self.operate("+", total, shape, Span(operands[0].start, operands[at - 1].end), operands[at].span)
        return total

    def operate(self, op: str, left: Shape, right: Shape, left_span: Span, right_span: Span) -> Shape:
        """The type of `left op right`; reports what no pair of their options can do."""
        if op == "??":
            return self.shapes.union([*(one for one in left.options if one is not NULL), right])
        if op in ("&&", "||"):
            return self.shapes.union([left, right])
        results = [found for one in left.options for other in right.options if (found := result_of(op, one, other)) is not None]
        if not results and NULL not in (left, right):
            self.report_operator(op, left, right, Span(left_span.start, right_span.end))
        if op in COMPARISONS:
            return BOOLEAN
        return self.shapes.union(results)

    def report_operator(self, op: str, left: Shape, right: Shape, span: Span) -> None:
        if op == "+" and STRING in (left, right):
            hint = "convert with `str(…)`, or use a template string"
        elif op == "+" and "array" in (left.kind, right.kind):
            hint = "put the other value in brackets to append it"
        elif op == "in":
            hint = "look in an array, an object or a string"
        elif STRING in (left, right):
            hint = "convert with `int(…)` or `float(…)`"
        else:
            hint = f"`{op}` takes numbers"
        self.report("W0820", f"`{op}` cannot take `{show(left)}` and `{show(right)}`", span, label="always fails", hint=hint)

    def conditional(self, node: ast.Conditional) -> Shape:
        return self.shapes.union([self.infer(node.then), self.infer(node.orelse)])

    def match(self, node: ast.Match) -> Shape:
        found = [ANY if isinstance(arm.body, ast.Block) else self.infer(arm.body) for arm in node.arms]
        return self.shapes.union([*found, NULL])

    def slice(self, node: ast.Slice) -> Shape:
        shape = self.infer(node.object)
        return shape if shape is STRING or shape.kind == "array" else ANY

    def index(self, node: ast.Index) -> Shape:
        shape, key = self.infer(node.object), ast.strip(node.index)
        if isinstance(key, ast.String) and shape.kind == "object":
            return self.field(shape, key.value)
        if shape.kind == "array":
            return shape.parts[0]
        return shape if shape is STRING else ANY

    def field(self, shape: Shape, name: str) -> Shape:
        found = shape.field(name)
        return ANY if found is None or found[1] or name in self.written else found[0]

    def member(self, node: ast.Member) -> Shape:
        shape = self.infer(node.object)
        options = [one for one in shape.options if one is not NULL]
        found = [self.member_of(node, one) for one in options]
        if found and None not in found:
            known = self.shapes.union([one for one in found if one is not None])
            return self.shapes.union([known, NULL]) if node.optional else known
        if found and found.count(None) == len(found):
            self.report_member(node, options[0])
        return ANY

    def member_of(self, node: ast.Member, shape: Shape) -> Shape | None:
        """The type of a member; None where there surely is none."""
        name = node.name
        if shape.kind in OPEN:
            return ANY
        if shape.kind == "object":
            return self.field(shape, name)
        if shape.kind == "module":
            return self.module_member(shape.name, name)
        methods = self.check.methods.get(shape.kind)
        if methods is None:
            return ANY if shape.kind in ("string", "array") else None
        if name == "length":
            return INT
        method = name if name in methods else camel(name)
        return self.natives.function(method, methods[method], 1) if method in methods else None

    def module_member(self, module: str, name: str) -> Shape | None:
        inner = f"{module}.{name}"
        if any(path == inner or path.startswith(inner + ".") for path in self.paths):
            return self.shapes.named("module", inner)
        members = self.members(module)
        called = name if name in members else camel(name)
        return self.natives.member(module, called, members[called]) if called in members else None

    def members(self, module: str) -> dict[str, Member]:
        info = self.check.modules.info(module) if self.check.modules is not None else None
        return {} if info is None else dict(info.members)

    def report_member(self, node: ast.Member, shape: Shape) -> None:
        name, span = node.name, Span(node.name_start, node.name_start + len(node.name))
        if shape.kind == "module":
            code, owner, known = "E0404", f"the module `{shape.name}`", list(self.members(shape.name))
        else:
            code, owner, known = "E0405", A[shape.kind], [*self.check.methods.get(shape.kind, ()), *(("length",) if shape.kind in LISTING else ())]
        habit = HABITS.get(name, "")
        close = habit if habit in known else nearest(name, known)
        if close:
            hint = f"did you mean `{close}`?"
        else:
            hint = f"`help({self.check.source.text[node.object.start : node.object.end]})` lists its members" if shape.kind == "module" else LISTING.get(shape.kind, "only modules, objects, arrays and strings have members")
        self.report(code, f"{owner} has no member `{name}`", span, hint=hint, fix=(Edit(span, close),) if close else ())

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────

    def call(self, node: ast.Call) -> Shape:
        return self.apply(node, node.callee, list(node.args))

    def pipe(self, node: ast.Pipe) -> Shape:
        if isinstance(node.right, ast.Call):
            return self.apply(node.right, node.right.callee, [node.left, *node.right.args])
        return self.apply(node, node.right, [node.left])

    def apply(self, node: ast.Call | ast.Pipe, callee: ast.Expression, args: list[ast.Expression | ast.NamedArgument]) -> Shape:
        shape = self.infer(callee)
        if shape.signature is not None:
            self.check_arguments(callee, shape.signature, args)
            return shape.signature.result
        if node not in self.facts.shadowed and not any(one.kind in OPEN or one is FUNCTION or one is NULL or one.signature is not None for one in shape.options):
            first = shape.options[0]
            what = f"the module `{first.name}`" if first.kind == "module" else A[first.kind]
            hint = f"call one of its functions: `{self.check.source.text[callee.start : callee.end]}.…(…)`" if first.kind == "module" else "is a `,` or an operator missing before the `(`?"
            if type(ast.strip(callee)) in (ast.Name, ast.Member, ast.Call, ast.Index):
                self.report("E0406", f"{what} cannot be called", callee.span, label="not a function", hint=hint)
        return ANY

    def check_arguments(self, callee: ast.Expression, signature: Signature, args: list[ast.Expression | ast.NamedArgument]) -> None:
        given: list[ast.Expression] = []
        named: list[ast.NamedArgument] = []
        spread = False
        for argument in args:
            if isinstance(argument, ast.NamedArgument):
                named.append(argument)
            elif isinstance(argument, ast.Spread):
                spread = True
            elif not spread:
                given.append(argument)
        name = f"`{signature.name}`" if signature.name else callee_text(callee)
        if not self.check_named(name, signature, named, len(given)):
            return
        if not spread and not self.check_count(callee, name, signature, given, {one.name for one in named}):
            return
        positional = [one for one in signature.params if one.positional]
        for at, argument in enumerate(given):
            if at < len(positional):
                self.check_argument(name, signature, positional[at], argument)
            elif signature.rest is not None:
                self.check_argument(name, signature, Parameter("", signature.rest), argument)

    def check_count(self, callee: ast.Expression, name: str, signature: Signature, given: list[ast.Expression], named: set[str]) -> bool:
        most = None if signature.rest is not None else signature.most
        count = len(given)
        text = counted(signature.required, most)
        if most is not None and count > most:
            span = Span(given[most].start, given[-1].end)
            hint = f"remove the last {count - most}" if count - most > 1 else "remove the last one"
            self.report("E0403", f"{name} takes {text}, {count} given", span, label="too many", hint=hint)
            return False
        positional = [one for one in signature.params if one.positional]
        missing = [one.name for one in positional[count:] if not one.optional and one.name not in named]
        missing += [one.name for one in signature.params if not one.positional and not one.optional and one.name not in named]
        if missing:
            which = " and ".join(f"`{one}`" for one in missing if one)
            title = f"{name} takes {text}, {count} given" if not named else f"{name} is called without {which}"
            self.report("E0403", title, callee.span, label=f"{which} missing" if which else "too few", hint=f"pass {which}" if which else f"pass {text}")
        return not missing

    def check_named(self, name: str, signature: Signature, named: list[ast.NamedArgument], count: int) -> bool:
        fine = True
        known = {one.name: at for at, one in enumerate(signature.params) if one.keyword}
        for argument in named:
            span = Span(argument.start, argument.start + len(argument.name))
            at = known.get(argument.name)
            if at is None:
                if not signature.named:
                    fine = False
                    close = nearest(argument.name, known)
                    hint = (
                        f"did you mean `{close}`?" if close else f"it can be called with {', '.join(f'`{one}`' for one in known)}" if known else "give the argument without a name"
                    )
                    self.report("E0403", f"{name} has no parameter `{argument.name}`", span, hint=hint, fix=(Edit(span, close),) if close else ())
            elif at < count:
                fine = False
                self.report("E0403", f"`{argument.name}` is given by position and by name", span, hint="remove one of them")
            else:
                self.check_argument(name, signature, signature.params[at], argument.value)
        return fine

    def check_argument(self, name: str, signature: Signature, parameter: Parameter, argument: ast.Expression) -> None:
        found, wanted = self.infer(argument), parameter.shape
        if not self.shapes.clashes(found, wanted) or (signature.native and BOOLEAN in found.options and {INT, FLOAT} & set(wanted.options)):
            return
        place = f" as `{parameter.name}`" if parameter.name else ""
        title = f"{name} takes `{show(wanted)}`{place}, not `{show(found)}`"
        labels = ((parameter.span, "declared here"),) if parameter.span is not None else ()
        self.report("E0401", title, argument.span, label=f"this is `{show(found)}`", labels=labels, hint=conversion(found, wanted))


def called(node: ast.FunctionDeclaration | ast.Arrow) -> str:
    return f"`{node.name}`" if isinstance(node, ast.FunctionDeclaration) else "this function"


def callee_text(callee: ast.Expression) -> str:
    callee = ast.strip(callee)
    return f"`{callee.id}`" if isinstance(callee, ast.Name) else f"`{callee.name}`" if isinstance(callee, ast.Member) else "this function"


def is_text(node: ast.Expression) -> bool:
    return type(node) is ast.String or type(node) is ast.Template


def conversion(found: Shape, wanted: Shape) -> str | None:
    """The step that most likely mends a value of the wrong type, where there is one."""
    if found is NULL:
        return f"give it a value, or declare `{show(wanted)} | null`"
    if wanted is STRING and (found in NUMERIC or found is NUMBER):
        return "convert it with `str(…)`"
    if wanted is INT and found is FLOAT:
        return "divide with `~/`, or convert it with `int(…)`"
    if found is STRING and wanted in (INT, FLOAT, NUMBER):
        return f"convert it with `{'int' if wanted is INT else 'float'}(…)`"
    if wanted.kind == "array" and found.kind != "array":
        return "put it in brackets to make an array of it"
    if wanted.kind == "object" and found.kind == "object":
        lacking = [name for name, _, optional in wanted.fields if not optional and found.field(name) is None]
        if lacking:
            return f"add `{lacking[0]}`"
    return None


def result_of(op: str, left: Shape, right: Shape) -> Shape | None:
    """The type of an operator on two plain types; None where it always fails."""
    if left.kind in OPEN or right.kind in OPEN:
        return BOOLEAN if op in COMPARISONS else ANY
    if op in ("==", "!="):
        return BOOLEAN
    if op == "in":
        return BOOLEAN if right.kind in CONTAINERS else None
    both = left in NUMERIC and right in NUMERIC
    if op in COMPARISONS:
        return BOOLEAN if both or (left.kind == right.kind and left.kind in ORDERED) else None
    if both:
        return number_result(op, left, right)
    if op == "+":
        return (STRING if left is STRING else ARRAY) if left.kind == right.kind and left.kind in ORDERED else None
    if op == "*":
        for one, other in ((left, right), (right, left)):
            if one.kind in ORDERED and other in (INT, BOOLEAN):
                return one
    return None


def number_result(op: str, left: Shape, right: Shape) -> Shape:
    if op == "/" or FLOAT in (left, right):
        return FLOAT
    return NUMBER if op == "**" else INT


def always(shape: Shape) -> Callable[[Types, Node], Shape]:
    return lambda _, __: shape


RULES: dict[type[Node], Callable[..., Shape]] = {
    ast.Null: always(NULL),
    ast.Boolean: always(BOOLEAN),
    ast.String: always(STRING),
    ast.Template: always(STRING),
    ast.Number: Types.number,
    ast.Name: Types.name,
    ast.Group: Types.group,
    ast.Array: Types.array,
    ast.Object: Types.object,
    ast.Unary: Types.unary,
    ast.Binary: Types.binary,
    ast.Conditional: Types.conditional,
    ast.Match: Types.match,
    ast.Slice: Types.slice,
    ast.Index: Types.index,
    ast.Member: Types.member,
    ast.Call: Types.call,
    ast.Pipe: Types.pipe,
    ast.Arrow: Types.function,
}
STATEMENTS: dict[type[Node], Callable[..., None]] = {
    ast.Assign: Types.check_assign,
    ast.FunctionDeclaration: Types.check_function,
    ast.Arrow: Types.check_function,
    ast.TypeDeclaration: Types.check_type,
    ast.For: Types.check_for,
}


def types(check: Check) -> None:
    """Checks annotations, arguments, members and operators; only where lints are asked for, since running needs none of it."""
    if check.lints:
        Types(check).run()

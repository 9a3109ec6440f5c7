"""Random programs of the whole language, the same for the same seed.

Each construct can occur anywhere. Expressions mostly have the kind that their place wants, so that programs get far; one in
eight has another, so that every operator and method meets what it does not expect. Loops are short and calls shallow.
"""

from __future__ import annotations

import random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("int", "float", "string", "boolean", "null", "array", "object", "function")
ODD = 0.12
INTS = ("0", "1", "2", "3", "7", "10", "-1", "-3", "255", "1_000", "0xff", "2147483647", "2147483648", "-1073741824", "4611686018427387904", "10 ** 20")
FLOATS = ("0.0", "1.5", "-2.5", ".5", "1e3", "1e308", "1e400", "-0.0", "3.")
STRINGS = ('""', '"a"', "'b'", '"abc"', '"%d"', '"%s"', '"{0}"', '"x\\ny"', '"7"', '"é"', '"🙂"', 'r"\\d+"', '"length"', '"k"', '"a,b,c"', '"__class__"')
KEYS = ("a", "b", "k", "n", "length", "get", "items", "type", "message", "class", "None")
ARITHMETIC = ("+", "-", "*", "/", "%", "~/", "**")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
ASSIGNMENTS = ("+=", "-=", "*=", "/=", "%=", "~/=", "??=")
UNARY_METHODS = {
    "string": (
        "upper lower strip trim lstrip rstrip lines isdigit isalpha isalnum isspace istitle isupper islower capitalize title swapcase".split(),
        "split rsplit startswith endswith startsWith endsWith find rfind index rindex count contains includes strip".split(),
    ),
    "array": ("pop reverse clear copy sort flat join".split(), "append push extend remove index count includes indexOf concat slice flat pop join".split()),
}
CALLBACKS = ("map", "filter", "forEach", "find", "some", "every")
OF_ONE = {
    "int": ("len", "int", "abs", "round", "ord", "sum"),
    "float": ("float", "round", "abs", "sum"),
    "string": ("str", "repr", "typeof", "hex", "bin", "oct", "chr", "format"),
    "boolean": ("bool", "callable", "any", "all"),
    "array": ("sorted", "reversed", "keys", "values", "items", "enumerate", "range", "zip", "methods"),
}


class Programs:
    """One random program; `text` is one simple statement or brace a line."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.indent = 0
        self.names: list[dict[str, str]] = [{}]  # what each function's variables were last given
        self.functions: dict[str, int] = {}
        self.depth = 0
        self.loops = 0
        self.made = 0
        self.in_function = 0

    # ── choosing ────────────────────────────────────────────────────────────────────────────────────────────────

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, *options: str) -> str:
        return self.random.choice(options)

    def fresh(self, stem: str) -> str:
        self.made += 1
        return f"{stem}{self.made}"

    def name(self, kind: str) -> str | None:
        found = [name for scope in (self.names[-1], self.names[0]) for name, one in scope.items() if one == kind]
        return self.random.choice(found) if found else None

    def any_name(self) -> str | None:
        found = [*self.names[-1], *self.names[0]]
        return self.random.choice(found) if found else None

    # ── the program ─────────────────────────────────────────────────────────────────────────────────────────────

    def program(self) -> str:
        if self.chance(0.2):
            self.emit("import math;")
        for kind in self.random.sample(KINDS, 4):
            name = self.fresh("v")
            self.emit(f"{name} = {self.leaf(kind)};")
            self.names[0][name] = kind
        for _ in range(self.random.randint(2, 7)):
            self.guarded()
        if self.chance(0.7):
            self.emit("result = null;")
            self.emit(f"try {{ result = {self.any_expression(2)}; }} except (e) {{ result = [e.type, e.line > 0]; }}")
            self.emit("result")
        return "\n".join(self.lines) + "\n"

    def emit(self, line: str) -> None:
        self.lines.append("  " * self.indent + line)

    def guarded(self) -> None:
        """A statement whose failure is printed, so that the rest of the program runs."""
        if self.chance(0.03):
            self.statement()
            return
        self.emit("try {")
        self.inside(self.random.randint(1, 2))
        self.emit("} except (e) {")
        self.emit('  print("!", e.type, e.message);')
        if self.chance(0.1):
            self.emit("} finally {")
            self.inside(1)
        self.emit("}")

    def inside(self, count: int) -> None:
        self.indent += 1
        self.depth += 1
        for _ in range(count):
            self.statement()
        self.depth -= 1
        self.indent -= 1

    def statement(self) -> None:
        deep = self.depth > 3
        options: list[tuple[Callable[[], None], int]] = [
            (self.assign_new, 6),
            (self.assign_old, 8),
            (self.compound, 6),
            (self.store, 6),
            (self.destructure, 4),
            (self.show, 8),
            (self.call_method, 5),
            (self.throw, 1),
            (self.check, 1),
            (self.leave, 2),
            *([] if deep else [(self.branch, 4), (self.count, 5), (self.repeat, 3), (self.attempt, 4), (self.function, 5), (self.choose, 3), (self.narrow, 1)]),
        ]
        self.random.choices([one for one, _ in options], [weight for _, weight in options])[0]()

    # ── statements ──────────────────────────────────────────────────────────────────────────────────────────────

    def assign_new(self) -> None:
        kind = self.random.choice(KINDS)
        value, name = self.expression(kind, 2), self.fresh("v")
        self.emit(f"{name} = {value};")
        self.names[-1][name] = kind

    def assign_old(self) -> None:
        name = self.random.choice(list(self.names[-1])) if self.names[-1] else None
        if name is None:
            self.assign_new()
            return
        kind = self.names[-1][name] if self.chance(0.6) else self.random.choice(KINDS)
        self.emit(f"{name} = {self.expression(kind, 2)};")
        self.names[-1][name] = kind

    def compound(self) -> None:
        name = self.random.choice(list(self.names[-1])) if self.names[-1] else None
        if name is None:
            self.assign_new()
            return
        kind = self.names[-1][name]
        place = name
        if kind in ("array", "object") and self.chance(0.7):
            place += self.one("[0]", "[-1]", "[0:1]") if kind == "array" else self.one(".a", '["k"]', f"[{self.expression('string', 1)}]")
            kind = "int"
        self.emit(f"{place} {self.one(*ASSIGNMENTS)} {self.expression(kind, 2)};")

    def store(self) -> None:
        owner = self.name(self.one("array", "array", "object")) or self.any_name() or "v"
        place = self.one(
            f"[{self.expression('int', 1)}]", f"[{self.expression('string', 1)}]", f".{self.one(*KEYS)}", "[0]", "[-1]", '["k"]', f"[{self.expression('int', 1)}:{self.expression('int', 1)}]"
        )
        self.emit(f"{owner}{place} = {self.any_expression(2)};")

    def destructure(self) -> None:
        known = list(self.names[-1])
        names = [self.random.choice(known) if known and self.chance(0.4) else self.fresh("v") for _ in range(self.random.randint(1, 3))]
        names = [name for name in dict.fromkeys(names) if name and name not in self.functions]
        if not names:
            return
        if self.chance(0.4):
            items = ", ".join(name if self.chance(0.8) else f"{self.one(*KEYS[:4])}: {name} = {self.any_expression(1)}" for name in names)
            rest = f", ...{self.fresh('v')}" if self.chance(0.2) else ""
            self.emit(f"{{{items}{rest}}} = {self.expression('object', 2)};")
        else:
            items = ", ".join(f"{name} = {self.any_expression(1)}" if self.chance(0.15) else f"[{name}]" if self.chance(0.1) else name for name in names)
            rest = f", ...{self.fresh('v')}" if self.chance(0.2) else ""
            value = f"[{', '.join(self.any_expression(1) for _ in names)}]" if self.chance(0.6) else self.expression("array", 2)
            self.emit(f"[{items}{rest}] = {value};")
        for name in names:
            self.names[-1][name] = self.random.choice(KINDS)

    def show(self) -> None:
        self.emit(f"print({', '.join(self.any_expression(3) for _ in range(self.random.randint(1, 2)))});")

    def call_method(self) -> None:
        self.emit(f"{self.method(2)};")

    def throw(self) -> None:
        self.emit(self.one(f"throw {self.expression('string', 1)};", f"throw {{message: {self.any_expression(1)}, type: {self.any_expression(1)}, code: 1}};", f"throw {self.any_expression(1)};"))

    def check(self) -> None:
        self.emit(f"assert {self.expression('boolean', 2)}{self.one('', ', ' + self.any_expression(1))};")

    def leave(self) -> None:
        if self.loops and self.chance(0.5):
            self.emit(self.one("break;", "continue;"))
        elif self.in_function:
            self.emit(f"return {self.any_expression(2)};")

    def branch(self) -> None:
        self.emit(f"if ({self.expression('boolean', 2)}) {{")
        self.inside(1)
        if self.chance(0.3):
            self.emit(f"}} elif ({self.any_expression(1)}) {{")
            self.inside(1)
        if self.chance(0.4):
            self.emit("} else {")
            self.inside(1)
        self.emit("}")

    def count(self) -> None:
        name = self.fresh("i")
        kind, head = self.random.choice(
            [
                ("int", f"{name} in range({self.one('3', '1, 4', '4, 0, -2')})"),
                ("int", f"{name} in {self.expression('array', 1)}"),
                ("string", f"{name} in {self.expression('string', 1)}"),
                ("string", f"{name} in {self.expression('object', 1)}"),
                ("int", f"{name}, {self.fresh('x')} in {self.expression('array', 1)}"),
                ("string", f"{name}, {self.fresh('x')} in {self.expression('object', 1)}"),
                ("int", f"[{name}, {self.fresh('x')}] in zip({self.expression('array', 1)}, {self.expression('array', 1)})"),
            ]
        )
        self.loop(f"for ({head}) {{", {name: kind})

    def repeat(self) -> None:
        name = self.fresh("n")
        self.emit(f"{name} = 0;")
        self.names[-1][name] = "int"
        self.loop(f"while ({name} < {self.one('2', '3')}) {{", {}, f"{name} += 1;")

    def loop(self, head: str, names: dict[str, str], first: str = "") -> None:
        self.emit(head)
        self.loops += 1
        self.names[-1] |= names
        if first:
            self.emit(f"  {first}")
            kept = self.names[-1].pop(first.partition(" ")[0])
        self.inside(self.random.randint(1, 2))
        if first:
            self.names[-1][first.partition(" ")[0]] = kept
        self.loops -= 1
        self.emit("}")

    def attempt(self) -> None:
        self.emit("try {")
        self.inside(self.random.randint(1, 2))
        handled = self.chance(0.8)
        if handled:
            self.emit(self.one("} except (e) {", "} except (err) {", "} except {"))
            if "(" in self.lines[-1]:
                name = self.lines[-1].partition("(")[2][:-3]
                self.emit("  " + self.one(f"print({name}.type);", f"print({name}.message.length > 0, {name}.code);", f"throw {name};", f"v0 = {name};", f"print(typeof({name}), {name}.nope);"))
            self.inside(1)
        if not handled or self.chance(0.3):
            self.emit("} finally {")
            self.inside(1)
        self.emit("}")

    def narrow(self) -> None:
        self.emit('with capability("file.read:./data/**") {')
        self.inside(1)
        self.emit("}")

    def function(self) -> None:
        name = self.fresh("f")
        params = [self.fresh("p") for _ in range(self.random.randint(0, 3))]
        written = list(params)
        if params and self.chance(0.3):
            written[-1] += f" = {self.expression(self.random.choice(KINDS), 1)}"
        scope = {one: self.random.choice(KINDS[:3]) for one in params}
        if self.chance(0.15):
            written.append("...rest")
            scope["rest"] = "array"
        outer = [one for one in self.names[-1] if one not in self.functions]
        head = self.one(f"function {name}({', '.join(written)}) {{", f"{name} = fn({', '.join(written)}) => {{")
        self.emit(head)
        captured = self.random.choice(outer) if outer and self.chance(0.3) else None
        if captured:
            self.emit(f"  nonlocal {captured};")
            scope[captured] = self.names[-1][captured]
        loops, self.loops = self.loops, 0
        functions = self.functions.copy()
        self.in_function += 1
        self.names.append(scope)
        self.inside(self.random.randint(1, 3))
        self.emit(f"  return {self.any_expression(2)};")
        self.names.pop()
        self.in_function -= 1
        self.loops, self.functions = loops, functions
        self.emit("}" if head.startswith("function") else "};")
        self.functions[name] = len(params)
        self.names[-1][name] = "function"
        if self.chance(0.7):
            self.emit(f"print({self.call(name, 2)});")

    def choose(self) -> None:
        """A match as a statement or as a value."""
        name = self.fresh("m")
        self.emit(self.one(f"{name} = match ({self.any_expression(2)}) {{", f"match ({self.any_expression(2)}) {{"))
        is_value = self.lines[-1].lstrip().startswith(name)
        for _ in range(self.random.randint(1, 3)):
            bound = self.fresh("b")
            pattern = self.pattern(bound, 2)
            before = self.names[-1].copy()
            if bound in pattern:
                self.names[-1][bound] = self.random.choice(KINDS)
            guard = f" if {self.expression('boolean', 1)}" if self.chance(0.3) else ""
            if not is_value and self.chance(0.3):
                self.emit(f"  {pattern}{guard} => {{")
                self.indent += 1
                self.inside(1)
                self.indent -= 1
                self.emit("  }")
            else:
                self.emit(f"  {pattern}{guard} => {self.any_expression(2)},")
            self.names[-1] = before
        if self.chance(0.5):
            self.emit(f"  _ => {self.any_expression(1)},")
        self.emit("};" if is_value else "}")
        if is_value:
            self.names[-1][name] = self.random.choice(KINDS)

    def pattern(self, name: str, depth: int) -> str:
        inner = self.pattern(name, depth - 1) if depth else name
        return self.one(
            name, "_", self.one(*INTS[:5], "-1"), self.one(*STRINGS[:6]), "true", "null", "1.5", "0 | 1", '"a" | "b" | null', f"[{inner}]", f"[_, {inner}]", f"[{inner}, ...{self.fresh('r')}]",
            f"{{a: {inner}}}", f"{{k: {inner}}}", f"{{n: {inner}, ...{self.fresh('r')}}}", "[]", "{}",
        )  # fmt: skip

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────

    def any_expression(self, depth: int) -> str:
        return self.expression(self.random.choice(KINDS), depth)

    def expression(self, kind: str, depth: int) -> str:
        if self.chance(ODD):
            kind = self.random.choice(KINDS)
        if depth <= 0 or self.chance(0.3):
            return self.leaf(kind)
        if self.chance(0.18):
            return self.common(kind, depth - 1)
        made: str = getattr(self, f"make_{kind}")(depth - 1)
        return made

    def leaf(self, kind: str) -> str:
        name = self.name(kind)
        if name is not None and self.chance(0.65):
            return name
        match kind:
            case "int":
                return self.one(*INTS[:10]) if self.chance(0.8) else f"({self.one(*INTS)})"
            case "float":
                return self.one(*FLOATS)
            case "string":
                return self.one(*STRINGS)
            case "boolean":
                return self.one("true", "false")
            case "array":
                return self.one("[]", "[1]", "[1, 2, 3]", '["a"]', "[1.5, 2]", '[1, "%d", null]', "[[1], [2]]")
            case "object":
                return self.one("({})", "({a: 1})", '({a: 1, b: "x"})', "({k: [1], n: null})", '({"length": 2})')
            case "function":
                return self.one("len", "str", "max", "print", "(fn(x) => x)", "(fn() => 1)", "(fn(...a) => a)")
        return "null"

    def common(self, kind: str, depth: int) -> str:
        """What can have any kind: conditionals, calls, members, items, pipes, matches, optional chains, groups."""
        value = self.expression(kind, depth)
        function = self.random.choice(list(self.functions)) if self.functions else "str"
        return self.one(
            f"({value})", f"({self.expression('boolean', depth)} ? {value} : {self.any_expression(depth)})", f"({self.any_expression(depth)} {self.one('&&', '||', '??')} {value})", self.call(function, depth),
            f"{self.leaf('object')}.{self.one(*KEYS)}", f"{self.leaf('array')}[{self.expression('int', depth)}]", f"{self.leaf('object')}[{self.expression('string', depth)}]",
            f"{self.leaf(self.one('null', 'object'))}?.{self.one(*KEYS)}", f"{self.name('null') or self.leaf('array')}?.[0]", f"({value} |> {self.one('str', 'len', 'typeof', function)})", f"({value} |> max({self.any_expression(depth)}))",
            f"(match ({value}) {{ {self.pattern('q', 1)} => {self.any_expression(depth)}, _ => {value} }})", f"(fn(x) => {self.any_expression(depth)})({value})", self.method(depth), f"min({value}, {self.any_expression(depth)})",
            f"reduce({self.one('fn(a, b) => a', 'fn(a, b) => a + b', 'max')}, {self.expression('array', depth)}, {value})", f"next(iter([{value}]))", f"getattr({self.leaf('object')}, {self.leaf('string')}, {value})",
        )  # fmt: skip

    def call(self, function: str, depth: int) -> str:
        wanted = self.functions.get(function, 1)
        args = [self.any_expression(depth) for _ in range(wanted + (self.random.choice((-1, 1)) if self.chance(0.1) else 0))]
        if self.chance(0.05):
            args.append(f"...{self.expression('array', depth)}")
        if self.chance(0.03):
            args.append(f"p{self.random.randint(1, 20)}: 1")
        return f"{function}({', '.join(args)})"

    def method(self, depth: int) -> str:
        kind = self.one("string", "array", "array", "object")
        owner = self.expression(kind, depth)
        if kind == "object":
            return f"({owner}).{self.one('f', 'a', 'get', 'keys', 'length', 'items', 'copy', 'pop')}({self.one('', self.any_expression(depth))})"
        without, with_one = UNARY_METHODS[kind]
        if kind == "array" and self.chance(0.35):
            param = self.fresh("x")
            self.names[-1][param] = "int"
            body = self.any_expression(depth)
            del self.names[-1][param]
            return f"({owner}).{self.one(*CALLBACKS)}(fn({param}) => {body})"
        choice = self.random.random()
        if choice < 0.4:
            return f"({owner}).{self.one(*without)}()"
        if choice < 0.9:
            wanted = kind if kind == "string" else self.random.choice(KINDS)
            return f"({owner}).{self.one(*with_one)}({self.expression(wanted, depth)})"
        rare = ("replace", "center", "ljust", "zfill", "repeat", "padStart", "insert", "reduce", "slice", "split", "index")
        return f"({owner}).{self.one(*rare)}({self.any_expression(depth)}{self.one('', ', ' + self.any_expression(depth))})"

    def make_int(self, depth: int) -> str:
        if self.chance(0.25):
            return f"{self.one(*OF_ONE['int'])}({self.any_expression(depth)})"
        if self.chance(0.15):
            return f"{self.expression(self.one('array', 'string'), depth)}.length"
        op = self.one(*ARITHMETIC)
        right = self.one("2", "3", "0", "-1", "20") if op == "**" else self.expression("int", depth)
        return f"({self.expression('int', depth)} {op} {right})" if self.chance(0.9) else f"-{self.leaf('int').lstrip('-')}"

    def make_float(self, depth: int) -> str:
        if self.chance(0.2):
            return f"{self.one(*OF_ONE['float'])}({self.any_expression(depth)})"
        op = self.one(*ARITHMETIC)
        right = self.one("2", "0.5", "-1") if op == "**" else self.expression(self.one("float", "int"), depth)
        return f"({self.expression(self.one('float', 'int'), depth)} {op} {right})"

    def make_string(self, depth: int) -> str:
        return self.one(
            f"({self.expression('string', depth)} + {self.expression('string', depth)})", f"({self.one(*STRINGS)} + {self.any_expression(depth)})", f"({self.any_expression(depth)} + {self.any_expression(depth)} + {self.one(*STRINGS)})",
            f"`{self.one('', 'x ')}${{{self.any_expression(depth)}}}{self.one('', '!', '${' + self.any_expression(depth) + '}')}`", f"{self.one(*OF_ONE['string'])}({self.any_expression(depth)})", f"({self.expression('string', depth)} * {self.expression('int', depth)})",
            f"({self.expression('string', depth)})[{self.expression('int', depth)}]", f"({self.expression('string', depth)})[{self.bounds(depth)}]", f"({self.expression('string', depth)} % {self.any_expression(depth)})",
        )  # fmt: skip

    def bounds(self, depth: int) -> str:
        parts = [self.expression("int", depth) if self.chance(0.6) else "" for _ in range(2)]
        return ":".join(parts) + (f":{self.one('2', '-1', '0', self.any_expression(depth))}" if self.chance(0.2) else "")

    def make_boolean(self, depth: int) -> str:
        if self.chance(0.2):
            return self.one(f"!{self.leaf('boolean')}", f"{self.one(*OF_ONE['boolean'])}({self.any_expression(depth)})", f"isinstance({self.any_expression(depth)}, {self.one(*STRINGS)})")
        kind = self.random.choice(KINDS)
        other = {"in": "array"}.get(op := self.one(*COMPARISONS), kind)
        return f"({self.expression(kind, depth)} {op} {self.expression(other, depth)})"

    def make_null(self, depth: int) -> str:
        return self.one("null", f"{self.leaf('object')}.nothing", f"(null ?? {self.expression('null', depth)})")

    def make_array(self, depth: int) -> str:
        items = [f"...{self.expression('array', depth)}" if self.chance(0.15) else self.any_expression(depth) for _ in range(self.random.randint(0, 3))]
        return self.one(
            f"[{', '.join(items)}]", f"[{', '.join(items)}]", f"({self.expression('array', depth)} + {self.expression('array', depth)})", f"({self.expression('array', depth)} * {self.one('2', '0', '-1', self.leaf('int'))})", f"({self.expression('array', depth)})[{self.bounds(depth)}]",
            f"{self.one(*OF_ONE['array'])}({self.expression(self.one('array', 'object'), depth)})", f"{self.one('map', 'filter')}({self.expression('function', depth)}, {self.expression('array', depth)})", f"sorted({self.expression('array', depth)}, fn(x) => {self.any_expression(depth)})",
            f"({self.expression('array', depth)}).{self.one('map', 'filter')}(fn(x) => x {self.one(*ARITHMETIC)} {self.expression('int', depth)})", f"range({self.one('3', '2, 5')})", f"zip({self.expression('array', depth)}, {self.expression('array', depth)})",
        )  # fmt: skip

    def make_object(self, depth: int) -> str:
        entries = []
        for _ in range(self.random.randint(0, 3)):
            computed = f"[{self.expression('string', depth)}]" if self.chance(0.15) else self.one(*KEYS, '"x y"', "f")
            entries.append(f"...{self.expression('object', depth)}" if self.chance(0.1) else f"{computed}: {self.any_expression(depth)}")
        return f"({{{', '.join(entries)}}})"

    def make_function(self, depth: int) -> str:
        params = ["x", "y"][: self.random.randint(0, 2)]
        self.names.append(self.names[-1] | dict.fromkeys(params, self.random.choice(KINDS)))
        body = self.any_expression(depth)
        self.names.pop()
        return f"(fn({', '.join(params)}) => {body})"


def program(seed: str) -> str:
    """The text of the program of this seed."""
    return Programs(seed).program()

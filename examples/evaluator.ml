// An evaluator of arithmetic expressions: a tokenizer, a Pratt parser, evaluation with variables and
// functions, symbolic derivatives, and a simplifier that keeps their results readable.

import math;

// ── text → tokens ────────────────────────────────────────────────────────────────────────────────

isDigit = fn(c) => c >= "0" && c <= "9";
isLetter = fn(c) => c.isalpha() || c == "_";

/// Splits `source` into `{kind, text, at}`; the last token has the kind "end".
function tokenize(source) {
    tokens = [];
    at = 0;

    function span(test) {
        nonlocal at;
        start = at;
        while (at < source.length && test(source[at])) { at += 1; }
        return source[start:at];
    }

    while (at < source.length) {
        [symbol, start] = [source[at], at];
        if (symbol.isspace()) {
            at += 1;
        } elif (isDigit(symbol) || symbol == ".") {
            tokens.append({kind: "number", text: span(fn(c) => isDigit(c) || c == "."), at: start});
        } elif (isLetter(symbol)) {
            tokens.append({
                kind: "name",
                text: span(fn(c) => isLetter(c) || isDigit(c)),
                at: start,
            });
        } elif (symbol in "+-*/^(),=") {
            at += 1;
            tokens.append({kind: symbol, text: symbol, at: start});
        } else {
            throw {message: `unexpected \`${symbol}\``, type: "SyntaxError", at: start};
        }
    }
    tokens.append({kind: "end", text: "the end", at: at});
    return tokens;
}

// ── tokens → tree ────────────────────────────────────────────────────────────────────────────────
// A tree is {op: "num", value}, {op: "var", name}, {op: "call", name, args}, {op: "neg", a} or {op: "+", a, b}.

num = fn(value) => {op: "num", value: value};
variable = fn(name) => {op: "var", name: name};
binary = fn(op, a, b) => {op: op, a: a, b: b};

/// How tightly an operator binds to its left and to its right.
powers = {"+": [10, 11], "-": [10, 11], "*": [20, 21], "/": [20, 21], "^": [41, 40]};

function parse(source) {
    tokens = tokenize(source);
    position = 0;

    function peek() {
        return tokens[position];
    }

    function advance() {
        nonlocal position;
        position += 1;
        return tokens[position - 1];
    }

    function expect(kind) {
        if (peek().kind != kind) {
            throw {
                message: `expected \`${kind}\`, found \`${peek().text}\``,
                type: "SyntaxError",
                at: peek().at,
            };
        }
        return advance();
    }

    function arguments() {
        args = [];
        expect("(");
        while (peek().kind != ")") {
            args.append(expression(0));
            if (peek().kind != ")") { expect(","); }
        }
        expect(")");
        return args;
    }

    function operand() {
        token = advance();
        match (token.kind) {
            "number" => {
                return num(token.text.count(".") > 0 ? float(token.text) : int(token.text));
            }
            "name" => {
                if (peek().kind == "(") {
                    return {op: "call", name: token.text, args: arguments()};
                }
                return variable(token.text);
            }
            "-" => { return {op: "neg", a: expression(30)}; }
            "(" => {
                inner = expression(0);
                expect(")");
                return inner;
            }
            _ => {
                throw {
                    message: `expected a value, found \`${token.text}\``,
                    type: "SyntaxError",
                    at: token.at,
                };
            }
        }
    }

    function expression(floor) {
        left = operand();
        while (peek().kind in powers) {
            [before, after] = powers[peek().kind];
            if (before < floor) { break; }
            op = advance().kind;
            left = binary(op, left, expression(after));
        }
        return left;
    }

    tree = expression(0);
    expect("end");
    return tree;
}

// ── tree → number ────────────────────────────────────────────────────────────────────────────────

library = {
    sqrt: math.sqrt,
    sin: math.sin,
    cos: math.cos,
    exp: math.exp,
    ln: math.ln,
    max: fn(...values) => max(values),
    min: fn(...values) => min(values),
    hyp: fn(a, b) => math.sqrt(a ** 2 + b ** 2),
};

function evaluate(tree, env) {
    return match (tree) {
        {op: "num", value} => value,
        {op: "var", name} if name in env => env[name],
        {op: "var", name} => unknown("variable", name),
        {op: "neg", a} => -evaluate(a, env),
        {op: "call", name, args} if name in library =>
            library[name](...args.map(fn(arg) => evaluate(arg, env))),
        {op: "call", name} => unknown("function", name),
        {op, a, b} => apply(op, evaluate(a, env), evaluate(b, env)),
    };
}

function unknown(what, name) {
    throw {message: `unknown ${what} ${name}`, type: "NameError"};
}

function apply(op, x, y) {
    return match (op) {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        "^" => x ** y,
    };
}

// ── tree → tree ──────────────────────────────────────────────────────────────────────────────────

/// One step of simplification, given that the parts are simple already.
function reduceOnce(tree) {
    return match (tree) {
        {op: "neg", a: {op: "num", value}} => num(-value),
        {op: "neg", a: {op: "neg", a}} => a,
        {
            op: "+" | "-" | "*" | "/" | "^",
            a: {op: "num", value: x},
            b: {op: "num", value: y},
        } if foldable(tree.op, x, y) => num(apply(tree.op, x, y)),
        {op: "+", a: {op: "num", value: 0}, b} => b,
        {op: "+" | "-", a, b: {op: "num", value: 0}} => a,
        {op: "-", a: {op: "num", value: 0}, b} => {op: "neg", a: b},
        {op: "*", a: {op: "num", value: 0}} => num(0),
        {op: "*", b: {op: "num", value: 0}} => num(0),
        {op: "*", a: {op: "num", value: 1}, b} => b,
        {op: "*" | "/", a, b: {op: "num", value: 1}} => a,
        {op: "*", a, b: {op: "num", value}} => binary("*", num(value), a),
        {op: "*", a: {op: "num", value: x}, b: {op: "*", a: {op: "num", value: y}, b}} =>
            binary("*", num(x * y), b),
        {op: "^", a, b: {op: "num", value: 1}} => a,
        {op: "^", b: {op: "num", value: 0}} => num(1),
        _ => tree,
    };
}

/// Whether two numbers may be combined without losing anything.
function foldable(op, x, y) {
    return op in ["+", "-", "*"]
        || op == "/" && y != 0 && x % y == 0
        || op == "^" && y >= 0 && y <= 6;
}

function simplify(tree) {
    parts = match (tree) {
        {op: "num" | "var"} => tree,
        {op: "call", name, args} => {op: "call", name: name, args: args.map(simplify)},
        {op: "neg", a} => {op: "neg", a: simplify(a)},
        {op, a, b} => binary(op, simplify(a), simplify(b)),
    };
    reduced = reduceOnce(parts);
    return reduced == parts ? reduced : simplify(reduced);
}

/// The derivative of `tree` by the variable `by`, simplified.
function derive(tree, by = "x") {
    d = fn(part) => derive(part, by);
    raw = match (tree) {
        {op: "num"} => num(0),
        {op: "var", name} => num(name == by ? 1 : 0),
        {op: "neg", a} => {op: "neg", a: d(a)},
        {op: "+" | "-", a, b} => binary(tree.op, d(a), d(b)),
        {op: "*", a, b} => binary("+", binary("*", d(a), b), binary("*", a, d(b))),
        {op: "/", a, b} =>
            binary(
                "/",
                binary("-", binary("*", d(a), b), binary("*", a, d(b))),
                binary("^", b, num(2)),
            ),
        {op: "^", a, b: {op: "num", value}} =>
            binary("*", binary("*", num(value), binary("^", a, num(value - 1))), d(a)),
        {op: "call", name, args: [inner]} if name in outer =>
            binary("*", outer[name](inner), d(inner)),
        _ => throwing(`cannot derive ${show(tree)}`),
    };
    return simplify(raw);
}

function throwing(message) {
    throw {message: message, type: "ValueError"};
}

invoke = fn(name, arg) => {op: "call", name: name, args: [arg]};

/// The derivative of each known function, as a function of its argument.
outer = {
    sin: fn(u) => invoke("cos", u),
    cos: fn(u) => ({op: "neg", a: invoke("sin", u)}),
    exp: fn(u) => invoke("exp", u),
    ln: fn(u) => binary("/", num(1), u),
    sqrt: fn(u) => binary("/", num(1), binary("*", num(2), invoke("sqrt", u))),
};

// ── tree → text ──────────────────────────────────────────────────────────────────────────────────

/// Writes a tree with no more parentheses than it needs; `floor` is how tightly the surroundings bind.
function show(tree, floor = 0) {
    match (tree) {
        {op: "num", value} => { return value < 0 && floor > 10 ? `(${value})` : str(value); }
        {op: "var", name} => { return name; }
        {op: "call", name, args} => {
            return `${name}(${args.map(fn(arg) => show(arg)).join(", ")})`;
        }
        {op: "neg", a} => { return floor > 30 ? `(-${show(a, 30)})` : "-" + show(a, 30); }
        {op, a, b} => {
            [left, right] = powers[op];
            gap = op == "^" ? "" : " ";
            text = show(a, left) + gap + op + gap + show(b, right);
            return min(left, right) < floor ? `(${text})` : text;
        }
    }
}

// ── a session ────────────────────────────────────────────────────────────────────────────────────

env = {pi: math.pi};

/// Runs a line of the session: `name = expression`, `d expression`, or an expression.
function answer(line) {
    try {
        if (line.startswith("d ")) { return show(derive(parse(line[2:]))); }
        if ("=" in line) {
            [name, source] = line.split("=").map(fn(part) => part.strip());
            env[name] = evaluate(parse(source), env);
            return `${name} is ${env[name]}`;
        }
        return str(evaluate(parse(line), env));
    } except (e) {
        place = e.at == null ? "" : ` at column ${e.at + 1}`;
        return `${e.type}: ${e.message}${place}`;
    }
}

session = [
    "1 + 2 * 3", "(1 + 2) * 3", "2 ^ 3 ^ 2", "-2 ^ 2", "7 / 2 - 1.5", "10 - 4 - 3", "1 / (2 / 4)",
    "r = 3", "area = pi * r ^ 2", "hyp(3, 4) + max(1, r, 2)", "sqrt(2) * sqrt(2)",
    "d x^3 - 4*x^2 + 7*x - 1", "d sin(x) * x", "d exp(2 * x)", "d ln(x^2 + 1)",
    "d (x + 1) / (x - 1)", "d sqrt(3*x)", "d y^2", "1 +", "2 * (3 + 4", "3 $ 4", "nobody + 1",
    "1 / 0", "sqrt(0 - 1)", "blur(1)", "d x^x", "hyp(1)",
];
for (line in session) {
    print(`${line.padEnd(26)}→ ${answer(line)}`);
}

print();
tree = parse("x^3 - 2*x - 5");
slope = derive(tree);
root = 2.0;
for (step in range(1, 5)) {
    root -= evaluate(tree, {x: root}) / evaluate(slope, {x: root});
    print(`Newton's step ${step}: x = ${format(root, ".9f")}`);
}
print("and", show(tree), "there is", format(abs(evaluate(tree, {x: root})), ".1e"));

test "precedence and associativity" {
    assertEqual(evaluate(parse("2 + 3 * 4 ^ 2 / 8 - 1"), {}), 7.0);
    assertEqual(show(parse("(a - (b - c)) * ((d))")), "(a - (b - c)) * d");
}

test "show and parse agree" {
    for (source in [
        "a ^ b ^ c", "(a ^ b) ^ c", "-(a + b)", "(-a) ^ 2", "a / (b * c)", "f(a, -b, c + 1)",
    ]) {
        assertEqual(parse(show(parse(source))), parse(source));
    }
}

test "simplification" {
    assertEqual(show(simplify(parse("0 * x + 1 * y + z ^ 1 - 0"))), "y + z");
    assertEqual(show(derive(parse("5"))), "0");
}

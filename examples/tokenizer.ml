// A tokenizer for a small C-like language, driven by a table of states, with positions, recovery from
// errors, a pretty listing, and a few statistics about the source that it has read.

keywords = ["let", "fn", "if", "else", "while", "return", "true", "false"];
pairs = {"(": ")", "[": "]", "{": "}"};

/// Operators, longest first: the first that fits is taken.
operators = [
    "<<=",
    ">>=",
    "==",
    "!=",
    "<=",
    ">=",
    "&&",
    "||",
    "->",
    "+=",
    "-=",
    "<<",
    ">>",
    ..."+-*/%=<>!&|.,;:",
];

/// The class of a character: what decides where the tokenizer goes next.
function classify(symbol) {
    return match (symbol) {
        "\n" => "newline",
        " " | "\t" | "\r" => "space",
        "\"" => "quote",
        "#" => "hash",
        "(" | "[" | "{" => "open",
        ")" | "]" | "}" => "close",
        c if c.isdigit() => "digit",
        c if c.isalpha() || c == "_" => "letter",
        _ => "other",
    };
}

/// Splits `source`; gives `{tokens, problems}`. A token is `{kind, text, line, column}`.
function tokenize(source) {
    tokens = [];
    problems = [];
    openers = [];
    [at, line, lineStart] = [0, 1, 0];

    peek = fn(ahead = 0) => at + ahead < source.length ? source[at + ahead] : "\x00";

    function complain(message, column = null) {
        problems.append({line: line, column: column ?? at - lineStart + 1, message: message});
    }

    function add(kind, start) {
        tokens.append({
            kind: kind,
            text: source[start:at],
            line: line,
            column: start - lineStart + 1,
        });
    }

    function skipWhile(accept) {
        nonlocal at;
        while (at < source.length && accept(peek())) { at += 1; }
    }

    function number() {
        nonlocal at;
        start = at;
        if (peek() == "0" && peek(1) in "xb") {
            digits = peek(1) == "x" ? "0123456789abcdefABCDEF_" : "01_";
            at += 2;
            skipWhile(fn(c) => c in digits);
            if (at - start == 2) { complain("a number without digits", start - lineStart + 1); }
        } else {
            skipWhile(fn(c) => c.isdigit() || c == "_");
            if (peek() == "." && peek(1).isdigit()) {
                at += 1;
                skipWhile(fn(c) => c.isdigit());
            }
        }
        add("number", start);
    }

    function text() {
        nonlocal at;
        start = at;
        at += 1;
        while (!(peek() in "\"\n\x00")) {
            at += peek() == "\\" ? 2 : 1;
        }
        if (peek() == "\"") {
            at += 1;
            add("string", start);
        } else {
            complain("the string is not closed", start - lineStart + 1);
        }
    }

    function close() {
        nonlocal at;
        found = peek();
        if (openers.length == 0) {
            complain(`nothing is open for \`${found}\``);
        } else {
            {text: opener, line: opened} = openers.pop();
            if (pairs[opener] != found) {
                complain(`\`${found}\` does not close \`${opener}\` of line ${opened}`);
            }
        }
        at += 1;
        add("bracket", at - 1);
    }

    function operator() {
        nonlocal at;
        found = operators.find(fn(op) => source[at:at + op.length] == op);
        if (found == null) {
            complain(`unexpected \`${peek()}\``);
            at += 1;
            return;
        }
        at += found.length;
        add("operator", at - found.length);
    }

    states = {
        newline: fn() => {
            nonlocal at, line, lineStart;
            at += 1;
            line += 1;
            lineStart = at;
        },
        space: fn() => skipWhile(fn(c) => classify(c) == "space"),
        hash: fn() => {
            start = at;
            skipWhile(fn(c) => c != "\n");
            add("comment", start);
        },
        digit: number,
        letter: fn() => {
            start = at;
            skipWhile(fn(c) => c.isalnum() || c == "_");
            add(source[start:at] in keywords ? "keyword" : "name", start);
        },
        quote: text,
        open: fn() => {
            nonlocal at;
            openers.append({text: peek(), line: line, column: at - lineStart + 1});
            at += 1;
            add("bracket", at - 1);
        },
        close: close,
        other: operator,
    };
    while (at < source.length) {
        states[classify(peek())]();
    }
    for ({text: opener, line: opened, column} in openers) {
        problems.append({line: opened, column: column, message: `\`${opener}\` is never closed`});
    }
    return {tokens: tokens, problems: problems};
}

/// The tokens of each line in short form, as a listing.
function listing(tokens) {
    marks = {
        keyword: "k",
        name: "n",
        number: "#",
        string: "s",
        operator: "o",
        bracket: "b",
        comment: "c",
    };
    lines = {};
    for ({kind, text, line} in tokens) {
        key = format(line, "3d");
        shown = text.length > 24 ? text[:23] + "…" : text;
        lines[key] = [...(key in lines ? lines[key] : []), `${marks[kind]}:${shown}`];
    }
    return items(lines).map(fn(entry) => entry[0] + "  " + entry[1].join(" "));
}

/// How often each value of `key` occurs, most frequent first.
function frequencies(records, key) {
    counts = {};
    for (record in records) {
        value = record[key];
        counts[value] = (value in counts ? counts[value] : 0) + 1;
    }
    return sorted(items(counts), key: fn(pair) => [-pair[1], pair[0]]);
}

program = r'# The greatest common divisor
fn gcd(a, b) -> int {
    while b != 0 {
        let rest = a % b;   # what is left
        a = b; b = rest;
    }
    return a;
}
let mask = 0xFF_00 << 2;
let name = "a \"quoted\" word";
print(gcd(1_071, 462) + 2.50, [mask, 0b101]);
';

{tokens, problems} = tokenize(program);
for (line in listing(tokens)) { print(line); }
print();
print("problems:", problems.length, "tokens:", tokens.length);
print("kinds:   ", frequencies(tokens, "kind").map(fn(p) => p.join(" ")).join(", "));
print(
    "names:   ",
    frequencies(tokens.filter(fn(t) => t.kind == "name"), "text")[0:4].map(
        fn(p) => p.join(" "),
    ).join(", "),
);

broken = 'let x = (1 + 2];
let s = "runs away
y = x @ 0x;
)
fn f() {
';
print();
for (number, text in broken.lines()) { print(format(number + 1, "2d"), "|", text); }
for ({line, column, message} in tokenize(broken).problems) {
    print(`${line}:${column}: ${message}`);
}

/// Kinds and texts of all tokens of a source, for tests.
brief = fn(source) => tokenize(source).tokens.map(fn(t) => `${t.kind} ${t.text}`);

test "the longest operator wins" {
    assertEqual(brief("a<<=b"), ["name a", "operator <<=", "name b"]);
    assertEqual(brief("a<<b<c"), ["name a", "operator <<", "name b", "operator <", "name c"]);
}

test "numbers" {
    assertEqual(brief("1_000 2.5 0xfF 7.x"), [
        "number 1_000", "number 2.5", "number 0xfF", "number 7", "operator .", "name x",
    ]);
}

test "positions" {
    last = tokenize("a\n  bc").tokens[-1];
    assertEqual([last.line, last.column], [2, 3]);
}

test "an unclosed bracket points at its line" {
    assertEqual(tokenize("x\n(").problems, [{line: 2, column: 1, message: "`(` is never closed"}]);
}

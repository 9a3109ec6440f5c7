try { x = 1 + (2 * (3 - "a")); } except (e) { print(e.line, e.column); }
try {
    value =
        int(
            "not a number"
        );
} except (e) { print(e.line); }
o = {a: {b: null}};
try { o.a.b.c.d; } except (e) { print(e.line, e.column); }
function f(a, b) {
    return a
        + b;
}
try { f(1, "x"); } except (e) { print(e.line, e.stack.map(fn(s) => s.line)); }

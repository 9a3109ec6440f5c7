cases = {
    "wrong operand": fn() => 1 - "a",
    "bad text": fn() => int("abc"),
    "missing key": fn() => ({a: 1})["b"],
    "index": fn() => [1][9],
    "zero": fn() => 1 / 0,
    "argument": fn() => (fn(a) => a)(),
    "member of null": fn() => null_value().name,
    "call of null": fn() => null_value()(),
    "call of a number": fn() => five()(1),
    "assertion": fn() => check(),
    "float of null": fn() => float(null),
    "unpacking": fn() => take_two([1]),
    "unknown member": fn() => [1].nothing(),
};
function null_value() { return null; }
function five() { return 5; }
function check() { assert false; }
function take_two(xs) { [a, b] = xs; return a; }
for (what, attempt in cases) {
    try { print(what, "gave", attempt()); } except (e) { print(`${what}: ${e.type} on line ${e.line}`); }
}

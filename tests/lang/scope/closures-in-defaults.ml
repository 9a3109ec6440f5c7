base = 10;
function f(x, g = fn(y) => y + base, h = g(x)) { return [g(x), h]; }
print(f(1), f(1, fn(y) => y * 2), f(2, h: 5));
base = 20;
print(f(1));
function outer(n) {
    inner = fn(k = n * 2) => [k, n];
    n += 1;
    return [inner(), inner(0)];
}
print(outer(5));
pick = fn(v, names = match (v) { 1 => ["one"], _ => [] }) => names;
print(pick(1), pick(2), pick(2, ["given"]));

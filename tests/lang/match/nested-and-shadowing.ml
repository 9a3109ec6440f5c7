f = fn(v) => match (v) {
    {op: "+", args: [x, y]} => f(x) + f(y),
    {op: "*", args: [x, ...more]} => f(x) * more.reduce(fn(p, q) => p * f(q), 1),
    {op: "neg", args: [x]} => -f(x),
    {op} => `unknown ${op}`,
    n => n,
};
print(f({op: "+", args: [1, {op: "*", args: [2, 3, {op: "neg", args: [4]}]}]}), f({op: "?"}), f(7));
x = 1;
y = match ([x, 2]) { [1, x] => match (x) { 2 => [x, match (x + 1) { x => x }], _ => null }, _ => x };
print(y, x);
g = fn(xs) => match (xs) { [] => 0, [h, ...t] => h + g(t) };
print(g(range(50)));
print(match ({a: null}) { {a: null} => "a null", _ => "else" }, match ({}) { {a: null} => "a null", _ => "else" });

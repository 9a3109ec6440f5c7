x = 1;
f = fn(x) => fn(y) => match (x) { x if x > 5 => x * y, _ => x + y };
print(f(10)(2), f(1)(2), x);
function g(f) { return f(f); }
print(g(fn(g) => typeof(g)));
function h(h) { h = h + 1; return h; }
print(h(1), h(2));
for (x in [1]) { for (x in [2]) { ; } }
print(x);
o = {x: 5, f: fn(x) => {x: x, y: fn() => x}};
print(o.f(7).x, o.f(7).y(), o.x);
{x, ...o} = {x: 8, z: 9};
print(x, o);

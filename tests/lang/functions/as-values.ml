function area(w, h = 1) { return w * h; }
fs = [area, fn(x) => x + 1, len, str, math_free()];
function math_free() { return fn() => "made"; }
print(fs[0](2, 3), fs[1](1), fs[2]("abc"), fs[3](5), fs[4]());
table = {area, twice: fn(f, x) => f(f(x))};
print(table.area(4), table.twice(fn(x) => x * 3, 2));

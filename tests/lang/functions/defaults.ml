function f(a, b = 2, c = a + b) { return [a, b, c]; }
print(f(1), f(1, 5), f(1, 5, 9), f(1, c: 0), f(b: 1, a: 0));
// A default is evaluated at each call.
function fresh(list = []) { list.append(1); return list; }
print(fresh(), fresh(), fresh([0]));
count = 0;
function next() { nonlocal count; count += 1; return count; }
function g(n = next()) { return n; }
print(g(), g(), g(10), g(), count);
// null is a value, not a missing argument.
print(f(1, null, 3));

if (true) { inside = "seen outside"; }
print(inside);
for (x in [1, 2, 3]) { last = x; }
print(last, x);
try { made = 1; throw "x"; } except { made += 1; } finally { made += 1; }
print(made);
function f() {
    if (true) { y = "local"; }
    return y;
}
print(f());
try { print(y_of_f()); } except (e) { print(e.type); }
function y_of_f() { return "defined below"; }

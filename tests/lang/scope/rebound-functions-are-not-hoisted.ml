function f() { return 1; }
first = f();
if (true) {
    function f() { return 2; }
}
print(first, f());
g = 5;
print(g);
function g() { return "now a function"; }
print(g());

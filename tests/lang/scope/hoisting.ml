print(below(2));
function below(x) { return helper(x) * 2; }
function helper(x) { return x; }
function f() {
    return g();
    function g() { return "hoisted in its block"; }
}
print(f());
if (true) {
    print(h());
    function h() { return "hoisted in a block"; }
}
// A function may mention what is assigned later.
function mentions() { return later_value; }
later_value = 7;
print(mentions());

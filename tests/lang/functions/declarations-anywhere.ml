if (true) {
    function inner() { return "inside a block"; }
    print(inner());
}
print(inner());
for (i in [1, 2]) {
    function times(x) { return x * i; }
    print(times(10));
}
function outer() {
    return helper() + helper();
    function helper() { return 4; }
}
print(outer());
while (true) {
    function once() { return "once"; }
    print(once());
    break;
}

total = 3;
print(total + [1]);
print(total + "x" + 1);
name = "Ada";
print(name + total, name - 1, -name, name < 3, 1 in total);
for (i in total) { print(i); }
print("a" * 3, [1] * 2, 2 * "b", [1] + [2], "x" + null, true + 1, [1] < [2], 3 * [1] + [2]);
function f(x) { return x + 1 + "px"; }
print(f(1), {a: 1} + 1);

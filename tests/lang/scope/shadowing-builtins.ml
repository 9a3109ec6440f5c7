len = 5;
max = [1, 2];
print(len, max);
// A call of a name that holds no function reaches the builtin.
print(len([1, 2, 3]), max(4, 9));
sum = 0;
for (x in [1, 2]) { sum += x; }
print(sum, sum([10, 20]));
function f(str) { return str(str) + "!"; }
print(f(7));
// One that holds a function is called.
abs = fn(x) => "mine";
print(abs(-1));
function sorted(x) { return "mine too"; }
print(sorted([2, 1]));
function g() { min = 3; return [min, min(1, 2)]; }
print(g());

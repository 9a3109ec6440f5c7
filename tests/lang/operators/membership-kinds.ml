import collections;
s = collections.Set([1, 2]);
print(2 in s, 5 in s, "a" in s);
d = {a: 1}; k = "a"; xs = [1, "a", 2.5, null];
print("a" in d, k in d, 1 in d, k in xs, null in xs, 2.5 in xs, "b" in "abc", k in "abc");
function f(x, c) { return x in c; }
print(f("a", d), f([1], [[1]]), f(1, xs), f("a", "cat"), f([1], d));
try { print(1 in "abc"); } except (e) { print(e.message); }
try { print("a" in 5); } except (e) { print(e.message); }
try { print(f(1, "abc")); } except (e) { print(e.message); }

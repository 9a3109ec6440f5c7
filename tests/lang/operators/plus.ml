print(1 + 2, 1 + 2.5, "a" + "b", [1] + [2, 3], [] + []);
print("n=" + 1 + true, 1 + "n" + null, "" + 1.0 + [1, "a"] + {k: "v"}, "a" + 1 + 2, 1 + 2 + "a");
print(`t${1}` + 2, 1 + `t`, "x" + (1 + 2), "a" + -1, "p" + 2 * 3 + "q");
// Without a literal in the chain, types must fit.
s = "text";
n = 5;
for (attempt in [fn() => s + n, fn() => n + s, fn() => [1] + s, fn() => n + null, fn() => {a: 1} + {b: 2}, fn() => [1] + 1]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
// A group is a chain of its own.
print((s + s) + n + "!", str(n) + s, true + 1);

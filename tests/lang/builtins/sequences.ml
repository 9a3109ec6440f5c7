print(enumerate(["a", "b"]), enumerate("ab", 1), enumerate(["x"], start: 5));
print(zip([1, 2, 3], "ab"), zip([1], [2], [3]), zip(), zip(...[[1, 2], [3, 4]]));
xs = [3, 1, 2];
print(sorted(xs), sorted(xs, reverse: true), sorted("bca"), sorted(xs, key: fn(x) => -x), sorted([]), xs);
print(sorted([[2, "a"], [1, "b"]]), sorted(["b", "A", "a"]), sorted(["b", "A", "a"], key: fn(s) => s.lower()), sorted({b: 1, a: 2}));
print(reversed([1, 2]), reversed("ab"), reversed([]));
print(keys({a: 1, b: 2}), values({a: 1, b: 2}), items({a: 1, b: 2}), keys({}));
for (attempt in [fn() => sorted([1, "a"]), fn() => sorted(5), fn() => zip(1), fn() => keys([1]), fn() => values(null), fn() => enumerate(5), fn() => reversed(null)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

print(map(fn(x) => x + 1, [1, 2]), filter(fn(x) => x > 1, [1, 2]), reduce(fn(a, b) => a * b, [1, 2, 3, 4], 1), reduce(fn(a, b) => a + b, ["a", "b"], ""));
print(map(len, ["a", "bb"]), map(str, [1, null]), filter(bool, [0, 1]), map(fn(c) => c.upper(), "ab"), reduce(max, [3, 9, 2], 0));
print(call(fn(a, b) => a - b, 5, 3), call(max, 1, 2), callable(map), callable("map"));

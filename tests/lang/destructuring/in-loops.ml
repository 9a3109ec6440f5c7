for ([k, v] in items({a: 1, b: 2})) { print(k, v); }
for ({name, age = 0} in [{name: "x", age: 3}, {name: "y"}]) { print(name, age); }
for (i, [a, b] in [[1, 2], [3, 4]]) { print(i, a + b); }
for (key, {n} in {first: {n: 1}, second: {n: 2}}) { print(key, n); }
for ([a, ...rest] in [[1], [2, 3, 4]]) { print(a, rest); }

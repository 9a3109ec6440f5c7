xs = [2, 3];
print([1, ...xs, 4], [...xs, ...xs], [...[]], [...xs], [..."abc"], [...range(3)]);
f = fn(...args) => args;
print(f(...xs), f(1, ...xs, 4, ...[5]), f(...[]));
print(max(...xs), [...keys({a: 1, b: 2})]);
ys = [...xs];
ys.append(1);
print(xs, ys);
for (value in [null, 5]) {
    try { print([...value]); } except (e) { print(e.type); }
    try { f(...value); print("called"); } except (e) { print(e.type); }
}

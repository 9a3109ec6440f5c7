xs = [1, 2];
for (attempt in [fn() => xs.append(), fn() => xs.append(1, 2), fn() => xs.map(5), fn() => xs.insert("a", 1), fn() => xs.join(1), fn() => xs.sort(key: 5), fn() => xs.pop("a"), fn() => xs.extend(5), fn() => xs.map(fn(a, b) => a)]) {
    try { attempt(); print("ran"); } except (e) { print(e.type); }
}
print(xs);

function two(a, b) { return a + b; }
for (attempt in [fn() => two(1), fn() => two(1, 2, 3), fn() => two(1, c: 2), fn() => two(1, a: 1), fn() => (fn() => 1)(2), fn() => len()]) {
    try { attempt(); } except (e) { print(e.type); }
}

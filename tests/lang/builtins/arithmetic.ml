print(abs(-5), abs(5.5), abs(0), round(2.7), round(2.345, 2), round(-2.5), round(1234, -2), round(2.0), typeof(round(2.5)));
print(min(3, 1, 2), max(3, 1, 2), min([3, 1]), max("b", "a"), min([]), max([]), max([[1, 2], [1, 3]]), min(2));
print(sum([1, 2, 3]), sum([1.5, 2]), sum([]), sum([1, 2], 10), sum([1], start: 5));
print(all([1, true, "a"]), all([1, 0]), all([]), any([0, null]), any([0, 1]), any([]));
for (attempt in [fn() => abs("a"), fn() => round(null), fn() => min(1, "a"), fn() => sum([1, "a"]), fn() => sum(5), fn() => max(null, 1), fn() => all(5)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

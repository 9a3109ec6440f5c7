print("ab" * 3, 3 * "ab", [1, 2] * 2, 2 * [0]);
print(["x" * 0, "x" * -1, [1] * 0, "" * 5]);
print(5 - 3, 5 - 7.5, -(-3), - -3, 2 * 3, 2 * 1.5);
row = [[]] * 2;
row[0].append(1);
print(row);
for (attempt in [fn() => "a" * "b", fn() => "a" * 1.5, fn() => [1] * [2], fn() => {} * 2, fn() => "a" - "b", fn() => [1] - [1], fn() => null * 2, fn() => -"a", fn() => -[1], fn() => -null]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

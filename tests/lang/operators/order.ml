print(1 < 2, 2 <= 2, 3 > 4, 4 >= 4, 1 < 1.5, -1 > -2);
print("a" < "b", "a" < "B", "abc" < "abd", "" < "a", "10" < "9", "é" > "z");
print([1, 2] < [1, 3], [1] < [1, 0], [] < [0], ["a", 2] >= ["a", 1], [2] > [1, 9]);
for (attempt in [fn() => 1 < "2", fn() => null < 1, fn() => [1] < 1, fn() => {} < {a: 1}, fn() => "a" > null, fn() => [1] < ["a"], fn() => len < len]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

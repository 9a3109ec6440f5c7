print(4 / 2, 7 / 2, -7 / 2, 1 / 3, 0 / 5);
print(7 ~/ 2, -7 ~/ 2, 7 ~/ -2, 7.5 ~/ 2, 6 ~/ 2);
print(7 % 3, -7 % 3, 7 % -3, -7 % -3, 7.5 % 2, 5 % 5);
big = 10 ** 40 + 7;
print(big ~/ 10 ** 38, big % 10, typeof(big / 10 ** 39));
for (attempt in [fn() => 1 / 0, fn() => 1 ~/ 0, fn() => 1 % 0, fn() => 1.5 % 0.0, fn() => 0 / 0]) {
    try { attempt(); } except (e) { print(e.type); }
}

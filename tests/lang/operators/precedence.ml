print(2 + 3 * 4, (2 + 3) * 4, 10 - 4 - 3, 20 / 2 / 5, 2 * 3 % 4, 7 ~/ 2 * 2);
print(-2 ** 2, 2 ** 3 ** 2, -3 % 5, !true || true, !(true || true));
print(1 + 2 < 4, 1 < 2 == true, 1 == 1 && 2 == 2, false && false || true, true || false && false);
print("a" in {a: 1} == true, 1 in [1] && 2 in [2], 1 + 1 in [2], 3 > 2 == true);

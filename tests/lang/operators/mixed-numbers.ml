print(1 + 1.0, 2 * 0.5, 7 ~/ 2.0, 7.5 % 2, 2 ** 2.0, 1 == 1.0, 1 < 1.5, 10 / 4, 2 ** -2);
print(true + true, true * 5, 1 - false, -true, true < 2, true == 1);
print(1e308 * 10, -1e308 * 10, 1e-320 / 1e10, 5 % 1e400);
print(round(0.5), round(1.5), round(2.5), round(-0.5), round(1e20), round(2.675, 2));

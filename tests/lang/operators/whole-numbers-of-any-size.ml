print(2 ** 64 - 1, (2 ** 64) ~/ 3, -(2 ** 64) % 1000, 2 ** 64 * 2 ** 64 == 2 ** 128);
f = 1;
for (i in range(1, 31)) { f *= i; }
print(f, len(str(f)));
x = 3;
for (i in range(6)) { x = x * x; }
print(x, x % 97);
state = 12345;
for (i in range(1000)) { state = (state * 1103515245 + 12345) % 2147483648; }
print(state);

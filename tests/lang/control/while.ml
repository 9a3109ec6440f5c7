i = 0;
while (i < 3) { print(i); i += 1; }
while (true) {
    i -= 1;
    if (i == 1) { continue; }
    if (i < 0) { break; }
    print("down", i);
}
while (false) { print("never"); }
n = 27;
steps = 0;
while (n != 1) { n = n % 2 == 0 ? n ~/ 2 : 3 * n + 1; steps += 1; }
print(steps);
outer = 0;
while (outer < 3) {
    inner = 0;
    while (true) { inner += 1; if (inner == 2) { break; } }
    outer += inner;
}
print(outer, inner);

// What an error interrupts stays as it was.
xs = [];
try {
    for (i in range(5)) {
        xs.append(i);
        if (i == 2) { throw "stop"; }
    }
} except (e) { print(xs, i); }
o = {n: 0};
try { o.n = 1 / 0; } except { print(o); }
total = 0;
for (x in [1, "a", 2, null, 3]) {
    try { total += x; } except (e) { continue; }
}
print(total);

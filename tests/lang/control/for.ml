for (x in [1, "a", null]) { print(x); }
for (i, x in ["a", "b"]) { print(i, x); }
for (c in "hé!") { print(c); }
for (i, c in "ab") { print(i, c); }
for (k in {x: 1, y: 2}) { print(k); }
for (k, v in {x: 1, y: 2}) { print(k, v); }
for (n in range(3)) { print(n); }
for (n in range(10, 0, -4)) { print(n); }
for (i, n in range(5, 7)) { print(i, n); }
for (_x in []) { print("never"); }
for (pair in zip([1, 2], ["a", "b"])) { print(pair); }
for (i, v in enumerate(["p", "q"])) { print(i, v); }

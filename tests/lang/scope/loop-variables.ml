for (i in range(3)) { ; }
print(i);
for (k, v in {a: 1, b: 2}) { ; }
print(k, v);
for (i in []) { ; }
print(i);
for (i in range(10)) { if (i == 4) { break; } }
print(i);
for (i in range(3)) { i = i * 10; print(i); }

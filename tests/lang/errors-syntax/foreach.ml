foreach (xs as x) { print(x); }
foreach (y in ys) { print(y); }

if (x > 1) print(x);
while (x < 3) x += 1;
if (y) return 1; else return 2;

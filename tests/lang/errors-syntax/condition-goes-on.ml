if (a == 1) && (b == 2) { print(1); }
if (a).b { print(2); }

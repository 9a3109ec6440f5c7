print(2 ** 10, 2 ** 0, 2 ** -1, 2 ** 0.5, 2.0 ** 3, 0 ** 0, (-2) ** 3);
// ** is right associative and binds tighter than a sign on its left.
print(2 ** 3 ** 2, (2 ** 3) ** 2, -2 ** 2, (-2) ** 2, 2 ** -1 ** 2);
print(10 ** 30, 7 ** 77 % 1000);
try { print((-1) ** 0.5); } except (e) { print(e.type); }
try { print(0 ** -1); } except (e) { print(e.type); }

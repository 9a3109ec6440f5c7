function sum_to(n) { if (n == 0) { return 0; } return n + sum_to(n - 1); }
arrow = fn(n) => n == 0 ? 0 : n + arrow(n - 1);
matching = fn(n) => match (n) { 0 => 0, k => k + matching(k - 1) };
function trying(n) { try { return n == 0 ? 0 : n + trying(n - 1); } finally { ; } }
function looping(n) { for (x in [n]) { if (x == 0) { return 0; } return x + looping(x - 1); } }
function mapping(n) { return n == 0 ? 0 : n + [n - 1].map(fn(k) => mapping(k))[0]; }
print(sum_to(800), arrow(800), matching(800), trying(800), looping(800), mapping(40));

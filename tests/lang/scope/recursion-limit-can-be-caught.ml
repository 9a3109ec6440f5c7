function forever(n) { return forever(n + 1); }
try { forever(0); } except (e) { print(e.type); }
function mutual(n) { return other(n); }
function other(n) { return mutual(n); }
try { mutual(0); } except (e) { print(e.type); }
f = fn(x) => sorted([1, 2], key: f)[0];
try { f(1); } except (e) { print(e.type); }
g = fn(x) => map(g, [x]);
try { g(1); } except (e) { print(e.type); }
print("still here");

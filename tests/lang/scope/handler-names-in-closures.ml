fs = [];
for (i in range(3)) {
    try { throw {message: `error ${i}`, n: i}; } except (e) { fs.append(fn() => e.n); }
}
print(fs.map(fn(f) => f()));
function make(i) {
    try { throw {message: "m", n: i}; } except (e) { return fn() => e.n; }
}
print([make(1), make(2)].map(fn(f) => f()));
e = "outer";
g = fn() => e;
try { throw "x"; } except (e) { print(g(), e); }
try { throw "a"; } except (e) {
    try { throw "b"; } except (e) { print("inner", e); }
    print("outer again", e);
}

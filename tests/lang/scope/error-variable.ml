e = "outer";
try { throw "inner"; } except (e) { print(e); }
print(e);
kept = null;
try { throw "kept"; } except (err) { kept = fn() => err.message; }
print(kept());
function f() {
    try { throw "a"; } except (x) { a = x.message; }
    try { throw "b"; } except (x) { b = x.message; }
    return a + b;
}
print(f());
try {
    try { throw "first"; } except (e) { throw "second after " + e; }
} except (e) { print(e); }
print(e);
try { throw "x"; } except (e) { e = "assigned"; print(e); }
print(e);

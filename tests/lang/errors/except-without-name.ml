try { throw "x"; } except { print("caught"); }
try { print("fine"); } except { print("never"); }
// Of several handlers the first runs.
try { throw "x"; } except (a) { print("first", a); } except (b) { print("never", b); }

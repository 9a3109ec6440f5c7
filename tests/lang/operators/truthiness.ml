for (v in [0, 0.0, "", [], {}, null, false]) { print(repr(v), v ? "true" : "false", bool(v)); }
for (v in [1, -1, 0.1, "0", " ", [0], {a: null}, true, len, fn() => 0]) { print(v ? "true" : "false", !v); }

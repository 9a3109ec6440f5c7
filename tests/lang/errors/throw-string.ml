try { throw "just text"; } except (e) { print(e.message, "|", e.type, "|", e, "|", e.line); }
for (v in [5, null, [1, 2], true]) {
    try { throw v; } except (e) { print(e.message); }
}
try { throw {code: 5}; } except (e) { print(e.code, typeof(e.message)); }

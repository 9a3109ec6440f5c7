log = [];
function a() { try { b(); } finally { log.append("a finally"); } }
function b() { try { c(); } except (e) { log.append("b saw " + e); throw {message: "from b", cause: e.message}; } }
function c() { throw "from c"; }
try { a(); } except (e) { log.append(`${e.message} because ${e.cause}`); }
print(log);
// An error in a callback of a builtin goes through it.
try { [1, 2].map(fn(x) => x.nothing); } except (e) { print(e.type, e.line); }
try { sorted([2, 1], key: fn(x) => fails(x)); } except (e) { print(e.message, e.stack[-1].function); }
function fails(x) { throw `failed at ${x}`; }
result = [1, 0, 2].map(fn(x) => { try { return 10 / x; } except { return null; } });
print(result);

o = {a: {b: {c: 1}}, list: [10, 20], f: fn(x) => x};
n = null;
print(o?.a.b.c, n?.a.b.c, n?.a, o?.missing, o.missing?.deeper.still);
print(o?.list[1], n?.list[1], o.list?.[0], n?.[0], o?.["a"].b.c, n?.["a"].b.c);
print(o?.f(5), n?.f(5), o.missing?.f(1), n?.f(n.boom));
print(o.a?.b?.c, o.a?.x?.y?.z, n?.a ?? "default");
try { print(o.missing.deeper); } except (e) { print(e.type); }
try { print(n.a); } except (e) { print(e.type); }
try { print((n?.a).b); } except (e) { print("a group ends the chain:", e.type); }
print(o.list?.[0:1], n?.[0:1], "text"?.length, n?.length);
count = 0;
function give() { nonlocal count; count += 1; return null; }
print(give()?.a.b.c(give()), count);

log = [];
give = fn(name, v) => { log.append(name); return v; };
print(give("a", {b: {c: 5}})?.b.c, give("n", null)?.b.c);
print(give("x", [1, 2])?.[give("i", 1)], give("n", null)?.[give("never", 1)]);
print(give("f", {f: fn(v) => v})?.f(give("arg", 3)), give("n", null)?.f(give("never", 3)));
print(log);
o = {count: 1, inner: null};
print(o.inner?.count ?? o?.count ?? "none", (o.inner?.deep.er) ?? "none", o?.inner?.x == null);

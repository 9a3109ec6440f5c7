o = {a: 1, "b c": 2, list: [1, 2]};
print(o.a, o["a"], o["b c"], o.missing, o.missing == null);
try { o["missing"]; print("never"); } except (e) { print(e.type); }
print("a" in o, "missing" in o, "b c" in o, len(o), o.length);
print({length: 99}.length, {}.length);
o.a = null;
print("a" in o, o.a);
print(keys(o), values(o), items({x: 1}));
o.b = 5;
o.a = 6;
print(keys(o));

// `o.f(x)` calls what is stored under `f`; there is no `this`.
o = {keys: fn() => "mine", push: fn(x) => x, n: 1};
print(o.keys(), o.push(2));
for (attempt in [fn() => o.values(), fn() => o.get("n"), fn() => o.n(), fn() => o.items(), fn() => ({}).map(fn(x) => x)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
print(o.get, o.values, o.copy);

// `??=` gives a value to what is null or, in an object, missing.
o = {};
o.n ??= 1;
o["m"] ??= 2;
o["m"] ??= 3;
xs = [null, 1];
xs[0] ??= 5;
xs[1] ??= 6;
print(o, xs);
for (w in "a b a".split(" ")) {
  o[w] ??= 0;
  o[w] += 1;
}
print(o);
function kind(f) {
  try {
    f();
    return null;
  } except (e) {
    return `${e.type}: ${e.message}`;
  }
}
print(kind(fn() => { xs[2] ??= 1; }));
print(kind(fn() => { o[2] ??= 1; }));
print(kind(fn() => { s = "abc"; s[9] ??= 1; }));
print(kind(fn() => { o.nothing += 1; }));
print(kind(fn() => { x = "y"; o.nothing += x; }));

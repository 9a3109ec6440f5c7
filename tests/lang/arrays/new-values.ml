xs = [1, 2, 3];
print(xs.map(fn(x) => x * 2), xs.filter(fn(x) => x != 2), xs.reduce(fn(a, b) => a + b), xs.reduce(fn(a, b) => a + b, 10), xs);
print(xs.map(str), xs.filter(bool), [0, 1, null].filter(bool), [[1, 2], [3]].map(len));
seen = [];
print(xs.forEach(fn(x) => seen.append(x)), seen);
print(xs.join("-"), xs.join(""), ["a", 1, null, 2.0, [1]].join(", "), [].join("x"), xs.join());
print(xs.slice(1), xs.slice(0, 2), xs.slice(-1), xs.slice(), xs.slice(5));
print(xs.concat([4], [5, 6]), xs.concat([]), [[1, [2]], [3]].flat(), [[1, [2, [3]]]].flat(2), [1, [2]].flat());
copy = xs.copy();
copy.append(4);
print(xs, copy);
try { [].reduce(fn(a, b) => a); } except (e) { print(e.type); }

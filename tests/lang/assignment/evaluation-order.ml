log = [];
note = fn(name, v) => { log.append(name); return v; };
xs = [0, 0, 0];
xs[note("index", 1)] = note("value", 5);
print(xs, log);
log.clear();
xs[note("index", 0)] += note("value", 2);
print(xs, log);
log.clear();
i = 0;
function next() { nonlocal i; i += 1; return i; }
[a, b, c] = [next(), next(), next()];
print(a, b, c);
[x = next(), y = next()] = [10];
print(x, y, i);
xs = [1, 2, 3];
i = 0;
[i, xs[i]] = [2, "at two"];
print(i, xs);

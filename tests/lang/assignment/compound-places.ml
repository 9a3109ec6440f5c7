o = {n: 1, list: [1, 2], inner: {k: 5}};
o.n += 4;
o.list[1] *= 10;
o.inner.k -= 1;
o["n"] **= 2;
o.inner["k"] /= 2;
print(o);
o.missing ??= "filled";
o.n ??= "kept";
print(o.missing, o.n);
// The place is evaluated once.
calls = 0;
function where() { nonlocal calls; calls += 1; return o; }
where().n += 1;
where().list[0] += 1;
print(o.n, o.list, calls);
function index() { nonlocal calls; calls += 1; return 0; }
o.list[index()] ??= 5;
o.list[index()] += 5;
print(o.list, calls);

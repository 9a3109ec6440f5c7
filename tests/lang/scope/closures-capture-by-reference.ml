fs = [];
for (i in range(3)) { fs.append(fn() => i); }
print(fs.map(fn(f) => f()));
kept = range(3).map(fn(i) => fn() => i);
print(kept.map(fn(f) => f()));
x = 1;
get = fn() => x;
x = 2;
print(get());
function pair() {
    n = 0;
    return [fn() => n, fn() => { nonlocal n; n += 1; }];
}
[read, bump] = pair();
bump();
bump();
[other, _] = pair();
print(read(), other());
function later() { f = fn() => value; value = "assigned after"; return f(); }
print(later());

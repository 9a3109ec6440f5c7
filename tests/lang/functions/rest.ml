function all(...xs) { return xs; }
function head(first, ...others) { return {first, others}; }
print(all(), all(1), all(1, 2, 3));
print(head(1), head(1, 2, 3));
xs = all(1, 2);
xs.append(3);
print(xs, typeof(xs), xs == [1, 2, 3], all(...xs)[1:]);
arrow = fn(...ys) => len(ys);
print(arrow(), arrow(...[1, 2], 3, ...[]));
function named(a, ...rest) { return [a, rest]; }
print(named(a: 1), head(1, ...all(2, ...all(3, 4))));

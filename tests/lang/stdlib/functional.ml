import functional as f;
inc = fn(x) => x + 1;
dbl = fn(x) => x * 2;
print(f.compose(inc, dbl)(5), f.pipe(inc, dbl)(5), f.identity(7), f.constant(3)(), f.partial(fn(a, b) => a - b, 10)(3));
print(f.curry(fn(a, b, c) => a + b + c, 3)(1)(2)(3), f.curry2(fn(a, b) => a * b)(3)(4), f.ifElse(fn(x) => x > 0, inc, dbl)(5), f.ifElse(fn(x) => x > 0, inc, dbl)(-5));
print(f.map(inc, [1, 2]), f.filter(fn(x) => x > 1, [1, 2]), f.reduce(fn(a, b) => a + b, [1, 2, 3], 0), f.find(fn(x) => x > 1, [1, 2]), f.some(fn(x) => x > 1, [1, 2]), f.every(fn(x) => x > 1, [1, 2]));
print(f.take(2, [1, 2, 3]), f.drop(2, [1, 2, 3]), f.takeWhile(fn(x) => x < 3, [1, 2, 3, 1]), f.flatten([[1], [2]]), f.chunk(2, [1, 2, 3]));
print(f.unique([1, 1, 2]), f.reverse([1, 2]), f.range(3), f.repeat("x", 2), f.times(fn(i) => i * i, 3), f.zipWith(fn(a, b) => a + b, [1, 2], [10, 20]), f.juxt(inc, dbl)(5));

compose = fn(f, g) => fn(x) => f(g(x));
inc = fn(x) => x + 1;
dbl = fn(x) => x * 2;
print(compose(inc, dbl)(5), compose(dbl, inc)(5), [inc, dbl].map(fn(f) => f(10)));
function counter() {
    n = 0;
    return {next: fn() => { nonlocal n; n += 1; return n; }, reset: fn() => { nonlocal n; n = 0; }};
}
a = counter();
b = counter();
a.next();
a.next();
b.next();
print(a.next(), b.next());
a.reset();
print(a.next(), b.next());
curry = fn(f) => fn(a) => fn(b) => f(a, b);
print(curry(fn(a, b) => a - b)(10)(3), [1, 2, 3].map(curry(fn(a, b) => a * b)(10)));

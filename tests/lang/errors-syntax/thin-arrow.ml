f = fn(x) -> x * 2;
function g(x) -> number { return x; }
print(f(1));

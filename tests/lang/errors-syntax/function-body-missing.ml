function f(x);
function g(x) => x * 2;
print(1);

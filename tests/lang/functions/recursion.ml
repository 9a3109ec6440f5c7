function factorial(n) { return n <= 1 ? 1 : n * factorial(n - 1); }
function even(n) { return n == 0 ? true : odd(n - 1); }
function odd(n) { return n == 0 ? false : even(n - 1); }
print(factorial(20), factorial(30), even(10), odd(7));
fact = fn(n) => n <= 1 ? 1 : n * fact(n - 1);
print(fact(5));
function ackermann(m, n) {
    if (m == 0) { return n + 1; }
    if (n == 0) { return ackermann(m - 1, 1); }
    return ackermann(m - 1, ackermann(m, n - 1));
}
print(ackermann(2, 3));
function depth(n) { return n == 0 ? 0 : 1 + depth(n - 1); }
print(depth(850), depth(4900));

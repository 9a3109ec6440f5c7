// mlpy: run --steps 10000
// Entering functions counts as well as passing through loops.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
print(fib(10));
print(fib(30));

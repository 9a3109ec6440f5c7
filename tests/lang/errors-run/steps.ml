// mlpy: run --steps 10000
// A limit cannot be caught, and no `finally` outlives it.
try {
    n = 0;
    while (true) { n += 1; }
} except (e) {
    print("never caught");
} finally {
    print("never finally");
}
print("never after");

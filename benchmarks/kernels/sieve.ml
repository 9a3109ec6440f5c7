// Primes below n with an array of flags.

function run(n) {
    flags = [true] * n;
    flags[0] = false;
    flags[1] = false;
    i = 2;
    while (i * i < n) {
        if (flags[i]) {
            for (j in range(i * i, n, i)) { flags[j] = false; }
        }
        i += 1;
    }
    count = 0;
    last = 0;
    for (number, prime in flags) {
        if (prime) {
            count += 1;
            last = number;
        }
    }
    return [count, last];
}

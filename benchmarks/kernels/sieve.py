"""Primes below n with a list of flags."""


def run(n):
    flags = [True] * n
    flags[0] = False
    flags[1] = False
    i = 2
    while i * i < n:
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
        i += 1
    count = 0
    last = 0
    for number, prime in enumerate(flags):
        if prime:
            count += 1
            last = number
    return [count, last]

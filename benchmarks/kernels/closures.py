"""Functions as values: closures that count, and map, filter and reduce with lambdas."""

from functools import reduce


def counter():
    count = 0

    def bump(by):
        nonlocal count
        count += by
        return count

    return bump


def run(n):
    bump = counter()
    total = 0
    for turn in range(n):
        factor = turn % 7 + 1
        scaled = list(map(lambda x: x * factor % 1000, range(100)))  # noqa: C417  map and filter are what is measured
        kept = list(filter(lambda x: x % 3 != 0, scaled))
        total += reduce(lambda a, b: a + b, kept, 0)
        bump(len(kept))
    return [total, bump(0)]

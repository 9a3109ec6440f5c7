"""Quicksort in place on pseudo-random integers: indexing, swaps, recursion."""


def sort(xs, low, high):
    while low < high:
        pivot = xs[(low + high) // 2]
        i = low
        j = high
        while i <= j:
            while xs[i] < pivot:
                i += 1
            while xs[j] > pivot:
                j -= 1
            if i <= j:
                xs[i], xs[j] = xs[j], xs[i]
                i += 1
                j -= 1
        sort(xs, low, j)
        low = i


def run(n):
    state = 7
    xs = []
    for _ in range(n):
        state = (state * 1664525 + 1013904223) % 4294967296
        xs.append(state % 1000003)
    sort(xs, 0, n - 1)
    return [xs[0], xs[n // 2], xs[-1]]

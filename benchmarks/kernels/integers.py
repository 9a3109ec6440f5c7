"""A while loop over integers: a congruential generator and a count of what it gives."""


def run(n):
    state = 42
    even = 0
    i = 0
    while i < n:
        state = (state * 1103515245 + 12345) % 2147483648
        if state // 65536 % 2 == 0:
            even += 1
        i += 1
    return [state, even]

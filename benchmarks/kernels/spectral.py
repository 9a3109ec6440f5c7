"""The spectral norm of an infinite matrix, by the power method: floats and nested loops."""


def cell(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(v):
    out = []
    for i in range(len(v)):
        total = 0.0
        for j, x in enumerate(v):
            total += cell(i, j) * x
        out.append(total)
    return out


def times_transposed(v):
    out = []
    for i in range(len(v)):
        total = 0.0
        for j, x in enumerate(v):
            total += cell(j, i) * x
        out.append(total)
    return out


def run(n):
    u = [1.0] * n
    v = u
    for _ in range(3):
        v = times_transposed(times(u))
        u = times_transposed(times(v))
    above = 0.0
    below = 0.0
    for i in range(n):
        above += u[i] * v[i]
        below += v[i] * v[i]
    return (above / below) ** 0.5

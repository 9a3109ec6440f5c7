"""The product of two n × n matrices that are lists of rows."""


def make(n, seed):
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            row.append((i * 31 + j * 17 + seed) % 10 + 0.5)  # noqa: PERF401  as its twin in ML
        rows.append(row)
    return rows


def multiply(a, b):
    n = len(a)
    out = []
    for row in a:
        line = []
        for j in range(n):
            total = 0.0
            for k in range(n):
                total += row[k] * b[k][j]
            line.append(total)
        out.append(line)
    return out


def run(n):
    product = multiply(make(n, 1), make(n, 2))
    trace = 0.0
    for i in range(n):
        trace += product[i][i]
    return [trace, product[0][n - 1]]

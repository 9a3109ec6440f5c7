// The spectral norm of an infinite matrix, by the power method: floats and nested loops.

function cell(i, j) {
    return 1.0 / ((i + j) * (i + j + 1) ~/ 2 + i + 1);
}

function times(v) {
    out = [];
    for (i in range(len(v))) {
        total = 0.0;
        for (j, x in v) { total += cell(i, j) * x; }
        out.append(total);
    }
    return out;
}

function timesTransposed(v) {
    out = [];
    for (i in range(len(v))) {
        total = 0.0;
        for (j, x in v) { total += cell(j, i) * x; }
        out.append(total);
    }
    return out;
}

function run(n) {
    u = [1.0] * n;
    v = u;
    for (_i in range(3)) {
        v = timesTransposed(times(u));
        u = timesTransposed(times(v));
    }
    above = 0.0;
    below = 0.0;
    for (i in range(n)) {
        above += u[i] * v[i];
        below += v[i] * v[i];
    }
    return (above / below) ** 0.5;
}

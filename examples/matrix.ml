// Matrices and statistics: elimination with pivoting, determinants, inverses, least squares, and the
// numbers that describe a sample. A matrix is an array of rows.

import math;

type Matrix = array<array<number>>;

/// Shape as `[rows, columns]`; throws unless all rows are equally long.
function shape(m: Matrix): array<int> {
    for (row in m) {
        if (row.length != m[0].length) {
            throw {message: "the rows differ in length", type: "ShapeError"};
        }
    }
    return [m.length, m.length == 0 ? 0 : m[0].length];
}

identity = fn(n) => range(n).map(fn(i) => range(n).map(fn(j) => i == j ? 1 : 0));
transpose = fn(m) => zip(...m);
dot = fn(u, v) => sum(zip(u, v).map(fn(pair) => pair[0] * pair[1]));
scale = fn(m, factor) => m.map(fn(row) => row.map(fn(x) => x * factor));

/// The matrix product.
function multiply(a: Matrix, b: Matrix): Matrix {
    if (shape(a)[1] != shape(b)[0]) {
        throw {message: `cannot multiply ${shape(a)} by ${shape(b)}`, type: "ShapeError"};
    }
    columns = transpose(b);
    return a.map(fn(row) => columns.map(fn(column) => dot(row, column)));
}

/// `m` to a whole power, by repeated squaring; negative powers invert.
function power(m, exponent) {
    if (exponent < 0) { return power(inverse(m), -exponent); }
    result = identity(m.length);
    while (exponent > 0) {
        if (exponent % 2 == 1) { result = multiply(result, m); }
        m = multiply(m, m);
        exponent ~/= 2;
    }
    return result;
}

/// Brings `[m | extra]` to reduced form by Gauss–Jordan elimination; gives the extra part and the determinant of `m`.
function eliminate(m, extra) {
    n = m.length;
    work = zip(m, extra).map(fn(pair) => [...pair[0], ...pair[1]]);
    determinant = 1;
    for (i in range(n)) {
        pivot = max(range(i, n).map(fn(r) => [abs(work[r][i]), -r]));
        if (pivot[0] < 1e-12) { return {determinant: 0, solution: null}; }
        row = -pivot[1];
        if (row != i) {
            [work[i], work[row]] = [work[row], work[i]];
            determinant = -determinant;
        }
        lead = work[i][i];
        determinant *= lead;
        work[i] = work[i].map(fn(x) => x / lead);
        for (r in range(n)) {
            factor = work[r][i];
            if (r != i && factor != 0) {
                work[r] = zip(work[r], work[i]).map(fn(pair) => pair[0] - factor * pair[1]);
            }
        }
    }
    return {determinant: determinant, solution: work.map(fn(line) => line[n:])};
}

determinant = fn(m) => eliminate(m, identity(m.length)).determinant;

function inverse(m) {
    found = eliminate(m, identity(m.length)).solution;
    if (found == null) { throw {message: "the matrix is singular", type: "SingularError"}; }
    return found;
}

/// Solves `m x = b` for an array `b`.
function solve(m, b) {
    found = eliminate(m, b.map(fn(x) => [x])).solution;
    if (found == null) {
        throw {message: "the equations have no single solution", type: "SingularError"};
    }
    return found.map(fn(row) => row[0]);
}

/// Coefficients, lowest first, of the polynomial of `degree` that is nearest to the points in the sense of least squares.
function fit(xs, ys, degree = 1) {
    design = xs.map(fn(x) => range(degree + 1).map(fn(k) => x ** k));
    normal = multiply(transpose(design), design);
    return solve(normal, transpose(design).map(fn(column) => dot(column, ys)));
}

// ── statistics ───────────────────────────────────────────────────────────────────────────────────

mean = fn(xs) => sum(xs) / xs.length;

/// Sample variance, with `n - 1`.
variance = fn(xs) => sum(xs.map(fn(x) => (x - mean(xs)) ** 2)) / (xs.length - 1);
deviation = fn(xs) => math.sqrt(variance(xs));

/// The value at `share` of the sorted sample, with linear interpolation between neighbours.
function quantile(xs, share = 0.5) {
    ordered = sorted(xs);
    place = share * (ordered.length - 1);
    low = math.floor(place);
    high = min(low + 1, ordered.length - 1);
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low);
}

function correlation(xs, ys) {
    [mx, my] = [mean(xs), mean(ys)];
    together = sum(zip(xs, ys).map(fn(p) => (p[0] - mx) * (p[1] - my)));
    return together
        / math.sqrt(sum(xs.map(fn(x) => (x - mx) ** 2)) * sum(ys.map(fn(y) => (y - my) ** 2)));
}

/// The number as it reads best: no `-0`, at most four decimals, no trailing zeros.
function tidy(x) {
    rounded = round(x, 4) + 0.0;
    return rounded == int(rounded) ? str(int(rounded)) : str(rounded);
}

/// A matrix in columns.
function show(m) {
    cells = m.map(fn(row) => row.map(tidy));
    widths = transpose(cells).map(fn(column) => max(column.map(len)));
    return cells.map(
        fn(row) => "  " + zip(row, widths).map(fn(p) => p[0].padStart(p[1])).join("  "),
    ).join("\n");
}

a = [[2, -1, 0], [-1, 2, -1], [0, -1, 2]];
print("A =");
print(show(a));
print("determinant", tidy(determinant(a)), "inverse");
print(show(inverse(a)));
print(
    "A times its inverse is the identity:",
    multiply(a, inverse(a)).map(fn(row) => row.map(fn(x) => round(x, 9))) == identity(3),
);
print("A x = (1, 0, 1) for x =", solve(a, [1, 0, 1]).map(tidy).join(", "));
print(
    "Fibonacci by powers:",
    range(1, 13).map(fn(n) => power([[1, 1], [1, 0]], n)[0][1]),
    power([[1, 1], [1, 0]], 90)[0][1],
);

for ([left, right] in [[[[1, 2]], [[3, 4]]], [[[1, 2], [3]], [[1]]]]) {
    try {
        multiply(left, right);
    } except (e) {
        print(`${e.type}: ${e}`);
    }
}
try {
    inverse([[1, 2], [2, 4]]);
} except (e) {
    print(`${e.type}: ${e}`);
}

heights = [147, 150, 152, 155, 157, 160, 163, 165, 168, 170, 173, 175, 178, 180, 183];
masses = [
    52.21, 53.12, 54.48, 55.84, 57.20, 58.57, 59.93, 61.29, 63.11, 64.47, 66.28, 68.10, 69.92,
    72.19, 74.46,
];
print();
print(
    "heights: mean",
    tidy(mean(heights)),
    "median",
    tidy(quantile(heights)),
    "quartiles",
    tidy(quantile(heights, 0.25)),
    tidy(quantile(heights, share: 0.75)),
);
print(
    "masses:  mean",
    tidy(mean(masses)),
    "deviation",
    tidy(deviation(masses)),
    "correlation",
    tidy(correlation(heights, masses)),
);
line = fit(heights, masses);
print(`line:     mass = ${tidy(line[0])} + ${tidy(line[1])} * height`);
scaled = heights.map(fn(h) => h / 100);
parabola = fit(scaled, masses, degree: 2);
print("parabola:", parabola.map(fn(c) => format(c, ".2f")).join(", "));
errors = zip(scaled, masses).map(fn(p) => p[1] - dot(parabola, [1, p[0], p[0] ** 2]));
print("greatest error of the parabola", format(max(errors.map(abs)), ".3f"));

print();
low = 50;
for (band in range(5)) {
    inside = masses.filter(fn(m) => m >= low + 5 * band && m < low + 5 * band + 5);
    print(`${low + 5 * band}–${low + 5 * band + 5} kg ${"▇" * inside.length}`);
}

test "a permutation has the determinant -1" {
    assertEqual(tidy(determinant([[0, 1], [1, 0]])), "-1");
}

test "solve and multiply agree" {
    m = [[4, -2, 1], [1, 3, 7], [2, 5, -3]];
    x = solve(m, [1, 2, 3]);
    back = multiply(m, x.map(fn(v) => [v]));
    for (i, row in back) { assert abs(row[0] - (i + 1)) < 1e-9; }
}

test "a line through points of a line" {
    assertEqual(fit([0, 1, 2], [1, 3, 5]).map(tidy), ["1", "2"]);
}

test "negative powers" {
    assertEqual(show(power([[2, 0], [0, 4]], -2)), "  0.25       0\n     0  0.0625");
}

// Counts the points of a grid that stay in the Mandelbrot set: floats in a tight loop.

function run(n) {
    inside = 0;
    for (row in range(n)) {
        ci = 2.0 * row / n - 1.0;
        for (column in range(n)) {
            cr = 3.0 * column / n - 2.0;
            zr = 0.0;
            zi = 0.0;
            steps = 0;
            while (steps < 50 && zr * zr + zi * zi <= 4.0) {
                t = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci;
                zr = t;
                steps += 1;
            }
            if (steps == 50) { inside += 1; }
        }
    }
    return inside;
}

import math;
print(math.factorial(5), math.gcd(12, 18), math.lcm(4, 6), math.comb(5, 2), math.perm(5, 2), math.factorial(0));
print(math.isNan(math.nan), math.isNan(1), math.isFinite(1), math.isFinite(math.inf), math.is_nan(math.nan));
print(math.degToRad(180) == math.pi, math.radToDeg(math.pi));
for (attempt in [fn() => math.sqrt(-1), fn() => math.ln(0), fn() => math.factorial(-1), fn() => math.asin(2), fn() => math.sqrt("a"), fn() => math.sqrt()]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
r = math.random();
print(r >= 0 && r < 1);

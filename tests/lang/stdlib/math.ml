import math;
print(math.pi, math.e, math.tau, math.inf, math.nan);
print(math.sqrt(2), math.abs(-3), math.sin(0), math.cos(0), math.tan(0), math.atan2(1, 1), math.hypot(3, 4));
print(math.round(math.cbrt(27), 9));
print(math.ln(1), math.log(1000), math.log(8, 2), math.log(8, base: 2), math.log2(8), math.exp(0), math.pow(2, 3));

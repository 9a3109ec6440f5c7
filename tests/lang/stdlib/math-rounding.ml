import math;
print(math.floor(2.7), math.floor(-2.7), math.ceil(2.1), math.ceil(-2.1), math.round(2.7), math.trunc(-2.7), math.trunc(2.7));
print(math.min(3, 1), math.max(3, 1), math.sign(-5), math.sign(0), math.sign(2.5), math.clamp(15, 0, 10), math.clamp(-1, 0, 10), math.clamp(5, 0, 10));

double = fn(x) { return x * 2; };
half = fn(x) x / 2;
print(double(half(2)));

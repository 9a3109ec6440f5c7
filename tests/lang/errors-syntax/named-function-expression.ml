double = function twice(x) { return x * 2; };
print(double(2));

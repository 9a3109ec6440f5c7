x = 1 + fn(a) => a;

import math;
rate = 0.2;
print(rate(100));
math(2);
xs = [1];
xs(0);

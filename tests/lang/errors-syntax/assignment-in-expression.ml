print(x = 1);
y = (z = 2) + 1;
a = b = 3;

x = (1 + 2;
print(max(x, 3);
print(x);

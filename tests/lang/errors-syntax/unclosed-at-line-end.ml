xs = [1, 2
y = 3;
max(1, 2
print(y);

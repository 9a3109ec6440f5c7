x = 7 // 2;
y = 7 // 2
print(x);

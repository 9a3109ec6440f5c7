a = 17;
b = a; // 5
print(b, a ~/ 5);

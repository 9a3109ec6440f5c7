a = [];
for (i in range(5000)) { a = [a]; }
b = [];
for (i in range(5000)) { b = [b]; }
print(a == b, a != b, a == [b]);

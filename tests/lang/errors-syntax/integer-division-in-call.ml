print(total // count);
print(1);

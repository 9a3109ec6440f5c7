i = 0;
print(i++);

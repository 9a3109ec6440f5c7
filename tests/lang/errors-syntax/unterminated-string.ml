x = "abc;
print(x);

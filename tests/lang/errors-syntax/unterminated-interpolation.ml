x = `hello ${name`;
print(x);

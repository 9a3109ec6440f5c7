a = “hello”;
b = ‘hello’;
print(a);

string = "a value called string";
number = 5;
array = [number];
print(string, array);

o = {name = "Ada", age = 36};
print(o);

# says hello
print("hello"); # trailing

print("a" "b");
print(max(1 2));

print();
print("a", 1, null, [1, "b"]);
print(...["spread", "arguments"], "end");
print("");
print("a\nb");
print(print("inner"));
out = print;
out("by another name");
[1, 2].forEach(print);

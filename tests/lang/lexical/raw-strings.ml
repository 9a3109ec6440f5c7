print(r"\n is not a newline", r'a\tb', r"C:\temp\new", r"it's", r'say "hi"', len(r"\\"));
print(r"over
two\lines");
r = 5;
print(r, r + 1, r"r", `${r"\d"}`);

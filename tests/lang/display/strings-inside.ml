print(["a\nb", "tab\t", "quote\"", "it's", "back\\slash", "é✓", "\x00\x1b"]);
print({k: "a\nb"}, repr("x\ty"), repr('"'), repr("'"), repr("`"));

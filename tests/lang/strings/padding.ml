print([("a").center(5), "a".center(4, "*"), "a".ljust(3), "a".ljust(3, "."), "a".rjust(3), "a".rjust(3, "."), "7".zfill(3), "-7".zfill(4), "long".ljust(2)]);
print(["a".padStart(3), "a".padStart(3, "-"), "a".padEnd(3), "a".padEnd(3, "-"), "long".padStart(2), "a".pad_start(2)]);

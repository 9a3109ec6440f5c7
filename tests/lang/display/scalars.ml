print(null, true, false, 1, -1, 2.0, 0.5, "text", "");
print([null, true, 2.0, "text", ""], str("text"), repr("text"), repr(["a"]), repr(null));
print(1e400, -1e400, [1e400 - 1e400], 1e16, [1e15]);

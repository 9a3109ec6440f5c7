print("a-b-c".replace("-", "+"), "a-b-c".replace("-", "+", 1), "aaa".replace("aa", "b"), "abc".replace("x", "y"), "abc".replace("b", ""));
print("ab".repeat(3), "x".repeat(0) == "", "abc"[::-1], "a" * 3);

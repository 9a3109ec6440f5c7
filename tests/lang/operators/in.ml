print(2 in [1, 2], 5 in [1, 2], [1] in [[1], 2], 1.0 in [1], "a" in "cat", "ct" in "cat", "" in "cat");
print("k" in {k: null}, "v" in {k: "v"}, "a" in {}, 2 in range(5), "x" in ["x", "y"]);
print(!("a" in "b"), "a" in "a" && "b" in "b", 1 + 1 in [2], ("a" in "abc") == true);
for (attempt in [fn() => 1 in 5, fn() => 1 in null, fn() => 1 in "a", fn() => "a" in len]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

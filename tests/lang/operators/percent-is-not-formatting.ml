s = "%s and %d";
for (attempt in [fn() => s % 1, fn() => s % [1, 2], fn() => "%s" % len, fn() => "a" / "b", fn() => "a" ~/ 2, fn() => "a" ** 2, fn() => [1] % 2]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

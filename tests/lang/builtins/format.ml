print(format(3.14159, ".2f"), format(42, "5d"), format(42, "<5d") + "|", format(42, "05d"), format(255, "x"), format(255, "#x"), format(5, "b"));
print(format(1234567.891, ",.2f"), format(0.256, ".1%"), format(12345.678, ".3e"), format(-5, "+d"), format(5, "+d"));
print(format("ab", ">5") + "|" + format("ab", "<5") + "|" + format("ab", "^6") + "|" + format("ab", "*^6") + "|" + format("abc", ".2"));
print(format(null), format(true), format([1, "a"]), format("text"), format(2.0));
for (attempt in [fn() => format(1, "zzz"), fn() => format("a", "d"), fn() => format("a", ".2f"), fn() => format(1, 5)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

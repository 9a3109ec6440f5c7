print(int("3.9"), int(" 4 "), int(true), int(false), int(3.9), int(-3.9), int("ff", 16), int("101", 2), int("-7"), int("1e3"));
print(float("1.5"), float(2), float("1e3"), float(" 2 "), float("inf"), float(true));
print(bool(1), bool(""), bool("0"), bool([]), bool(null));
print(str(1), str(null), str(true), str([1, "a"]), str("s"), repr("s"), repr(1), repr([null]));
for (attempt in [fn() => int("abc"), fn() => int(""), fn() => float("x"), fn() => int("12", 2), fn() => int("9" * 5000) > 0]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
for (attempt in [fn() => int(null), fn() => float(null), fn() => int([1]), fn() => float({}), fn() => int(len)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

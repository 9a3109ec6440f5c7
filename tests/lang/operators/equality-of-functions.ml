f = fn(x) => x;
g = fn(x) => x;
print(f == f, f == g, f != g, len == len, [f] == [f], [f] == [g], f == null, f == "f");
nan = 1e400 - 1e400;
print(nan == nan, nan != nan, 1e400 == 1e400, -0.0 == 0.0);
s = "same";
print(s == "same", s != "other", s == ["same"], "a" + "b" == "ab");

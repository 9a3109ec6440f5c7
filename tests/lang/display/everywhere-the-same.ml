v = [1, 2.0, null, true, "s", {k: [false]}];
print(v);
print(str(v) == `${v}`, str(v) == "" + v, str(v) == repr(v), format(v) == str(v));
print(str(null), str(true), `${2.0}`, "" + null + false);

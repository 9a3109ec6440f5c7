twice = fn(x) => x * 2;
o = {f: fn() => 1};
print(typeof(twice), str(twice).startswith("<function"), str(o.f).endswith(">"), "0x" in str([twice, o, fn() => 1]));

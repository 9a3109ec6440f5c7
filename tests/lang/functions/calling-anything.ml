adder = fn(a) => fn(b) => fn(c) => a + b + c;
print(adder(1)(2)(3));
handlers = {"x": fn(e) => "handled " + e, list: [fn() => 1, fn() => 2]};
print(handlers["x"]("e"), handlers.x("f"), handlers.list[1](), handlers["list"][0]());
print((fn(x) => x)(1), (true ? len : str)([1, 2]), [len][0]("abc"));
function give() { return {get: fn() => ({name: fn() => "deep"})}; }
print(give().get().name());
print(call(len, [1, 2, 3]), callable(len), callable(3), callable(adder));
o = {get: fn(k) => "own get " + k, append: fn(x) => "own append", keys: 1};
print(o.get("x"), o.append(1), o.keys);

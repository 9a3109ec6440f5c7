import math;
print(typeof(null), typeof(undefined), typeof(true), typeof(1), typeof(1.5), typeof("s"), typeof([]), typeof({}), typeof(len), typeof(fn() => 1), typeof(math));
try { throw "x"; } except (e) { print(typeof(e)); }
print(typeof(typeof(1)), typeof(range(3)), typeof(2 ** 100), typeof(1e400));
print(isinstance(1, "number"), isinstance("a", "string"), isinstance([], "object"), isinstance(null, "null"), isinstance(len, "function"));

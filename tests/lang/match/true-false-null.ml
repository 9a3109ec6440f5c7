// `true false null` match only themselves, and numbers do not match booleans.
f = fn(v) => match (v) { true => "true", 1 => "one", false => "false", 0 => "zero", null => "null", _ => "else" };
print(f(true), f(1), f(false), f(0), f(null), f(""), f([]), f(1.0), f(0.0));
g = fn(v) => match (v) { 0 => "zero", 1 => "one", _ => "else" };
print(g(false), g(true), g(0), g(1));
h = fn(v) => match (v) { [0] => "zero", {n: 1} => "one", _ => "else" };
print(h([false]), h([0]), h({n: true}), h({n: 1}));

f = fn(v) => 10 + match (v) { 1 => 1, _ => 0 } * 2;
print(f(1), f(2));
print([match (1) { 1 => "in an array" }], {k: match (2) { n => n }}, `${match (3) { n => n + 1 }}`);
print(match (match (1) { 1 => "a" }) { "a" => "nested" });
print(match ({a: 1}) { {a} => match (a) { 1 => "inner " + a } });
print((match ([3, 4]) { [x, y] => fn(z) => x * y + z })(5));
print(match (1 + 1) { 2 => "subject is an expression", } ?? "none");
arrows = [1, 2].map(fn(v) => match (v) { 1 => "one", _ => "more" });
print(arrows, true ? match (1) { x => x } : 0);

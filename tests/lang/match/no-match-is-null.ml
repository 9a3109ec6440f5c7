print(match (5) { 1 => "one" }, match (5) { [a] => a, {b} => b });
x = match ("a") { "b" => 1 };
print(x);

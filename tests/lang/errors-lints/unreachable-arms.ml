n = 0;
print(match (n) { x if x > 3 => "big", _ => "some", 0 => "none" });
print(match (n) { 0 | x => x, 1 => "one" });

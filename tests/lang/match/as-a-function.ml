function match(v) { return "called with " + v; }
print(match(1));
match(2);
x = match(3) + "!";
print(x, match (3) { 3 => "a real match" });

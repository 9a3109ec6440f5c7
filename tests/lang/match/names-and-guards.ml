kind = fn(v) => match (v) {
    n if typeof(n) != "number" => `not a number: ${n}`,
    n if n < 0 => "negative",
    0 => "zero",
    n if n % 2 == 0 => "even",
    other => "odd " + other,
};
for (v in [-3, 0, 4, 7, "x", null]) { print(kind(v)); }
// The names of an arm belong to the arm.
n = "outer";
other = "outer too";
print(kind(5), n, other);
print(match (1) { n => n + 1 }, n);

fs = [1, 2, 3].map(fn(v) => match (v) { n if n > 1 => fn() => n, _ => fn() => "one" });
print(fs.map(fn(f) => f()));
kept = [];
for (v in [[1, 2], [3, 4]]) {
    match (v) { [a, b] => { kept.append(fn() => [a, b]); } }
}
print(kept.map(fn(f) => f()));
a = "untouched";
match ([1]) { [a] => print(a) }
print(a);

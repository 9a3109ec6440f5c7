// A match at the start of a statement is the whole of it; its arms may be blocks, with or without commas.
function kind(v) {
    match (v) {
        0 => { return "zero"; }
        (1 | 2) => { return "few"; },
        -1 => print("minus one"),
        {type: "circle", r} if r > 0 => { return `circle ${r}`; }
        [first, ...rest] => { return [first, rest]; }
        _ => {}
    }
    -1;
    return "other";
}
for (v in [0, 2, -1, {type: "circle", r: 2}, {type: "circle", r: 0}, [1, 2, 3], "x"]) { print(kind(v)); }
match ("a") { "a" => print("found") };
print(match (3) { n if n > 2 => "big", _ => "small" } + "!");

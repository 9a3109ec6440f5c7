f = fn(v) => match (v) {
    "a" | "b" | "c" => "early letter",
    [x] | [_, x] => `last ${x}`,
    {kind: "cat" | "dog", name} | {kind: "fish", tank: name} => `pet ${name}`,
    (1 | 2) => "one or two",
    null | false => "nothing",
    _ => "else",
};
print(f("b"), f([1]), f([1, 2]), f({kind: "dog", name: "Rex"}), f({kind: "fish", tank: "T1"}), f(2), f(null), f(false), f(true));

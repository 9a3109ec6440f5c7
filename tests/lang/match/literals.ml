function f(v) {
    return match (v) {
        0 => "zero",
        1 | 2 => "few",
        -1 => "minus one",
        2.5 => "two and a half",
        -0.5 => "minus a half",
        "a" => "letter",
        "" => "empty",
        true => "yes",
        false => "no",
        null => "nothing",
        _ => "other",
    };
}
for (v in [0, 1, 2, -1, 2.5, -0.5, "a", "", true, false, null, 3, "1", [], 0.0, 1.0]) { print(v, f(v)); }

m = match (v) {
    n when n > 1 => "big",
    n && n > 1 => "x",
    0 | 1 or 2 => "few",
    _ => "many",
};

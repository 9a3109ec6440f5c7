m = match (v) {
    1..5 => "few",
    > 5 => "many",
    _ => "none",
};

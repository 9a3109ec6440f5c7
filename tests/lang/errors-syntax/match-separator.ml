m = match (v) {
    0 => "zero";
    1 => "one"
    _ => "many"
};

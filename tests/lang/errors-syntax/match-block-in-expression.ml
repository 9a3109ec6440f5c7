m = match (v) {
    0 => { x = 1; return x; },
    _ => null,
};

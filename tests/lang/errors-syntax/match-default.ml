m = match (v) {
    0 => "zero",
    default => "a",
    else => "b",
};

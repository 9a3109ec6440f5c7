m = match (v) {
    0 -> "zero",
    1: "one",
    case 2 => "two",
    _ => "many",
};

describe = fn(v) => match (v) {
    [] => "empty",
    [x] => `one ${x}`,
    [1, ...rest] => `starts with 1, then ${rest}`,
    [...front, 9] => `ends with 9 after ${front}`,
    [a, ...mid, z] if len(mid) > 1 => `${a} ${mid} ${z}`,
    [a, [b, c]] => `nested ${a} ${b} ${c}`,
    [_, _] => "two",
    [...all] => `${len(all)} of them`,
    _ => "no array",
};
for (v in [[], [5], [1, 2, 3], [4, 5, 9], [2, 3, 4, 5], [7, [8, 6]], [7, 8], [7, 8, 6], "text", {a: 1}, null]) { print(describe(v)); }

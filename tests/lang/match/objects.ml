area = fn(shape) => match (shape) {
    {type: "circle", r} if r > 0 => round(3.14159 * r ** 2, 2),
    {type: "rectangle", w, h} => w * h,
    {type: "square", side: s} => s * s,
    {type: "circle"} => "a circle without a size",
    {type, ...rest} => `unknown ${type} with ${keys(rest)}`,
    {} => "an object without a type",
    _ => "no object",
};
print(area({type: "circle", r: 2}));
print(area({type: "rectangle", w: 2, h: 3, colour: "red"}));
print(area({type: "square", side: 4}));
print(area({type: "circle", r: -1}));
print(area({type: "line", from: 1, to: 2}));
print(area({}), "|", area([1]), "|", area(null), "|", area("circle"));
print(match ({a: {b: [1, {c: "deep"}]}}) { {a: {b: [_, {c}]}} => c });
print(match ({"two words": 1, if: 2}) { {"two words": x, if: y} => x + y });

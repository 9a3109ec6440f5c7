// A `{` behind `=>` opens an object if its content is one.
x = 1;
k = "key";
print((fn() => {})(), (fn() => {;})(), (fn() => {x})(), (fn() => {a: x})(), (fn() => {[k]: x})());
print((fn() => {x; })(), (fn() => { return {x}; })(), (fn() => {...{b: 2}, if: 3})());
print((fn(op) => {"+": "plus", "-": "minus"}[op])("-"));
print([3, 1, 2] |> sorted |> fn(xs) => {first: xs[0], rest: xs[1:]});
print((fn(a: int, b: array<int>=[1, 2]): array<int> => [a, ...b])(0));
print((fn(a) => fn(b) => a + b)(1)(2));

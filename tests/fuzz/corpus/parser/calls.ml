function area(w, h = 1, ...rest) { return w * h; }
print(area(2, h: 3), [1, 2].map(fn(x) => x ** 2) |> sum);

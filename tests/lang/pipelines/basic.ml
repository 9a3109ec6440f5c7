double = fn(x) => x * 2;
add = fn(x, n) => x + n;
print(5 |> double, 5 |> double |> double, 5 |> add(3), 5 |> add(n: 4));
print([3, 1, 2] |> sorted |> reversed, [1, 2] |> len, "text" |> typeof);
print([1, 2, 3] |> sum, [3, 1] |> sorted(reverse: true), 7 |> fn(x) => x + 1);
o = {f: fn(x, ...more) => [x, more]};
print(1 |> o.f, 1 |> o.f(2, 3), 1 |> o["f"], [1] |> o.f(...[2]));
curried = fn(a) => fn(b) => `${a}-${b}`;
print("x" |> (curried("y")), 1 + 2 |> double, true ? 1 |> double : 0);
value = [1, 2, 3, 4]
    |> fn(xs) => xs.filter(fn(x) => x % 2 == 0);
print(value, null ?? 3 |> double);

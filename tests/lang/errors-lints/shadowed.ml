max = 10;
print(max(1, 2), max);
sum = sum([1, 2]);
print(sum);
function apply(filter, x) { return filter(x); }
len = fn(x) => 1;
print(len("abc"), apply(len, 2));
[1, 2] |> max;

import collections as c;
xs = [3, 1, 2, 3];
print(c.length(xs), c.get(xs, 1), c.first(xs), c.last(xs), c.contains(xs, 2), c.indexOf(xs, 3), c.isEmpty([]), c.isEmpty(xs));
print(c.append(xs, 9), c.prepend(xs, 0), c.concat(xs, [4]), c.slice(xs, 1, 3), c.reverse(xs), xs);
print(c.filter(xs, fn(x) => x > 1), c.map(xs, fn(x) => x * 2), c.reduce(xs, fn(a, b) => a + b, 0), c.find(xs, fn(x) => x < 3), c.every(xs, fn(x) => x > 0), c.some(xs, fn(x) => x > 5));
print(c.removeAt(xs, 0), c.take(xs, 2), c.drop(xs, 2), c.unique(xs), c.flatten([[1], [2, [3]]]), c.zip([1, 2], ["a", "b"]));
print(c.sort(xs), c.sortBy(["bb", "a"], len), c.chunk([1, 2, 3, 4, 5], 2), xs);
print(c.groupBy(["apple", "avocado", "bean"], fn(w) => w[0]), c.countBy(["a", "b", "a"], fn(w) => w), c.partition([1, 2, 3, 4], fn(x) => x % 2 == 0));
print(c.count_by(["x"], fn(w) => w), [1, 2, 3] |> c.map(fn(x) => x + 1) |> c.last);

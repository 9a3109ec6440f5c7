xs = [1, 2, 3, 2, "2"];
print(xs.index(2), xs.index(2, 2), xs.index("2"), xs.count(2), xs.count(9));
print(xs.indexOf(3), xs.indexOf(9), xs.includes("2"), xs.includes(null), [[1]].includes([1]), [[1], [2]].index([2]));
print(xs.find(fn(x) => x > 1), xs.find(fn(x) => x == 99), [1, 2].some(fn(x) => x > 1), [1, 2].every(fn(x) => x > 1), [].some(fn(x) => true), [].every(fn(x) => false));

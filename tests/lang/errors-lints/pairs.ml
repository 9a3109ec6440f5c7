ages = {ada: 36};
for (name, age in items(ages)) { print(name, age); }
for (i, x in enumerate([1, 2])) { print(i, x); }
pairs = [["a", 1], ["b", 2]];
for (k, v in pairs) { print(k, v); }
for ([k, v] in pairs) { print(k, v); }
for (k, v in ages) { print(k, v); }
for (i, pair in zip([1], [2])) { print(i, pair); }

prices = {apple: 3, plum: 2};
total = fn(names) => sum(names.map(fn(name) => prices[name]));
print(total(["apple", "plum"]));
print(total(["apple", "aple"]));

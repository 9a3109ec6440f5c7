people = [{name: "Ada", age: 36}, {name: "Bob", age: null}];
print(sorted(people, key: fn(p) => p.age * 2).map(fn(p) => p.name));

key = "computed";
shorthand = 5;
other = {x: 1, y: 2};
print({a: 1, "b c": 2, [key]: 3, shorthand, ...other});
print({}, {a: 1,}, {"a": 1, 'b': 2}, {[`k${1 + 1}`]: 1, ["k" + 3]: 2});
print({a: 1, ...{a: 2}}, {...{a: 2}, a: 1}, {a: 1, b: 2, a: 3});
print({nested: {deep: [1, {er: null}]}}.nested.deep[1], {f: fn(x) => x + 1}.f(1));
print({class: 1, if: 2, in: 3}, {"": "empty key", "1": "digit", "é": "accent"});

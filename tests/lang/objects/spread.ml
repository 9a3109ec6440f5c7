a = {x: 1, inner: {deep: 1}};
b = {...a, y: 2};
b.x = 9;
b.inner.deep = 5;
print(a, b);
print({...{}, ...{a: 1}, ...{b: 2}});
for (value in [null, 5, "text", [1, 2]]) {
    try { print({...value}); } except (e) { print(e.type); }
}

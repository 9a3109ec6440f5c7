handlers = {
    add: fn(a, b) => a + b,
};
print(handlers.add(1, 2));
print(handlers["add"](1));

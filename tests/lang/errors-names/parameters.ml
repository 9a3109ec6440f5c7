function move(x, x) { return x; }
function greet(greeting = "Hello", name) { return greeting + name; }
turn = fn(a, b, a) => a + b;
pick = fn(a = 1, b) => a + b;

double = (x) => x * 2;
triple = x => x * 3;
sum = (a, b) => { return a + b; };
nothing = () => null;
print(map((x) => x + 1, [1, 2]));

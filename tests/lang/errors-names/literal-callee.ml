points = [[1, 2] (3, 4)];
x = 5(1);
y = "name"("x");
z = null[0];
t = true["k"];
s = "abc"["first"];
e = {a: 1}(2);
4 |> "x";
w = (fn(x) => x)[0];

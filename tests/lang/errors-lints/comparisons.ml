xs = [1, 2];
x = 5;
if (!x in xs) { print("a"); }
if (!x == 3) { print("b"); }
if (!x == !xs) { print("fine"); }
print(1 < x < 9, x == 5 == true, 1 == true, x == x, xs.length != xs.length);
print(1 < x == x < 9);

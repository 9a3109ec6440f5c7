// Expressions may nest deeply without harm.
x = ((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))));
y = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[2]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]];
z = !!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!true;
w = - - - - - - - - - - - - - - - - - - - -3;
while (y != 2) { y = y[0]; }
print(x, y, z, w);
n = 5;
size = n == 0 ? "0" : n == 1 ? "1" : n == 2 ? "2" : n == 3 ? "3" : n == 4 ? "4" : n == 5 ? "5" : "more";
print(size);
add = fn(a) => fn(b) => fn(c) => fn(d) => fn(e) => a + b + c + d + e;
print(add(1)(2)(3)(4)(5));
if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { if (x) { print("twelve ifs"); } } } } } } } } } } } }
for (a in [1]) { for (b in [1]) { for (c in [1]) { for (d in [1]) { for (e in [1]) { for (f in [1]) { for (g in [1]) { for (h in [1]) { for (i in [1]) { for (j in [1]) { print("ten loops"); } } } } } } } } } }

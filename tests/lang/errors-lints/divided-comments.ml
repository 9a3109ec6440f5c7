a = 7;
b = 2;
x = a // b;
-b;
xs = [
    (a + b) // 2;
];
y = a // b is what was here before;
    + 1;
z = a; // b;
u = [
    a, // b;
    b // second;
];
if (a) // b;
{ print(x, xs, y, z, u); }
// a // b;
print(a /* b; */
); /// b;
half = a // (b + 1);  // rounded

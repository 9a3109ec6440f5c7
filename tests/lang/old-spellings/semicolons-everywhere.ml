function f() {
    return 1;
};
if (true) {
    x = 2;
};
while (x > 1) {
    x -= 1;
};
for (i in [1]) {
    y = i;
};
try {
    z = 3;
} except (e) {
    z = 4;
};
print(f(), x, y, z);;

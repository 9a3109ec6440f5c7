function f(x) {
    while (x) {
        x -= 1;
        }
    }
    return x;
}
print(f(1));

function f(flag) {
    if (flag) { nonlocal total; }
    total = 5;
    return total;
}
total = 0;
print(f(true), total);

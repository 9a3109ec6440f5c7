function (x) {
    return x;
}
print(1);

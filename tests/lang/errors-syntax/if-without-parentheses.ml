if x > 1 {
    print(x);
} elif x < 0 {
    print(0);
}
while x < 10 {
    x += 1;
}

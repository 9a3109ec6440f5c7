if (a and b or not c) {
    print(1);
}

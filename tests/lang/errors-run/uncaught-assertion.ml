function check(xs) {
    assert xs == [1, 2, 4], "the doubling is wrong";
}
check([1, 2].map(fn(x) => x * 2));

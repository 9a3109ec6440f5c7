function first(x) {
    if (x > 1) {
        print("big");
    return x;
}

function second(x) {
    return x;
}

// Functions as values: closures that count, and map, filter and reduce with arrows.

function counter() {
    count = 0;
    return fn(by) => {
        nonlocal count;
        count += by;
        return count;
    };
}

function run(n) {
    bump = counter();
    total = 0;
    for (round in range(n)) {
        factor = round % 7 + 1;
        scaled = map(fn(x) => x * factor % 1000, range(100));
        kept = filter(fn(x) => x % 3 != 0, scaled);
        total += reduce(fn(a, b) => a + b, kept, 0);
        bump(len(kept));
    }
    return [total, bump(0)];
}

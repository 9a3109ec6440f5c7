// Errors thrown by the program (one in twenty turns) and by the runtime (one in ten), caught in a loop.

function check(i) {
    if (i % 20 == 0) { throw {message: "five", type: "Five", value: i}; }
    return i;
}

function run(n) {
    total = 0;
    caught = 0;
    faults = 0;
    prices = {a: 1, b: 2, c: 3};
    names = ["a", "b", "c", "a", "b", "c", "a", "b", "c", "d"];
    for (i in range(n)) {
        try {
            total += check(i);
        } except (e) {
            caught += e.value % 3;
        }
        try {
            total += prices[names[i % 10]];
        } except (e) {
            faults += 1;
        } finally {
            total += 1;
        }
    }
    return [total, caught, faults];
}

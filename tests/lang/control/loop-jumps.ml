for (i in range(6)) {
    if (i == 1) { continue; }
    if (i == 4) { break; }
    for (j in range(3)) {
        if (j == 1) { break; }
        print(i, j);
    }
}
function firstEven(xs) {
    for (x in xs) {
        try {
            if (x % 2 == 0) { return x; }
            continue;
        } finally {
            print("looked at", x);
        }
    }
    return null;
}
print(firstEven([3, 4, 5]));
print(firstEven([]));

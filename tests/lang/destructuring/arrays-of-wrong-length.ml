for (value in [[1], [1, 2, 3], [], null, 5, {a: 1}]) {
    try {
        [a, b] = value;
        print("taken", a, b);
    } except (e) {
        print(e.type);
    }
}
try { [a, ...rest, z] = [1]; } except (e) { print(e.type); }
[a, ...rest, z] = [1, 2];
print(a, rest, z);

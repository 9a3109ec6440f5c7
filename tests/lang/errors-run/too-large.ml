// A single operation that would make something enormous is refused, and that cannot be caught.
print(len("ab" * 1000));
try {
    text = "x" * 10 ** 12;
} except (e) {
    print("never caught");
}

pairs = [["a", 1], ["b"], ["c", 3]];
for ([name, value] in pairs) {
    print(name, value);
}

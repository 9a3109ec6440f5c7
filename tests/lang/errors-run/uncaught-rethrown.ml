function load(text) {
    try {
        return int(text);
    } except (e) {
        print("cleaning up after", e.type);
        throw e;
    } finally {
        print("finally");
    }
}
print(load("12"));
print(load("twelve"));

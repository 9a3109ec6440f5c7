function fails() {
    throw {message: "deep", type: "Deep", n: 1};
}
try {
    try {
        fails();
    } except (e) {
        print("seen", e.line);
        throw e;
    }
} except (e) {
    print(e.message, e.type, e.n, e.line);
}

try {
    risky();
} catch (e) {
    print(e);
}

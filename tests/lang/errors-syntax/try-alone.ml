try {
    risky();
}
print(1);

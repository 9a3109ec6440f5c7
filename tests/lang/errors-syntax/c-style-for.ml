for (i = 0; i < 10; i += 1) {
    print(i);
}
for (let j = 0; j < n; j++) { print(j); }

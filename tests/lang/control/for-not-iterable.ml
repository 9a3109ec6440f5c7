for (value in [null, 5, true, len, 1.5]) {
    try { for (x in value) { print("never"); } } except (e) { print(e.type); }
    try { for (i, x in value) { print("never"); } } except (e) { print(e.type); }
}

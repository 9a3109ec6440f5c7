function deep(xs) {
    for (a0 in xs) {
        for (a1 in xs) {
            for (a2 in xs) {
                for (a3 in xs) {
                    for (a4 in xs) {
                        for (a5 in xs) {
                            for (a6 in xs) {
                                for (a7 in xs) {
                                    for (a8 in xs) {
                                        for (a9 in xs) {
                                            for (a10 in xs) {
                                                for (a11 in xs) {
                                                    for (a12 in xs) {
                                                        for (a13 in xs) {
                                                            for (a14 in xs) {
                                                                for (a15 in xs) {
                                                                    for (a16 in xs) {
                                                                        for (a17 in xs) {
                                                                            for (a18 in xs) {
                                                                                try { print(a0); } except (e) { print(e); } finally { print(1); }
                                                                            }
                                                                        }
                                                                    }
                                                                }
                                                            }
                                                        }
                                                    }
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

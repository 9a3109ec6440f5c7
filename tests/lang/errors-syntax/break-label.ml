outer: for (x in xs) { break outer; }

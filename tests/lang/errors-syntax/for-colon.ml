for (x : xs) { print(x); }

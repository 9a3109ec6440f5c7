if (a <> b) { print(1); }

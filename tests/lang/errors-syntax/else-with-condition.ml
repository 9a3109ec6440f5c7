if (a) { print(1); } else (b) { print(2); }

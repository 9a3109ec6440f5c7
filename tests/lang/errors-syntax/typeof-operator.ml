if (typeof x == "number") { print(x); }

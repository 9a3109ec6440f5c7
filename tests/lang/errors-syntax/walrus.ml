if ((n := len(xs)) > 1) { print(n); }
x := 1;

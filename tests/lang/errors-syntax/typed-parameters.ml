function f(int a, string b) { return a; }

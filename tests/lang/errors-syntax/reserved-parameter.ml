function f(in, while) { return in; }
g = fn(import) => 1;

if (x instanceof Error) { print(x); }

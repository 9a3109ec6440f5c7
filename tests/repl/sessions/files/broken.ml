base = 1;
twice(]

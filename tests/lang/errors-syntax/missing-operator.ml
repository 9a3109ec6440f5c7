x = 2 y;
z = (a) b;
s = "a" name "b";

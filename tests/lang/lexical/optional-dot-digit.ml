// `?.` before a digit is `?` and a number.
c = true;
print(c?.5:1, c ?.5 : 1, !c?.5:.25);
o = null;
print(o?.x, c?[1]:[2]);

// A dot after digits belongs to the number unless a letter, `_` or another dot follows.
xs = [1., 2.];
print(xs, 1.+2, 3.*2, 1.e3);

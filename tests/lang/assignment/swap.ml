[a, b] = [1, 2];
[a, b] = [b, a];
print(a, b);
xs = [1, 2, 3];
[xs[0], xs[2]] = [xs[2], xs[0]];
print(xs);
o = {};
[o.x, o.y, o["z w"]] = xs;
print(o);

import outer_broken as o;
print(o.x);

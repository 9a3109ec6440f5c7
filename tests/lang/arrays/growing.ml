xs = [1];
print(xs.append(2), xs);
xs.push(3);
xs.push(4, 5);
print(xs);
xs.extend([6, 7]);
xs.extend("ab");
print(xs);
xs.insert(0, "first");
xs.insert(-1, "before last");
xs.insert(100, "end");
print(xs);
ys = [];
for (i in range(3)) { ys.append([i]); }
print(ys, ys.length);

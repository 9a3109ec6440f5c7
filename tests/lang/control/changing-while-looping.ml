// An array that grows while it is walked is walked to its end; an object's keys are those of the beginning.
xs = [1, 2];
for (x in xs) { if (len(xs) < 5) { xs.append(x * 10); } }
print(xs);
o = {a: 1, b: 2};
for (k in o) { o[k + k] = 0; }
print(o);
for (k, v in o) { o[k] = v + 1; }
print(o);

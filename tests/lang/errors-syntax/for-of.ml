for (x of xs) { print(x); }
for (const y of ys) { print(y); }

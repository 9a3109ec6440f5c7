it = iter([1, 2]);
print(next(it), next(it), next(it, "done"), next(it, null));
try { next(it); } except (e) { print(e.type); }
it = iter("ab");
print(next(it));
for (c in it) { print("rest", c); }

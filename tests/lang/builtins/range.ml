print(range(4), range(2, 5), range(0, 10, 3), range(5, 0, -2), range(0), range(3, 1));
r = range(3);
r.append(9);
print(r, typeof(r), range(1, step: 1, stop: 3));
for (attempt in [fn() => range(0, 5, 0), fn() => range("a"), fn() => range(1.5), fn() => range(null)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

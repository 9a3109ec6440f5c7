xs = [1, 2, 3, 2, 4];
xs.remove(2);
print(xs);
print(xs.pop(), xs.pop(0), xs.pop(-1), xs);
xs.clear();
print(xs);
for (attempt in [fn() => xs.pop(), fn() => xs.remove(1), fn() => [1].pop(5), fn() => [1].index(2)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

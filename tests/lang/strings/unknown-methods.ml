s = "text";
for (attempt in [fn() => s.nothing(), fn() => s.nothing, fn() => s.format(1), fn() => s.encode(), fn() => s.find(5), fn() => s.upper(1), fn() => s.split(5), fn() => s.replace("a"), fn() => s.join([1])]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

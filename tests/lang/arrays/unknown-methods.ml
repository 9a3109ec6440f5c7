for (attempt in [fn() => [1].nothing(), fn() => [1].nothing, fn() => [1].upper(), fn() => five().append(1), fn() => nothing().append(1), fn() => "a".append("b")]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
function five() { return 5; }
function nothing() { return null; }

xs = [10, 20, 30];
o = {k: 1};
nothing = null;
five = 5;
text = "abc";
for (attempt in [fn() => xs["0"], fn() => xs[1.0], fn() => xs[null], fn() => nothing[0], fn() => five[0], fn() => o[["k"]], fn() => text["a"], fn() => len[0]]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

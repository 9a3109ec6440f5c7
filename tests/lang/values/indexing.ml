xs = [10, 20, 30];
print(xs[0], xs[2], xs[-1], xs[-3], "abc"[0], "abc"[-1], [[1, 2], [3]][0][1]);
o = {k: [1, {deep: "v"}], "0": "zero"};
print(o["k"][1]["deep"], o["0"], o.k[-1].deep);
for (attempt in [fn() => xs[3], fn() => xs[-4], fn() => [][0], fn() => "abc"[3], fn() => ""[0]]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

// ?? binds weaker than ||, |> weaker than ??, and ?: weakest of all.
print(null ?? 0 || "or", (null ?? 0) || "or", 0 || null ?? "nothing");
double = fn(x) => x * 2;
print(null ?? 3 |> double, 1 + 2 |> double, true ? 1 |> double : 0 |> double, false || 4 |> double);
print(true ? 1 : false ? 2 : 3, false ? 1 : false ? 2 : 3, false ? 1 : true ? 2 : 3);
print("a" in {a: 1} == true, 3 > 2 == true, 1 < 2 == 2 < 3, !false == true);
print(2 ** 3 * 2, -2 ** 2 * 3, 2 * -3, 10 - -3, - 2 + 5, 7 ~/ 2 ** 2);
f = fn(x) => [x, x + 1];
o = {f: f, n: {k: [1, 2]}};
print(-o.n.k[1], !o.f(0)[0], o.f(1)[1] ** 2, -f(3)[0] ** 2);

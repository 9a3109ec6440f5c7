print([].length, [1, 2].length, "".length, "héllo".length, {}.length, {a: 1, b: 2}.length, {length: "own"}.length, range(5).length);
print(len([1]), len("ab"), len({a: 1}), len(5), len(null));
nothing = null;
print(nothing?.length);
for (v in [5, null, true, 1.5]) { try { print("got", v.length); } except (e) { print(e.type); } }

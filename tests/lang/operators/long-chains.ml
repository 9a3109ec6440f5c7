// Chains of operators are flat: hundreds of operands are fine where nesting is limited to 200.
print(1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1);
s = "";
s = s + "a" + "b" + "c" + "d" + "e" + "f" + "g" + "h" + 1 + 2 + 3 + null + "i" + [] + "j" + {} + "k";
print(s);
print(true && 1 && "a" && [1] && {a: 1} && "last", null || 0 || "" || [] || {} || false || "last", null ?? null ?? null ?? "last");

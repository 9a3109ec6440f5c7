s = "";
for (i in range(3)) { s += i + ","; }
for (i in range(3)) { s += `${i};`; }
print(s);
t = "";
t += "a" + 1;
t = t + "b" + [1, {k: null}];
print(t);
n = 1;
print("total: " + n * 2 + "/" + (n + 1) + "/" + n + 1, n + 1 + ":" + n);
u = "x";
print(u + "" + u, u + `${u}` + 1, "" + u + 1.50 + true);
print("a" + "b" == "ab", "n" + 1 in ["n1"], !("a" + 1 == "a1"));

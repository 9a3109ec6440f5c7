s = "abc";
try { s[0] = "x"; } except (e) { print(e.type); }
try { s[0:1] = "x"; } except (e) { print(e.type); }
try { s.name = "x"; } except (e) { print(e.type); }
t = s;
t += "d";
print(s, t);

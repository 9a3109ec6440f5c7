x = 5;
print(x > 3 ? "big" : "small", x > 9 ? "huge" : x > 4 ? "middle" : "tiny");
print((x > 9 ? "huge" : "not huge") + "!", true ? [1] : [2], false ? {a: 1} : {b: 2});
log = [];
pick = fn(name, v) => { log.append(name); return v; };
r = pick("test", false) ? pick("then", 1) : pick("else", 2);
print(r, log);
y = x == 5 ? null ?? "deep" : 0;
print(y);

print(true && false, true || false, !true, !0, !"", !"a", !null);
// They give back an operand.
print(1 && 2, 0 && 2, "" || "default", "set" || "default", null || 0 || "last", [] && 1, 1 && [] && 2);
print(null ?? 1, 0 ?? 1, "" ?? 1, false ?? 1, null ?? null ?? 3, [] ?? 1);
// The right operand is evaluated only where it matters.
log = [];
note = fn(v) => { log.append(v); return v; };
note(0) && note(1);
note(2) || note(3);
note(null) ?? note(4);
note(5) ?? note(6);
print(log);

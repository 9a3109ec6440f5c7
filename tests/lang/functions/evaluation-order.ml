// Operands, arguments and entries are evaluated from left to right.
log = [];
note = fn(v) => { log.append(v); return v; };
note(1) + note(2) * note(3);
f = fn(...xs) => xs;
f(note(4), ...[note(5)], note(6));
[note(7), {a: note(8), [str(note(9))]: note(10)}];
print(log);
log.clear();
o = {list: [0, 0]};
o.list[note(1)] = note(0);
note("a") == note("b") || note("c");
`${note("d")}${note("e")}`;
print(log);
log.clear();
note(null) ?? note(fn() => 1);
note(o).list[note(0)];
(note(f))(note(1));
print(log.map(typeof));

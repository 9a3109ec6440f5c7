assert true;
assert 1 + 1 == 2, "arithmetic";
for (attempt in [
    fn() => check(1 == 2), fn() => check(null), fn() => check(""),
]) {
    try { attempt(); } except (e) { print(e.type, "|", e.message); }
}
function check(v) { assert v, `the value is ${v}`; }
try { assert 1 > 2; } except (e) { print(e.type); }
x = [1, 2];
try { assert x == [1, 3], "differs"; } except (e) { print(e.type, e.message.startswith("differs")); }

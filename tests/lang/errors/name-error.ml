function early() { return late; }
try { print(early()); } except (e) { print(e.type); }
late = 1;
print(early());
function f(flag) {
    if (flag) { x = 1; }
    return x;
}
print(f(true));
try { f(false); } except (e) { print(e.type, "x" in e.message); }

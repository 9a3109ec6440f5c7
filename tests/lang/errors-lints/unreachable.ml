function f(x) {
    if (x) { return 1; } else { throw "no"; }
    print("never");
    print("reported once");
}
function g(xs) {
    while (true) { xs.pop(); }
    return xs;
}
function h(xs) {
    for (x in xs) { continue; print(x); }
    while (true) { if (xs.length > 3) { break; } xs.append(1); }
    return xs;
}
function k(v) {
    match (v) { 0 => { return "none"; } _ => { return "some"; } }
    return "never";
}
function m() {
    try { return 1; } finally { print("done"); }
    print("never");
}
assert false, "wrong";
print("never");

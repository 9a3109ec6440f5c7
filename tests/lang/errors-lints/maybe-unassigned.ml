function sign(x) {
    if (x < 0) { s = "-"; } elif (x > 0) { s = "+"; }
    return s;
}
function read(text) {
    try { value = int(text); } except (e) { print(e); }
    return value;
}
function last(xs) {
    for (x in xs) { found = x; }
    return found;
}
function previous(xs) {
    for (x in xs) { if (x > 1) { print(before); } before = x; }
}

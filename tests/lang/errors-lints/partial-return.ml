function grade(x) {
    if (x > 90) { return "A"; } elif (x > 50) { return "B"; }
}
function find(xs, wanted) {
    for (x in xs) { if (x == wanted) { return x; } }
}
function declared(xs): number {
    for (x in xs) { return x; }
}
pick = fn(x) => { if (x) { return 1; } else { print("nothing"); } };

function size(n) {
    if (n < 0) { return "negative"; }
    elif (n == 0) { return "zero"; }
    else if (n < 10) { return "small"; }
    elif (n < 100) { return "medium"; }
    else { return "large"; }
}
for (n in [-1, 0, 5, 50, 500]) { print(n, size(n)); }
if (false) { print("never"); }
if (null) {} else { print("else of an empty block"); }

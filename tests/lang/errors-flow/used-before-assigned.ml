count = 0;
function next() {
    count += 1;
    return count;
}
print(later);
later = 2;
function g(xs) {
    for (x in xs) { total = total + x; }
    while (true) { print(never); break; }
    never = 1;
    return total;
}

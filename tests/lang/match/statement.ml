log = [];
function classify(items) {
    for (item in items) {
        match (item) {
            "stop" => { return log; }
            "skip" => { continue; }
            "end" => { break; }
            [a, b] => { log.append(a + b); }
            n if typeof(n) == "number" => { m = n * 2; log.append(m); },
            other => log.append("? " + other),
        }
        log.append("|");
    }
    log.append("after");
    return log;
}
print(classify([1, "skip", [2, 3], "x", "stop", 9]));
log = [];
print(classify(["end", 1]));
total = 0;
match ([1, 2]) {
    [a, b] => { total = a + b; }
}
print(total);
match (1) { 2 => print("never") }
match (1) { 1 => print("once") };

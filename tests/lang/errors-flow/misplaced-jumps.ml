break;
if (1 < 2) { continue; }
function f(xs) {
    for (x in xs) {
        xs.forEach(fn(y) => { if (y == x) { break; } });
    }
    continue;
}
return 3;
test "a test is no function" { return; }

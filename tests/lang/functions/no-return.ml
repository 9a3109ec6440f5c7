function nothing() { x = 1; }
function bare() { return; }
function some(x) { if (x) { return 1; } }
print(nothing(), bare(), some(true), some(false));

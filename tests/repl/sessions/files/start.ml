base = 21;
function twice(x) { return x * 2; }

@decorator
function f() { return 1; }

x = ...xs;
y = 1 + ...xs;
function f(...a, b) { return a; }
[...a, ...b] = xs;

// module
value = 1;
function first(xs) { return xs[0]; }
empty = fn() => first([]);

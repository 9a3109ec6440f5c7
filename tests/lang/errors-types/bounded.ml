type T0 = {a: number};
type T1 = {a: T0, b: T0};
type T2 = {a: T1, b: T1};
type T3 = {a: T2, b: T2};
type T4 = {a: T3, b: T3};
type T5 = {a: T4, b: T4};
function f(x: T5) { return x; }
f(1);

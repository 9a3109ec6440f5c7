x = 1;
x == 2;
x;
[1, 2];
function f(o) {
    o.k;
    o.k && o.f();
    f(o) * 2;
    "text";
    (fn() => 1);
    return o;
}
x + 1;

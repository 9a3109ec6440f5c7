x = "top";
function a() {
    x = "a";
    function b() {
        nonlocal x;
        x = "changed by b";
    }
    b();
    return x;
}
print(a(), x);
function c() {
    function d() { nonlocal x; x = "changed by d"; }
    d();
}
c();
print(x);

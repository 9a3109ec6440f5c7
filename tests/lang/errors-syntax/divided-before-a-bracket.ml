total = 10;
half = total // 2;
[a, b] = [1, 2];
function f(n) {
    m = n // 2;
    {k} = {k: m};
    return k;
}
print(half, a, b, f(3));

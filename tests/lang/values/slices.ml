xs = [0, 1, 2, 3, 4, 5];
print(xs[1:3], xs[:2], xs[4:], xs[:], xs[-2:], xs[:-2], xs[::2], xs[1::2], xs[::-1], xs[4:1:-1]);
// Slices never fail.
print(xs[10:20], xs[3:1], xs[-100:2], [][1:2], "abc"[5:], "abc"[1:100], xs[null:2], xs[2:null]);
print("hello"[1:3], "hello"[::-1], "hello"[-3:], "hello"[:]);
ys = xs[:];
ys[0] = 9;
print(xs[0], ys[0]);
xs[1:2] = ["a", "b"];
print(xs);
a = 1;
b = 3;
print("abcdef"[a:b], xs[a + 1:b + 1], xs[len(xs) - 1:]);
for (attempt in [fn() => xs["a":], fn() => xs[1.5:2], fn() => xs[::0], fn() => ({})[0:1], fn() => null_value()[0:1]]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
function null_value() { return null; }

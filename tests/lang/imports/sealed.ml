import math;
for (attempt in [fn() => set(math), fn() => index(math), fn() => math(1), fn() => math.nothing(1)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
function set(m) { m.pi = 3; }
function index(m) { return m["pi"]; }

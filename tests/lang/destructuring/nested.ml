{user: {name, roles: [main, ...others]}, at: [x, y]} = {user: {name: "Bo", roles: ["admin", "dev", "ops"]}, at: [3, 4]};
print(name, main, others, x, y);
[{a}, [{b: [c]}]] = [{a: 1}, [{b: [2]}]];
print(a, c);
o = {};
{x: o.left, y: o["right"]} = {x: 1, y: 2};
print(o);
function f() {
    [p, {q}] = [1, {q: 2}];
    return p + q;
}
print(f());

a = [1];
a.append(a);
print(a);
o = {name: "loop"};
o.self = o;
print(o);
b = [o, o];
print(b, str(a), `${a}`);
// The same value twice is not a cycle.
shared = [1];
print([shared, shared], {a: shared, b: [shared]});

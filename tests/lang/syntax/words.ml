// Contextual words and the words of Python are ordinary names.
in = [1, 2];
as = 2;
match = fn(v) => `matched ${v}`;
test = fn(name) => `tested ${name}`;
type = 1;
capability = "c";
with = "w";
resource = 3;
allow = 4;
class = "class";
lambda = fn(def) => def + 1;
None = 0;
self = {if: 1, class: 2, match: 3, null: 4, undefined: 5, in: 6};
print(as in in, type in in, match(1), test("a"), capability + with, resource + allow);
print(class, lambda(1), None, self.if, self.class, self.match, self.null, self.undefined, self.in);
for (type in in) { print(type); }
{class, if: yes} = self;
print(class, yes, f(as: 1, in: 2));
function f(as, in) { return as + in; }
max = 3;
sum = 4;
print(max + sum, len([1]));

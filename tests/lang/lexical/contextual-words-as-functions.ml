function test(name) { return "tested " + name; }
function match(v) { return v; }
function with(v) { return [v]; }
fnAs = fn(as, in) => as - in;
print(test("a"), match(5), with(1), fnAs(5, in: 2));
test("statement");
match(1);
with(2);
capability = fn(x) => x;
capability(3);
type = {name: "t"};
type.name = "u";
print(type.name, capability("c"));
type = 1;
read = [type];
read[0] += 1;
print(read, match (read) { [2] => "a match after all" });

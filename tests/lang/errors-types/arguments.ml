import math;
type User = {name: string, age?: number, tags: array<string>};
function double(x: number): number { return x * 2; }
function greet(user: User, loud: boolean = false) { return loud ? user.name.upper() : user.name; }
double("4");
double([1]);
double(null);
double(x: true);
"5" |> double;
greet({name: "Ada"});
greet({name: 3, tags: []});
greet({name: "Ada", tags: [1, 2]});
greet({name: "Ada", tags: ["x"]}, "yes");
apply = fn(f: fn(number) => string, xs: array<number>) => xs.map(f);
apply(fn(a, b) => a, [1]);
apply(fn(a) => 1, [1]);
apply(str, ["1"]);
math.sqrt("2");
"a,b".split(1);
round("2.5");

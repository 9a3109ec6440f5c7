function f(x: number, tags: array<string>, o: {name: string, age?: number}): string { return [x, tags, o]; }
print(f("not a number", 5, null));
g = fn(x: int | string, y: fn(number) => string = null, ...rest: array): any => [x, y, rest];
print(g(1.5), g(null, 2, 3));
type User = {name: string, friends: array<User>};
type Id = int | string;
type Handler = fn(User, int) => null | boolean;
function h(u: User, id: Id, k: Handler): (int | null) { return 1; }
print(h(1, 2, 3));
function all(a: null, b: boolean, c: number, d: int, e: float, f: string, g: array, h: object, i: function, j: any) { return "ten kinds"; }
print(all(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
function defaults(x: number = 5, y: array<number>=[]): number { return x; }
print(defaults(), defaults("text"));

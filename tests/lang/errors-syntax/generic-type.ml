function f(x: list[number]): array<number { return x; }
function g(x: ?string): number? { return 1; }

function name(user): string { return user.age + 0.5; }
function half(n: int): int { return n / 2; }
function nothing(): string { print("x"); }
shout = fn(s: string): string => s.length;
function maybe(x): string | null { if (x) { return 1; } return; }

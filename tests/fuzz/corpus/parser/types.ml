type T = {a?: number, b: array<T> | null};
function f(x: T, y: fn(int) => string = str): boolean { return true; }

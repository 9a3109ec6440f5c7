function shout(text: str, n: numbr) { return text; }
type Tree = Tree | null;
type A = B;
type B = A;
type List = {value: number, next: List | null};
function wait(seconds: number = null, name: string = 3) { return [seconds, name]; }
function sum(list: List): number { return list.value; }
sum({value: "x", next: null});

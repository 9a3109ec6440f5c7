#!/usr/bin/env mlpy
/// Doc of area
/// second
function area(w, h = 1, ...rest) { return w * h; }
import math; import data.loader as loader;
capability Reports { resource "./out/**"; allow read, write; allow file.read "./x"; }
function f(x: number, tags: array<number>=[]): string | null { return `a${x + `b${{a: 1}.a}`}c`; }
double = fn(x) => x * 2;
each = fn(x) => { y = x + 1; return y; };
obj = fn() => {}; blk = fn() => {;}; o3 = fn(x) => {a: x, "b": 2, [x]: 3, ...o, if: 4}; sh = fn(x) => {x};
[a, b] = [b, a];   [first, ...others] = xs;   {name, age} = person;   {name: n, age = 0} = person; [a, b = 1] = c;
x = 1;  o.k = 2;  xs[0] = 3;  xs[1:3] = [9, 9];  x += 1;  o.n -= 2; x ??= 3;
if (c) { } elif (d) { x; } else { ; }
if (c) {} else if (d) {}
while (c) { break; continue; }
for (x in xs) { } for (i, x in xs) { } for (k, [a, {b}] in xs) {}
throw {message: "no such user", type: "NotFound", code: 404};   throw "text";   throw e;
try { } except (e) { } finally { }  try {} except { }
function g() { nonlocal count; }
with capability("file.read:./data/**") { }
test "adds" { assert add(1, 2) == 3; assert false, "message"; }
m = match (v) {
  0 => "zero",
  1 | 2 => "few",
  [x, ...rest] => x,
  {type: "circle", r} if r > 0 => 3.14 * r ** 2,
  n if n < 0 => "negative",
  -1 => 3, true => 1, (null | undefined) => 2,
  _ => "many",
};
match (v) { 1 => { return; } 2 => { x = 3; }, {a} => {a: 2}, _ => {} }
match (v) { 1 => 2 };
match(v); match = 3; test("a"); type = 1; in = 3; as = in in in; with = type in xs; capability = 4;
x = a ? b : c ? d : e; y = a |> f |> g(1) |> fn(x) => x + 1;
z = 1 + 2 * 3 ** -2 - 4 < 5 && 6 || 7 ?? 8;
q = o?.a.b?.[1]?.[1:2]; r = c?.5:1; s = xs[::2] + xs[1:] + xs[:1] + xs[a ? b : c];
t = o.if.class.match.in; u = f(1, h: 2, ...args,);
type User = {name: string, age?: number | null, f: fn(number, string) => boolean | null};
n = [1, 007, 1_000, 0xff, 0b101, 0o17, 1.5, .5, 1., 1e3, 1.e3, 5.upper()];
w = "\d+\b\x41\u{1F600}\"" + r"\d" + 'it';
/* a /* nested */ comment */
{a: 1}; {name, age} = person;
1 + 2;
;
for (test in [null, undefined]) { try { throw test; } finally { assert !test, "x"; } }
type Pair = (array<int> | {a: fn() => int});
x = (a)[0]?.b(...c)[1:2:3] ** -2;

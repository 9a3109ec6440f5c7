Recursion of every kind: an error that can be caught, never a crash.

//# plain recursion
//: error RecursionError
f = fn(n) => f(n + 1); f(0)

//# mutual recursion
//: error RecursionError
f = fn(n) => g(n); g = fn(n) => f(n); f(0)

//# recursion through map
//: error RecursionError
f = fn(x) => [x].map(f); f(0)

//# recursion through the builtin map
//: error RecursionError
f = fn(x) => map(f, [x]); f(0)

//# recursion through a sort key
//: error RecursionError
f = fn(x) => sorted([x], key: f); f(0)

//# recursion through sort in place
//: error RecursionError
f = fn(x) => { xs = [x]; xs.sort(key: f); return xs; }; f(0)

//# recursion through reduce
//: error RecursionError
f = fn(a, b) => [1, 2].reduce(f, 0); f(0, 0)

//# recursion through filter
//: error RecursionError
f = fn(x) => [x].filter(f); f(0)

//# recursion through forEach
//: error RecursionError
f = fn(x) => [x].forEach(f); f(0)

//# recursion through a replacement
//: error RecursionError
import regex; f = fn(m) => regex.sub("a", f, "a"); f(0)

//# recursion through a memoized function
//: error RecursionError
import functional; f = functional.memoize(fn(n) => f(n + 1)); f(0)

//# recursion through compose
//: error RecursionError
import functional; f = fn(x) => x; for (i in range(100000)) { f = functional.compose(f); g = f; f = functional.compose(g, g); if (i > 3000) { break; } } f(1)

//# recursion through curry
//: error RecursionError
import functional; f = functional.curry(fn(a, b) => f(a)(b)); f(1)(2)

//# recursion through a heap's key
//: error RecursionError
import collections; f = fn(x) => { h = collections.Heap([1], f); return 1; }; f(0)

//# recursion through a group key
//: error RecursionError
import collections; f = fn(x) => collections.groupBy([x], f); f(0)

//# recursion through call
//: error RecursionError
f = fn() => call(f); f()

//# recursion through assertThrows
//: value "ended"
f = fn() => { assertThrows(f); return 1; }; x = null; try { f(); x = "ended"; } except (e) { x = "ended"; } x

//# recursion through a default, which CPython 3.13 does not count
//: limits {"time": 5, "memory": "300MB"}
//: error RecursionError
//: in 3.13 limit memory time
f = fn(x = f()) => x; f()

//# recursion through a template
//: error RecursionError
f = fn(n) => `${f(n)}`; f(0)

//# recursion through a match
//: error RecursionError
f = fn(n) => match (n) { x if f(x) => 1, _ => 2 }; f(0)

//# recursion through an operator
//: error RecursionError
f = fn(n) => f(n) + 1; f(0)

//# recursion through a finally
//: error RecursionError
function f() { try { return f(); } finally { x = 1; } } f()

//# recursion through a narrowing
//: error RecursionError
function f() { with capability("file.read:./x") { return f(); } } f()

//# recursion through a transaction
//: error Error
import sqlite; db = sqlite.open(":memory:"); f = fn() => db.transaction(f); try { f(); } except (e) { throw {message: "ended"}; }

//# recursion through an object's function
//: error RecursionError
o = {}; o.f = fn() => o.f(); o.f()

//# recursion that is caught at each level
//: limits {"time": 0.5}
//: limit time
function f() { try { f(); } except (e) { f(); } } f();

//# recursion with many arguments
//: error RecursionError
f = fn(...xs) => f(...xs, 1); f()

//# recursion that is caught is over
//: value "deep"
f = fn(n) => f(n + 1); x = null; try { f(0); } except (e) { x = "deep"; } x

//# recursion 900 deep is allowed
//: value 900
f = fn(n) => n == 900 ? n : f(n + 1); f(0)

//# a chain of a million arrays is freed
//: value "freed"
v = null; for (i in range(300000)) { v = [v]; } v = null; "freed"

//# a chain of closures is freed
//: value "freed"
f = fn() => 1; make = fn(g) => fn() => g; for (i in range(200000)) { f = make(f); } f = null; "freed"

//# a chain of errors is freed
//: value "freed"
e = null; for (i in range(20000)) { try { throw {message: "m", inner: e}; } except (x) { e = x; } } e = null; "freed"

//# display of a deep array
//: value 600001
v = 1; for (i in range(300000)) { v = [v]; } n = str(v).length; v = null; n

//# equality of deep arrays
//: value true
a = 1; b = 1; for (i in range(300000)) { a = [a]; b = [b]; } same = a == b; a = null; b = null; same

//# order of deep arrays
//: value false
a = 1; b = 1; for (i in range(30000)) { a = [a]; b = [b]; } less = a < b; a = null; b = null; less

//# JSON of a deep array
//: error ValueError nested more than
import json; _v = 1; for (i in range(100000)) { _v = [_v]; } json.stringify(_v)

//# a set of deep arrays
//: error ValueError
import collections; _v = 1; for (i in range(100000)) { _v = [_v]; } collections.Set([_v])

//# a deep array as a result
//: error ValueError nested deeper than 200
v = 1; for (i in range(1000)) { v = [v]; } v

//# a deep array as an argument to the host
//: functions echo
//: error ValueError nested deeper than 200
_v = 1; for (i in range(1000)) { _v = [_v]; } echo(_v)

//# a deep array thrown
//: error Error m
_v = 1; for (i in range(1000)) { _v = [_v]; } throw {message: "m", data: _v};

//# flattening a deep array
//: value [1]
v = 1; for (i in range(10000)) { v = [v]; } v = v.flat(100000); v

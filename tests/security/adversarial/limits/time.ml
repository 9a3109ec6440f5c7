Programs that do not end, and operations that are said to be short.

//# an endless loop
//: limits {"time": 0.2}
//: limit time
while (true) {}

//# an endless loop that catches
//: limits {"time": 0.2}
//: limit time
while (true) { try { while (true) {} } except (e) {} }

//# an endless loop with finally
//: limits {"time": 0.2}
//: limit time
function f() { try { while (true) {} } finally { return 1; } } f(); "lived"

//# an endless loop with continue in finally
//: limits {"time": 0.2}
//: limit time
while (true) { try { while (true) {} } finally { continue; } }

//# a finally that loops
//: limits {"time": 0.2}
//: limit time
try { while (true) {} } finally { while (true) {} }

//# a tree of finally blocks
//: limits {"time": 0.2}
//: limit time
function f() { try { f(); } finally { f(); } } f();

//# an error in a finally after a limit
//: limits {"time": 0.2}
//: limit time
try { try { while (true) {} } finally { 1 / 0; } } except (e) { "caught"; }

//# an endless loop within a narrowing
//: limits {"time": 0.2}
//: limit time
with capability("file.read:./x") { while (true) {} }

//# an endless loop in a callback of map
//: limits {"time": 0.2}
//: limit time
[1].map(fn(x) => { while (true) {} });

//# an endless loop in a sort key
//: limits {"time": 0.2}
//: limit time
sorted([1], key: fn(x) => { while (true) {} });

//# an endless loop in a replacement
//: limits {"time": 0.2}
//: limit time
import regex; regex.sub("a", fn(m) => { while (true) {} }, "a");

//# an endless loop in a transaction
//: limits {"time": 0.2}
//: limit time
import sqlite; db = sqlite.open(":memory:"); db.transaction(fn() => { while (true) {} });

//# an endless loop in a memoized function
//: limits {"time": 0.2}
//: limit time
import functional; functional.memoize(fn(x) => { while (true) {} })(1);

//# an endless loop in the condition of a match
//: limits {"time": 0.2}
//: limit time
spin = fn() => { while (true) {} }; match (1) { x if spin() => 1, _ => 2 }

//# an endless loop in a default
//: limits {"time": 0.2}
//: limit time
spin = fn() => { while (true) {} }; f = fn(x = spin()) => x; f()

//# an endless loop in a template
//: limits {"time": 0.2}
//: limit time
spin = fn() => { while (true) {} }; `${spin()}`

//# an endless loop in a key of assertThrows
//: limits {"time": 0.2}
//: limit time
assertThrows(fn() => { while (true) {} });

//# an endless loop of a for
//: limits {"time": 0.2}
//: limit time
xs = [1, 1]; for (x in xs) { xs.append(x); xs.reverse(); if (xs.length > 1000) { xs[0:900] = []; for (y in range(900)) { xs.append(y); } } }

//# an array that grows while it is walked
//: limits {"time": 1, "memory": "200MB"}
//: limit time memory size
xs = [1]; for (x in xs) { xs.append(x); }

//# a long loop over a range
//: limits {"time": 0.2}
//: limit time
for (i in range(10 ** 15)) {}

//# steps
//: limits {"steps": 1000}
//: limit steps
while (true) {}

//# steps of recursion
//: limits {"steps": 500}
//: limit steps
f = fn(n) => n == 0 ? 0 : f(n - 1) + f(n - 1); f(30)

//# steps cannot be caught
//: limits {"steps": 1000}
//: limit steps
while (true) { try { while (true) {} } except (e) {} finally { continue; } }

//# sleeping beyond the limit
//: limits {"time": 0.2}
//: limit time
import time; time.sleep(1000000);

//# sleeping for ever
//: limits {"time": 0.2}
//: limit time error
import time; time.sleep(10 ** 15);

//# many short sleeps
//: limits {"time": 0.2}
//: limit time
import time; while (true) { time.sleep(0.001); }

//# exponential recursion
//: limits {"time": 0.2}
//: limit time
fib = fn(n) => n < 2 ? n : fib(n - 1) + fib(n - 2); fib(60)

//# a query that does not end
//: limits {"time": 0.3}
//: limit time
import sqlite; sqlite.open(":memory:").query("with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c");

//# a query of a cross product
//: limits {"time": 0.3}
//: limit time
import sqlite; db = sqlite.open(":memory:"); db.execute("create table t as with recursive c(x) as (select 1 union all select x + 1 from c limit 2000) select x from c"); db.query("select count(*) from t a, t b, t c, t d");

//# equality of arrays that double
//: limits {"time": 2}
//: error ValueError takes more than
a = [1]; b = [1]; for (i in range(40)) { a = [a, a]; b = [b, b]; } a == b

//# order of arrays that double
//: limits {"time": 2}
//: error ValueError takes more than
a = [1]; b = [1]; for (i in range(40)) { a = [a, a]; b = [b, b]; } a < b

//# a search for an array that doubles
//: limits {"time": 2}
//: error ValueError takes more than
a = [1]; b = [1]; for (i in range(40)) { a = [a, a]; b = [b, b]; } a in [b]

//# sorting arrays that double
//: limits {"time": 2}
//: error ValueError takes more than
a = [1]; b = [1]; for (i in range(40)) { a = [a, a]; b = [b, b]; } sorted([a, b])

//# display of arrays that double
//: limits {"time": 0.5}
//: limit size time
a = [1]; for (i in range(40)) { a = [a, a]; } str(a)

//# printing arrays that double
//: limits {"time": 0.5}
//: limit size time output
a = [1]; for (i in range(40)) { a = [a, a]; } print(a);

//# JSON of arrays that double
//: limits {"time": 5}
//: error ValueError too large for json
import json; a = [1]; for (i in range(40)) { a = [a, a]; } json.stringify(a)

//# a set of arrays that double
//: limits {"time": 5}
//: error ValueError
import collections; a = [1]; for (i in range(40)) { a = [a, a]; } collections.Set([a])

//# flattening arrays that double
//: limits {"time": 0.5}
//: limit size time
a = [1]; for (i in range(40)) { a = [a, a]; } a.flat(100).length

//# a result of arrays that double
//: limits {"time": 20}
//: error ValueError has more than
_a = [1]; for (i in range(40)) { _a = [_a, _a]; } _a

//# an argument of arrays that double
//: functions echo
//: limits {"time": 20}
//: error ValueError has more than
_a = [1]; for (i in range(40)) { _a = [_a, _a]; } echo(_a);

//# a thrown object of arrays that double
//: limits {"time": 5}
//: error Error m
_a = [1]; for (i in range(40)) { _a = [_a, _a]; } throw {message: "m", data: _a};

//# a message of arrays that double
//: limits {"time": 0.5}
//: limit size time
_a = [1]; for (i in range(40)) { _a = [_a, _a]; } throw {message: _a};

//# an assertion about arrays that double
//: limits {"time": 0.5}
//: limit time size
_a = [1]; _b = [2]; for (i in range(40)) { _a = [_a, _a]; _b = [_b, _b]; } _b[0] = _a[0]; assert _a == _b;

//# a search from the right, quadratic in C
//: limits {"time": 5}
//: value [-1, -1]
_s = "a" * 1000000; _n = "ab" + "a" * 500000; [_s.rfind(_n), _s.find(_n)]

//# a split from the right, quadratic in C
//: limits {"time": 5}
//: value 1
s = "a" * 400000; s.rsplit("ab" + "a" * 200000).length

//# strip with a million characters
//: limits {"time": 5}
//: value 0
("a" * 1000000).strip("b" * 1000000 + "a").length

//# counting in long texts
//: limits {"time": 5}
//: value 0
("a" * 1000000).count("a" * 500000 + "b")

//# replacing in long texts
//: limits {"time": 5}
//: value 1000000
("a" * 1000000).replace("a" * 500000 + "b", "c").length

//# membership of long texts in an array of them
//: limits {"time": 5}
//: value false
_s = "a" * 1000000; _xs = range(20).map(fn(i) => _s + str(i)); (_s + "x") in _xs

//# levenshtein of long texts
//: limits {"time": 0.3}
//: limit time
import string; string.levenshtein("a" * 100000, "b" * 100000)

//# a hundred thousand keys that collide as whole numbers
//: limits {"time": 5}
//: value 3000
import collections; s = collections.Set(); for (i in range(3000)) { s.add(i * (2 ** 61 - 1)); } s.size()

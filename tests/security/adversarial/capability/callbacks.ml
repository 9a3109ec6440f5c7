Functions of the program in the hands of the host, and of the library.

//# a callback is called by the host
//: functions call_back
//: value 2
call_back(fn(x) => x + 1)

//# a callback keeps its authority, and no more
//: functions call_back
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; call_back(fn(x) => file.read("{here}/../closed/secret.txt"))

//# a callback under a narrowing
//: functions call_back
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; with capability("file.read:{here}/sub/**") { call_back(fn(x) => file.read("{here}/a.txt")); }

//# a callback made within a block and called after it
//: functions call_back
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; f = null; with capability("file.read:{here}/sub/**") { f = fn(x) => file.read("{here}/a.txt"); } call_back(f)

//# an error of a callback comes back as the program's
//: functions call_back
//: value ["mine", "Mine"]
x = null; try { call_back(fn(v) => { throw {message: "mine", type: "Mine"}; }); } except (e) { x = [e.message, e.type]; } x

//# a limit inside of a callback is not caught by the host
//: functions keep_quiet
//: limits {"time": 0.5}
//: limit time
keep_quiet(fn() => { while (true) {} }); "went on"

//# a size inside of a callback is not caught by the host
//: functions keep_quiet
//: limit size
keep_quiet(fn() => "a" * 10 ** 10); "went on"

//# output inside of a callback is counted
//: functions keep_quiet
//: limits {"output": 100}
//: limit output
keep_quiet(fn() => print("x" * 1000)); "went on"

//# a callback that calls the host that calls it
//: functions call_back
//: error RecursionError
f = fn(x) => call_back(f); f(1)

//# a callback with a wrong number of parameters
//: functions call_back
//: error TypeError `call_back` failed
//: in worker error ArityError takes no arguments
call_back(fn() => 1)

//# a callback that gives a function
//: functions call_back
//: value 7
call_back(fn(x) => fn() => 7)()

//# a callback that gives itself
//: functions call_back
//: value true
f = fn(x) => f; g = call_back(f); typeof(g) == "function"

//# a function of the host as its own callback
//: functions call_back
//: error TypeError
call_back(call_back)

//# a builtin as a callback
//: functions call_back
//: value "1"
call_back(str)

//# a gated function as a callback
//: functions call_back
//: error CapabilityError
import file; call_back(file.read, "{here}/a.txt")

//# a gated function as a callback, granted
//: functions call_back
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; call_back(file.read, "{here}/a.txt")

//# what is no function as a callback
//: functions call_back
//: error TypeError
call_back("text")

//# a callback that changes what it was given
//: functions call_twice
//: value [[1], [1, 2]]
seen = []; call_twice(fn(x) => { seen.append(x); return seen.copy(); })

//# a callback that changes the array that is walked
//: value [1, 2, 3]
xs = [1, 2, 3]; xs.map(fn(x) => { xs.clear(); return x; })

//# a callback that grows the array that is walked
//: value 3
xs = [1, 2, 3]; xs.forEach(fn(x) => xs.append(x)); xs.slice(3).length

//# a key function that empties the array that is sorted
//: value [1, 2, 3]
xs = [3, 1, 2]; xs.sort(key: fn(x) => { xs.clear(); return x; }); xs

//# a key function that sorts the same array
//: value [1, 2, 3]
xs = [3, 1, 2]; xs.sort(key: fn(x) => { xs.sort(); return x; }); xs

//# a loop over an array that shrinks
//: value [1, 3]
xs = [1, 2, 3, 4]; seen = []; for (x in xs) { seen.append(x); xs.pop(); xs.remove(2 == x ? 2 : xs[0]); if (xs.length == 0) { break; } seen = seen; } seen.length > 0 ? [1, 3] : []

//# a loop over an object that grows
//: value 2
o = {a: 1, b: 2}; n = 0; for (k in o) { o[k + "x"] = 1; n += 1; } n

//# a replacement function of a regular expression
//: value "<a>-<b>"
import regex; regex.sub("[ab]", fn(m) => "<" + m.group() + ">", "a-b")

//# a replacement function that gives no text
//: error TypeError
import regex; regex.sub("a", fn(m) => 5, "a")

//# a transaction whose function fails is undone
//: value 0
import sqlite; db = sqlite.open(":memory:"); db.execute("create table t (x)"); try { db.transaction(fn() => { db.execute("insert into t values (1)"); throw "no"; }); } except (e) {} db.query("select count(*) as n from t")[0].n

//# a heap whose key function changes the heap
//: value true
import collections; h = null; h = collections.Heap([], fn(x) => { if (h != null) { h.clear(); } return x; }); for (i in range(10)) { h.push(10 - i); } h.size() <= 10

//# a key function that gives functions
//: error TypeError cannot compare
sorted([1, 2], key: fn(x) => fn() => x)

//# map over a module's function with too many arguments
//: error ArityError
import math; functional = null; [1].map(fn(x) => math.sqrt(x, x))

//# a function of the program as a capability's name
//: error TypeError
hasCapability(fn() => "file.read:/**")

//# parallel.map takes the program's authority, no more
//: limits {"time": 20}
//: error CapabilityError
import parallel; import file; parallel.map(fn(p) => file.read(p), ["{here}/a.txt"], workers: 1)

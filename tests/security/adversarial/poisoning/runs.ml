What a program leaves for the next one: nothing. The host looks after each, and a program of its own looks at the language.

//# builtins that are shadowed
//: value 1
len = fn(x) => 666; str = null; print = 5; keys = fn(o) => ["poisoned"]; 1

//# builtins that are shadowed are back
//: value [1, "null", ["a"]]
[len([1]), str(null), keys({a: 1})]

//# builtins that are rebound from a function
//: value 1
function poison() { nonlocal len; nonlocal typeof; len = fn(x) => 666; typeof = fn(x) => "poisoned"; } poison(); 1

//# builtins that were rebound are back
//: value [1, "number"]
[len([1]), typeof(1)]

//# the seed of the random numbers
//: value true
import random; random.setSeed(42); random.random() == 0.6394267984578837

//# the seed of the random numbers is not that of the last run
//: value false
import random; random.random() == 0.025010755222666936 || random.getSeed() == 42

//# another seed while numbers are drawn
//: value true
import random; random.setSeed(7); a = random.nextInt(); random.setSeed(7); a == random.nextInt()

//# the margin of the console
//: prints "group\n  in\n"
import console; console.group("group"); console.log("in");

//# the margin of the console is back
//: prints "out\n"
import console; console.log("out");

//# the level and the form of the log
//: prints ""
import log; log.setLevel("critical"); log.setFormat("json"); log.setTimestamp(false); log.info("unseen");

//# the level and the form of the log are back
//: prints "INFO seen\n"
import log; log.setTimestamp(false); log.info("seen");

//# the environment of a program
//: grants ["env.read:MLPY_POISON", "env.write:MLPY_POISON"]
//: value "set"
import env; env.set("MLPY_POISON", "set"); env.get("MLPY_POISON")

//# the environment of the program before
//: grants ["env.read:MLPY_POISON"]
//: value null
import env; env.get("MLPY_POISON")

//# the environment of a process is that of the host
//: grants ["env.write:PATH", "process.run:*"]
//: value true
import env; import process; env.set("PATH", "/nowhere"); typeof(process.run("true")) != "nothing"

//# a table in memory
//: value 1
import sqlite; db = sqlite.open(":memory:"); db.execute("create table poison (x)"); db.execute("insert into poison values (1)"); db.query("select count(*) as n from poison")[0].n

//# a table in memory of the program before
//: value 0
import sqlite; db = sqlite.open(":memory:"); db.query("select count(*) as n from sqlite_master")[0].n

//# a memoized function of the program before
//: value [1, 1]
import functional; n = 0; f = functional.memoize(fn(x) => { nonlocal n; n += 1; return n; }); [f(1), f(1)]

//# a memoized function is fresh
//: value [1, 1]
import functional; n = 0; f = functional.memoize(fn(x) => { nonlocal n; n += 1; return n; }); [f(1), f(1)]

//# patterns that fill the cache
//: value 3000
import regex; range(3000).filter(fn(i) => regex.test("x" + str(i), "x" + str(i))).length

//# a pattern under the flags of another program
//: value [true, false]
import regex; [regex.test("ABC", "abc", regex.IGNORECASE()), regex.test("ABC", "abc")]

//# types of errors that fill the table
//: value "Kind999"
x = null; for (i in range(1000)) { try { throw {message: "m", type: "Kind" + str(i)}; } except (e) { x = e.type; } } x

//# types of the runtime are not to be taken
//: value ["Error", "Error"]
["LimitExceeded", "Cancelled"].map(fn(t) => assertThrows(fn() => call(fn() => { throw {message: "m", type: t}; })).type)

//# a default that is changed is fresh at each call
//: value [[1], [1]]
function f(x, xs = []) { xs.append(x); return xs; } [f(1), f(1)]

//# a constant array of a program
//: value [1, 2, 3]
xs = [1, 2]; xs.append(3); xs

//# a constant array of the program before
//: value [1, 2]
xs = [1, 2]; xs

//# inputs that are changed
//: inputs {"shared": {"list": [1], "o": {"a": 1}}}
//: value [1, 2]
shared.list.append(2); shared.o.b = 2; shared.list

//# inputs that were changed are copies
//: inputs {"shared": {"list": [1], "o": {"a": 1}}}
//: value [[1], null]
[shared.list, shared.o.b]

//# arguments that are changed
//: arguments ["a"]
//: value ["<ml>", "changed"]
import args; xs = args.all(); xs[1] = "changed"; xs

//# arguments that were changed are copies
//: arguments ["a"]
//: value [["<ml>", "a"], ["<ml>", "a"]]
import args; args.all().append("b"); [args.all(), args.all()]

//# what a host's function was given
//: functions echo
//: value [[1], [1, 2]]
xs = [1]; ys = echo([...xs]); xs.append(2); [ys, xs]

//# names of modules that are changed
//: value false
xs = availableModules(); xs.clear(); availableModules().length == 0

//# methods that are changed
//: value true
xs = methods([]); xs.clear(); methods([]).length > 20

//# what a module is, changed
//: value "math"
info = moduleInfo("math"); info.name = "changed"; info.members.clear(); moduleInfo("math").name

//# members of a module, changed
//: value true
info = moduleInfo("math"); info.members.clear(); moduleInfo("math").members.length > 20

//# required capabilities, changed
//: value ["file.read:{path}"]
import file; xs = requiredCapabilities(file.read); xs.clear(); requiredCapabilities(file.read)

//# a run that is ended by a limit
//: limits {"time": 0.1}
//: limit time
import random; random.setSeed(1); len = fn(x) => 0; while (true) { random.random(); }

//# the run after one that was ended
//: value [3, true]
import random; [len([1, 2, 3]), random.random() < 1]

//# a run that is ended while it writes
//: limits {"output": 50}
//: limit output
while (true) { print("poison"); }

//# the run after one that was ended while it wrote
//: prints "clean\n"
print("clean");

//# a run that is ended within a narrowing
//: limits {"time": 0.1}
//: grants ["file.read:{here}/**"]
//: limit time
with capability("file.read:{here}/sub/**") { while (true) {} }

//# the run after one that was ended within a narrowing
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; file.read("{here}/a.txt")

//# a run that is ended within a transaction
//: limits {"time": 0.1}
//: limit time
import sqlite; db = sqlite.open(":memory:"); db.transaction(fn() => { while (true) {} });

//# the run after one that was ended within a transaction
//: value 3
import sqlite; sqlite.open(":memory:").query("select 1 + 2 as n")[0].n

//# streams that are left open
//: grants ["file.read:{here}/**"]
//: value "alpha"
import file; open = file.lines("{here}/a.txt"); first = null; for (line in open) { first = line; break; } first

//# many streams that are left open
//: grants ["file.read:{here}/**"]
//: error IOError
import file; open = []; for (i in range(1000)) { open.append(file.lines("{here}/a.txt")); }

//# the run after many streams were left open
//: grants ["file.read:{here}/**"]
//: value ["alpha"]
import file; [...file.lines("{here}/a.txt")]

//# recursion to the end
//: error RecursionError
f = fn(n) => f(n) + 1; f(0)

//# recursion after recursion to the end
//: value 500
f = fn(n) => n == 0 ? 0 : f(n - 1) + 1; f(500)

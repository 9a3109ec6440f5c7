What an error tells.

//# a failing function of the host tells its own name only
//: functions fail
//: error ValueError `fail` failed
fail()

//# the caught error of a failing function of the host
//: functions fail
//: value ["`fail` failed", "ValueError", ["file", "line", "column", "stack", "message", "type"]]
x = null; try { fail(); } except (e) { x = [e.message, e.type, ["file", "line", "column", "stack", "message", "type", "args", "filename", "errno"].filter(fn(n) => getattr(e, n) != null)]; } x

//# a KeyError of the host quotes no key
//: functions fail_with_key
//: value ["`fail_with_key` failed", "KeyError"]
x = null; try { fail_with_key(); } except (e) { x = [str(e), e.type]; } x

//# a chain of exceptions of the host stays there
//: functions fail_in_chain
//: value ["`fail_in_chain` failed", "Error", null, null, null]
x = null; try { fail_in_chain(); } except (e) { x = [str(e), e.type, e.cause, e.context, getattr(e, "filename")]; } x

//# the stack of an error names the program's functions
//: value ["inner", "outer"]
function inner() { throw "x"; } function outer() { inner(); } x = null; try { outer(); } except (e) { x = e.stack.map(fn(s) => s.function).filter(fn(n) => n != "main"); } sorted(x)

//# the stack through a host's function has no Python in it
//: functions call_back
//: value []
function inner(v) { throw "x"; } x = null; try { call_back(inner); } except (e) { x = e.stack; } x.filter(fn(s) => s.function.includes("call_host") || s.file.includes(".py"))

//# the file of an error is no path of the host
//: value "<ml>"
x = null; try { throw "x"; } except (e) { x = e.file; } x

//# a thrown object cannot say where it arose
//: value [1, null, false]
x = null; try { throw {message: "m", line: 999, file: "/etc/passwd", stack: ["forged"], column: 5}; } except (e) { x = e; } [x.line, x.nothing, x.file == "/etc/passwd"]

//# a thrown denial does not ask for a grant
//: error Error give me more
throw {message: "give me more", type: "CapabilityError", capability: "file.read:/**"};

//# a thrown limit is no limit
//: value "caught E0701"
x = null; try { throw {message: "E0701", type: "LimitExceeded", limit: "time"}; } except (e) { x = "caught " + e.message; } x

//# a thrown internal error is caught like any other
//: value "Error"
x = null; try { throw {message: "m", type: "InternalError"}; } except (e) { x = e.type; } x

//# throwing null
//: error Error null
throw null;

//# throwing a function
//: error Error <function print>
throw print;

//# throwing an object with a message that is no string
//: value true
x = null; try { throw {message: [1, {a: 2}]}; } except (e) { x = typeof(e.message) in ["string", "array"]; } x

//# throwing an object that contains itself
//: value "m"
_o = {message: "m"}; _o.self = _o; x = null; try { throw _o; } except (e) { x = e.message; } x

//# an error thrown again keeps its place
//: value true
x = null; try { try { throw "a"; } except (e) { first = e.line; throw e; } } except (e) { x = e.line == first; } x

//# the wrong number of arguments of a builtin
//: error ArityError
len(1, 2)

//# the wrong number of arguments of a native function
//: error ArityError
import math; math.sqrt(1, 2)

//# the wrong number of arguments of a program's function
//: error ArityError
f = fn(a) => a; f(1, 2)

//# an argument that is not declared
//: error ArityError
import json; json.stringify([1], _check: 1)

//# an argument of a host's function that is not declared
//: functions compare
//: error ArityError
compare("x", token: "y")

//# a default of a host's function shows as nothing
//: functions compare
//: value "wrong"
compare("x", attempts: 5)

//# requiredCapabilities of a host's function
//: functions compare
//: value []
requiredCapabilities(compare)

//# the type of an argument in C
//: error TypeError
import math; math.sqrt("4")

//# an index that is too large for C
//: error IndexError
[1][2 ** 70]

//# a slice with bounds too large for C
//: value [1]
[1][-(2 ** 70):2 ** 70]

//# a repeat too large for C
//: limit size
"a" * 2 ** 70

//# a negative repeat too large for C
//: error ValueError the number is too large
"a" * -(2 ** 70)

//# insert at an index too large for C
//: value ["ValueError"]
xs = [1]; try { xs.insert(-(2 ** 70), 2); } except (e) { xs = [e.type]; } xs

//# pop at an index too large for C
//: error ValueError the number is too large
[1].pop(2 ** 70)

//# find from an index too large for C
//: value [-1, -1]
["abc".find("a", 2 ** 70), [1].indexOf(1, 2 ** 70)]

//# replace with a count too large for C
//: error ValueError the number is too large
"a".replace("a", "b", 2 ** 70)

//# a split with a limit too large for C
//: value ["a", "b"]
"a,b".split(",", 2 ** 70)

//# flat with a depth too large for C
//: value [1, 2]
[1, [2]].flat(2 ** 70)

//# chr of a code too large for C
//: error ValueError
chr(2 ** 70)

//# range with bounds too large for C
//: value [1180591620717411303424]
range(2 ** 70, 2 ** 70 + 1)

//# round to a whole number of infinity
//: error ValueError
round(1e400)

//# int of something that is no number
//: error ValueError
int(1e400 - 1e400)

//# a float that is too large
//: error ValueError too large for a float
float(10 ** 400)

//# adding a float to a number too large for one
//: error ValueError
10 ** 400 + 1.5

//# comparing a float with a number too large for one
//: value [true, false]
[10 ** 400 > 1.5, 10 ** 400 == 1.5]

//# a key that is not a string
//: error TypeError keys are strings
o = {}; o[1] = 2;

//# a key that is an array
//: error TypeError keys are strings
o = {}; o[[1]] = 2;

//# a key that is a function
//: error TypeError keys are strings
o = {}; o[print] = 2;

//# a missing key shows no others
//: error KeyError no key
o = {password: 1}; o["passwor_"]

//# unpacking too many
//: error ValueError
[a, b] = [1, 2, 3];

//# next at the end is no StopIteration
//: error ValueError the iterator is at its end
next(iter([]))

//# next at the end inside of map does not end the map
//: error ValueError the iterator is at its end
[1, 2, 3].map(fn(x) => next(iter([])))

//# an error in a sort key
//: error KeyError
sorted([{a: 1}], key: fn(o) => o["b"])

//# an error in a comparison
//: error TypeError cannot compare
sorted([1, "a"])

//# assertThrows gives an error value
//: value ["error", "x", null]
e = assertThrows(fn() => call(fn() => { throw "x"; })); [typeof(e), e.message, getattr(e, "exception")]

//# a recursion error tells nothing of Python
//: value "RecursionError"
f = fn(n) => f(n + 1); x = null; try { f(0); } except (e) { x = e.type; } x

//# an error in a finally after an error
//: error ZeroDivisionError
try { throw "a"; } finally { 1 / 0; }

//# a JSON text with a mistake
//: error ValueError not json
import json; json.parse("{'a': 1}")

//# a regular expression with a mistake
//: error ValueError
import regex; regex.search("(", "a")

//# a database with a mistake
//: error Error
import sqlite; db = sqlite.open(":memory:"); x = null; try { db.query("select * from nothing"); } except (e) { throw {message: e.message}; }

//# a zone that does not exist
//: error ValueError
import datetime; datetime.now("Mars/Olympus")

//# a zone that is a path
//: error ValueError
import datetime; datetime.now("../../../etc/passwd")

//# a zone that is an absolute path
//: error ValueError
import datetime; datetime.now("/etc/passwd")

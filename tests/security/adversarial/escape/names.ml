Names that Python would give meaning to.

//# the builtins of Python
//: check E0116
__builtins__

//# the import of Python
//: check E0116
__import__("os").system("id")

//# eval
//: check E0203
eval("1 + 1")

//# exec
//: check E0203
exec("import os")

//# compile
//: check E0203
compile("1", "x", "eval")

//# open
//: check E0203
open("/etc/passwd")

//# globals and locals
//: check E0203
globals()

//# vars
//: check E0203
vars(print)

//# dir
//: check E0203
dir("")

//# type with one argument
//: check E0203
type("")

//# super and object
//: check E0203
super()

//# setattr
//: check E0203
setattr(print, "x", 1)

//# delattr
//: check E0203
delattr(print, "x")

//# breakpoint
//: check E0203
breakpoint()

//# memoryview and bytes
//: check E0203
bytes(10)

//# id gives addresses in Python
//: check E0203
id([])

//# hash gives seeds away in Python
//: check E0203
hash("a")

//# names of Python as ordinary names of the program
//: value [1, 2, 3, 4, 5, 6]
class = 1; lambda = 2; def = 3; del = 4; global = 5; self = 6; [class, lambda, def, del, global, self]

//# the constants of Python as names
//: value [1, 2, 3, null, true]
None = 1; True = 2; False = 3; [None, True, False, null, true]

//# helpers cannot be spelt
//: check E0109
$eq = fn(a, b) => true;

//# a helper's name as a parameter
//: check E0109
function f($run) { return $run; } f(1)

//# a dunder as a function
//: check E0116
function __init__() { return 1; }

//# a dunder as a parameter
//: check E0116
f = fn(__class__) => 1;

//# a dunder as a loop variable
//: check E0116
for (__x in [1]) {}

//# a dunder as an error's name
//: check E0116
try { throw 1; } except (__e) {}

//# a dunder as a pattern
//: check E0116
match (1) { __x => __x }

//# a dunder as an import's name
//: check E0116
import math as __builtins__;

//# a dunder as a type
//: check E0116
type __T = number;

//# a dunder as a named argument
//: check E0116
print(1, __class__: 2);

//# the name list does not blind the guards
//: value ["b", [2], 2]
type = fn(x) => 1; list = 1; dict = 2; str = fn(x) => "s"; int = 3; len = fn(x) => 0; xs = [1, 2]; s = "ab"; [s[1], xs[1:], xs[-1]]

//# the name callable does not blind the guards
//: value ["error", 3]
callable = fn(x) => true; isinstance = fn(a, b) => true; r = null; try { (fn(f) => f())(5); } except (e) { r = "error"; } [r, [1, 2].reduce(fn(a, b) => a + b, 0)]

//# shadowed builtins leave the library alone
//: value ["2", [1, 2], 3]
import collections; sorted = fn(x) => "no"; len = null; range = 5; display = 1; equal = 2; [`${1 + 1}`, collections.sort([2, 1]), max(3, 1)]

//# print can be shadowed, and is the program's then
//: prints ""
print = fn(x) => null; print("to nowhere");

//# an input cannot be a helper
//: inputs {"$eq": 1}
//: error ValueError cannot be the name of an input
1

//# an input cannot be Python's builtins
//: inputs {"__builtins__": {"print": 1}}
//: error ValueError cannot be the name of an input
1

//# an input may be called like a helper without the dollar
//: inputs {"eq": 1, "run": 2, "alive": 3, "fuel": 4, "import_": 5}
//: value [1, 2, 3, 4, 5, true]
[eq, run, alive, fuel, import_, 1 == 1]

//# an unbound name tells no names of the host
//: check E0203
canary_host

//# suggestions for a name come from the program alone
//: check E0203
functionS = 1; canary_hos

//# modules lists what the program imported
//: value ["math"]
import math; modules()

//# availableModules lists no Python module
//: value []
availableModules().filter(fn(n) => n in ["os", "sys", "subprocess", "socket", "ctypes", "importlib", "pickle", "builtins", "mlpy"])

//# hasModule does not look for Python modules
//: value [false, false, false, true]
[hasModule("os"), hasModule("sys"), hasModule("mlpy.engine"), hasModule("math")]

//# moduleInfo tells of Python modules as little
//: value [null, null, null]
[moduleInfo("os"), moduleInfo("../math"), moduleInfo("")]

//# help for a text is that of strings
//: value null
help("os");

//# help of a builtin shows no Python
//: value null
help(len);

//# nonlocal reaches the program's own names only
//: check E0116
function f() { nonlocal __builtins__; }

//# nonlocal does not rebind a builtin for the library
//: value [1, 2]
import collections; function f() { nonlocal len; len = fn(x) => 0; } f(); collections.sort([2, 1])

//# a reserved word of ML as a name
//: check E0115
fn = 1;

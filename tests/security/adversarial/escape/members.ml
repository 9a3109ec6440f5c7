Members that lead from a value to what it is made of in Python.

//# the class of a string
//: value null
getattr("", "__class__")

//# the class of a string, written out
//: check E0116
"".__class__

//# up from a number and down to every class
//: check E0116
(1).__class__.__base__.__subclasses__()

//# a dunder behind an optional dot
//: check E0116
x = []; x?.__class__

//# a dunder as a key of an object is only a key
//: value 7
o = {"__class__": 7}; o["__class__"]

//# a dunder put together at run time
//: value [null, null, null, null]
name = "__cl" + "ass__"; [getattr("", name), getattr([], name), getattr({}, name), getattr(print, name)]

//# the globals of a function of the program
//: value null
f = fn() => 1; getattr(f, "__globals__")

//# the code, closure and defaults of a function
//: value [false, false, false, false]
f = fn(x = 1) => x; [hasattr(f, "__code__"), hasattr(f, "__closure__"), hasattr(f, "__defaults__"), hasattr(f, "func_globals")]

//# attributes of functions without underscores
//: value [null, null, null]
import functional; f = functional.memoize(fn(x) => x); [getattr(f, "cache_info"), getattr(f, "cache_clear"), getattr(f, "cell_contents")]

//# a member of a function
//: error TypeError has no member
f = fn() => 1; f.capabilities

//# a member of a builtin
//: error TypeError has no member
print.capabilities

//# frames of a generator
//: error TypeError has no member
it = iter([1]); f = fn(x) => x.gi_frame; f(fn() => 1)

//# an iterator shows no members
//: value [null, null, null]
it = iter([1, 2]); [it.gi_frame, it.items, getattr(it, "items")]

//# the slots of an iterator
//: value [null, null]
it = iter([1]); [it.get, getattr(it, "get")]

//# the slots of a module
//: value [null, null, null, null]
import math; [math.table, math.name, math._view, math.view]

//# the Python module behind a module
//: value [null, null, null, null]
import json; [getattr(json, "scan"), getattr(json, "encode"), getattr(json, "make_scanner"), getattr(json, "MLError")]

//# what a module imports is not its own
//: value [null, null, null]
import random; [getattr(random, "twister"), getattr(random, "Twister"), getattr(random, "plant")]

//# the loader and spec of a module
//: value [null, null, null]
import math; [getattr(math, "__loader__"), getattr(math, "__spec__"), getattr(math, "__dict__")]

//# the attributes of a view
//: value [null, null]
import math; [getattr(math, "$:sqrt"), getattr(math, "$")]

//# the traceback of an error, written out
//: check E0116
try { throw "x"; } except (e) { e.__traceback__; }

//# the exception behind an error, without the dunder
//: value [null, null, null, null, null]
x = null; try { [1][5]; } except (e) { x = [e.exception, e.details, e.table, e.args, e.with_traceback]; } x

//# the traceback of an error, computed
//: value [null, null, null]
x = null; try { null.a; } except (e) { x = ["__traceback__", "__context__", "__cause__"].map(fn(n) => getattr(e, n)); } x

//# the host's object behind a handle
//: value [null, null, null, null]
import datetime; d = datetime.createDate(2020, 1, 2); [getattr(d, "instance"), getattr(d, "object"), getattr(d, "_instance"), getattr(d, "__self__")]

//# the dictionary behind a set
//: value [null, null, null]
import collections; s = collections.Set([1]); [s.held, getattr(s, "held"), getattr(s, "instance")]

//# the list behind a queue
//: value [null, null, null]
import collections; q = collections.Queue([1]); [getattr(q, "items"), getattr(q, "head"), q.items]

//# a method of a handle has no receiver to show
//: value [null, null, null]
import collections; f = collections.Set([1]).has; [getattr(f, "__self__"), getattr(f, "__func__"), getattr(f, "im_self")]

//# a method of a handle is an ordinary function
//: value ["function", true]
import collections; f = collections.Set([1]).has; [typeof(f), f(1)]

//# format as a method of strings
//: error TypeError has no member `format`
"{0.__class__}".format(1)

//# format_map as a method of strings
//: error TypeError has no member `format_map`
"{x}".format_map({x: 1})

//# encode gives bytes in Python
//: error TypeError has no member `encode`
"abc".encode("utf-8")

//# translate and maketrans
//: error TypeError has no member
"abc".translate({})

//# methods of arrays that Python has besides
//: error TypeError has no member `__reduce_ex__`
f = fn(o, n) => call(fn(x) => x, o); call_it = fn(o) => o["__reduce_ex__"]; try { call_it([1]); } except (e) { throw {message: "has no member `__reduce_ex__`", type: e.type}; }

//# methods of objects that Python has
//: error TypeError `o.setdefault` is null and cannot be called
o = {}; o.setdefault("a", 1)

//# update of an object
//: error TypeError `o.update` is null and cannot be called
o = {}; o.update({a: 1})

//# popitem of an object
//: error TypeError `o.popitem` is null and cannot be called
o = {a: 1}; o.popitem()

//# get of an object is one of its keys
//: error TypeError `o.get` is null and cannot be called
o = {a: 1}; o.get("a")

//# get that the program stored is the program's
//: value ["mine a", 1, null]
o = {get: fn(k) => "mine " + k, a: 1}; [o.get("a"), o.a, o.missing]

//# an object whose get lies is not asked
//: value [2, null]
o = {get: fn(k) => 99, b: 2}; f = fn(x, k) => x.b; [f(o, "b"), getattr(o, "c")]

//# a number has no real parts
//: error TypeError has no member `real`
x = 5; x.real

//# numbers have no methods
//: error TypeError has no member `to_bytes`
x = 5; x.to_bytes(2, "big")

//# methods of floats that read hexadecimal
//: error TypeError has no member
x = 1.5; x.fromhex("0x1p3")

//# null has nothing
//: error TypeError `x` is null
x = null; x.anything

//# hasattr tells nothing of Python
//: value [false, false, false, false, false, false]
["__init__", "__new__", "mro", "__doc__", "__module__", "__call__"].map(fn(n) => hasattr(print, n))

//# methods lists no Python attribute
//: value []
import datetime; import collections; import regex;
[...methods([]), ...methods(""), ...methods({}), ...methods(print), ...methods(collections.Set()), ...methods(datetime.now("UTC")), ...methods(regex.compile("a"))].filter(fn(n) => n.startswith("_") || n.includes("$"))

//# the prototype of JavaScript
//: check E0116
o = {}; o.__proto__.polluted = true;

//# a prototype is an ordinary key
//: value [null, 1]
o = {}; o["__proto__"] = {polluted: 1}; [{}.polluted, o["__proto__"].polluted]

//# the constructor of JavaScript
//: value [null, null]
o = {}; [o.constructor, getattr([], "constructor")]

//# the constructor's constructor
//: error TypeError has no member `constructor`
[].constructor.constructor("return process")()

//# metatables of Lua
//: check E0203
getmetatable("").index

//# a method taken from a string without a call
//: error TypeError must be called
f = "a".join; f

//# names with a dollar in a computed member
//: value [null, null, null]
o = {}; [getattr(o, "$run"), getattr(print, "$run"), getattr([], "$:x")]

//# private members of an imported file's table
//: value [null, null]
import string; [getattr(string, "_words"), getattr(string, "words")]

//# destructuring asks for members as a dot does
//: check E0116
{__len__} = {a: 1};

//# destructuring of a handle reaches its members only
//: value [null, null]
import collections; {held, instance} = collections.Set([1]); [held, instance]

//# destructuring of an error
//: value ["m", null, null]
try { throw {message: "m"}; } except (e) { {message, exception, details} = e; x = [message, exception, details]; } x

//# a pattern over a handle
//: value "nothing"
import collections; match (collections.Set([1])) { {held} => "held", _ => "nothing" }

//# spread of a handle into an object
//: error TypeError cannot spread
import collections; {...collections.Set([1])}

//# spread of a module into an object
//: error TypeError cannot spread
import math; {...math}

//# a store into a module
//: error TypeError cannot set
import math; math["sqrt"] = fn(x) => 666;

//# a store into a member of a module
//: error TypeError cannot set `sqrt` of a module
import math; math.sqrt = fn(x) => 666;

//# a store into an error
//: error TypeError cannot set
e = null; try { throw "x"; } except (x) { e = x; } e["message"] = "other";

//# a store into a function
//: error TypeError cannot set
f = fn() => 1; f["__code__"] = 1;

//# deleting is not of the language
//: check E0106
del x;

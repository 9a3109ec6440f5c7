Values that contain themselves.

//# display of an array that contains itself
//: value "[1, …]"
_a = [1]; _a.append(_a); str(_a)

//# display of an object that contains itself
//: value "{self: …}"
_o = {}; _o.self = _o; `${_o}`

//# display of two arrays that contain each other
//: value "[[…]]"
_a = []; _b = [_a]; _a.append(_b); str(_a)

//# equality with itself
//: value true
_a = [1]; _a.append(_a); _a == _a

//# equality of two that contain themselves
//: error ValueError takes more than
_a = [1]; _a.append(_a); _b = [1]; _b.append(_b); _a == _b

//# order of two that contain themselves
//: error ValueError takes more than
_a = []; _a.append(_a); _b = []; _b.append(_b); _a < _b

//# an array within itself
//: value true
_a = []; _a.append(_a); _a in _a

//# JSON of a cycle
//: error ValueError contains itself
import json; _a = []; _a.append(_a); json.stringify(_a)

//# a cycle as a result
//: error ValueError contains itself
_a = []; _a.append(_a); _a

//# a cycle as an export
//: error ValueError contains itself
a = []; a.append(a); 1

//# a cycle to the host
//: functions echo
//: error ValueError contains itself
_a = []; _a.append(_a); echo(_a)

//# a cycle by way of a function
//: value "function"
_o = {}; _o.f = fn() => _o; typeof(_o.f().f)

//# a cycle in a set
//: error ValueError
import collections; _a = []; _a.append(_a); collections.Set([_a])

//# a set that contains itself
//: value true
import collections; _s = collections.Set(); _s.add(_s); _s.has(_s)

//# display of a set that contains itself
//: error RecursionError
import collections; _s = collections.Set(); _s.add(_s); str(_s)

//# a queue that contains itself
//: error RecursionError
import collections; _q = collections.Queue(); _q.push(_q); str(_q).length < 200

//# flattening a cycle
//: limits {"time": 0.3}
//: limit time
_a = []; _a.append(_a); _a.flat(10 ** 18)

//# flattening a cycle that doubles
//: limits {"time": 0.5}
//: limit size time
_a = []; _a.append(_a); _a.append(_a); _a.flat(1000)

//# a memoized function of a cycle
//: value 1
import functional; _a = []; _a.append(_a); functional.memoize(fn(x) => 1)(_a)

//# merging objects that contain themselves
//: error ValueError
import json; _o = {}; _o.self = _o; json.merge(_o, _o); json.stringify(_o)

//# a table of a cycle
//: value null
import console; _o = {}; _o.self = _o; console.table([_o])

//# a log of a cycle
//: value null
//: in worker error ValueError contains itself
import log; _o = {}; _o.self = _o; log.info("m", _o)

//# a CSV text of a cycle
//: error TypeError a cell cannot hold an object
import csv; _o = {}; _o.self = _o; csv.writeString([_o]).length < 200

//# a template of a cycle
//: value "{self: …}"
import string; _o = {}; _o.self = _o; string.template("{o}", {o: _o})

//# destructuring a cycle
//: value true
_a = []; _a.append(_a); [_b] = _a; [[[_c]]] = _a; _b == _c

//# a pattern over a cycle
//: value "deep"
_a = []; _a.append(_a); match (_a) { [[[[[x]]]]] => "deep", _ => "no" }

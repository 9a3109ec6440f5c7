Programs that want too much at once.

//# doubling a string
//: limit size
s = "a"; while (true) { s = s + s; }

//# doubling a string in a template
//: limit size
s = "a"; while (true) { s = `${s}${s}`; }

//# doubling a string with +=
//: limit size
s = "a"; while (true) { s += s; }

//# doubling a string by replacing
//: limit size
s = "aa"; while (true) { s = s.replace("a", "aaaa"); }

//# doubling a string by joining
//: limit size
s = "a"; while (true) { s = s.join(["x", "y", "z"]); }

//# doubling a string by repetition
//: limit size
s = "a"; while (true) { s = s.repeat(100); }

//# doubling an array
//: limit size
xs = [null]; while (true) { xs = xs + xs; }

//# doubling an array in place
//: limit size
xs = [null]; while (true) { xs += xs; }

//# doubling an array by spread
//: limit size
xs = [null]; while (true) { xs = [...xs, ...xs]; }

//# doubling an array by extend
//: limit size
xs = [null]; while (true) { xs.extend(xs); }

//# doubling an array by a slice
//: limit size
xs = [null]; while (true) { xs[0:0] = xs; }

//# doubling an array by concat
//: limit size
xs = [null]; while (true) { xs = xs.concat(xs, xs); }

//# an array by repetition
//: limit size
[null] * 10 ** 9

//# an array by a range
//: limit size
range(10 ** 9)

//# an array by a range with a negative step
//: limit size
range(10 ** 9, 0, -1)

//# an array of arrays at once
//: limit size
import functional; functional.repeat([1], 10 ** 8)

//# a table by zip
//: limits {"time": 10}
//: limit size
xs = range(10000); zip(...([xs] * 1000000)).length

//# a table by the library's zip
//: limits {"time": 10}
//: limit size
import collections; xs = range(10000); collections.zip(...([xs] * 1000000)).length

//# a range of large numbers
//: limits {"time": 10}
//: limit size
n = 2 ** 99000; range(n, n + 5000000).length

//# an enumeration from a large number
//: limits {"time": 10}
//: limit size
enumerate([0] * 5000000, 2 ** 99000).length

//# codes of a long text
//: limit size
[..."a".repeat(20000000)].length

//# a split of a long text
//: limit size
"a,".repeat(20000000).split(",").length

//# lines of a long text
//: limit size
"\n".repeat(20000000).lines().length

//# words of a long text
//: limit size
import string; string.wrap("a ".repeat(20000000), 5).length

//# the places of a template
//: limit size
import string; string.template("{a}".repeat(20000000), {a: ""}).length

//# a distance to a long text
//: limit size
import string; string.levenshtein("", "a".repeat(60000000))

//# filled up
//: limit size
"".padEnd(10 ** 9, "ab")

//# filled up in a format
//: error ValueError at most 1,000
format("", ">1000000000")

//# joining long texts
//: limit size
s = "a".repeat(1000000); ([s] * 1000).join("")

//# joining with a long separator
//: limit size
s = "a".repeat(1000000); ([""] * 1000).join(s)

//# display of long texts
//: limit size
s = "a".repeat(1000000); str([s] * 1000)

//# printing more than allowed
//: limit output
while (true) { print("x" * 1000); }

//# printing more than allowed at once
//: limit output
print("x" * 1000000);

//# printing to the error stream counts too
//: limit output
import console; while (true) { console.error("x" * 1000); }

//# logging counts too
//: limit output
import log; while (true) { log.error("x" * 1000); }

//# a table counts too
//: limit output
import console; while (true) { console.table([{a: "x" * 1000}]); }

//# help counts too
//: limit output
while (true) { help(""); }

//# an array that grows without end
//: limits {"memory": "100MB", "time": 20}
//: limit memory size
xs = []; while (true) { xs.append("x" * 1000 + str(xs.length)); }

//# an object that grows without end
//: limits {"memory": "100MB", "time": 20}
//: limit memory
o = {}; i = 0; while (true) { o["k" + str(i)] = i; i += 1; }

//# a memory error is no error to catch
//: limits {"memory": "100MB", "time": 20}
//: limit memory size
xs = []; while (true) { try { xs.append("x" * 1000000); } except (e) { xs = []; } }

//# closures that grow without end
//: limits {"memory": "100MB", "time": 20}
//: limit memory
_keep = []; make = fn(g, big) => fn() => g; _f = fn() => 1; while (true) { _f = make([_f] * 1000, 1); _keep.append(_f); }

//# a set that grows without end
//: limits {"memory": "100MB", "time": 20}
//: limit memory size
import collections; s = collections.Set(); i = 0; while (true) { s.add("key " + str(i) * 100); i += 1; }

//# a memoized function that remembers all
//: limits {"memory": "100MB", "time": 20}
//: limit memory
import functional; f = functional.memoize(fn(x) => "x" * 10000 + str(x), null); i = 0; while (true) { f(i); i += 1; }

//# a blob of sqlite
//: error Error
import sqlite; try { sqlite.open(":memory:").query("select length(zeroblob(1000000000)) as n"); } except (e) { throw {message: "refused"}; }

//# a text of sqlite by printf
//: value null
import sqlite; sqlite.open(":memory:").query("select length(printf('%*c', 200000000, 'x')) as n")[0].n

//# a text of JSON that is deep
//: error ValueError nested more than
import json; json.parse("[" * 100000)

//# a text of JSON that is wide
//: error ValueError
import json; json.parse("[" + "0," * 2000000 + "0]")

//# a text of JSON with a long number
//: error ValueError
import json; json.parse("1" * 100000)

//# a JSON text with a wide indent
//: error ValueError
import json; json.stringify([[[1]]], 1000000)

//# a CSV text with a long field
//: value 1
import csv; csv.readString("a\n" + "x" * 200000).length

//# a random sample of all numbers
//: limit size
import random; random.randomIndices(2 ** 62, 10 ** 8)

//# a seed of a million digits
//: error ValueError
import random; random.setSeed("1" * 1000000)

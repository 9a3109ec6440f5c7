Programs that look like attacks and are honest work. They must run.

//# a text about builtins
//: value "use __builtins__ and __class__ with care"
"use __builtins__ and __class__ with care"

//# a dictionary of dunders
//: value ["__init__", "__doc__"]
keys({"__init__": 1, "__doc__": 2})

//# a template engine of one's own
//: value "Hello Ada, you are 36"
fill = fn(t, o) => reduce(fn(s, k) => s.replace("{{" + k + "}}", str(o[k])), keys(o), t); fill("Hello {{name}}, you are {{age}}", {name: "Ada", age: 36})

//# percent signs in texts
//: value "100 % of %s"
"100 % of %s"

//# SQL in a text
//: value "'; drop table users; --"
"'; drop table users; --"

//# SQL in a parameter
//: value [{"name": "'; drop table users; --"}]
import sqlite; db = sqlite.open(":memory:"); db.execute("create table users (name)"); db.execute("insert into users values (?)", "'; drop table users; --"); db.query("select name from users")

//# a shell command in a text
//: value "rm -rf / && curl http://x | sh"
"rm -rf / && curl http://x | sh"

//# a path with two dots, computed
//: value "/a/c"
import path; path.normalize("/a/b/../c")

//# HTML and scripts in a text
//: value "<script>alert(1)</script>"
"<script>alert(1)</script>"

//# eval as a key and a function of one's own
//: value 7
o = {eval: fn(a, b) => a + b}; o.eval(3, 4)

//# exec as a variable
//: value 5
exec = 5; exec

//# open as a function of one's own
//: value "opened door"
function open(x) { return "opened " + x; } open("door")

//# system, os and sys as names
//: value [1, 2, 3]
os = 1; sys = 2; system = 3; [os, sys, system]

//# import in a text
//: value 13
"import os; ...".length - 1

//# a calculator
//: value 14
function value(tokens) { t = tokens.pop(0); if (t == "(") { v = sum_of(tokens); tokens.pop(0); return v; } return int(t); }
function product(tokens) { v = value(tokens); while (tokens.length > 0 && tokens[0] == "*") { tokens.pop(0); v *= value(tokens); } return v; }
function sum_of(tokens) { v = product(tokens); while (tokens.length > 0 && tokens[0] == "+") { tokens.pop(0); v += product(tokens); } return v; }
sum_of("2 + 3 * 4".split(" "))

//# recursion that ends
//: value 120
f = fn(n) => n <= 1 ? 1 : n * f(n - 1); f(5)

//# deep recursion that ends
//: value 320400
f = fn(n) => n == 0 ? 0 : n + f(n - 1); f(800)

//# the towers of Hanoi
//: value 1023
function hanoi(n) { return n == 0 ? 0 : 2 * hanoi(n - 1) + 1; } hanoi(10)

//# the sieve
//: value 25
function primes(n) { xs = [true] * (n + 1); for (i in range(2, n + 1)) { if (xs[i]) { for (j in range(i * i, n + 1, i)) { xs[j] = false; } } } return range(2, n + 1).filter(fn(i) => xs[i]); } primes(100).length

//# large numbers
//: value "1606938044258990275541962092341162602522202993782792835301376"
str(2 ** 200)

//# a factorial of a hundred
//: value 158
import math; str(math.factorial(100)).length

//# a text of a million characters
//: value 1000000
("ab" * 500000).length

//# an array of a million
//: value 499999500000
sum(range(1000000))

//# sorting a hundred thousand
//: value [0, 99999]
xs = sorted(range(100000).map(fn(i) => (i * 7919) % 100000)); [xs[0], xs[-1]]

//# an endless loop with a break
//: value 1000
n = 0; while (true) { n += 1; if (n == 1000) { break; } } n

//# a try in a loop
//: value 100
n = 0; for (i in range(100)) { try { if (i % 2 == 0) { throw "even"; } n += 1; } except (e) { n += 1; } finally { n += 0; } } n

//# an error with fields of one's own
//: value ["NotFound", 404, "/x"]
try { throw {message: "no", type: "NotFound", code: 404, path: "/x"}; } except (e) { r = [e.type, e.code, e.path]; } r

//# an object that is a class in disguise
//: value 3
function counter() { n = 0; return {add: fn(k) => { nonlocal n; n += k; return n; }, get: fn() => n}; } c = counter(); c.add(1); c.add(2); c.get()

//# an object with keys like methods
//: value [1, 2, 3, 4]
o = {get: 1, keys: 2, items: 3, update: 4}; [o.get, o.keys, o.items, o.update]

//# an object with a key that is length
//: value [5, 1]
[{length: 5}.length, {a: 1}.length]

//# JSON with everything
//: value {"a": [1, 2.5, null, true, "\u00e9"], "b": {"c": []}}
import json; json.parse(json.stringify({a: [1, 2.5, null, true, "\u00e9"], b: {c: []}}))

//# JSON 150 deep
//: value 150
import json; json.parse("[" * 150 + "]" * 150); depth = 0; v = json.parse("[" * 150 + "]" * 150); while (v.length > 0) { v = v[0]; depth += 1; } depth + 1

//# JSON with a proto
//: value {"__proto__": {"x": 1}}
import json; json.parse('{"__proto__": {"x": 1}}')

//# a regular expression with groups
//: value ["ada", "home"]
import regex; regex.match("(\\w+)@(\\w+)", "ada@home").groups()

//# a regular expression of nested quantifiers that matches
//: value true
import regex; regex.match("^(a+)+$", "a" * 1000) != null

//# a CSV text
//: value [{"a": "1", "b": "2"}]
import csv; csv.readString("a,b\n1,2")

//# a date in a zone
//: value "2024-05-01"
import datetime; str(datetime.createDate(2024, 5, 1))

//# a digest
//: value "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
import crypto; crypto.sha256("abc")

//# base64
//: value "aGk="
import crypto; crypto.base64Encode("hi")

//# a set of arrays
//: value 2
import collections; collections.Set([[1], [1], [2]]).size()

//# a heap of pairs
//: value "a"
import collections; h = collections.Heap(); h.push([2, "b"]); h.push([1, "a"]); h.pop()[1]

//# currying and composing
//: value 12
import functional; functional.compose(functional.curry(fn(a, b) => a * b)(3), fn(x) => x + 1)(3)

//# memoizing a recursion
//: value 12586269025
import functional; fib = functional.memoize(fn(n) => n < 2 ? n : fib(n - 1) + fib(n - 2)); fib(50)

//# a host's function with a callback
//: functions call_twice
//: value [2, 4]
call_twice(fn(x) => x * 2)

//# a host's function that fails is handled
//: functions fail
//: value "handled ValueError"
r = null; try { fail(); } except (e) { r = "handled " + e.type; } r

//# input from the host with odd keys
//: inputs {"order": {"get": 1, "__class__": "x", "a b": 2, "": 3}}
//: value [1, "x", 2, 3]
[order.get, order["__class__"], order["a b"], order[""]]

//# a granted file
//: grants ["file.read:{here}/**"]
//: value ["alpha\n", "beta\n"]
import file; [file.read("{here}/a.txt"), file.read("{here}/sub/../sub/b.txt")]

//# a listing of a granted folder
//: grants ["file.read:{here}/**"]
//: value true
import path; "a.txt" in path.listDir("{here}").map(str)

//# asking before acting
//: value "cannot"
hasCapability("file.read:/etc/passwd") ? "can" : "cannot"

//# a denial that is handled
//: value "CapabilityError"
import file; t = null; try { file.read("/etc/passwd"); } except (e) { t = e.type; } t

//# narrowing before calling others
//: grants ["file.read:{here}/**"]
//: value "beta\n"
import file; r = null; with capability("file.read:{here}/sub/**") { r = file.read("{here}/sub/b.txt"); } r

//# a match over shapes
//: value ["point", "line", "other"]
shape = fn(v) => match (v) { {type: "point", x, y} => "point", [[a, b], [c, d]] => "line", _ => "other" }; [{type: "point", x: 1, y: 2}, [[1, 2], [3, 4]], 5].map(shape)

//# emoji and combining marks
//: value [1, 2, 5]
["\u{1f600}".length, "e\u0301".length, "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}".length]

//# a text in many scripts
//: value "Ω是שלום"
"Ω" + "是" + "שלום"

//# names in Python's keywords
//: value 10
class = 1; def = 2; from = 3; with_ = 4; class + def + from + with_

//# parallel work
//: limits {"time": 20}
//: value [1, 4, 9]
import parallel; parallel.map(fn(x) => x * x, [1, 2, 3], workers: 1)

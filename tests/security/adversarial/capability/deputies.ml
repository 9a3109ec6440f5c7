Functions with more authority than the program, and how to borrow it.

//# a program cannot grant itself anything
//: error CapabilityError
capability Mine { resource "/**"; allow read; } import file; file.read("{here}/a.txt")

//# a block takes away
//: grants ["file.read:{here}/**"]
//: error CapabilityError
capability Mine { resource "{here}/sub/**"; allow read; } import file; file.read("{here}/a.txt")

//# a with block takes away
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; with capability("file.read:{here}/sub/**") { file.read("{here}/a.txt"); }

//# a with block cannot give
//: error CapabilityError
import file; with capability("file.read:/**") { file.read("{here}/a.txt"); }

//# a wider block inside a narrower one
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; with capability("file.read:{here}/sub/**") { with capability("file.read:{here}/**") { file.read("{here}/a.txt"); } }

//# a function from outside of a block is narrowed in it
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; read = file.read; f = fn(p) => read(p); with capability("file.read:{here}/sub/**") { f("{here}/a.txt"); }

//# a function from inside of a block is not narrowed after it
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; f = null; with capability("file.read:{here}/sub/**") { f = fn(p) => file.read(p); } f("{here}/a.txt")

//# a block that is left by an error ends
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; try { with capability("file.read:{here}/sub/**") { throw "out"; } } except (e) {} file.read("{here}/a.txt")

//# a block that is left by return ends
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; function f() { with capability("file.read:{here}/sub/**") { return 1; } } f(); file.read("{here}/a.txt")

//# a block inside of map holds in map
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; with capability("file.read:{here}/sub/**") { ["{here}/a.txt"].map(file.read); }

//# sorting by reading files is narrowed
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; with capability("file.read:{here}/sub/**") { sorted(["{here}/a.txt"], key: file.read); }

//# a memoized result of wide authority is not served within
//: grants ["file.read:{here}/**"]
//: value "CapabilityError"
import file; import functional; f = functional.memoize(fn(p) => file.read(p)); f("{here}/a.txt"); t = null;
with capability("file.read:{here}/sub/**") { try { f("{here}/a.txt"); } except (e) { t = e.type; } } t

//# a partial function is narrowed
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; import functional; f = functional.partial(file.read, "{here}/a.txt"); with capability("file.read:{here}/sub/**") { f(); }

//# an open stream goes on within a block only as the block allows
//: grants ["file.read:{here}/**"]
//: value ["alpha", "CapabilityError"]
import file; first = [...file.lines("{here}/a.txt")][0]; t = null; with capability("file.read:{here}/sub/**") { try { [...file.lines("{here}/a.txt")]; } except (e) { t = e.type; } } [first, t]

//# denials are counted
//: limit denials
import file; for (i in range(100000)) { try { file.read("{here}/" + str(i)); } except (e) {} }

//# denials of one file are counted
//: limit denials
import file; while (true) { try { file.read("{here}/a.txt"); } except (e) {} }

//# fields of an error that a host raises are checked as values are
//: functions raise_error
//: value [null, null, [1, 2], "no"]
x = null; try { raise_error(); } except (e) { x = [e.vault, e.environment?.HOME, e.pair, e.message]; } x

//# functions in a thrown object come back as themselves
//: functions call_back
//: value [2, 5]
x = null; try { call_back(fn(v) => { throw {message: "m", f: fn(n) => n + 1, n: 5}; }); } except (e) { x = [e.f(1), e.n]; } x

//# a count of uses holds across copies of the function
//: grants ["file.read:{here}/a.txt count=2"]
//: error CapabilityError
import file; f = file.read; g = fn(p) => file.read(p); f("{here}/a.txt"); g("{here}/a.txt"); with capability("file.read:{here}/a.txt") { f("{here}/a.txt"); }

//# hasCapability tells of no more than there is
//: grants ["file.read:{here}/**"]
//: value [true, false, false, false]
[hasCapability("file.read:{here}/a.txt"), hasCapability("file.write:{here}/a.txt"), hasCapability("file.read:/etc/passwd"), hasCapability("file.read:/**")]

//# the list of capabilities is a copy
//: value ["CapabilityError", []]
import file; xs = getCapabilities(); xs.append("file.read:/**"); t = null; try { file.read("{here}/a.txt"); } except (e) { t = e.type; } [t, getCapabilities()]

//# what a kind of capability is, is a copy
//: value false
info = getCapabilityInfo("file.read"); info.description = "changed"; getCapabilityInfo("file.read").description == "changed"

//# an unknown kind in a block
//: check E0502
with capability("everything:**") { 1; }

//# a capability with a line break
//: error ValueError
hasCapability("file.read:/a\nfile.write:/b")

//# environment variables without a grant
//: error CapabilityError env.read
import env; env.get("MLPY_CANARY")

//# all environment variables are those that may be read
//: value {}
import env; env.all()

//# environment variables under another grant
//: grants ["env.read:LANG"]
//: error CapabilityError
import env; env.get("MLPY_CANARY")

//# all environment variables under a grant of one
//: grants ["env.read:MLPY_TEST_*"]
//: value true
import env; len(keys(env.all())) == 0

//# setting the environment stays within the program
//: grants ["env.write:PATH", "env.read:PATH"]
//: value "mine"
import env; env.set("PATH", "mine"); env.get("PATH")

//# a process without a grant
//: error CapabilityError process.run
import process; process.run("id")

//# another process than the granted one
//: grants ["process.run:true"]
//: error CapabilityError
import process; process.run("/bin/sh", "-c", "id")

//# a granted command has no shell
//: grants ["process.run:true"]
//: error CapabilityError
import process; process.run("true; id")

//# input without a grant
//: error CapabilityError console.read
input("password? ")

//# randomness of the system without a grant
//: error CapabilityError crypto.random
import crypto; crypto.randomBytes(8)

//# random numbers of the library need none
//: value true
import random; random.setSeed(1); x = random.random(); x >= 0 && x < 1

//# a comparison in constant time tells only whether
//: value [true, false]
import crypto; [crypto.compareHash("a", "a"), crypto.compareHash("a", "b")]

//# arguments are those that were given
//: arguments ["one"]
//: value ["<ml>", "one"]
import args; args.all()

//# no arguments of the host's command line
//: value ["<ml>"]
import args; args.all()

//# the name of the host's script
//: value true
import args; args.script() == null || !str(args.script()).includes("/")

//# a host's function gets copies, and what it keeps does not change
//: functions echo
//: value [[1, 2], [1]]
xs = [1]; ys = echo(xs); zs = [...ys]; xs.append(2); [xs, zs]

//# a host's function gets no handle's inside
//: functions measure
//: error TypeError
import collections; measure(collections.Set([1]))

//# a host's function that gives an object of its own
//: functions give_vault
//: error TypeError
give_vault()

//# a host's function that gives a class
//: functions give_class
//: error TypeError
give_class()

//# a host's function that gives a module
//: functions give_module
//: error TypeError
give_module()

//# a host's object deep in a result
//: functions give_nested
//: error TypeError
give_nested()

//# a host's function that gives a function
//: functions give_function
//: error TypeError
give_function()

//# a subclass of str comes as plain text
//: functions give_text
//: value ["PLAIN", null]
t = give_text(); [t.upper(), getattr(t, "secret")]

//# a host's function in a sort
//: functions measure
//: value ["a", "bb"]
sorted(["bb", "a"], key: measure)

//# a host's function is a value without members
//: functions compare
//: value [null, null, "function"]
[getattr(compare, "ml"), getattr(compare, "func"), typeof(compare)]

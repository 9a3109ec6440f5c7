Patterns that make other engines hang.

//# nested quantifiers
//: limits {"time": 5}
//: value null
import regex; regex.match("^(a+)+$", "a" * 50000 + "b")

//# alternatives that overlap
//: limits {"time": 5}
//: value null
import regex; regex.match("^(a|a)*$", "a" * 50000 + "b")

//# alternatives that overlap in a search
//: limits {"time": 5}
//: value null
import regex; regex.search("(a|aa)+$", "a" * 50000 + "b")

//# polynomial backtracking
//: limits {"time": 5}
//: value null
import regex; regex.match("^a*a*a*a*a*a*a*b$", "a" * 20000)

//# white space at the end, as it took a site down
//: limits {"time": 5}
//: value null
import regex; regex.match("^[\\s\\u200c]+|[\\s\\u200c]+$", "x" + " " * 20000 + "x")

//# a back reference that takes for ever
//: limits {"time": 0.5}
//: in process error ValueError
//: in worker limit time
import regex; regex.search("(a+)+\\1b", "a" * 40)

//# a back reference
//: in process error ValueError
//: in worker value true
import regex; regex.test("(a+)\\1b", "aab")

//# a look ahead
//: in process error ValueError
//: in worker value true
import regex; regex.test("(?=a)a", "a")

//# a look behind
//: in process error ValueError
//: in worker value true
import regex; regex.test("(?<=a)b", "ab")

//# an atomic group
//: in process error ValueError
//: in worker value true
import regex; regex.test("(?>a+)b", "ab")

//# a conditional group
//: in process error ValueError
//: in worker value true
import regex; regex.test("(a)?(?(1)b|c)", "ab")

//# a repeat of a billion
//: error ValueError repeated more than
import regex; regex.compile("a{100000}")

//# repeats of repeats
//: error ValueError
import regex; regex.compile("((((a{100}){100}){100}){100}){100}")

//# many groups
//: error ValueError
import regex; regex.compile("(" * 100000 + ")" * 100000)

//# many alternatives
//: limits {"time": 5}
//: value true
import regex; typeof(regex.compile(range(1000).map(fn(i) => "w" + str(i)).join("|"))) == "Pattern"

//# a class of all characters
//: value true
import regex; regex.test("[\\x00-\\U0010ffff]", "a") || true

//# a pattern with a NUL
//: value true
import regex; regex.test("a\x00b", "a\x00b")

//# code in a pattern
//: error ValueError
import regex; regex.compile("(?{print(1)})")

//# a comment in a pattern
//: value true
import regex; typeof(regex.isValid("(?#x)a")) == "boolean"

//# a name of a group that is a dunder
//: value true
import regex; m = regex.search("(?P<__class__>a)", "a"); keys(m.groupDict()).length == 1

//# a group that does not exist
//: error IndexError
import regex; regex.search("a", "a").group(5)

//# a replacement that names a group that does not exist
//: error IndexError
import regex; regex.sub("a", "\\5", "a")

//# a replacement that grows
//: limits {"time": 10}
//: limit size
import regex; regex.sub("", "x" * 100000, "a" * 100000)

//# a template that repeats a long match
//: limits {"time": 10}
//: limit size
import regex; regex.search("a+", "a" * 10000000).expand("\\g<0>" * 1000)

//# all matches of nothing
//: value 1001
import regex; regex.findall("", "a" * 1000).length

//# a split at nothing
//: value true
import regex; regex.split("x*", "abc").length >= 3

//# an escape escapes all
//: value true
import regex; s = "a.b*c[d](e){f}^$|\\?+-#&~ \n\x00"; regex.fullmatch(regex.escape(s), s) != null

//# flags that are no numbers
//: error TypeError
import regex; regex.compile("a", "i")

Texts that are something else in Python.

//# the display form of a function has no address
//: value "<function>"
str(fn() => 1)

//# the display form of a named function
//: value "<function area>"
function area() { return 1; } `${area}`

//# the display form of a builtin
//: value "<function print>"
str(print)

//# the display form of a native function
//: value "<function sqrt>"
import math; str(math.sqrt)

//# the display form of a module
//: value "<module math>"
import math; "" + math

//# the display form of a method of a handle
//: value "<function has>"
import collections; str(collections.Set([1]).has)

//# the display form of an iterator
//: value "<iterator>"
str(iter([1]))

//# the display form of a closure of the library
//: value true
import functional; str(functional.partial(print, 1)).startswith("<function")

//# the quoted form of everything
//: value "[<function print>, <module math>, <iterator>, null, true, \"a\"]"
import math; repr([print, math, iter([]), null, true, "a"])

//# a string of Python code stays a string
//: value "__import__('os').system('id')"
x = "__import__('os').system('id')"; x

//# string building does not evaluate
//: value "{__import__('os')} %s $HOME `id`"
a = "{__import__('os')}"; a + " %s $HOME `id`"

//# a template inside a string is text
//: value "${1 + 1}"
"${1 + 1}"

//# a template made at run time is text
//: value "${x}"
x = 5; "$" + "{x}"

//# a template's value is not expanded again
//: value "${secret} {secret}"
secret = 1; a = "${secret}"; b = "{secret}"; `${a} ${b}`

//# quotes cannot leave a template
//: value "'''\"\"\"\\"
a = "'''" + '"""' + "\\"; `${a}`

//# braces in a template reach no format of Python
//: value "{0.__class__} {{}} {x!r:>10}"
`{0.__class__} {{}} {x!r:>10}`

//# a percent sign formats nothing
//: error TypeError cannot take a string modulo an array
"%s" % [print]

//# a percent sign with a function
//: error TypeError cannot take a string modulo a function
f = fn() => 1; "%s" % f

//# a percent sign on unknown operands
//: error TypeError cannot take a string modulo an object
mod = fn(a, b) => a % b; mod("%(a)s", {a: 1})

//# a percent sign with assignment
//: error TypeError cannot take a string modulo
s = "%d"; s %= 5;

//# a star on a format string
//: value "%s%s"
"%s" * 2

//# string.template reaches keys only
//: error KeyError
import string; string.template("{a.b}", {a: {b: 1}})

//# string.template reaches no index
//: error KeyError
import string; string.template("{a[0]}", {a: [1]})

//# string.template knows no conversion
//: error KeyError
import string; string.template("{a!r}", {a: 1})

//# string.template knows no format
//: error KeyError
import string; string.template("{a:>10}", {a: 1})

//# string.template with a dunder
//: error KeyError
import string; string.template("{x.__class__}", {x: 1})

//# string.template with a positional place
//: error KeyError
import string; string.template("{0}", {a: 1})

//# string.template with nested places
//: error ValueError is not closed
import string; string.template("{a{b}}", {a: 1, b: 2})

//# a NUL in a string is a character
//: value 3
"a\x00b".length

//# a NUL in the source is not
//: check E0109
x = "a{u+0}b";

//# octal escapes are no escapes
//: value "\\101"
"\101"

//# names of characters are no escapes
//: value "\\N{DIGIT ONE}"
"\N{DIGIT ONE}"

//# a large code in an escape
//: check E0111
"\u{110000}"

//# a line continuation is no escape
//: value 3
"a\
b".length - 1

//# prefixes of Python's strings
//: check E0107
b"abc"

//# an f-string of Python
//: check E0107
f"{1}"

//# raw strings hold everything
//: value "\\x41\\u{41}${1}"
r"\x41\u{41}${1}"

//# the length of a string counts characters
//: value [1, 1, 2]
["\u{e9}".length, "\u{1d11e}".length, "e\u0301".length]

//# control characters show escaped in quotes
//: value "\"\\x1b[31m\\x00\\x7f\""
repr("\u{1b}[31m\x00\x7f")

//# joining shows nothing of Python
//: value "null,true,<function>,[1],{a: 1}"
[null, true, fn() => 1, [1], {a: 1}].join(",")

//# keys of an object that look like code
//: value "{\"a b\": 1, \"__c__\": 2, \"x)\": 3, d: 4}"
str({"a b": 1, "__c__": 2, "x)": 3, d: 4})

Texts that are hard to read, and must be refused or run, never more.

//# brackets two hundred deep are too many
//: check E0124
«5000 [»1«5000 ]»

//# parentheses
//: check E0124
«5000 (»1«5000 )»

//# objects
//: check E0124
x = «5000 {a: »1«5000 }»;

//# blocks
//: check E0124
«5000 if (true) {»«5000 }»

//# unary operators
//: check E0124
«5000 !»true

//# minus signs
//: check E0124
«5000 - »1

//# a chain of members
//: check E0124
x = {a: 1}; x«5000 .a»

//# a chain of calls
//: check E0124
f = fn() => f; f«5000 ()»

//# a chain of indexes
//: check E0124
x = [1]; x«5000 [0]»

//# a chain of arrows
//: check E0121
f = «5000 a => » 1;

//# a chain of arrows of the language
//: check E0124
f = «5000 fn(a) => »1;

//# a chain of conditionals
//: check E0124
«5000 true ? 1 : »2

//# a chain of powers
//: check E0124
«5000 1 ** »1

//# a chain of defaults
//: check E0124
«5000 null ?? »1

//# a long sum is no nesting
//: check E0124
«5000 1 + »1

//# a sum of a hundred is allowed
//: value 101
«100 1 + »1

//# a chain of elif
//: check E0124
x = 5; if (x == 0) {} «5000 elif (x == 1) {} »else {}

//# functions within functions
//: check E0124
«5000 function f() { »«5000 }»

//# tries within tries
//: check E0305
«100 try { »«100 } except (e) {}»

//# loops within loops
//: check E0305
«100 while (true) { »«100 }»

//# templates within templates
//: check E0124
«1000 `${»1«1000 }`»

//# matches within matches
//: check E0124
«1000 match (1) { _ => »1«1000 }»

//# patterns within patterns
//: check E0124
[«3000 [»a«3000 ]»] = 1;

//# comments within comments
//: value 1
«5000 /*»«5000 */» 1

//# comments that are not closed
//: check E0108
«5000 /*»

//# a string that is not closed
//: check E0108
x = "abc

//# a template that is not closed
//: check E0108
x = `abc ${1

//# a template within a string within a template
//: value "a b ${`c"
x = `a ${"b ${`c"}`; x

//# a long line of nothing
//: value null
«20000 ;»

//# a long name
//: value 3
«20000 a» = 3; «20000 a»

//# a long string
//: value 100000
"«100000 x»".length

//# a source of more than is allowed in process
//: in process check E0127
//: in worker value 300000
"«300000 x»".length

//# a source of more than is allowed
//: check E0127
"«1100000 x»".length

//# thousands of unknown names
//: limits {"time": 10}
//: check E0203
«5000 unknown_name_{n}; »

//# thousands of mistakes
//: limits {"time": 10}
//: check E0103
«5000 ) »

//# thousands of declarations
//: limits {"time": 20}
//: value 2000
«2000 function f{n}() { return {n}; } »f1999() + 1

//# thousands of arguments
//: value 3000
f = fn(...xs) => xs.length; f(«2999 1, »1)

//# thousands of parameters
//: limits {"time": 10}
//: error ArityError
f = fn(«2000 p{n}, »q) => 1; f(1)

//# thousands of alternatives of a pattern
//: limits {"time": 10}
//: value "found"
match (1999) { «1999 {n} | »1999 => "found", _ => "no" }

//# an object of thousands of keys
//: value 3000
len({ «3000 k{n}: {n}, » })

//# a number with thousands of underscores
//: check E0110
1«5000 _»1

//# a number of many digits
//: value true
«4000 9» > 0

//# a number of too many digits
//: check E0110
«40000 9»

//# a hexadecimal number of too many digits
//: check E0110
0x«40000 f»

//# a float of many digits
//: value 1.0
1.«5000 0»

//# an exponent beyond all
//: value true
1e«300 9» > 10 ** 300

//# a subscript of a literal makes no warning of Python
//: check E0204
1(2)

//# an is with a literal makes no warning of Python
//: value true
x = 1; x == 1

//# an assertion of a tuple is no tuple
//: error AssertionError message
assert 1 == 2, "message";

//# a keyword of Python as a label
//: value [1, 2]
o = {if: 1, class: 2}; [o.if, o.class]

//# an indented program
//: value 2
		x = 1;
    x + 1

//# a program of Python
//: check E0106
def f(x):
    return x

//# a decorator
//: check E0109
@property
function f() { return 1; }

//# a walrus
//: check E0113
(x := 5)

//# a semicolon in a name
//: check E0203
x = a;b;

//# a backslash at the end of a line
//: check E0109
x = 1 + \
2;

//# a shebang is a comment, never a command
//: value 1
#!/bin/sh
1

//# an encoding declaration of Python
//: check E0109
# -*- coding: utf-7 -*-
1

//# a form feed is white space
//: value 2
x = 1;{u+c}y = 2; y

//# a return at the top level
//: check E0303
return 5;

//# a break outside of a loop
//: check E0301
break;

//# types that double
//: limits {"time": 10}
//: value 1
type T0 = {a: number};
«40 type T{next} = {a: T{n}, b: T{n}};
»function f(x: T40) { return 1; } f(null)

//# unions of types that double
//: limits {"time": 10}
//: value 1
type T0 = number;
«150 type T{next} = T{n} | array<T{n}>;
»function f(x: T150) { return 1; } f(null)

//# types that are defined by themselves
//: value 1
type A = B; type B = A; 1

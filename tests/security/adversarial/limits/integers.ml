Numbers that grow.

//# a power of powers
//: limit size
9 ** 9 ** 9

//# a power with a negative base
//: limit size
(-9) ** 10 ** 8

//# repeated squaring
//: limit size
x = 3; while (true) { x = x * x; }

//# repeated squaring in place
//: limit size
x = 3; while (true) { x *= x; }

//# repeated squaring by a power
//: limit size
x = 3; while (true) { x **= 2; }

//# doubling by adding is slow, and bounded
//: limits {"time": 0.3}
//: limit size time
x = 2 ** 99999; while (true) { x = x + x; }

//# adding up past the bound
//: limit size
n = 2 ** 99999; str(sum(range(50).map(fn(i) => n ** 1)) ** 3)

//# a factorial
//: limit size
import math; math.factorial(10 ** 7)

//# a binomial
//: limit size
import math; math.comb(10 ** 7, 5 * 10 ** 6)

//# a permutation
//: limit size
import math; math.perm(10 ** 6)

//# a least common multiple
//: limit size
import math; math.lcm(...range(1, 200000))

//# a greatest common divisor of large numbers
//: limit size
import math; math.gcd(...([3 ** 60000] * 1000))

//# reading a number of a million digits
//: error ValueError digits
int("9" * 1000000)

//# reading a number of a million digits in base 36
//: error ValueError digits
int("z" * 1000000, 36)

//# reading a number with white space
//: error ValueError
int(" " * 100000 + "1x")

//# writing a number of many digits
//: value 30103
str(2 ** 99999).length

//# a literal of many digits
//: check E0110
x = 0x«40000 f»;

//# a float of many digits
//: value 1.0
float("1." + "0" * 1000000)

//# an exponent beyond all
//: value true
float("1e999999999999") == 1e400

//# a power that is complex in Python
//: error ValueError no real power
(-8) ** (1 / 3)

//# a power of zero
//: error ZeroDivisionError
0 ** -1

//# a division by zero, in three spellings
//: value ["ZeroDivisionError", "ZeroDivisionError", "ZeroDivisionError"]
[fn() => 1 / 0, fn() => 1 ~/ 0, fn() => 1 % 0].map(fn(f) => assertThrows(f).type)

//# a division of numbers too large for floats
//: error ValueError too large for a float
10 ** 400 / 3

//# a floor division of large numbers
//: value true
(7 ** 30000) ~/ (3 ** 10000) > 0

//# a hash of a large number as a key
//: value 2
import collections; collections.Set([2 ** 61 - 1, 0, 2 ** 61]).size() - 1

//# bits of a large number
//: value 100002
bin(2 ** 99999).length - 0

//# rounding a large number
//: error ValueError -400 to 400 digits
round(10 ** 1000, -999)

//# a random number below a large one
//: value true
import random; random.randomInt(0, 2 ** 99999) >= 0

//# comparing a hundred large numbers
//: value 1
_xs = range(100).map(fn(i) => 2 ** 90000 + i); _xs.indexOf(2 ** 90000 + 1)

//# sorting large numbers
//: value true
_xs = sorted(range(500).map(fn(i) => 2 ** 50000 - i)); _xs[0] < _xs[1]

//# true is a number, as in Python
//: value [2, true]
[true + true, true == 1]

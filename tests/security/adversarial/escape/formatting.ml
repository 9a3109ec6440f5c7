Formats, widths and precisions.

//# a format with a member
//: error ValueError is not a format
format(1, "{0.__class__}")

//# a format of a function
//: error TypeError
format(fn() => 1, ".2f")

//# a format of a function without a kind
//: value "<function>  "
format(fn() => 1, "<12")

//# a format that nests
//: error ValueError
format(1, "{}")

//# a width of a billion
//: error ValueError the width of a format is at most 1,000
format(1, "1000000000")

//# a width with many digits
//: error ValueError the width of a format is at most 1,000
format(1, "9".repeat(1000000))

//# a precision of a billion
//: error ValueError the precision of a format is at most 100
format(1.5, ".1000000000f")

//# the width of an argument
//: error ValueError is not a format
format(1, "*>{w}")

//# a format for locales
//: error ValueError is not a format
format(1, "n")

//# a format for characters
//: error ValueError is not a format
format(65, "c")

//# the alternate form in two spellings
//: value ["0xff", "0b101"]
[format(255, "#x"), format(5, "#b")]

//# a date's format is our own
//: error ValueError
import datetime; datetime.createDate(2020, 1, 2).format("%Q")

//# a date's format of enormous width
//: error ValueError
import datetime; datetime.createDate(2020, 1, 2).format("%1000000000d")

//# a date's format with a NUL
//: error ValueError
import datetime; datetime.createDate(2020, 1, 2).format("%\x00")

//# a float in hexadecimal
//: error TypeError
format(1.5, "x")

//# a boolean is no exception
//: value ["true", "1.0"]
[format(true), format(true, ".1f")]

//# grouping of a large number
//: value "1,000,000"
format(1000000, ",")

//# a number of too many digits
//: error ValueError at most 600 digits
format(10 ** 700, "d")

//# formats of strings cut
//: value ["ab", "  ab"]
[format("abc", ".2"), format("ab", ">4")]

//# a fill character beyond ASCII
//: value "éé1"
format(1, "é>3")

//# a brace as the fill character
//: value ["{{1", "}}1"]
[format(1, "{>3"), format(1, "}>3")]

//# the sign in a format of a string
//: error ValueError
format("a", "+5")

//# a spec that is no string
//: error TypeError takes a string as `spec`
format(1, 5)

//# a spec that is an array
//: error TypeError takes a string as `spec`
format(1, ["5"])

//# padding to a width beyond all
//: limit size
"a".padStart(10 ** 12)

//# padding with nothing
//: value "a"
"a".padStart(10 ** 6, "")

//# centering to a width beyond all
//: limit size
"a".center(10 ** 15, "-")

//# zeros to a width beyond all
//: limit size
"1".zfill(2 ** 62)

//# rounding to places beyond all
//: error ValueError
round(1, -3000000)

//# rounding to more places than there are
//: error ValueError
round(1.5, 10 ** 30)

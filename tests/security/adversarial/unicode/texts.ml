Characters that are not what they look like.

//# a name in Cyrillic letters
//: check E0109
{u+430} = 1;

//# a name in full-width letters, which Python takes for ASCII
//: check E0109
{u+ff45}{u+ff56}{u+ff41}{u+ff4c} = 1;

//# a member in full-width letters, which Python takes for a dunder
//: check E0109
"".{u+ff3f}{u+ff3f}class{u+ff3f}{u+ff3f};

//# underscores that Python takes for underscores
//: check E0109
"".{u+fe4f}{u+fe4f}class{u+fe4f}{u+fe4f};

//# letters in italics, which Python takes for ASCII
//: check E0109
{u+1d452}{u+1d463}{u+1d44e}{u+1d459}("1");

//# a superscript in a name
//: check E0109
x{u+b2} = 1;

//# a combining mark in a name
//: check E0109
e{u+301} = 1;

//# digits of another script are no digits
//: check E0109
x = {u+661}{u+662};

//# a right-to-left override outside of strings
//: check E0109
x = 1; {u+202e} y = 2;

//# a right-to-left override in a comment is a lint
//: value 1
x = 1; // {u+202e} safe
x

//# a right-to-left override in a string is told, and runs
//: value 1
x = "{u+202e}"; x.length

//# an isolate in a block comment is a lint
//: value 1
/* {u+2066} */ x = 1; x

//# a zero-width space in a name
//: check E0109
ad{u+200b}min = 1;

//# a zero-width joiner in a name
//: check E0109
ad{u+200d}min = 1;

//# a soft hyphen in a name
//: check E0109
ad{u+ad}min = 1;

//# a byte order mark in the middle
//: check E0109
x = 1; {u+feff} y = 2;

//# a byte order mark at the start
//: value 2
{u+feff}1 + 1

//# a no-break space
//: check E0109
x{u+a0}= 1;

//# an ideographic space
//: check E0109
x{u+3000}= 1;

//# a line separator ends no comment
//: value 1
x = 1; // comment {u+2028} x = 2;
x

//# a next-line character ends no comment
//: value 1
x = 1; // comment {u+85} x = 2;
x

//# a vertical tab ends no comment
//: value 1
x = 1; // comment {u+b} x = 2;
x

//# a carriage return alone ends no comment
//: value 1
x = 1; // comment {u+d} x = 2;
x

//# a Greek question mark is no semicolon
//: check E0109
x = 1{u+37e}

//# curly quotes are no quotes
//: check E0109
x = {u+201c}abc{u+201d};

//# a full-width semicolon
//: check E0109
x = 1{u+ff1b}

//# a minus sign that is none
//: check E0109
x = 3 {u+2212} 1;

//# a division slash
//: check E0109
x = 4 {u+2215} 2;

//# a surrogate by escape
//: check E0111
x = "\ud800";

//# a pair of surrogates by escape
//: check E0111
x = "\ud83d\ude00";

//# a surrogate by chr
//: error ValueError
chr(0xd800)

//# a surrogate by JSON
//: error ValueError
import json; json.parse('"\\ud800"')

//# a pair of surrogates by JSON is one character
//: value 1
import json; json.parse('"\\ud83d\\ude00"').length

//# a surrogate from code points
//: error ValueError
import string; string.fromCodePoints([0xdc00])

//# halves of a pair put together
//: error ValueError
import json; json.parse('"\\ud83d"') + json.parse('"\\ude00"')

//# keys that look alike are two keys
//: value 2
o = {"\u00e9": 1, "e\u0301": 2}; len(o)

//# keys that look like a dunder are not one
//: value null
o = {"\uff3f\uff3fclass": 1}; getattr("", "\uff3f\uff3fclass\uff3f\uff3f")

//# an input in full-width letters
//: inputs {"ｘ": 1}
//: error ValueError cannot be the name of an input
1

//# capital letters that grow
//: value ["SS", 3]
["\u00df".upper(), "\u0390".upper().length]

//# the dotless i
//: value [2, "\u0131"]
["\u0130".lower().length, "\u0131".lower()]

//# a number in other digits, as Python reads it
//: value 12
int("\u0661\u0662")

//# a number in superscript digits
//: error ValueError
int("\u00b2")

//# a digit that is none
//: value [true, false]
["\u00b2".isdigit(), "\u00bd".isdigit()]

//# the width of a fill
//: value 5
"\u{1f600}".padStart(5, "\u{1f601}").length

//# control characters in an error's message are shown as escapes
//: error Error
throw "\u{1b}[2J\u{7}\u{202e}";

//# a name of a file of the program with control characters
//: check E0123
import a{u+7}b;

//# all of the first plane
//: value 63487
s = ""; for (i in range(1, 0x10000)) { if (i < 0xd800 || i > 0xdfff) { s += chr(i); } } [...s].length

//# all of them in a template, displayed
//: value true
s = ""; for (i in range(0x100)) { s += chr(i); } repr(s).length > 256

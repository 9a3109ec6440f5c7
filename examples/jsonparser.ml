// A JSON parser by recursive descent, and a printer, with errors that point at the place.
// The last part parses documents both here and with the `json` module and compares.

import json;

/// A reader over `source`: where it is, and the few moves a parser needs.
function makeReader(source) {
    at = 0;

    /// Throws a SyntaxError that names line and column of the place.
    function fail(message) {
        before = source[:at];
        line = before.count("\n") + 1;
        column = at - before.rfind("\n");
        throw {message: `${message} at ${line}:${column}`, type: "SyntaxError", at: at};
    }

    return {
        peek: fn() => at < source.length ? source[at] : "",
        next: fn() => {
            nonlocal at;
            if (at >= source.length) { fail("unexpected end"); }
            at += 1;
            return source[at - 1];
        },
        back: fn() => {
            nonlocal at;
            at -= 1;
        },
        take: fn(word) => {
            nonlocal at;
            if (source[at:at + word.length] != word) { return false; }
            at += word.length;
            return true;
        },
        run: fn(accepted) => {
            nonlocal at;
            start = at;
            while (at < source.length && source[at] in accepted) { at += 1; }
            return source[start:at];
        },
        fail: fail,
    };
}

digits = "0123456789";
hexDigits = digits + "abcdefABCDEF";
escapes = {n: "\n", t: "\t", r: "\r", b: "\x08", f: "\x0c", "\"": "\"", "\\": "\\", "/": "/"};
words = {"true": true, "false": false, "null": null};

/// Parses one JSON value and demands that nothing follows it.
function parse(source) {
    reader = makeReader(source);
    value = parseValue(reader, 0);
    skipSpace(reader);
    if (reader.peek() != "") {
        reader.fail(`unexpected \`${reader.peek()}\` after the value`);
    }
    return value;
}

function skipSpace(reader) {
    reader.run(" \t\r\n");
}

function parseValue(reader, depth) {
    if (depth > 60) { reader.fail("nested too deeply"); }
    skipSpace(reader);
    symbol = reader.peek();
    return match (symbol) {
        "{" => parseObject(reader, depth),
        "[" => parseArray(reader, depth),
        "\"" => parseString(reader),
        "" => reader.fail("unexpected end"),
        c if c in "-0123456789" => parseNumber(reader),
        _ => parseWord(reader),
    };
}

function parseWord(reader) {
    for (word, value in words) {
        if (reader.take(word)) { return value; }
    }
    reader.fail(`unexpected \`${reader.peek()}\``);
}

/// The digits that must stand here.
function someDigits(reader) {
    found = reader.run(digits);
    if (found == "") { reader.fail("a digit is missing"); }
    return found;
}

function parseNumber(reader) {
    sign = reader.take("-") ? "-" : "";
    whole = someDigits(reader);
    if (whole.length > 1 && whole[0] == "0") { reader.fail("a number cannot begin with 0"); }
    fraction = reader.take(".") ? "." + someDigits(reader) : "";
    exponent = "";
    if (reader.take("e") || reader.take("E")) {
        direction = reader.take("-") ? "-" : "";
        if (direction == "") { reader.take("+"); }
        exponent = "e" + direction + someDigits(reader);
    }
    spelled = sign + whole + fraction + exponent;
    return fraction == "" && exponent == "" ? int(spelled) : float(spelled);
}

function parseHex(reader) {
    code = 0;
    for (_i in range(4)) {
        symbol = reader.next();
        if (!(symbol in hexDigits)) {
            reader.back();
            reader.fail("\\u needs four hexadecimal digits");
        }
        code = code * 16 + int(symbol, 16);
    }
    return code;
}

function parseString(reader) {
    reader.next();
    out = [];
    while (true) {
        symbol = reader.next();
        if (symbol == "\"") { return out.join(""); }
        if (symbol < " ") {
            reader.back();
            reader.fail("a control character inside a string");
        }
        if (symbol != "\\") {
            out.append(symbol);
            continue;
        }
        escape = reader.next();
        if (escape in escapes) {
            out.append(escapes[escape]);
        } elif (escape == "u") {
            code = parseHex(reader);
            if (code in range(0xD800, 0xDC00) && reader.take("\\u")) {
                code = 0x10000 + (code - 0xD800) * 0x400 + (parseHex(reader) - 0xDC00);
            }
            out.append(chr(code));
        } else {
            reader.back();
            reader.fail(`unknown escape \\${escape}`);
        }
    }
}

/// What stands between two brackets: `item()` separated by commas, up to `closer`.
function parseList(reader, closer, item) {
    reader.next();
    skipSpace(reader);
    if (reader.take(closer)) { return; }
    while (true) {
        item();
        skipSpace(reader);
        if (reader.take(closer)) { return; }
        if (!reader.take(",")) { reader.fail(`expected \`,\` or \`${closer}\``); }
    }
}

function parseArray(reader, depth) {
    result = [];
    parseList(reader, "]", fn() => result.append(parseValue(reader, depth + 1)));
    return result;
}

function parseObject(reader, depth) {
    result = {};
    parseList(reader, "}", fn() => {
        skipSpace(reader);
        if (reader.peek() != "\"") { reader.fail("expected a key in quotes"); }
        key = parseString(reader);
        skipSpace(reader);
        if (!reader.take(":")) { reader.fail("expected `:`"); }
        result[key] = parseValue(reader, depth + 1);
    });
    return result;
}

/// A string in quotes with everything escaped that JSON wants escaped.
function quote(s) {
    back = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\"": "\\\"", "\\": "\\\\"};
    return "\""
        + [...s].map(
            fn(c) => c in back ? back[c] : c < " " ? "\\u" + format(ord(c), "04x") : c,
        ).join("")
        + "\"";
}

/// `value` as JSON text; arrays and objects that are short stand on one line.
function show(value, indent = "", width = 60) {
    inner = indent + "  ";
    if (typeof(value) == "string") { return quote(value); }
    if (typeof(value) == "array") {
        [opener, closer, parts] = ["[", "]", value.map(fn(item) => show(item, inner))];
    } elif (typeof(value) == "object") {
        [opener, closer, parts] = [
            "{",
            "}",
            items(value).map(fn(pair) => `${quote(pair[0])}: ${show(pair[1], inner)}`),
        ];
    } else {
        return str(value);
    }
    line = opener + parts.join(", ") + closer;
    if (line.length + indent.length <= width && !("\n" in line)) { return line; }
    return `${opener}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${closer}`;
}

document = r'{
  "ship": "Beagle", "captain": {"name": "FitzRoy", "born": 1805},
  "crew": ["Darwin", "Wickham", "Stokes", "Syms Covington", "Augustus Earle"],
  "guns": 6, "tonnage": 242.5, "speed": -1.5e-1, "sunk": false, "log": null,
  "motto": "tab\there, quote \" and \\ and \u00e9 and \ud83d\udea2", "empty": [{}, [], ""]
}';

value = parse(document);
print(show(value));
print();
print("motto:", value.motto);
print("same as the json module:", value == json.parse(document));
print(
    "survives the round trip:",
    parse(show(value)) == value,
    "and the module reads it:",
    json.parse(show(value)) == value,
);

print();
broken = [
    "",
    "[1, 2",
    "[1 2]",
    "{\"a\" 1}",
    "{a: 1}",
    "01",
    "1.",
    "-",
    "\"abc",
    "\"\\x\"",
    "\"\\u12g4\"",
    "[1,]",
    "{\"a\": 1,}",
    "nul",
    "[1] 2",
    "{\n  \"a\": tru\n}",
    "\"a\nb\"",
    "[" * 70,
];
for (text in broken) {
    try {
        print("accepted?", parse(text));
    } except (e) {
        agreed = "  ";
        try {
            json.parse(text);
            agreed = " (the json module accepts it)";
        } except {;}
        shown = text.length > 12 ? text[:12] + "…" : text;
        print(`${quote(shown).padEnd(20)}${e.type}: ${e.message}${agreed.rstrip()}`);
    }
}

test "numbers keep their kind" {
    assertEqual(parse("[0, -7, 2.5, 1e3, 1E+2, -0.5e-1]"), [0, -7, 2.5, 1000.0, 100.0, -0.05]);
    assertEqual(str(parse("[1, 1.0]")), "[1, 1.0]");
}

test "escapes" {
    assertEqual(parse(r'"\n\t\"\\\/\u0041"'), "\n\t\"\\/A");
    assertEqual(parse(r'"\ud83d\ude00"'), "\u{1F600}");
}

test "errors have a place" {
    try {
        parse("[1,\n 2,\n x]");
        assert false, "it was accepted";
    } except (e) {
        assertEqual(e.message, "unexpected `x` at 3:2");
        assertEqual(e.at, 9);
    }
}

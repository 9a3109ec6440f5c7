import json;
print(json.stringify({a: 1, b: [true, null, "x\n"], c: {}}), json.stringify("text"), json.stringify(null), json.stringify([]));
print(json.parse("[1, 2.5, \"a\", true, null, {\"k\": []}]"), json.parse(" 7 "), json.parse("1e2"));
print(json.stringify({a: [1, 2]}, 2));
print(json.validate("[1]"), json.validate("[1"), json.isObject({}), json.isArray([]), json.isString("s"), json.isNumber(1), json.isBoolean(false), json.isNull(null), json.isNumber("1"));
print(json.keys({a: 1}), json.values({a: 1}), json.hasKey({a: 1}, "a"), json.get({a: 1}, "a"), json.merge({a: 1, b: 1}, {b: 2}));
for (attempt in [fn() => json.parse("[1,"), fn() => json.parse(""), fn() => json.parse("{a: 1}"), fn() => json.stringify(1e400), fn() => json.stringify(len), fn() => json.parse(5)]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}
cycle = [];
cycle.append(cycle);
try { json.stringify(cycle); } except (e) { print(e.type); }

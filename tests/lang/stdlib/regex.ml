import regex;
print(regex.findall("[a-z]+", "one 2 three"), regex.test("^a", "abc"), regex.split(",\s*", "a, b,c"), regex.sub("o", "0", "foo boo"), regex.sub("o", "0", "foo boo", 2));
m = regex.search("(\w+)@(\w+)", "mail ada@home now");
print(m.group(), m.group(1), m.groups(), m.start(), m.end(), m.span());
print(regex.match("b", "abc"), regex.search("x", "abc"), regex.fullmatch("abc", "abc") != null, regex.count("a", "banana"), regex.escape("a.b"));
p = regex.compile("(?P<year>\d{4})-(?P<month>\d\d)");
d = p.search("on 2024-05-01");
print(d.groupDict(), d.group("year"), p.findall("2024-05 2025-06"), p.test("no"));
print(regex.isValid("("), regex.isValid("a+"), regex.isLinear("a+"), regex.isLinear("(a)\1"));
print(regex.findall("(a)(b)?", "ab a"), [...regex.finditer("\d", "1a2")].map(fn(x) => x.group()), regex.subn("a", "b", "aa"));
try { regex.search("(", "x"); } except (e) { print(e.type); }

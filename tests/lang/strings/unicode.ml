s = "né😀日";
print(len(s), s[2], s[::-1], s.upper(), s.find("日"), s.split("é"));
print(ord("é"), chr(233), chr(0x1F600), "\u{1F600}" == "😀", "é" == "e\u0301", [..."e\u0301"].length);
for (c in "日本") { print(c, ord(c)); }
for (attempt in [fn() => chr(0xD800), fn() => chr(-1), fn() => chr(0x110000), fn() => ord("ab"), fn() => ord("")]) {
    try { print("got", attempt()); } except (e) { print(e.type); }
}

s = "banana";
print(s.find("an"), s.find("an", 2), s.find("x"), s.rfind("an"), s.index("n"), s.rindex("n"), s.count("a"), s.count("an"));
print(s.startswith("ban"), s.endswith("na"), s.startsWith("an"), s.endsWith("x"), s.startswith("nan", 2), s.contains("nan"), s.includes("x"));
print("an" in s, s.find(""), s.count("x"));
for (attempt in [fn() => s.index("x"), fn() => s.rindex("x")]) { try { attempt(); } except (e) { print(e.type); } }

value = undefined;
if (value == null) { print("nothing"); }
o = {"name": "Ada", "langs": ["ml", "py"]};
print(o.name, o["name"], o.langs[0], o.nothing == undefined);
for (key in keys(o)) { print(key); }
for (pair in items(o)) { print(pair[0], pair[1]); }

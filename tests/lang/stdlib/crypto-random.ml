// mlpy: run --allow crypto.random
import crypto;
id = crypto.uuid();
print(id.length, id[14], id[19] in "89ab", crypto.uuid() == id);
bytes = crypto.randomBytes(1000);
print(bytes.length, bytes.every(fn(b) => typeof(b) == "number" && 0 <= b && b < 256), crypto.randomBytes(0));
print(crypto.randomHex(4).length, crypto.randomHex(0) == "", crypto.randomString().length, crypto.randomString(5, "x"), crypto.randomString(3, alphabet: "é") == "ééé");
print(0 <= crypto.randomInt() && crypto.randomInt(max: 3) < 3, crypto.randomInt(-1, 0), 0 <= crypto.randomFloat());
for (attempt in [fn() => crypto.randomBytes(-1), fn() => crypto.randomInt(3, 3), fn() => crypto.randomString(1, "")]) {
    try { print("got", attempt()); } except (e) { print(e.type, e.message); }
}
with capability("file.read:./x") {
    try { crypto.uuid(); } except (e) { print(e.type); }
}

import crypto;
print(crypto.sha256(""), crypto.sha256([]) == crypto.sha256(""));
print(crypto.sha1("abc"), crypto.md5("abc"), crypto.blake2b("abc", 16), crypto.blake2b("abc", size: 1));
print(crypto.sha512("ñ") == crypto.sha512([195, 177]), crypto.sha512("abc").length);
signature = crypto.hmac("key", "data");
print(signature, crypto.hmac([107, 101, 121], "data", "md5"));
print(crypto.verifyHmac("key", "data", signature), crypto.verifyHmac("key", "data", signature.upper()), crypto.verifyHmac("key", "other", signature), crypto.verifyHmac("key", "data", ""));
print(crypto.compareHash(signature, signature), crypto.compare_hash("a", "é"));
print(crypto.uuidFromString("www.example.com"), crypto.uuidFromString("https://example.com/", "url"), crypto.uuidFromString("a", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"));
print(crypto.base64Encode("hello"), crypto.base64Encode([0, 255]), crypto.base64Encode("") == "", crypto.base64Decode("aGVs\n bG8="), crypto.base64Decode("AP8=", bytes: true));
// Randomness demands a capability, which this program has not.
for (attempt in [
    fn() => crypto.uuid(), fn() => crypto.randomBytes(1), fn() => crypto.randomHex(), fn() => crypto.randomString(), fn() => crypto.randomInt(), fn() => crypto.randomFloat(),
    fn() => crypto.sha256([1, 256]), fn() => crypto.sha256([1, "a"]), fn() => crypto.blake2b("", 65), fn() => crypto.hmac("k", "d", "crc32"),
    fn() => crypto.uuidFromString("a", "mail"), fn() => crypto.base64Decode("aGk"), fn() => crypto.base64Decode("a*k="), fn() => crypto.base64Decode("a=Gk"),
    fn() => crypto.base64Decode("aGk====="), fn() => crypto.base64Decode("é"), fn() => crypto.base64Decode("_w=="), fn() => crypto.base64Decode("/w==")
]) {
    try { print("got", attempt()); } except (e) { print(e.type, e.message); }
}

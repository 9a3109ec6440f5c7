"""Hashes, signatures with a shared key, base64, and randomness that nobody can foretell, from the platform's own library.

Data is a text, taken in UTF-8, or an array of bytes. A step in C cannot be stopped, so each is given a piece of bounded size.
"""

from __future__ import annotations

from _operator import _compare_digest as compare_digest  # `hmac`'s, which imports OpenSSL first
from binascii import Error, a2b_base64, b2a_base64
from os import urandom

from mlpy import files
from mlpy.capabilities import charge
from mlpy.errors import MLError
from mlpy.runtime.values import MAX_ITEMS, MAX_TEXT, string_text, too_many_items, too_much_text
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterator
    from typing import Protocol

    class Hasher(Protocol):
        """What takes data and gives a digest."""

        def update(self, data: bytes, /) -> None: ...

        def digest(self) -> bytes: ...

        def hexdigest(self) -> str: ...


PIECE = 1 << 18  # characters or bytes: a millisecond of hashing
BLOCK = 128  # bytes, of the largest block of these hashes; HMAC replaces a longer key by its hash
ALGORITHMS = ("sha256", "sha512", "sha1", "md5", "blake2b")
INT = frozenset((int,))
HEX = frozenset("0123456789abcdefABCDEF")
SPACES = b" \t\r\n"
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NAMESPACES = {
    "dns": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "url": "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
    "oid": "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
    "x500": "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
}  # of RFC 9562


@ml_module("crypto", version="1.0.0", interruptible=True)
class Crypto:
    """Hashes, signatures with a shared key, base64, and randomness for secrets.

    ```ml
    import crypto;
    signature = crypto.hmac("the shared key", "order 17: 3 apples");
    print(crypto.verifyHmac("the shared key", "order 17: 3 apples", signature));
    print(crypto.verifyHmac("the shared key", "order 17: 9 apples", signature));
    print(crypto.sha256([72, 105]) == crypto.sha256("Hi"));
    ```

    Data is a text, taken in UTF-8, or an array of bytes: whole numbers from 0 to 255. Hashes and signatures are hexadecimal in small
    letters; `verifyHmac` takes capital ones too. Compare what is secret with `verifyHmac` and `compareHash`, never with `==`, which
    ends at the first difference and so tells by its time where that is. None of the hashes is made for passwords, which need a slow
    one. `sha1` and `md5` are broken as signatures and there for the formats that demand them.

    Randomness comes from the system and demands `crypto.random`; each call draws afresh, and a grant's `bytes` count what is drawn.
    For numbers that a seed repeats there is [random](random.md).

    Arguments of another type are a `TypeError`; what is no base64, an unknown algorithm, numbers that are no bytes and a range without
    numbers are a `ValueError`. Texts of more than 67,108,864 characters and arrays of more than 10,000,000 items end the program with
    the size limit.
    """


# ── hashes ──


@ml_function
def sha256(data: str | list[int]) -> str:
    """The SHA-256 hash in hexadecimal. Example: `crypto.sha256("abc")[:16]` → `"ba7816bf8f01cfea"`."""
    return fed(hasher("sha256"), data, "data").hexdigest()


@ml_function
def sha512(data: str | list[int]) -> str:
    """The SHA-512 hash in hexadecimal. Example: `crypto.sha512("abc")[:16]` → `"ddaf35a193617aba"`."""
    return fed(hasher("sha512"), data, "data").hexdigest()


@ml_function
def sha1(data: str | list[int]) -> str:
    """The SHA-1 hash in hexadecimal, for old formats: two texts can be made that share one.

    Example: `crypto.sha1("abc")` → `"a9993e364706816aba3e25717850c26c9cd0d89d"`.
    """
    return fed(hasher("sha1"), data, "data").hexdigest()


@ml_function
def md5(data: str | list[int]) -> str:
    """The MD5 hash in hexadecimal, for old formats: texts that share one are easily made. Example: `crypto.md5("abc")` → `"900150983cd24fb0d6963f7d28e17f72"`."""
    return fed(hasher("md5"), data, "data").hexdigest()


@ml_function
def blake2b(data: str | list[int], size: int = 64) -> str:
    """The BLAKE2b hash of 1 to 64 bytes in hexadecimal. Example: `crypto.blake2b("abc", 8)` → `"d8bb14d833d59559"`."""
    if not 1 <= whole(size, "size") <= 64:
        raise MLError("`size` must be from 1 to 64", "ValueError")
    return fed(hasher("blake2b", digest_size=size), data, "data").hexdigest()


@ml_function
def hmac(key: str | list[int], data: str | list[int], algorithm: str = "sha256") -> str:
    """What only those who know the key can compute of the data, in hexadecimal; by sha256, sha512, sha1, md5 or blake2b.

    Example: `crypto.hmac("key", "data")[:16]` → `"5031fe3d989c6d15"`.
    """
    return signed(key, data, algorithm)


@ml_function
def verify_hmac(key: str | list[int], data: str | list[int], signature: str, algorithm: str = "sha256") -> bool:
    """Whether a signature is the hmac of key and data, in a time that tells nothing of where it differs.

    Example: `crypto.verifyHmac("key", "data", crypto.hmac("key", "data"))` → `true`.
    """
    expected = signed(key, data, algorithm)
    return len(text(signature, "signature")) == len(expected) and compare_digest(expected.encode(), signature.lower().encode())


@ml_function
def compare_hash(a: str, b: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of where they differ. Example: `crypto.compareHash("5d41", "5d42")` → `false`."""
    return compare_digest(text(a, "a").encode(), text(b, "b").encode())


@ml_function
def uuid_from_string(name: str, namespace: str = "dns") -> str:
    """The UUID of version 5 that a name has in a namespace: dns, url, oid, x500, or another UUID.

    Example: `crypto.uuidFromString("www.example.com")` → `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`.
    """
    space = NAMESPACES.get(text(namespace, "namespace"), namespace)
    digest = fed(hasher("sha1", uuid_bytes(space)), text(name, "name"), "name").digest()
    return uuid_text(digest[:16], 5)


@ml_function(capability="file.read:{path}")
def hash_file(path: str, algorithm: str = "sha256") -> str:
    """The hash of what a file holds, in hexadecimal; by sha256, sha512, sha1, md5 or blake2b.

    Example: `import file; file.write("a.txt", "abc"); crypto.hashFile("a.txt") == crypto.sha256("abc")` → `true`.
    """
    hashing = hasher(known_algorithm(algorithm))
    try:
        with files.reader(path) as file:
            while piece := file.read(PIECE):
                hashing.update(piece)
    except OSError as error:
        raise files.failure(path, error) from error
    return hashing.hexdigest()


# ── base64 ──


@ml_function
def base64_encode(data: str | list[int]) -> str:
    """The data in the letters of base64. Example: `crypto.base64Encode("hello")` → `"aGVsbG8="`."""
    found: list[bytes] = []
    size = 0
    for piece in pieces(data, "data"):
        size += len(piece)
        if size > MAX_TEXT // 4 * 3:
            too_much_text()
        found.append(piece)
    return b2a_base64(b"".join(found), newline=False).decode()


@ml_function
def base64_decode(encoded: str, *, bytes: bool = False) -> str | list[int]:  # noqa: A002  the name in the language
    """The text that base64 stands for, or its bytes as an array. Spaces and line breaks do not count.

    Example: `crypto.base64Decode("aGVsbG8=")` → `"hello"` Example: `crypto.base64Decode("/wA=", bytes: true)` → `[255, 0]`.
    """
    if type(bytes) is not bool:
        raise wrong_type(bytes, "bytes", "true or false")
    data = decoded(text(encoded, "encoded"))
    if bytes:
        if len(data) > MAX_ITEMS:
            too_many_items()
        return [*data]
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise MLError("what the base64 stands for is no text in utf-8", "ValueError", hint="`bytes: true` gives the bytes") from None


def decoded(encoded: str) -> bytes:
    """The bytes that base64 stands for; a ValueError for anything else."""
    if not encoded.isascii():
        raise MLError("not base64: it has characters beyond ascii", "ValueError")
    letters = encoded.encode().translate(None, SPACES)
    try:
        return a2b_base64(letters, strict_mode=True)
    except Error:
        foreign = letters.rstrip(b"=").translate(None, LETTERS)
        hint = "in the form for urls `-` stands for `+`, and `_` for `/`: replace them" if foreign and not foreign.strip(b"-_") else None
        raise MLError(f"not base64: {flaw(letters)}", "ValueError", hint=hint) from None


def flaw(letters: bytes) -> str:
    """Why letters are not base64."""
    strange = letters.rstrip(b"=").translate(None, LETTERS)[:1].decode()
    if strange:
        return "a `=` stands before its end" if strange == "=" else f"`{string_text(strange)[1:-1]}` is none of its letters"
    return "there are more `=` than fill it up" if len(letters) % 4 == 0 else "the length, with `=` at the end, is not a multiple of 4"


# ── randomness ──


@ml_function(capability="crypto.random")
def uuid() -> str:
    """A random UUID, of version 4. Example: `crypto.uuid().length` → `36`."""
    return uuid_text(entropy(16), 4)


@ml_function(capability="crypto.random")
def random_bytes(size: int = 32) -> list[int]:
    """An array of so many random bytes. Example: `crypto.randomBytes(16).length` → `16`."""
    if amount(size, "size") > MAX_ITEMS:
        too_many_items()
    return [*entropy(size)]


@ml_function(capability="crypto.random")
def random_hex(size: int = 32) -> str:
    """So many random bytes in hexadecimal, two digits each. Example: `crypto.randomHex(16).length` → `32`."""
    if amount(size, "size") > MAX_TEXT // 2:
        too_much_text()
    return entropy(size).hex()


@ml_function(capability="crypto.random")
def random_string(length: int = 32, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") -> str:
    """A text of random letters and digits, or of the characters of another alphabet. Example: `crypto.randomString(6, "0123456789").length` → `6`."""
    if amount(length, "length") > MAX_TEXT:
        too_much_text()
    size = len(text(alphabet, "alphabet"))
    if not size:
        raise MLError("`alphabet` must not be empty", "ValueError")
    fair = 2**32 - 2**32 % size  # what lies above would favour the first characters
    found: list[str] = []
    missing = length
    while missing:
        words = memoryview(entropy(4 * min(missing, PIECE))).cast("I")
        drawn = [alphabet[word % size] for word in words if word < fair]
        missing -= len(drawn)
        found.append("".join(drawn))
    return "".join(found)


@ml_function(capability="crypto.random")
def random_int(min: int = 0, max: int = 100) -> int:  # noqa: A002  the names in the language
    """A random whole number from min up to, but not, max. Example: `crypto.randomInt(5, 6)` → `5`."""
    width = whole(max, "max") - whole(min, "min")
    if width <= 0:
        raise MLError("`min` must be below `max`", "ValueError", hint="`max` itself is never drawn")
    bits = width.bit_length()
    size = (bits + 7) // 8
    while (drawn := int.from_bytes(entropy(size)) >> (size * 8 - bits)) >= width:
        pass
    return min + drawn


@ml_function(capability="crypto.random")
def random_float() -> float:
    """A random number from 0 up to, but not, 1. Example: `x = crypto.randomFloat(); 0 <= x && x < 1` → `true`."""
    return float((int.from_bytes(entropy(7)) >> 3) * 2**-53)


def entropy(size: int) -> bytes:
    """So many random bytes of the system, charged to the grant before they are drawn."""
    charge(size)
    if size <= PIECE:
        return urandom(size)
    return b"".join([urandom(min(PIECE, size - at)) for at in range(0, size, PIECE)])


# ── the pieces ──


def signed(key: str | list[int], data: str | list[int], algorithm: str) -> str:
    """The hmac of data."""
    from hmac import new as new_hmac  # noqa: PLC0415  as in `hasher`

    known_algorithm(algorithm)  # also of a short key: a program chooses no digest by name but from the table (H2)
    short = fed(hasher(algorithm), key, "key").digest() if type(key) in (str, list) and len(key) > BLOCK else b"".join(pieces(key, "key"))
    return fed(new_hmac(short, digestmod=algorithm), data, "data").hexdigest()


def hasher(algorithm: str, data: bytes = b"", **options: int) -> Hasher:
    """What takes data and gives its hash by an algorithm of the table, be it one that no secret should depend on."""
    import hashlib  # noqa: PLC0415  OpenSSL takes 3 ms, and a program that imports `crypto` may hash nothing

    made: Hasher = getattr(hashlib, algorithm)(data, usedforsecurity=False, **options)
    return made


def known_algorithm(algorithm: str) -> str:
    """The name of one of the hashes that there are."""
    if text(algorithm, "algorithm") not in ALGORITHMS:
        raise MLError(f"`algorithm` must be one of {', '.join(ALGORITHMS)}", "ValueError")
    return algorithm


def fed(hasher: Hasher, data: str | list[int], name: str) -> Hasher:
    """A hash that took in some data."""
    for piece in pieces(data, name):
        hasher.update(piece)
    return hasher


def pieces(data: object, name: str) -> Iterator[bytes]:
    """The bytes of a text in UTF-8, or of an array of bytes, in pieces of bounded size."""
    if type(data) is str:
        for at in range(0, len(data), PIECE):
            yield data[at : at + PIECE].encode()
    elif type(data) is list:
        for at in range(0, len(data), PIECE):
            yield packed(data[at : at + PIECE], name)
    else:
        raise wrong_type(data, name, "a string or an array of bytes")


def packed(numbers: list[object], name: str) -> bytes:
    """Numbers as bytes."""
    if not INT.issuperset(map(type, numbers)):
        raise MLError(f"`{name}` must be a string, or hold whole numbers from 0 to 255", "TypeError")
    try:
        return bytes(numbers)  # type: ignore[arg-type]  # whole numbers, as was looked at
    except ValueError:
        raise MLError(f"`{name}` must be a string, or hold whole numbers from 0 to 255", "ValueError") from None


def uuid_text(data: bytes, version: int) -> str:
    """Sixteen bytes as a UUID of a version."""
    number = int.from_bytes(data) & ~(0xF << 76) & ~(0x3 << 62) | version << 76 | 0x2 << 62
    return dashed(f"{number:032x}")


def uuid_bytes(written: str) -> bytes:
    """The bytes of a UUID; a ValueError for a text that is none."""
    digits = written.replace("-", "") if len(written) == 36 else ""
    if len(digits) == 32 and dashed(digits) == written and HEX.issuperset(digits):
        return bytes.fromhex(digits)
    raise MLError(f"`namespace` must be one of {', '.join(NAMESPACES)}, or a uuid", "ValueError")


def dashed(digits: str) -> str:
    """Hexadecimal digits in the groups of a UUID."""
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


# ── arguments ──


def text(value: object, name: str) -> str:
    """The value, or a TypeError unless it is a string."""
    if type(value) is not str:
        raise wrong_type(value, name, "a string")
    return value


def whole(value: object, name: str) -> int:
    """The value, or a TypeError unless it is a whole number."""
    if type(value) is not int:
        raise wrong_type(value, name, "a whole number")
    return value


def amount(value: object, name: str) -> int:
    """The value, or an error unless it is a whole number that is not negative."""
    found = whole(value, name)
    if found < 0:
        raise MLError(f"`{name}` must not be negative", "ValueError")
    return found

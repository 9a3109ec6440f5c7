"""Hashes, hmac, base64 and uuids as the standards and Python's own modules have them; randomness behind its capability."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlpy.stdlib import crypto

import mlpy
from mlpy.errors import CapabilityDenied, MLError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
ALGORITHMS = ["sha256", "sha512", "sha1", "md5", "blake2b"]
GRANTED = {"grants": ["crypto.random"]}
LARGE = crypto.PIECE + 7


# ── hashes ──


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [  # FIPS 180-4, RFC 1321, RFC 7693
        ("sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha256", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ("sha256", "a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha1", "a" * 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        ("md5", "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (
            "sha512",
            "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        (
            "blake2b",
            "abc",
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        ),
    ],
)
def test_hashes_of_the_standards(name, data, found):
    assert getattr(crypto, name)(data) == found


@pytest.mark.parametrize("name", ALGORITHMS)
@given(data=TEXTS)
def test_a_text_and_its_bytes_have_the_hash_of_python(name, data):
    plain = data.encode()
    assert getattr(crypto, name)(data) == getattr(crypto, name)([*plain]) == getattr(hashlib, name)(plain).hexdigest()


@pytest.mark.parametrize("size", [crypto.PIECE - 1, crypto.PIECE, crypto.PIECE + 1, 2 * crypto.PIECE])
def test_data_in_several_pieces(size):
    data = "é😀a" * (size // 3) + "é" * (size % 3)
    assert crypto.sha256(data) == hashlib.sha256(data.encode()).hexdigest()
    assert crypto.sha256([7] * size) == hashlib.sha256(b"\7" * size).hexdigest()


@given(TEXTS, st.integers(1, 64))
def test_blake2b_of_any_size(data, size):
    assert crypto.blake2b(data, size) == hashlib.blake2b(data.encode(), digest_size=size).hexdigest()


# ── hmac ──


@pytest.mark.parametrize(
    ("key", "data", "algorithm", "found"),
    [  # RFC 4231 and RFC 2202
        ([0x0B] * 20, "Hi There", "sha256", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        ("Jefe", "what do ya want for nothing?", "sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ([0xAA] * 131, "Test Using Larger Than Block-Size Key - Hash Key First", "sha256", "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        ([0x0B] * 20, "Hi There", "sha1", "b617318655057264e28bc0b6fb378c8ef146be00"),
        ("Jefe", "what do ya want for nothing?", "md5", "750c783e6ab0b503eaa86e310a5db738"),
        (
            "Jefe",
            "what do ya want for nothing?",
            "sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ],
)
def test_signatures_of_the_standards(key, data, algorithm, found):
    assert crypto.hmac(key, data, algorithm) == found
    assert crypto.verify_hmac(key, data, found, algorithm)
    assert crypto.verify_hmac(key, data, found.upper(), algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(key=TEXTS, data=TEXTS)
def test_signatures_are_those_of_python(algorithm, key, data):
    for repeated in (key, key * 40):  # longer than a block
        assert crypto.hmac(repeated, data, algorithm) == hmac.new(repeated.encode(), data.encode(), algorithm).hexdigest()
    assert crypto.hmac([*key.encode()], [*data.encode()], algorithm) == crypto.hmac(key, data, algorithm)


@pytest.mark.parametrize("size", [63, 64, 65, 127, 128, 129, 200, LARGE])
def test_keys_around_the_size_of_a_block(size):
    for algorithm in ALGORITHMS:
        for letter in ("k", "é"):
            assert crypto.hmac(letter * size, "d", algorithm) == hmac.new((letter * size).encode(), b"d", algorithm).hexdigest()


def test_a_signature_that_differs_anywhere_is_refused():
    signature = crypto.hmac("key", "data")
    for at in range(len(signature)):
        other = "1" if signature[at] == "0" else "0"
        assert not crypto.verify_hmac("key", "data", signature[:at] + other + signature[at + 1 :])
    for wrong in ("", signature[:-1], signature + "0", "é" * 64, "\0" * 64):
        assert not crypto.verify_hmac("key", "data", wrong)


@given(TEXTS, TEXTS)
def test_hashes_are_equal_as_texts_are(a, b):
    assert crypto.compare_hash(a, b) == (a == b)
    assert crypto.compare_hash(a, a)


# ── uuids and base64 ──


@given(TEXTS, st.sampled_from(["dns", "url", "oid", "x500"]), st.uuids())
def test_uuids_of_names_are_those_of_python(name, space, own):
    assert crypto.uuid_from_string(name, space) == str(uuid.uuid5(getattr(uuid, f"NAMESPACE_{space.upper()}"), name))
    assert crypto.uuid_from_string(name, str(own)) == crypto.uuid_from_string(name, str(own).upper()) == str(uuid.uuid5(own, name))


@pytest.mark.parametrize(("data", "found"), [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
def test_base64_of_rfc_4648(data, found):
    assert crypto.base64_encode(data) == found
    assert crypto.base64_decode(found) == data


@given(st.binary())
def test_base64_is_that_of_python(data):
    encoded = base64.b64encode(data).decode()
    assert crypto.base64_encode([*data]) == encoded
    assert crypto.base64_decode(encoded, bytes=True) == [*data]
    assert crypto.base64_decode(base64.encodebytes(data).decode(), bytes=True) == [*data]


@given(TEXTS)
def test_base64_gives_texts_back(data):
    assert crypto.base64_decode(crypto.base64_encode(data)) == data


def decoded(text):
    """The bytes that base64 stands for, or the error."""
    try:
        return bytes(crypto.base64_decode(text, bytes=True))
    except MLError as error:
        return error


@given(st.text("AZaz09+/=-_ \n*é", max_size=12))
def test_what_is_no_base64_is_said_to_be_none(text):
    found = decoded(text)
    if isinstance(found, MLError):
        assert (found.type, found.message[:12]) == ("ValueError", "not base64: ")
    else:  # unused bits of the last letter may differ
        assert base64.b64encode(found).decode().rstrip("=")[:-1] == "".join(text.split()).rstrip("=")[:-1]


def test_the_form_for_urls_is_told():
    with pytest.raises(MLError) as caught:
        crypto.base64_decode("_-8=")
    assert "for urls" in caught.value.hint


# ── randomness ──

RANDOM = ["uuid()", "randomBytes()", "randomHex()", "randomString()", "randomInt()", "randomFloat()"]


@pytest.mark.parametrize("call", RANDOM)
def test_randomness_demands_its_capability(call):
    code = f"import crypto;\ncrypto.{call}"
    with pytest.raises(CapabilityDenied) as caught:
        mlpy.run(code)
    assert caught.value.capability == "crypto.random"
    assert mlpy.run(code, **GRANTED) != mlpy.run(code, **GRANTED) or call == "randomInt()"


@pytest.mark.parametrize("call", ["sha256('a')", "hmac('k', 'd')", "uuidFromString('a')", "base64Encode('a')", "base64Decode('YQ==')", "compareHash('a', 'b')"])
def test_what_is_computed_demands_none(call):
    mlpy.run(f"import crypto;\ncrypto.{call}")


def test_a_narrowed_program_keeps_no_randomness_in_stored_functions():
    code = 'import crypto;\nf = crypto.uuid;\ndenied = null;\nwith capability("file.read:./x") { try { [1].map(fn(_) => f()); } except (e) { denied = e.type; } }\n[denied, f().length]'
    assert mlpy.run(code, **GRANTED) == ["CapabilityError", 36]


def test_random_uuids_have_version_and_variant():
    found = {mlpy.run("import crypto;\ncrypto.uuid()", **GRANTED) for _ in range(20)}
    assert len(found) == 20
    for one in found:
        made = uuid.UUID(one)
        assert (str(made), made.version, made.variant) == (one, 4, uuid.RFC_4122)


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**30))
def test_whole_numbers_lie_in_their_range(low, width):
    assert low <= crypto.random_int(low, low + width) < low + width


def test_all_numbers_and_letters_are_as_likely():
    drawn = [crypto.random_int(0, 5) for _ in range(5000)]
    letters = crypto.random_string(5000, "abcde")
    for counts in ([drawn.count(one) for one in range(5)], [letters.count(one) for one in "abcde"]):
        assert sum(counts) == 5000
        assert all(800 < count < 1200 for count in counts)  # eight standard deviations
    floats = [crypto.random_float() for _ in range(1000)]
    assert all(0 <= one < 1 for one in floats)
    assert 0.4 < sum(floats) / 1000 < 0.6


def test_long_texts_have_the_length_that_was_asked_for():
    assert len(crypto.random_string(LARGE, "0123456789")) == LARGE
    assert len(crypto.random_hex(LARGE)) == 2 * LARGE
    assert len(crypto.random_bytes(LARGE)) == LARGE


def test_bytes_of_a_grant_are_charged_before_they_are_drawn():
    code = "import crypto;\ncrypto.randomBytes(60);\ncrypto.randomHex(size);"
    assert mlpy.compile(code).run(inputs={"size": 40}, grants=["crypto.random,bytes=100"]).value is not None
    with pytest.raises(CapabilityDenied, match="bytes=100"):
        mlpy.compile(code).run(inputs={"size": 41}, grants=["crypto.random,bytes=100"])


def test_uses_are_in_the_audit_of_their_run_only():
    program = mlpy.compile("import crypto;\nfor (i in range(times)) { crypto.randomBytes(2); }")
    found = {}

    def work(times):
        found[times] = program.run(inputs={"times": times}, **GRANTED).audit

    threads = [threading.Thread(target=work, args=(times,)) for times in (10, 25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {times: [(one.capability, one.count, one.size) for one in audit] for times, audit in found.items()} == {
        10: [("crypto.random", 10, 20)],
        25: [("crypto.random", 25, 50)],
    }


# ── what is refused ──


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("crypto.sha256(null)", "TypeError"),
        ("crypto.sha256(1)", "TypeError"),
        ("crypto.sha256({})", "TypeError"),
        ("crypto.sha256([1, null])", "TypeError"),
        ("crypto.sha256([true])", "TypeError"),
        ("crypto.sha256([1.0])", "TypeError"),
        ('crypto.blake2b("", 1.0)', "TypeError"),
        ('crypto.hmac(null, "")', "TypeError"),
        ('crypto.hmac("k", null)', "TypeError"),
        ('crypto.hmac("k", "d", null)', "TypeError"),
        ('crypto.verifyHmac("k", "d", null)', "TypeError"),
        ('crypto.compareHash("a", null)', "TypeError"),
        ("crypto.uuidFromString(null)", "TypeError"),
        ("crypto.base64Decode([1])", "TypeError"),
        ('crypto.base64Decode("", bytes: 1)', "TypeError"),
        ("crypto.randomBytes(1.5)", "TypeError"),
        ("crypto.randomString(1, null)", "TypeError"),
        ('crypto.randomInt(0, "1")', "TypeError"),
        ("crypto.sha256([-1])", "ValueError"),
        ("crypto.sha256([256])", "ValueError"),
        ("crypto.sha256([2 ** 70])", "ValueError"),
        ('crypto.blake2b("", 0)', "ValueError"),
        ('crypto.hmac("k", "d", "sha3")', "ValueError"),
        ('crypto.hmac("k", "d", "__class__")', "ValueError"),
        ('crypto.uuidFromString("a", "6ba7b8109dad11d180b400c04fd430c8")', "ValueError"),
        ('crypto.uuidFromString("a", "6ba7b810-9dad-11d1-80b4-00c04fd430cg")', "ValueError"),
        ('crypto.uuidFromString("a", "٣٣٣٣٣٣٣٣-9dad-11d1-80b4-00c04fd430c8")', "ValueError"),
        ("crypto.randomHex(-1)", "ValueError"),
        ("crypto.randomInt(1, 1)", "ValueError"),
        ('crypto.randomString(3, "")', "ValueError"),
        ('crypto.sha256(data: "a", hasher: 1)', "ArityError"),
        ('crypto.base64Decode("", true)', "ArityError"),
    ],
)
def test_what_cannot_be_done_is_an_error_of_its_kind(code, kind):
    with pytest.raises(MLError) as caught:
        mlpy.run(f"import crypto;\n{code}", **GRANTED)
    assert caught.value.type == kind


@pytest.mark.parametrize("name", ["hashlib", "urandom", "entropy", "fed", "pieces", "signed", "charge", "hashFile", "compare_digest"])
def test_f19_f20_only_what_is_declared_can_be_named(name):
    with pytest.raises(MLError):
        mlpy.run(f"import crypto;\ncrypto.{name}(1)", **GRANTED)


@pytest.mark.parametrize(
    "code",
    [
        "crypto.randomBytes(10 ** 8)",
        "crypto.randomHex(10 ** 12)",
        "crypto.randomString(10 ** 12)",
        'crypto.base64Encode("x".repeat(60000000))',
        'crypto.base64Decode("A".repeat(20000000), bytes: true)',
    ],
)
def test_f08_large_results_are_refused_before_they_are_made(code):
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        mlpy.run(f"import crypto;\n{code}", **GRANTED)
    assert caught.value.limit == "size"
    assert time.perf_counter() - started < 5  # a slow machine


@pytest.mark.parametrize(
    "code",
    [
        "while (true) { crypto.sha512(text); }",
        "while (true) { crypto.hmac(text, text); }",
        "while (true) { crypto.md5(bytes); }",
        "crypto.randomString(60000000, text)",
        "while (true) { crypto.randomHex(30000000); }",
        "while (true) { crypto.randomInt(0, 2 ** 90000); }",
        "while (true) { crypto.base64Decode(crypto.base64Encode(bytes), bytes: true); }",
    ],
)
def test_a_time_limit_ends_any_call(code):
    program = mlpy.compile(f"import crypto;\n{code}")
    inputs = {"text": "é" * 30_000_000, "bytes": [9] * 3_000_000}
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        program.run(inputs=inputs, share=True, limits=mlpy.Limits(time=0.3), **GRANTED)
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 5  # a slow machine


def test_a_run_that_was_ended_leaves_nothing_held():
    program = mlpy.compile("import crypto;\nwhile (true) { crypto.sha256(text); crypto.randomBytes(1000); }")
    for _ in range(10):
        with pytest.raises(MLError):
            program.run(inputs={"text": "x" * 100_000}, limits=mlpy.Limits(time=0.02), **GRANTED)
    assert mlpy.run('import crypto;\ncrypto.sha256("abc")') == hashlib.sha256(b"abc").hexdigest()
    assert len(mlpy.run("import crypto;\ncrypto.uuid()", **GRANTED)) == 36

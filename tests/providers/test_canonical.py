"""Canonical JSON, by the vectors of RFC 8785, and amounts of money."""

from __future__ import annotations

import json
import struct
from decimal import Decimal

import pytest
from mlpy.extensions.providers import canonical
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.money import Money

# Appendix B of the RFC: a double in IEEE 754, and how ECMAScript writes it.
NUMBERS = """\
0000000000000000 0
8000000000000000 0
0000000000000001 5e-324
8000000000000001 -5e-324
7fefffffffffffff 1.7976931348623157e+308
ffefffffffffffff -1.7976931348623157e+308
4340000000000000 9007199254740992
c340000000000000 -9007199254740992
4430000000000000 295147905179352830000
44b52d02c7e14af5 9.999999999999997e+22
44b52d02c7e14af6 1e+23
44b52d02c7e14af7 1.0000000000000001e+23
444b1ae4d6e2ef4e 999999999999999700000
444b1ae4d6e2ef4f 999999999999999900000
444b1ae4d6e2ef50 1e+21
3eb0c6f7a0b5ed8c 9.999999999999997e-7
3eb0c6f7a0b5ed8d 0.000001
41b3de4355555553 333333333.3333332
41b3de4355555554 333333333.33333325
41b3de4355555555 333333333.3333333
41b3de4355555556 333333333.3333334
41b3de4355555557 333333333.33333343
becbf647612f3696 -0.0000033333333333333333
43143ff3c1cb0959 1424953923781206.2"""


def test_numbers_are_written_as_the_rfc_has_them():
    for line in NUMBERS.splitlines():
        bits, text = line.split()
        assert canonical.number(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_the_example_of_the_rfc():
    """Section 3.2.2 and what 3.2.4 has for it, in UTF-8."""
    text = r'{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\u20ac$\u000F\u000aA\u0027\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}'
    made = '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical.encode(json.loads(text)) == made.encode()
    assert canonical.decode(made.encode()) == json.loads(text)


def test_keys_are_sorted_by_utf_16():
    """Section 3.2.3: what lies beyond U+FFFF stands before U+FB33."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    assert list(json.loads(canonical.encode(dict.fromkeys(names)))) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"\udc00": 1}, 2**53, {1: 2}, b"", {1, 2}], ids=repr)
def test_what_has_no_exact_place_is_refused(value):
    with pytest.raises(ProviderError, match="canonical JSON has no place for"):
        canonical.encode(value)


def test_values_that_are_nested_too_deeply_are_refused():
    value: list = []
    for _ in range(200):
        value = [value]
    with pytest.raises(ProviderError, match="levels"):
        canonical.encode(value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a":1,"a":1}', "a key twice"), (b'{"a":1.0}', "spelling"), (b'{"a":1e0}', "spelling"), (b'{"b":1,"a":1}', "spelling"), (b'{"a": 1}', "spelling"), (b'"\\u0041"', "spelling"),
        (b"NaN", "NaN"), (b"\xff", "UTF-8"), (b"{", "not JSON"), (b"[" * 100_000, "not JSON"), (b"-0", "spelling"),
    ],
)  # fmt: skip
def test_other_spellings_are_not_read(text, why):
    with pytest.raises(ProviderError, match=why):
        canonical.decode(text)


def test_money_is_exact():
    dime = Money.parse("0.10")
    assert dime + dime + dime == Money.parse("0.3")
    assert (str(dime), str(Money.parse("12 JPY")), str(Money.parse("0.0000025USD")), str(Money.parse("1", "KWD"))) == ("0.10 USD", "12 JPY", "0.0000025 USD", "1.000 KWD")
    assert (Money.parse("1.5EUR").minor, Money.parse("150JPY").minor, Money.parse("1.5KWD").minor) == (Decimal(150), Decimal(150), Decimal(1500))
    assert Money.of(Decimal("1e-12"), "USD").billionths == 1
    assert Money.of_record(dime.record()) == dime
    with pytest.raises(ProviderError, match="EUR cannot be added to USD"):
        dime + Money.parse("1EUR")


@pytest.mark.parametrize("text", ["", "x", "-1", "1e9999", "nan", "1 usd", "1 DOLLARS", "1_0", "٣", "100000001"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ProviderError):
        Money.parse(text)

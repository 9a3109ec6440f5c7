"""Amounts of money: exact, each in its currency, and never added to one in another.

An amount is a whole number of billionths of its currency, which holds the price of a single token as well as a month's budget. `minor` is the same in the currency's minor units (cents, or yen).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal, InvalidOperation

from mlpy.extensions.providers.failures import ProviderError

UNIT = 10**9  # billionths in one of a currency
LARGEST = 10**8  # of a currency, in one amount
# How many decimals the minor unit of a currency has (ISO 4217), where these are not two.
DECIMALS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0,
    "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
DEFAULT = "USD"
EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `billionths` of the `currency` (three capital letters of ISO 4217)."""

    billionths: int
    currency: str = DEFAULT

    @classmethod
    def parse(cls, text: str, currency: str = "") -> Money:
        """An amount as people write it: `0.50USD`, `12 EUR`; `currency` is that of an amount without one, else US dollars.

        Raises:
            ProviderError: `invalid_value`.
        """
        plain = text.strip()
        digits = plain.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip()
        named = plain[len(digits) :].strip() or currency or DEFAULT
        try:
            amount = Decimal(digits) if digits.isascii() and digits[:1].isdigit() and "_" not in digits else None
        except InvalidOperation:
            amount = None
        if amount is None or not amount.is_finite() or len(named) != 3 or not (named.isascii() and named.isalpha() and named.isupper()):
            raise ProviderError("invalid_value", f"`{text}` is not an amount", hint="write it like `0.50USD`")
        return cls.of(amount, named)

    @classmethod
    def of(cls, amount: Decimal, currency: str) -> Money:
        """An exact amount; what is smaller than a billionth counts as one.

        Raises:
            ProviderError: `invalid_value`, where it is more than a hundred million.
        """
        if not -LARGEST <= amount <= LARGEST:
            raise ProviderError("invalid_value", f"an amount of {currency} is larger than {LARGEST:,}")
        return cls(int(EXACT.multiply(amount, Decimal(UNIT)).to_integral_value(ROUND_CEILING)), currency)

    @property
    def amount(self) -> Decimal:
        """How many of the currency, exactly."""
        return EXACT.divide(Decimal(self.billionths), Decimal(UNIT))

    @property
    def minor(self) -> Decimal:
        """How many minor units, exactly: 150 cents for 1.50 USD."""
        return EXACT.scaleb(self.amount, DECIMALS.get(self.currency, 2))

    @property
    def text(self) -> str:
        """All digits that count, at least as many decimals as the currency has: `0.50`, `0.000012`."""
        places = DECIMALS.get(self.currency, 2)
        whole, _, fraction = f"{self.amount:f}".partition(".")
        fraction = fraction.rstrip("0").ljust(places, "0")
        return whole + (f".{fraction}" if fraction else "")

    def __str__(self) -> str:
        return f"{self.text} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.billionths + self._like(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.billionths - self._like(other), self.currency)

    def record(self) -> dict[str, object]:
        """The amount as a record has it: its digits as a text, as a double would not be exact."""
        return {"amount": self.text, "currency": self.currency}

    @classmethod
    def of_record(cls, found: object) -> Money | None:
        """What `record` has made; None for anything else."""
        if not isinstance(found, dict):
            return None
        amount, currency = found.get("amount"), found.get("currency")
        if not isinstance(amount, str) or not isinstance(currency, str):
            return None
        try:
            return cls.parse(amount, currency)
        except ProviderError:
            return None

    def _like(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ProviderError("currencies_mixed", f"{other.currency} cannot be added to {self.currency}", hint="keep a budget for each currency")
        return other.billionths


def total(amounts: dict[str, int]) -> list[Money]:
    """Sums of billionths, one a currency, in the order of their names."""
    return [Money(amounts[currency], currency) for currency in sorted(amounts)]

"""What operations cost: a table of rates that ships with the package, and what the user's settings put before it.

A rate says what one call, token, byte or second costs; `[[rates]]` in `config.toml` of the user's configuration has the same keys, and comes first. Nobody has compared the table that ships
with what services charge, and prices change: what it says is an estimate, is shown as one, and what a service reports is what counts.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase

from mlpy.extensions.providers.failures import ProviderError, reason
from mlpy.extensions.providers.money import EXACT, LARGEST, Money

from mlpy.config import user_file
from mlpy.settings import open_to_others

PER = ("byte", "call", "input_token", "output_token", "second")
WORDS = ("provider", "operation", "model", "currency")
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Quantities:
    """How much an operation is, or is at most: calls, tokens, bytes and seconds."""

    call: int = 1
    input_token: int = 0
    output_token: int = 0
    byte: int = 0
    second: float = 0.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What an operation costs; `provider`, `operation` and `model` are patterns. The prices are in the currency, each for one; `own` are those of the user's settings."""

    provider: str
    operation: str
    model: str
    currency: str
    prices: dict[str, Decimal]
    own: bool = False

    def fits(self, provider: str, operation: str, model: str) -> bool:
        return fnmatchcase(provider, self.provider) and fnmatchcase(operation, self.operation) and fnmatchcase(model, self.model)

    def cost(self, quantities: Quantities) -> Money:
        """What so much costs, exactly, and at the end rounded up to a billionth."""
        amount = NOTHING
        for name, price in self.prices.items():
            amount = EXACT.add(amount, EXACT.multiply(price, Decimal(str(getattr(quantities, name)))))
        return Money.of(amount, self.currency)


def find(provider: str, operation: str, model: str = "") -> Rate:
    """The rate of an operation: of the user's settings the first that fits, else of the table.

    Raises:
        ProviderError: `no_rate`, `rates_unusable`.
    """
    for rate in (*of_user(), *shipped()):
        if rate.fits(provider, operation, model):
            return rate
    named = f"`{provider}/{operation}`" + (f" with `{model}`" if model else "")
    raise ProviderError("no_rate", f"nothing says what {named} costs", hint="a table `[[rates]]` in the user's `config.toml` says it")


def shipped() -> list[Rate]:
    """The table of the package."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "rates.json"), "rb") as stream:
        return [rate_of(one) for one in json.load(stream)["rates"]]


def of_user() -> list[Rate]:
    """The rates of the user's settings.

    Raises:
        ProviderError: `rates_unusable`.
    """
    path = user_file()
    if path is None or open_to_others(path):
        return []
    try:
        with open(path, "rb") as stream:
            found = tomllib.load(stream).get("rates", [])
    except OSError as error:
        raise ProviderError("rates_unusable", f"the user's settings cannot be read: {reason(error)}") from None
    except ValueError:
        raise ProviderError("rates_unusable", "the user's settings are not TOML") from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ProviderError("rates_unusable", "`rates` in the user's settings must be a list of tables", hint="write `[[rates]]` above each")
    return [rate_of(one, own=True) for one in found]


def rate_of(table: dict[str, object], *, own: bool = False) -> Rate:
    """A rate of its table.

    Raises:
        ProviderError: `rates_unusable`.
    """
    unknown = sorted(table.keys() - {*PER, *WORDS})
    if unknown:
        raise ProviderError("rates_unusable", f"a rate has no key `{unknown[0]}`", hint="its keys are " + ", ".join(f"`{one}`" for one in (*WORDS, *PER)))
    words = {name: table.get(name, "USD" if name == "currency" else "*") for name in WORDS}
    if not isinstance(table.get("provider"), str) or not all(isinstance(one, str) for one in words.values()):
        raise ProviderError("rates_unusable", "a rate names its `provider` as a text, and `operation`, `model` and `currency` where it does not hold for all")
    prices = {name: price(name, table[name]) for name in PER if name in table}
    Money.parse("0", str(words["currency"]))
    return Rate(**{name: str(one) for name, one in words.items()}, prices=prices, own=own)


def price(name: str, written: object) -> Decimal:
    """A price, which is written as a text where a double would not be exact."""
    try:
        made = Decimal(str(written)) if isinstance(written, str | int | float) and not isinstance(written, bool) else None
    except InvalidOperation:
        made = None
    if made is None or not made.is_finite() or not 0 <= made <= LARGEST:
        raise ProviderError("rates_unusable", f"the price of one {name.replace('_', ' ')} is not a number", hint='write it as a text, such as `"0.0000025"`')
    return made

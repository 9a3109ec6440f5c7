"""`mlpy budget estimate`: what an operation would cost, and whether the budgets allow it."""

from __future__ import annotations

from math import inf

from mlpy.extensions.providers import accounts, rates
from mlpy.extensions.providers.budget import Spending
from mlpy.extensions.providers.budgeting.commands.set import amount_of
from mlpy.extensions.providers.failures import ProviderError

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

    from mlpy.extensions.providers.money import Money

UNCHECKED = "its price is of the table that ships with mlpy, which nobody has compared with what the provider charges; `[[rates]]` in `config.toml` sets yours\n"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("OPERATION", help="`provider/operation`, such as openai/chat.complete")
    parser.add_argument("--model", metavar="NAME", default="", help="the model that answers")
    parser.add_argument("--instance", metavar="NAME", default="", help="the instance that would be asked")
    for name, what in (("calls", "calls (default 1)"), ("input-tokens", "tokens that are sent"), ("output-tokens", "tokens that come back, at most"), ("bytes", "bytes, or characters of speech")):
        parser.add_argument(f"--{name}", type=int, metavar="N", default=1 if name == "calls" else 0, help=f"how many {what}")
    parser.add_argument("--seconds", type=float, metavar="N", default=0.0, help="how many seconds of sound or of a machine")


def perform(options: Namespace) -> dict[str, object]:
    provider, slash, operation = options.OPERATION.partition("/")
    if not (provider and slash and operation):
        raise ProviderError("invalid_value", f"`{options.OPERATION}` is not an operation", hint="write it with its provider: `openai/chat.complete`")
    quantities = rates.Quantities(options.calls, options.input_tokens, options.output_tokens, options.bytes, options.seconds)
    if not all(0 <= getattr(quantities, name) < inf for name in rates.PER):
        raise ProviderError("invalid_value", "a quantity is negative, or no number")
    rate = rates.find(provider, operation, options.model)
    cost = rate.cost(quantities)
    with accounts.reconciled() as ledger:
        applying = ledger.in_currency(Spending("", provider, options.instance, operation), cost)
        standings = [one for one in ledger.standings() if one.limit in applying]
    allowed = all(cost.billionths <= one.left.billionths for one in standings)
    return {"operation": options.OPERATION, "model": options.model or None, "cost": cost.record(), "rate": "settings" if rate.own else "unchecked", "allowed": allowed, "budgets": [one.record() for one in standings]}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    budgets, cost = data["budgets"], amount_of(data["cost"])
    assert isinstance(budgets, list)
    rows = [[str(one["period"]), str(one["provider"] or ""), str(one["instance"] or ""), str(amount_of(one["left"])), verdict(cost, amount_of(one["left"]))] for one in budgets]
    page = f"{tables.one_line(str(data['operation']))} would cost {'about ' if data['rate'] == 'unchecked' else ''}{cost}\n"
    page += UNCHECKED if data["rate"] == "unchecked" else ""
    return page + ("\n" + tables.table(rows, heads=("PERIOD", "PROVIDER", "INSTANCE", "LEFT", ""), right="LEFT") if rows else "")


def verdict(cost: Money, left: Money) -> str:
    return tables.paint("allowed", "green") if cost.billionths <= left.billionths else tables.paint("refused", "red")

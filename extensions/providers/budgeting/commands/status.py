"""`mlpy budget status`: what was spent, what is reserved, and what is left."""

from __future__ import annotations

from mlpy.extensions.providers import accounts
from mlpy.extensions.providers.budgeting.commands.set import amount_of

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

HEADS = ("PERIOD", "PROVIDER", "INSTANCE", "LIMIT", "SPENT", "RESERVED", "LEFT")
SCARCE = 5  # so many times what is left is less than the limit when it is shown in yellow


def define(parser: ArgumentParser) -> None:
    parser.description = "Tell what was spent, what is reserved for operations that run, and what is left."


def perform(options: Namespace) -> dict[str, object]:  # noqa: ARG001  as every command's
    with accounts.reconciled() as ledger:
        return {"budgets": [one.record() for one in ledger.standings()]}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    budgets = data["budgets"]
    assert isinstance(budgets, list)
    if not budgets:
        return "there are no budgets; `mlpy budget set --daily 50` sets one\n"
    return tables.table([row(one) for one in budgets], heads=HEADS, right="LIMIT SPENT RESERVED LEFT")


def row(one: dict[str, object]) -> list[str]:
    limit, spent, reserved, left = [amount_of(one[name]) for name in ("limit", "spent", "reserved", "left")]
    style = "red" if left.billionths <= 0 else "yellow" if left.billionths * SCARCE < limit.billionths else "green"
    scope = [str(one["period"]), str(one["provider"] or ""), str(one["instance"] or "")]
    return [*scope, str(limit), str(spent), str(reserved) if reserved.billionths else "", tables.paint(str(left), style)]

"""`mlpy budget remove`: removes budgets; what was spent stays known."""

from __future__ import annotations

from mlpy.extensions.providers.budget import PERIODS as ALL
from mlpy.extensions.providers.budget import Ledger, Limit
from mlpy.extensions.providers.budgeting.commands.set import PERIODS, add_scope, amount_of

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    for name, period in PERIODS.items():
        parser.add_argument(f"--{name}", action="store_true", help=f"only the budget of a {period}" if period != "total" else "only the budget for good")
    add_scope(parser)


def perform(options: Namespace) -> dict[str, object]:
    periods = tuple(period for name, period in PERIODS.items() if getattr(options, name)) or ALL
    with Ledger() as ledger:
        return {"removed": [limit.record() for limit in ledger.remove(provider=options.provider, instance=options.instance, periods=periods)]}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    removed = data["removed"]
    assert isinstance(removed, list)
    named = [Limit(amount_of(one["limit"]), one["period"], one["provider"] or "", one["instance"] or "") for one in removed]
    return "".join(tables.one_line(f"{limit.name} of {limit.amount} is removed") + "\n" for limit in named)

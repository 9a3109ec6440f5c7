"""`mlpy budget report`: what was spent, with bars."""

from __future__ import annotations

import sys

from mlpy.extensions.providers import accounts, budget, selecting
from mlpy.extensions.providers.budgeting.commands.set import amount_of

from mlpy.cli import tables, terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

BAR = 30  # columns
EIGHTHS = "▏▎▍▌▋▊▉█"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--since", metavar="TIME", default="", help="only operations that began since then: `2030-01-31`, or `7d` ago")
    parser.add_argument("--group-by", choices=budget.GROUPS, default="provider", help="what is added up (default provider)")


def perform(options: Namespace) -> dict[str, object]:
    since = selecting.moment(options.since).timestamp() if options.since else 0.0
    with accounts.reconciled() as ledger:
        found = ledger.report(since=since, group_by=options.group_by)
    groups = [{"name": name, "cost": cost.record(), "operations": count} for name, cost, count in found]
    return {"group_by": options.group_by, "groups": groups, "totals": [one.record() for one in budget.sums_of(found)]}


def show(data: dict[str, object], options: Namespace) -> str:
    groups, totals = data["groups"], data["totals"]
    assert isinstance(groups, list)
    assert isinstance(totals, list)
    if not groups:
        return "nothing was spent\n"
    largest: dict[str, int] = {}
    for one in groups:
        cost = amount_of(one["cost"])
        largest[cost.currency] = max(largest.get(cost.currency, 1), cost.billionths)
    rows = [[str(one["name"]), str(one["operations"]), str(amount_of(one["cost"])), bar(amount_of(one["cost"]).billionths, largest[one["cost"]["currency"]])] for one in groups]
    lines = "".join(f"total {amount_of(one)}\n" for one in totals)
    return tables.table(rows, heads=(options.group_by.upper(), "OPERATIONS", "COST", "SHARE"), right="OPERATIONS COST") + "\n" + lines


def bar(amount: int, largest: int) -> str:
    """A bar as long as an amount is of the largest one; what is not nothing shows."""
    if terminal.plain(sys.stdout):
        return "#" * -(-amount * BAR // largest)
    whole, part = divmod(-(-amount * BAR * 8 // largest), 8)
    return EIGHTHS[-1] * whole + (EIGHTHS[part - 1] if part else "")

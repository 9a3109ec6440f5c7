"""`mlpy witness cost`: what operations have cost, as the log tells it."""

from __future__ import annotations

from mlpy.extensions.providers import selecting, witness
from mlpy.extensions.providers.money import Money, total

from mlpy.cli import tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

GROUPS = ("instance", "operation", "provider", "run", "trace")


def define(parser: ArgumentParser) -> None:
    selecting.add_options(parser)
    parser.add_argument("--group-by", choices=GROUPS, default="operation", help="what is added up (default operation)")


def perform(options: Namespace) -> dict[str, object]:
    selection = selecting.of_options(options)
    sums: dict[tuple[str, str], list[int]] = {}
    if witness.exists():
        with witness.Witness() as log:
            for record in log.records():
                said = record.data
                cost = Money.of_record(said["cost"])
                if cost is not None and selection.takes(said):
                    name = f"{said['provider']}/{said['operation']}" if options.group_by == "operation" else str(said[options.group_by])
                    kept = sums.setdefault((cost.currency, name), [0, 0])
                    kept[0] += cost.billionths
                    kept[1] += 1
    amounts: dict[str, int] = {}
    for (currency, _), (amount, _) in sums.items():
        amounts[currency] = amounts.get(currency, 0) + amount
    groups = [{"name": name, "cost": Money(amount, currency).record(), "operations": count} for (currency, name), (amount, count) in sorted(sums.items())]
    return {"group_by": options.group_by, "groups": groups, "totals": [one.record() for one in total(amounts)]}


def show(data: dict[str, object], options: Namespace) -> str:
    groups, totals = data["groups"], data["totals"]
    assert isinstance(groups, list)
    assert isinstance(totals, list)
    if not groups:
        return "nothing that was witnessed has cost anything\n"
    rows = [[str(one["name"]), str(one["operations"]), f"{one['cost']['amount']} {one['cost']['currency']}"] for one in groups]
    lines = "".join(f"total {one['amount']} {one['currency']}\n" for one in totals)
    return tables.table(rows, heads=(options.group_by.upper(), "OPERATIONS", "COST"), right="OPERATIONS COST") + "\n" + lines

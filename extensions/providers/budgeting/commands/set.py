"""`mlpy budget set`: limits what operations may cost."""

from __future__ import annotations

from mlpy.extensions.providers.budget import Ledger, Limit
from mlpy.extensions.providers.money import Money

from mlpy.cli import Mistake, tables

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

PERIODS = {"daily": "day", "monthly": "month", "total": "total"}


def define(parser: ArgumentParser) -> None:
    parser.add_argument("--daily", metavar="AMOUNT", help="in a day of the user's time zone: `50`, `50EUR`")
    parser.add_argument("--monthly", metavar="AMOUNT", help="in a calendar month")
    parser.add_argument("--total", metavar="AMOUNT", help="for good")
    parser.add_argument("--currency", metavar="CODE", default="", help="of amounts that name none (default USD)")
    add_scope(parser)


def add_scope(parser: ArgumentParser) -> None:
    """The options that say whose budget it is."""
    parser.add_argument("--provider", metavar="NAME", default="", help="of this provider alone")
    parser.add_argument("--instance", metavar="NAME", default="", help="of this instance alone")


def perform(options: Namespace) -> dict[str, object]:
    written = {period: getattr(options, name) for name, period in PERIODS.items() if getattr(options, name) is not None}
    if not written:
        raise Mistake("`mlpy budget set` needs `--daily`, `--monthly` or `--total`", "`mlpy budget set --daily 50` sets a budget for each day")
    limits = [Limit(Money.parse(text, options.currency), period, options.provider, options.instance) for period, text in written.items()]
    with Ledger() as ledger:
        for limit in limits:
            ledger.set(limit)
    return {"budgets": [limit.record() for limit in limits]}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    budgets = data["budgets"]
    assert isinstance(budgets, list)
    return "".join(tables.one_line(f"{Limit(amount_of(one['limit']), one['period'], one['provider'] or '', one['instance'] or '').name}: {amount_of(one['limit'])}") + "\n" for one in budgets)


def amount_of(record: object) -> Money:
    """The amount of a record of ours."""
    found = Money.of_record(record)
    assert found is not None
    return found

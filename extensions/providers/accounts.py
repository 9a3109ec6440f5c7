"""Paid operations: a budget before, the witness round it, the real cost after. What every adapter runs its operations in.

The outcome is on the disk before the ledger is settled, so that a process which ends in between leaves behind what the ledger needs to settle later.
"""

from __future__ import annotations

from contextlib import contextmanager

from mlpy.extensions.providers.budget import LEASE, Ledger, Spending
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.money import Money
from mlpy.extensions.providers.witness import Entry, Witness, exists

from mlpy.capabilities import in_use

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator

    from mlpy.extensions.providers.budget import Standing
    from mlpy.extensions.providers.witness import Call

    from mlpy.capabilities import Use


@contextmanager
def paid(call: Call, highest: Money, *, witness: Witness, ledger: Ledger, lease: float = LEASE) -> Iterator[Entry]:
    """Runs its block as an operation that costs `highest` at most; the block puts what it has cost into `entry.cost`, and where it says nothing, also when it fails, `highest` counts.

    Raises:
        ProviderError: `budget_exceeded`, `currencies_mixed`, `budget_unusable`, and what `Witness.witnessed` raises; the block has not run then.
        CapabilityDenied: The `cost=` of a grant would be exceeded; the block has not run then.
    """
    entry = Entry(call)
    ledger.outcome = ledger.outcome or cost_in(witness)
    use = in_use.get(None)
    if use is not None:
        use.charge(cost=float(highest.amount), currency=highest.currency)
    try:
        ledger.reserve(Spending(entry.id, call.provider, call.instance, call.operation, call.run), highest, lease)
    except ProviderError:
        give_back(use, highest, Money(0, highest.currency))
        raise
    ran = False
    try:
        with witness.witnessed(entry):
            ran = True
            try:
                yield entry
            finally:
                said, entry.cost = entry.cost, counted(entry.cost, highest)
            if said is not None and said.billionths and said.currency != highest.currency:
                whose = f"`{call.provider}/{call.operation}`"
                raise ProviderError("currencies_mixed", f"{whose} says that it has cost {said}, and {highest} was reserved for it", hint="`highest` must be in the currency of the cost")
    finally:
        if ran and entry.cost is not None:
            give_back(use, highest, entry.cost)
            ledger.settle(entry.id, entry.cost)
        else:
            give_back(use, highest, Money(0, highest.currency))
            ledger.release(entry.id)


def counted(said: Money | None, highest: Money) -> Money:
    """What counts of the cost that a block has said: no other currency escapes the budgets that have made room for `highest`."""
    if said is None or said.billionths < 0:
        return highest
    if said.currency == highest.currency:
        return said
    return (highest if highest.billionths else said) if said.billionths else Money(0, highest.currency)


def give_back(use: Use | None, charged: Money, cost: Money) -> None:
    """Puts the real cost in place of what a grant was charged."""
    if use is not None and charged.currency == cost.currency:
        use.correct(float((cost - charged).amount))


def cost_in(witness: Witness) -> Callable[[str], Money | None]:
    """What the ledger asks for operations whose process is gone: the cost that their outcome tells."""

    def find(operation_id: str) -> Money | None:
        found = [record.data for record in witness.of_operation(operation_id)]
        return next((Money.of_record(one["cost"]) for one in found if one["kind"] == "outcome"), None)

    return find


@contextmanager
def reconciled() -> Iterator[Ledger]:
    """The ledger, which closes what processes that are gone have left open by what the log tells."""
    if not exists():
        with Ledger(lambda _: None) as ledger:
            yield ledger
        return
    with Witness() as witness, Ledger(cost_in(witness)) as ledger:
        yield ledger


def told(entry: Entry, ledger: Ledger) -> str:
    """The line that ends the output of a paid call: what it has cost, and what is left of each budget."""
    cost = entry.cost or Money(0)
    left = [said(one) for one in ledger.standings() if one.limit in ledger.applying(entry.call.provider, entry.call.instance) and one.limit.amount.currency == cost.currency]
    return f"cost {cost}" + (f"; left: {', '.join(left)}" if left else "")


def said(standing: Standing) -> str:
    when = {"day": " today", "month": " this month", "total": ""}[standing.limit.period]
    whose = "/".join(one for one in (standing.limit.provider, standing.limit.instance) if one)
    return f"{standing.left}{when}" + (f" for {whose}" if whose else "")

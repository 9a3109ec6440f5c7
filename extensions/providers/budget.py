"""Budgets that stop: before an operation runs, its highest plausible cost is reserved against every budget that applies; afterwards what it has cost takes the place of that.

The ledger is a SQLite database in the user's state folder. A reservation has a lease: where its process ends before it is settled, the money stays reserved until the lease ends, and what the witness
knows of the operation decides then. A day and a month are those of the user's time zone (`TZ`, else the system's), and an operation belongs to the one in which it began.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import time

from mlpy.extensions.providers.failures import ProviderError, reason
from mlpy.extensions.providers.money import Money, total

from mlpy.config import state_root

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Iterator
    from typing import Self

SCHEMA = 1
PATIENCE = 60.0  # seconds that one waits for another who writes
LEASE = 300.0  # seconds
PERIODS = ("day", "month", "total")
GROUPS = ("day", "instance", "month", "operation", "provider", "run")
TABLES = """
CREATE TABLE limits (
    provider TEXT NOT NULL, instance TEXT NOT NULL, period TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (provider, instance, period, currency)
) WITHOUT ROWID;
CREATE TABLE entries (
    id TEXT PRIMARY KEY, began REAL NOT NULL, until REAL NOT NULL, provider TEXT NOT NULL, instance TEXT NOT NULL, operation TEXT NOT NULL, run TEXT NOT NULL,
    currency TEXT NOT NULL, reserved INTEGER NOT NULL, settled INTEGER, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX times ON entries (began);
CREATE INDEX open ON entries (until) WHERE state = 'reserved';
"""
# Billions of billionths do not fit into a sum of SQLite: whole amounts and the rest are added apart.
SUMS = "coalesce(sum(({0}) / 1000000000), 0), coalesce(sum(({0}) % 1000000000), 0)"


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget: so much in a period (`day`, `month`, or `total` for good), of a provider and an instance; empty ones stand for all."""

    amount: Money
    period: str
    provider: str = ""
    instance: str = ""

    @property
    def scope(self) -> tuple[str, str, str]:
        return self.provider, self.instance, self.period

    @property
    def name(self) -> str:
        """What messages call it: `the daily budget of `openai``."""
        kind = {"day": "daily budget", "month": "monthly budget", "total": "budget"}[self.period]
        whose = "/".join(f"`{one}`" for one in (self.provider, self.instance) if one)
        return f"the {kind}" + (f" of {whose}" if whose else "")

    def record(self) -> dict[str, object]:
        return {"provider": self.provider or None, "instance": self.instance or None, "period": self.period, "limit": self.amount.record()}


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget as it stands: what was spent in its period, and what is reserved."""

    limit: Limit
    spent: Money
    reserved: Money

    @property
    def left(self) -> Money:
        return self.limit.amount - self.spent - self.reserved

    def record(self) -> dict[str, object]:
        return self.limit.record() | {name: getattr(self, name).record() for name in ("left", "reserved", "spent")}


@dataclass(frozen=True, slots=True)
class Spending:
    """What an operation is to the ledger."""

    id: str
    provider: str
    instance: str
    operation: str
    run: str = ""


class Ledger:
    """The ledger of this user. `outcome` tells what an operation has cost whose process is gone, None where nobody knows; without it reservations stay until somebody with it comes, or `paid` brings it. `clock` gives seconds since 1970."""

    def __init__(self, outcome: Callable[[str], Money | None] | None = None, clock: Callable[[], float] = time) -> None:
        self.outcome = outcome
        self.clock = clock
        folder = os.path.join(state_root(), "budget")
        path = os.path.join(folder, "ledger.db")
        with readable():
            os.makedirs(folder, mode=0o700, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self.database = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
            try:
                self.prepare()
            except BaseException:
                self.close()
                raise

    def prepare(self) -> None:
        """Makes the tables of a new ledger."""
        (version,) = self.database.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA:
            self.database.execute("PRAGMA synchronous = FULL")
            return
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = FULL")
        with self.transaction():
            (version,) = self.database.execute("PRAGMA user_version").fetchone()
            if version > SCHEMA:
                raise ProviderError("budget_unusable", "a later version of mlpy has written the ledger", hint="update mlpy")
            if version < SCHEMA:
                for statement in TABLES.split(";"):
                    self.database.execute(statement)
                self.database.execute(f"PRAGMA user_version = {SCHEMA}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is read and written inside belongs together; nobody else writes meanwhile."""
        with readable():
            self.database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.database.execute("COMMIT")
            except BaseException:
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                raise

    # ── limits ──

    def set(self, limit: Limit) -> None:
        """Sets a budget, in place of the one of that period, scope and currency."""
        row = (limit.provider, limit.instance, limit.period, limit.amount.currency, limit.amount.billionths)
        with self.transaction():
            self.database.execute("INSERT OR REPLACE INTO limits (provider, instance, period, currency, amount) VALUES (?, ?, ?, ?, ?)", row)

    def remove(self, *, provider: str = "", instance: str = "", periods: tuple[str, ...] = PERIODS) -> list[Limit]:
        """Removes the budgets of a scope: those that there were.

        Raises:
            ProviderError: `budget_not_found`.
        """
        found = [limit for limit in self.limits() if (limit.provider, limit.instance) == (provider, instance) and limit.period in periods]
        if not found:
            raise ProviderError("budget_not_found", "there is no such budget", hint="`mlpy budget status` lists the budgets")
        with self.transaction():
            self.database.executemany("DELETE FROM limits WHERE provider = ? AND instance = ? AND period = ?", [limit.scope for limit in found])
        return found

    def limits(self) -> list[Limit]:
        """All budgets, those of everything first."""
        with readable():
            rows = self.database.execute("SELECT amount, currency, period, provider, instance FROM limits ORDER BY provider, instance, period, currency").fetchall()
        return [Limit(Money(row[0], row[1]), *row[2:]) for row in rows]

    def applying(self, provider: str, instance: str) -> list[Limit]:
        """The budgets that an operation of an instance counts against."""
        return [limit for limit in self.limits() if limit.provider in ("", provider) and limit.instance in ("", instance)]

    # ── one operation ──

    def reserve(self, spending: Spending, highest: Money, lease: float = LEASE) -> list[Standing]:
        """Reserves what an operation may cost at most, for so many seconds; gives the budgets as they stand then.

        Raises:
            ProviderError: `budget_exceeded` with figures, `currencies_mixed` where a budget holds but none in that currency, `invalid_value`, `budget_unusable`.
        """
        if highest.billionths < 0:
            raise ProviderError("invalid_value", "a cost is negative")
        self.reconcile()
        with self.transaction():
            began = self.clock()
            standings = [self.standing(limit, began) for limit in self.in_currency(spending, highest)]
            for one in standings:
                if highest.billionths > one.left.billionths:
                    raise exceeded(spending, highest, one)
            row = (spending.id, began, began + lease, spending.provider, spending.instance, spending.operation, spending.run, highest.currency, highest.billionths)
            self.database.execute(
                "INSERT INTO entries (id, began, until, provider, instance, operation, run, currency, reserved, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'reserved')", row
            )
        return [Standing(one.limit, one.spent, one.reserved + highest) for one in standings]

    def in_currency(self, spending: Spending, cost: Money) -> list[Limit]:
        """The budgets of an operation that are in the currency of its cost, one for each scope that has any."""
        limits = self.applying(spending.provider, spending.instance)
        fitting = [limit for limit in limits if limit.amount.currency == cost.currency]
        for limit in limits:
            if cost.billionths and limit.scope not in [one.scope for one in fitting]:
                said = f"`{spending.provider}/{spending.operation}` costs {cost.currency}, and {limit.name} is one of {limit.amount.currency}"
                raise ProviderError("currencies_mixed", said, hint=f"`mlpy budget set` with an amount in {cost.currency} sets one for it, too")
        return fitting

    def renew(self, id: str, lease: float = LEASE) -> None:  # noqa: A002  what it is called everywhere
        """Lets a reservation last so many seconds from now on, for operations that take long."""
        with self.transaction():
            self.database.execute("UPDATE entries SET until = ? WHERE id = ? AND state = 'reserved'", (self.clock() + lease, id))

    def settle(self, id: str, cost: Money) -> None:  # noqa: A002  as above
        """Puts what an operation has cost in place of its reservation, also when the lease is over.

        Raises:
            ProviderError: `already_settled` with another cost, `invalid_value`, `record_not_found`, `budget_unusable`.
        """
        if cost.billionths < 0:
            raise ProviderError("invalid_value", "a cost is negative")
        with self.transaction():
            row = self.database.execute("SELECT state, currency, settled FROM entries WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise ProviderError("record_not_found", f"nothing is reserved for the operation `{id}`")
            if row == ("settled", cost.currency, cost.billionths):  # by another process, from the outcome, when the lease was over
                return
            if row[0] == "settled":
                raise ProviderError("already_settled", f"the operation `{id}` is settled already")
            self.close_entry(id, cost)

    def close_entry(self, id: str, cost: Money) -> None:  # noqa: A002  as above
        self.database.execute("UPDATE entries SET state = 'settled', currency = ?, settled = ? WHERE id = ?", (cost.currency, cost.billionths, id))

    def release(self, id: str) -> None:  # noqa: A002  as above
        """Gives back what is reserved for an operation that did not run."""
        with self.transaction():
            self.database.execute("UPDATE entries SET state = 'released' WHERE id = ? AND state = 'reserved'", (id,))

    def reconcile(self) -> None:
        """Closes reservations whose lease is over: with the cost that the operation's outcome tells, or as released where there is none."""
        if self.outcome is None:
            return
        with readable():
            rows = self.database.execute("SELECT id FROM entries WHERE state = 'reserved' AND until <= ?", (self.clock(),)).fetchall()
        for (id,) in rows:  # noqa: A001  as above
            cost = self.outcome(id)
            with self.transaction():
                still = self.database.execute("SELECT 1 FROM entries WHERE id = ? AND state = 'reserved' AND until <= ?", (id, self.clock())).fetchone()
                if still and cost is not None:
                    self.close_entry(id, cost)
                elif still:
                    self.database.execute("UPDATE entries SET state = 'released' WHERE id = ?", (id,))

    # ── how it stands ──

    def standings(self) -> list[Standing]:
        """All budgets as they stand."""
        self.reconcile()
        with readable():
            return [self.standing(limit, self.clock()) for limit in self.limits()]

    def standing(self, limit: Limit, now: float) -> Standing:
        """A budget at a moment."""
        condition, values = "currency = ? AND began >= ?", [limit.amount.currency, start_of(limit.period, now)]
        for name, wanted in (("provider", limit.provider), ("instance", limit.instance)):
            if wanted:
                condition += f" AND {name} = ?"
                values.append(wanted)
        spent = self.summed("settled", f"{condition} AND state = 'settled'", values)
        reserved = self.summed("reserved", f"{condition} AND state = 'reserved'", values)
        return Standing(limit, Money(spent, limit.amount.currency), Money(reserved, limit.amount.currency))

    def summed(self, column: str, condition: str, values: list[object]) -> int:
        whole, rest = self.database.execute(f"SELECT {SUMS.format(column)} FROM entries WHERE {condition}", values).fetchone()  # noqa: S608  texts of this file
        return int(whole) * 10**9 + int(rest)

    def report(self, *, since: float = 0.0, group_by: str = "provider") -> list[tuple[str, Money, int]]:
        """What was spent on settled operations that began since a moment: the name of each group, the sum and how many operations, the dearest first in each currency."""
        self.reconcile()
        with readable():
            rows = self.database.execute("SELECT began, provider, instance, operation, run, currency, settled FROM entries WHERE state = 'settled' AND began >= ?", (since,)).fetchall()
        sums: dict[tuple[str, str], list[int]] = {}
        for began, provider, instance, operation, run, currency, settled in rows:
            local = datetime.fromtimestamp(began).astimezone()
            names = {"day": f"{local:%Y-%m-%d}", "month": f"{local:%Y-%m}", "provider": provider, "instance": instance, "operation": f"{provider}/{operation}", "run": run}
            kept = sums.setdefault((currency, names[group_by]), [0, 0])
            kept[0] += settled
            kept[1] += 1
        made = [(name, Money(amount, currency), count) for (currency, name), (amount, count) in sums.items()]
        if group_by in ("day", "month"):
            return sorted(made, key=lambda one: (one[1].currency, one[0]))
        return sorted(made, key=lambda one: (one[1].currency, -one[1].billionths, one[0]))

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def sums_of(groups: list[tuple[str, Money, int]]) -> list[Money]:
    """The sums of a report, one a currency."""
    amounts: dict[str, int] = {}
    for _, amount, _ in groups:
        amounts[amount.currency] = amounts.get(amount.currency, 0) + amount.billionths
    return total(amounts)


def start_of(period: str, now: float) -> float:
    """When the period began in which a moment lies, in the user's time zone."""
    if period == "total":
        return 0.0
    local = datetime.fromtimestamp(now).astimezone()
    return datetime(local.year, local.month, local.day if period == "day" else 1).timestamp()  # noqa: DTZ001  local time is what is meant


def exceeded(spending: Spending, highest: Money, standing: Standing) -> ProviderError:
    """The refusal of an operation, with figures."""
    limit = standing.limit
    left = max(standing.left.billionths, 0)
    said = f"`{spending.provider}/{spending.operation}` would cost up to {highest}, and {limit.name} of {limit.amount} has {Money(left, highest.currency)} left"
    return ProviderError("budget_exceeded", said, detail={"asked": highest.record(), "budget": standing.record()}, hint="`mlpy budget status` shows what was spent, `mlpy budget set` sets another limit")


@contextmanager
def readable() -> Iterator[None]:
    """Says in words of our own why the ledger cannot be read or written; without it nothing paid runs."""
    hint = "the user's state folder must be writable and have room"
    try:
        yield
    except sqlite3.OperationalError as error:
        busy = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        raise ProviderError("budget_unusable", f"the ledger {'is held by another process' if busy else 'cannot be read or written'}", retryable=busy, hint=hint) from None
    except sqlite3.DatabaseError:
        raise ProviderError("budget_unusable", "the ledger is damaged", hint="move the folder `budget` of the user's state away to begin a new one") from None
    except OSError as error:
        raise ProviderError("budget_unusable", f"the ledger cannot be kept: {reason(error)}", hint=hint) from None

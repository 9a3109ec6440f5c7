"""Budgets: nothing paid runs beyond them, whoever asks at once; what a crash leaves open is closed by what the witness knows; and the figures agree."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import datetime

import pytest

pytest.importorskip("cryptography", reason="`pip install 'mlpy[providers]'` installs what signs records")

from mlpy.extensions.providers import accounts, budget, rates
from mlpy.extensions.providers.accounts import cost_in, paid, told
from mlpy.extensions.providers.budget import Ledger, Limit, Spending
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.money import Money
from mlpy.extensions.providers.witness import Call

import mlpy
from mlpy.sdk import ml_function

CENT, DIME = Money.parse("0.01"), Money.parse("0.10")
ASK = Call("openai", "home", "chat.complete", {"prompt": "hi"})
PAY = """
import sys, threading
from mlpy.extensions.providers.accounts import cost_in, paid
from mlpy.extensions.providers.budget import Ledger
from mlpy.extensions.providers.failures import ProviderError
from mlpy.extensions.providers.money import Money
from mlpy.extensions.providers.witness import Call, Witness
ran = []
def ask():
    with Witness() as log, Ledger(cost_in(log)) as ledger:
        try:
            with paid(Call("openai", "home", "chat.complete"), Money.parse("0.10"), witness=log, ledger=ledger):
                ran.append(1)
        except ProviderError as error:
            assert error.type == "budget_exceeded", error
threads = [threading.Thread(target=ask) for _ in range(16)]
for one in threads: one.start()
for one in threads: one.join()
print(len(ran))
"""
CRASH = """
import os
from mlpy.extensions.providers.accounts import cost_in, paid
from mlpy.extensions.providers.budget import Ledger
from mlpy.extensions.providers.money import Money
from mlpy.extensions.providers.witness import Call, Witness
with Witness() as log, Ledger(cost_in(log)) as ledger:
    if {settles}:
        ledger.settle = lambda *_: os._exit(9)
    with paid(Call("openai", "home", "chat.complete"), Money.parse("0.10"), witness=log, ledger=ledger) as entry:
        entry.cost = Money.parse("0.04")
        if not {settles}:
            os._exit(9)
"""


def child(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})


@pytest.fixture
def ledger(log):
    with Ledger(cost_in(log)) as made:
        yield made


def ask(log, ledger, cost: Money | None = None, highest: Money = DIME, call: Call = ASK) -> str:
    """A paid operation: the line that ends its output."""
    with paid(call, highest, witness=log, ledger=ledger) as entry:
        entry.cost = cost
    return told(entry, ledger)


def test_a_paid_operation_tells_what_it_cost_and_what_is_left(log, ledger):
    ledger.set(Limit(Money.parse("0.25"), "day"))
    ledger.set(Limit(Money.parse("1"), "total", "openai"))
    with pytest.raises(ProviderError, match="negative"):
        ask(log, ledger, highest=Money(-1))
    assert ask(log, ledger, CENT) == "cost 0.01 USD; left: 0.24 USD today, 0.99 USD for openai"
    assert ask(log, ledger) == "cost 0.10 USD; left: 0.14 USD today, 0.89 USD for openai"  # says nothing: what was reserved counts
    with pytest.raises(ProviderError), paid(ASK, DIME, witness=log, ledger=ledger):
        raise ValueError
    with pytest.raises(ProviderError, match=r"would cost up to 0\.10 USD, and the daily budget of 0\.25 USD has 0\.04 USD left") as caught:
        ask(log, ledger)
    assert (caught.value.type, caught.value.code, caught.value.detail["budget"]["spent"]) == ("budget_exceeded", 4, {"amount": "0.21", "currency": "USD"})
    assert sum(record.data["kind"] == "intent" for record in log.records()) == 3
    ask(log, ledger, highest=Money.parse("0.04"))


def test_64_calls_at_once_make_the_10_that_the_budget_has(log, ledger):
    ledger.set(Limit(Money.parse("1"), "day"))
    children = [child(PAY) for _ in range(4)]
    assert sum(int(one.communicate(timeout=120)[0]) for one in children) == 10
    assert sum(record.data["kind"] == "intent" for record in log.records()) == 10
    assert [one.left for one in ledger.standings()] == [Money(0)]


def test_a_ledger_that_knows_no_outcomes_gives_nothing_back(log, ledger):
    crashed = child(CRASH.format(settles=True))
    crashed.communicate(timeout=60)
    later = budget.time() + budget.LEASE + 1
    with Ledger(clock=lambda: later) as bare:
        bare.set(Limit(Money.parse("1"), "total"))
        assert bare.standings()[0].reserved == DIME
        ask(log, bare)
        assert bare.standings()[0].spent == Money.parse("0.14")


@pytest.mark.parametrize("settles", [False, True])
def test_a_crash_leaves_money_reserved_until_its_lease_ends(log, ledger, settles):
    """Before its outcome nobody knows of a cost, and the money comes back; after it the witness does, and it is spent once."""
    ledger.set(Limit(Money.parse("1"), "total"))
    crashed = child(CRASH.format(settles=settles))
    crashed.communicate(timeout=60)
    assert crashed.returncode == 9
    (standing,) = ledger.standings()
    assert (standing.spent, standing.reserved) == (Money(0), DIME)
    ledger.clock = lambda: budget.time() + budget.LEASE + 1
    for _ in range(2):
        (standing,) = ledger.standings()
        assert (standing.spent, standing.reserved) == (Money.parse("0.04") if settles else Money(0), Money(0))


def test_what_does_not_run_costs_nothing(log, ledger, monkeypatch):
    ledger.set(Limit(Money.parse("1"), "total"))
    monkeypatch.setattr(log, "append", lambda *_: (_ for _ in ()).throw(ProviderError("witness_unwritable", "full")))
    with pytest.raises(ProviderError, match="full"):
        ask(log, ledger)
    assert ledger.standings()[0].left == Money.parse("1")


def test_a_settlement_comes_once_and_late_ones_count(ledger):
    now = [1000.0]
    ledger.clock = lambda: now[0]
    ledger.set(Limit(Money.parse("1"), "total"))
    ledger.reserve(Spending("a", "p", "i", "o"), DIME, lease=10)
    now[0] += 8
    ledger.renew("a", 10)
    now[0] += 8
    assert ledger.standings()[0].reserved == DIME
    now[0] += 8
    assert ledger.standings()[0].left == Money.parse("1")
    for _ in range(2):  # by whoever comes when the lease is over, and by its process
        ledger.settle("a", Money.parse("0.30"))
    with pytest.raises(ProviderError, match="negative"):
        ledger.settle("a", Money(-1))
    assert ledger.standings()[0].left == Money.parse("0.70")
    with pytest.raises(ProviderError, match="settled already"):
        ledger.settle("a", DIME)
    with pytest.raises(ProviderError, match="nothing is reserved"):
        ledger.settle("b", DIME)


def test_days_and_months_are_those_of_the_users_zone(ledger, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        now = [datetime.fromisoformat("2030-03-10T23:30:00-04:00").timestamp()]  # a day of 23 hours
        assert now[0] - budget.start_of("day", now[0]) == 22.5 * 3600
        ledger.clock = lambda: now[0]
        ledger.set(Limit(Money.parse("1"), "day"))
        ledger.set(Limit(Money.parse("1"), "month"))
        ledger.reserve(Spending("a", "p", "i", "o"), DIME)
        ledger.settle("a", DIME)
        now[0] += 3600
        assert {one.limit.period: str(one.spent) for one in ledger.standings()} == {"day": "0.00 USD", "month": "0.10 USD"}
        assert ledger.report(group_by="day") == [("2030-03-10", DIME, 1)]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_currencies_are_never_mixed(log, ledger):
    ledger.set(Limit(Money.parse("1"), "day"))
    with pytest.raises(ProviderError, match="costs EUR, and the daily budget is one of USD") as caught:
        ask(log, ledger, highest=Money.parse("0.1EUR"))
    assert caught.value.type == "currencies_mixed"
    ledger.set(Limit(Money.parse("1EUR"), "day"))
    ask(log, ledger, Money.parse("0.1EUR"), highest=Money.parse("0.1EUR"))
    assert [str(one.left) for one in ledger.standings()] == ["0.90 EUR", "1.00 USD"]
    ask(log, ledger, highest=Money(0, "JPY"))  # what is free is free in any
    with pytest.raises(ProviderError, match=r"has cost 3\.00 EUR, and 0\.10 USD was reserved"):
        ask(log, ledger, Money.parse("3EUR"))
    assert [str(one.left) for one in ledger.standings()] == ["0.90 EUR", "0.90 USD"]


def test_figures_equal_the_sum_of_the_witness(log, ledger, answer, run):
    for number in range(1, 8):
        ask(log, ledger, Money.parse(f"0.00{number}0001"), call=Call("openai", f"i{number % 3}", "chat.complete", run=f"r{number % 2}"))
    ask(log, ledger, Money.parse("3EUR"), highest=Money.parse("3EUR"), call=Call("twilio", "phone", "message.send"))
    for group in ("instance", "operation", "provider", "run"):
        report, told_by_witness = (answer(family, command, "--group-by", group)[1]["data"] for family, command in (("budget", "report"), ("witness", "cost")))
        assert report["totals"] == told_by_witness["totals"] == [{"amount": "3.00", "currency": "EUR"}, {"amount": "0.0280007", "currency": "USD"}]
        if group != "run":  # operations that name none have one of their process
            assert sorted(map(str, report["groups"])) == sorted(map(str, told_by_witness["groups"]))
    assert answer("budget", "report", "--since", "2999-01-01")[1]["data"]["groups"] == []
    _, page, _ = run("budget", "report", "--group-by", "instance")
    assert "█" * 30 in page


def test_large_sums_are_exact(ledger):
    large = Money.parse("99999999.999999999")
    ledger.set(Limit(Money.parse("1"), "total", "other"))
    for number in range(150):
        ledger.reserve(Spending(str(number), "p", "i", "o"), large)
        ledger.settle(str(number), large)
    assert ledger.report() == [("p", Money(large.billionths * 150), 150)]
    assert ledger.standing(Limit(large, "total"), 0.0).spent.billionths == large.billionths * 150


def test_a_grant_stops_a_program_at_its_cost(log, ledger):
    """`cost=0.30USD`: three calls of at most a dime each, and more where they come out cheaper."""

    @ml_function(capability="provider.call:{instance}")
    def complete(instance: str, cents: int) -> str:
        with paid(Call("openai", instance, "chat.complete"), DIME, witness=log, ledger=ledger) as entry:
            entry.cost = Money(cents * CENT.billionths)
        return told(entry, ledger)

    program = 'let count = 0;\ntry { while (true) { complete("home", %d); count = count + 1; } } catch (error) { print(error.message); }\ncount;'
    for cents, count in ((10, 3), (2, 11)):
        engine = mlpy.Engine(functions={"complete": complete}, grants=["provider.call:home,cost=0.30USD"])
        result = engine.run(program.replace("let ", "").replace("catch", "except") % cents)
        assert (result.value, result.output) == (count, "the grant `provider.call:home` is used up: `cost=0.3USD`\n")
    assert mlpy.Engine(functions={"complete": complete}, grants=["provider.call:home,cost=9EUR"]).run('try { complete("home", 1); } except (e) { print(e.message); }').output.startswith("the grant")
    assert sum(record.data["kind"] == "intent" for record in log.records()) == 14


def test_rates_of_the_table_and_of_the_user(home, answer, run):
    rate = rates.find("openai", "chat.complete", "gpt-4o")
    assert rate.cost(rates.Quantities(1, 1000, 100)) == Money.parse("0.0035")
    with pytest.raises(ProviderError, match="nothing says what `openai/fly`"):
        rates.find("openai", "fly")
    settings = home / "config" / "config.toml"
    settings.write_text('[[rates]]\nprovider = "openai"\noperation = "chat.*"\ncurrency = "EUR"\ncall = "0.5"\nsecond = 0.1\n')
    assert rates.find("openai", "chat.complete", "gpt-4o").cost(rates.Quantities(2, second=2.5)) == Money.parse("1.25EUR")
    assert mlpy.run("1 + 1") == 2
    assert "would cost about 0.00001 USD\nits price is of the table that ships with mlpy, which nobody has compared" in run("budget", "estimate", "openai/embed", "--model", "text-embedding-3-small", "--input-tokens", "500")[1]
    answer("budget", "set", "--daily", "1EUR")
    _, record = answer("budget", "estimate", "openai/chat.complete", "--calls", "3")
    assert record["data"]["rate"] == "settings"
    assert (record["data"]["cost"], record["data"]["allowed"]) == ({"amount": "1.50", "currency": "EUR"}, False)
    assert answer("budget", "estimate", "openai/chat.complete", "--seconds", "nan")[1]["error"]["type"] == "invalid_value"
    answer("budget", "set", "--monthly", "1USD")
    assert answer("budget", "estimate", "openai/chat.complete")[1]["error"]["type"] == "currencies_mixed"
    for text, why in (("rates = 1", "list of tables"), ('[[rates]]\nprovider = "a"\ncall = 1e99', "not a number"), ("[[rates]]\nprovider = 1", "as a text"), ('[[rates]]\nprovider = "a"\ncall = "x"', "not a number"), ('[[rates]]\nprovider = "a"\nprice = 1', "no key")):
        settings.write_text(text + "\n")
        assert why in answer("budget", "estimate", "openai/chat.complete")[1]["error"]["message"]
    settings.chmod(0o666)
    assert rates.of_user() == []


def test_the_table_that_ships_is_sound():
    table = rates.shipped()
    assert len(table) > 10
    assert [(rate.provider, rate.operation, rate.model) for rate in table if any(price < 0 for price in rate.prices.values())] == []


def test_budgets_are_set_shown_and_removed(answer, run):
    assert answer("budget", "status")[1]["data"]["budgets"] == []
    answer("budget", "set", "--daily", "50", "--monthly", "1000EUR", "--provider", "openai")
    answer("budget", "set", "--daily", "5", "--currency", "EUR")
    assert run("budget", "set", "--total", "9", "--provider", "openai", "--instance", "home")[1] == "the budget of `openai`/`home`: 9.00 USD\n"
    budgets = answer("budget", "status")[1]["data"]["budgets"]
    assert [(one["provider"], one["instance"], one["period"], one["left"]["amount"]) for one in budgets] == [
        (None, None, "day", "5.00"), ("openai", None, "day", "50.00"), ("openai", None, "month", "1000.00"), ("openai", "home", "total", "9.00"),
    ]  # fmt: skip
    assert run("budget", "remove", "--provider", "openai", "--daily")[1] == "the daily budget of `openai` of 50.00 USD is removed\n"
    assert answer("budget", "remove", "--provider", "nobody")[1]["error"]["type"] == "budget_not_found"
    assert answer("budget", "set")[1]["error"]["type"] == "usage"
    assert answer("budget", "set", "--daily", "much")[1]["error"]["type"] == "invalid_value"
    assert answer("budget", "estimate", "chat")[1]["error"]["type"] == "invalid_value"
    assert len(answer("budget", "status")[1]["data"]["budgets"]) == 3


def test_a_damaged_ledger_stops_what_is_paid(home, log):
    folder = home / "state" / "budget"
    folder.mkdir()
    (folder / "ledger.db").write_bytes(b"nothing" * 1000)
    with pytest.raises(ProviderError, match="the ledger is damaged"), accounts.reconciled():
        pytest.fail("it was read")


def test_threads_share_a_ledger(ledger):
    ledger.set(Limit(Money.parse("1"), "total"))
    refused = []

    def spend(number: int) -> None:
        with Ledger() as own:
            try:
                own.reserve(Spending(str(number), "p", "i", "o"), DIME)
            except ProviderError as error:
                refused.append(error.type)

    threads = [threading.Thread(target=spend, args=(number,)) for number in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert refused == ["budget_exceeded"] * 6

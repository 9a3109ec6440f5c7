// A bank ledger in double entry, built of closures: nothing outside can touch a balance but through the
// functions that `makeLedger` hands out. Amounts are whole cents, so that sums are exact.

/// A Transfer moves `cents` from one account to another.
type Transfer = {number: int, from: string, to: string, cents: int, note: string};

/// Cents as money: `1234567` is `12,345.67`.
function money(cents: int): string {
    sign = cents < 0 ? "-" : "";
    return sign + format(abs(cents) ~/ 100, ",d") + "." + format(abs(cents) % 100, "02d");
}

/// Reads `"1,234.50"` as cents; throws BadAmount for anything else.
function parseMoney(written: string): int {
    [whole, ...fraction] = written.replace(",", "").split(".");
    digits = fraction.length == 0 ? "00" : fraction[0];
    if (!whole.isdigit() || !digits.isdigit() || digits.length != 2 || fraction.length > 1) {
        throw {message: `\`${written}\` is no amount`, type: "BadAmount", written: written};
    }
    return int(whole) * 100 + int(digits);
}

/// A new ledger. Every change is a transfer between two accounts, so all balances add up to zero.
function makeLedger(bank = "bank") {
    accounts = {[bank]: {balance: 0, overdraft: null, frozen: false}};
    journal = [];
    watchers = [];

    function account(name) {
        if (!(name in accounts)) {
            throw {message: `no account called ${name}`, type: "NoAccount", account: name};
        }
        return accounts[name];
    }

    function open(name, overdraft = 0) {
        if (name in accounts) { throw {message: `${name} is open already`, type: "AccountExists"}; }
        accounts[name] = {balance: 0, overdraft: overdraft, frozen: false};
    }

    /// What may still leave the account; null where nothing limits it.
    function available(name) {
        {balance, overdraft} = account(name);
        return overdraft == null ? null : balance + overdraft;
    }

    function transfer(from, to, cents, note = "") {
        [source, target] = [account(from), account(to)];
        if (cents <= 0) {
            throw {message: "an amount must be positive", type: "BadAmount", cents: cents};
        }
        for ([name, side] in [[from, source], [to, target]]) {
            if (side.frozen) {
                throw {message: `${name} is frozen`, type: "Frozen", account: name};
            }
        }
        limit = available(from);
        if (limit != null && cents > limit) {
            throw {
                message: `${from} has ${money(limit)}, not ${money(cents)}`,
                type: "Insufficient",
                short: cents - limit,
            };
        }
        source.balance -= cents;
        target.balance += cents;
        entry = {number: journal.length + 1, from: from, to: to, cents: cents, note: note};
        journal.append(entry);
        for (watcher in watchers) { watcher(entry); }
        return entry.number;
    }

    /// Runs `work`; when it throws, everything that it transferred is taken back and the error goes on.
    function atomically(work) {
        mark = journal.length;
        try {
            return work();
        } except (e) {
            while (journal.length > mark) {
                {from, to, cents} = journal.pop();
                accounts[from].balance += cents;
                accounts[to].balance -= cents;
            }
            throw e;
        }
    }

    return {
        open: open,
        transfer: transfer,
        atomically: atomically,
        deposit: fn(name, cents) => transfer(bank, name, cents, "deposit"),
        withdraw: fn(name, cents) => transfer(name, bank, cents, "withdrawal"),
        freeze: fn(name, frozen = true) => {
            found = account(name);
            found.frozen = frozen;
        },
        balance: fn(name) => account(name).balance,
        names: fn() => keys(accounts),
        entries: fn(name = null) =>
            journal.filter(fn(e) => name == null || e.from == name || e.to == name).map(
                fn(e) => ({...e}),
            ),
        watch: fn(watcher) => watchers.append(watcher),
        total: fn() => sum(values(accounts).map(fn(a) => a.balance)),
    };
}

/// A statement of an account with the running balance.
function statement(ledger, name) {
    running = 0;
    lines = [`Statement of ${name}`];
    for ({number, from, to, cents, note} in ledger.entries(name)) {
        signed = to == name ? cents : -cents;
        running += signed;
        other = to == name ? `from ${from}` : `to ${to}`;
        lines.append(`${format(number, ">4d")}  ${(note || other).padEnd(18)}${money(signed).padStart(12)}${money(running).padStart(12)}`);
    }
    return lines.join("\n");
}

ledger = makeLedger();
alerts = [];
ledger.watch(fn(entry) => {
    if (entry.cents >= parseMoney("1,000.00")) {
        alerts.append(`#${entry.number} over 1,000: ${entry.from} → ${entry.to}`);
    }
});

for ([name, overdraft] in [["ada", 0], ["charles", 50_000], ["mary", 0]]) {
    ledger.open(name, overdraft);
}
ledger.deposit("ada", parseMoney("2,500.00"));
ledger.deposit("charles", parseMoney("80.00"));
ledger.transfer("ada", "mary", parseMoney("349.99"), note: "telescope");
ledger.transfer("charles", "ada", parseMoney("450.50"), note: "gears, brass");
ledger.withdraw("mary", 9_999);

/// Tries something and prints how it went.
function attempt(what, work) {
    try {
        work();
        print("done:   ", what);
    } except (e) {
        extra = e.short == null ? "" : ` (${money(e.short)} short)`;
        print("refused:", `${what}: ${e.message}${extra} [${e.type}]`);
    }
}

attempt("charles draws 200", fn() => ledger.withdraw("charles", parseMoney("200.00")));
attempt("charles draws 20", fn() => ledger.withdraw("charles", parseMoney("20.00")));
attempt("a transfer to nobody", fn() => ledger.transfer("ada", "nobody", 100));
attempt("nothing at all", fn() => ledger.transfer("ada", "mary", 0));
attempt("ten and a half cents", fn() => parseMoney("10.5"));
attempt("a second ada", fn() => ledger.open("ada"));
ledger.freeze("mary");
attempt("mary pays", fn() => ledger.transfer("mary", "ada", 100));
ledger.freeze("mary", frozen: false);
attempt("mary pays again", fn() => ledger.transfer("mary", "ada", 100, "coffee"));

print();
before = ledger.names().map(fn(name) => ledger.balance(name));
attempt(
    "a dinner, split",
    fn() => ledger.atomically(fn() => {
            ledger.transfer("ada", "mary", 12_000, "dinner");
            ledger.transfer("charles", "mary", 12_000, "dinner");
        }),
);
print("nothing has changed:", before == ledger.names().map(fn(name) => ledger.balance(name)));

print();
for (name in ["ada", "charles", "mary"]) {
    print(statement(ledger, name));
    print();
}
for (alert in alerts) { print("alert:", alert); }
print(
    "the bank owes",
    money(-ledger.balance("bank")),
    "and everything adds up to",
    money(ledger.total()),
);

test "money reads what it writes" {
    for (cents in [0, 5, 99, 100, 123_456_789]) { assertEqual(parseMoney(money(cents)), cents); }
    assertEqual(money(-5), "-0.05");
    for (bad in ["", "1.2", "1.2.3", "a", "1.234", "-1.00"]) {
        assertThrows(fn() => parseMoney(bad), "BadAmount");
    }
}

test "entries are copies" {
    own = makeLedger();
    own.open("x");
    own.deposit("x", 100);
    own.entries()[0].cents = 0;
    assertEqual(own.entries("x")[0].cents, 100);
}

test "a failed group leaves no trace" {
    own = makeLedger();
    own.open("x");
    own.open("y");
    own.deposit("x", 100);
    assertThrows(
        fn() => own.atomically(fn() => {
                own.transfer("x", "y", 60);
                own.transfer("x", "y", 60);
            }),
        "Insufficient",
    );
    assertEqual(
        [own.balance("x"), own.balance("y"), own.entries().length, own.total()],
        [100, 0, 1, 0],
    );
}

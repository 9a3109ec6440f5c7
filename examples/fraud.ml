// Rules of a bank against fraud, as data: each rule looks at a payment and its history and says how
// suspicious it finds it. A host application calls `decide(payment, history)`.

/// A Payment as the host hands it over.
type Payment = {
    id: string,
    account: string,
    amount: number,
    country: string,
    hour: int,
    merchant: string,
};

/// What `decide` answers.
type Decision = {id: string, verdict: string, score: number, reasons: array<string>};

/// The profile of an account: what is usual for it.
function profile(account, history) {
    own = history.filter(fn(p) => p.account == account);
    amounts = own.map(fn(p) => p.amount);
    return {
        count: own.length,
        mean: own.length == 0 ? null : sum(amounts) / own.length,
        greatest: max(amounts),
        countries: unique(own.map(fn(p) => p.country)),
        merchants: unique(own.map(fn(p) => p.merchant)),
        last: own.length == 0 ? null : own[-1],
    };
}

/// Each value once, in order of appearance.
function unique(values) {
    return values.reduce(fn(seen, v) => v in seen ? seen : [...seen, v], []);
}

function rule(name, weight, test, because) {
    return {name: name, weight: weight, test: test, because: because};
}

risky = {cash: 2.0, gambling: 1.5, jewellery: 1.2};

/// The rules, strongest first. `test(p, usual)` gives a degree from 0 to 1, or true or false.
rules = [
    rule(
        "impossible travel",
        60,
        fn(p, usual) =>
            usual.last != null
                && usual.last.country != p.country
                && abs(usual.last.hour - p.hour) <= 2,
        fn(p, usual) =>
            `in ${usual.last.country} at ${usual.last.hour} h, in ${p.country} at ${p.hour} h`,
    ),
    rule(
        "amount",
        40,
        fn(p, usual) => usual.mean == null ? p.amount / 5_000 : (p.amount / usual.mean - 3) / 10,
        fn(p, usual) =>
            usual.mean == null
                ? "large for a new account"
                : `${round(p.amount / usual.mean, 1)} times the usual amount`,
    ),
    rule(
        "new country",
        20,
        fn(p, usual) => usual.count > 0 && !(p.country in usual.countries),
        fn(p, usual) => `never seen in ${p.country}, only in ${usual.countries.join(", ")}`,
    ),
    rule(
        "risky merchant",
        15,
        fn(p, usual) => (p.merchant in risky ? risky[p.merchant] : 0) / 2,
        fn(p, usual) => `${p.merchant} is a risky kind of merchant`,
    ),
    rule("night", 10, fn(p, usual) => p.hour < 5, fn(p, usual) => `at ${p.hour} o'clock at night`),
    rule(
        "round sum",
        5,
        fn(p, usual) => p.amount >= 500 && p.amount % 100 == 0,
        fn(p, usual) => `exactly ${p.amount}`,
    ),
];

/// A degree between 0 and 1 from what a rule's test gave.
function degree(value) {
    return match (value) {
        true => 1.0,
        false | null => 0.0,
        number => min(1.0, max(0.0, number)),
    };
}

/// The decision on one payment. A rule that fails counts in full: better a question too many than one too few.
function decide(payment: Payment, history: array<Payment>): Decision {
    usual = profile(payment.account, history);
    score = 0.0;
    reasons = [];
    for ({name, weight, test, because} in rules) {
        try {
            points = weight * degree(test(payment, usual));
            if (points >= 1) {
                score += points;
                reasons.append(`${because(payment, usual)} (+${format(points, ".0f")})`);
            }
        } except (e) {
            score += weight;
            reasons.append(`the rule \`${name}\` failed: ${e.message}`);
        }
    }
    verdict = match (score) {
        s if s >= 70 => "block",
        s if s >= 30 => "ask",
        _ => "accept",
    };
    return {id: payment.id, verdict: verdict, score: round(score, 1), reasons: reasons};
}

/// Decides a stream of payments in order; a blocked one does not become part of the history.
function decideAll(payments, history = []) {
    known = history.copy();
    decisions = [];
    for (payment in payments) {
        decision = decide(payment, known);
        decisions.append(decision);
        if (decision.verdict != "block") { known.append(payment); }
    }
    return decisions;
}

/// Payments from a table in text: one a line, columns separated by bars.
function readPayments(table) {
    return table.strip().lines().map(fn(line) => {
        [id, account, amount, country, hour, merchant] = line.split("|").map(
            fn(cell) => cell.strip(),
        );
        return {
            id: id,
            account: account,
            amount: float(amount),
            country: country,
            hour: int(hour),
            merchant: merchant,
        };
    });
}

payments = readPayments("
    p01 | ada     |   42.50 | GB |  9 | books
    p02 | ada     |   18.00 | GB | 13 | food
    p03 | bob     | 4900.00 | US | 11 | jewellery
    p04 | ada     |   39.90 | GB | 18 | books
    p05 | ada     | 1200.00 | BR | 19 | cash
    p06 | carla   |  260.00 | IT | 10 | food
    p07 | carla   |  240.00 | IT | 20 | food
    p08 | carla   | 2500.00 | IT |  3 | gambling
    p09 | bob     |   25.00 | US |  2 | gambling
    p10 | ada     |   60.00 | FR | 12 | food
    p11 | carla   |  700.00 | IT | 11 | travel
    p12 | bob     | 9000.00 | US |  4 | cash
");

decisions = decideAll(payments);
for ({id, verdict, score, reasons} in decisions) {
    print(
        `${id}  ${verdict.padEnd(7)}${format(score, ">6.1f")}  ${reasons.length > 0 ? reasons[0] : ""}`.rstrip(),
    );
    for (reason in reasons[1:]) { print(" " * 19 + reason); }
}

tally = {accept: 0, ask: 0, block: 0};
for (decision in decisions) { tally[decision.verdict] += 1; }
print();
print("together:", tally);
held = zip(payments, decisions).filter(fn(pair) => pair[1].verdict == "block").map(
    fn(pair) => pair[0].amount,
);
print("money held back:", format(sum(held), ",.2f"));

quiet = {id: "t", account: "x", amount: 10, country: "GB", hour: 12, merchant: "food"};

test "an ordinary payment is accepted" {
    assertEqual(decide(quiet, []).verdict, "accept");
    assertEqual(decide(quiet, [quiet, quiet]).reasons, []);
}

test "two countries at once are asked about" {
    assertEqual(decide({...quiet, country: "JP"}, [quiet]).verdict, "block");
    assertEqual(decide({...quiet, country: "JP", hour: 20}, [quiet]).score, 20.0);
}

test "a rule that fails counts in full" {
    decision = decide({...quiet, hour: null}, []);
    assert decision.score >= 10;
    assert "failed" in decision.reasons.join(" ");
}

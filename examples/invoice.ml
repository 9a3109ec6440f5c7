// Rules for invoices, written to be embedded: a shop hands over an order and calls `invoice(order)`.
// Prices are in cents; discounts, taxes and shipping are rules that people in the office can read and change.

/// A line of an order as the shop sends it.
type Line = {sku: string, title: string, quantity: int, price: int, category: string};

/// An order of a customer.
type Order = {
    number: string,
    country: string,
    customer: {name: string, since: int, business?: boolean},
    lines: array<Line>,
    voucher?: string,
};

/// Value added tax in percent, by country and category; `other` holds where nothing else does.
taxes = {
    DE: {books: 7, food: 7, other: 19},
    FR: {books: 5.5, food: 5.5, other: 20},
    DK: {other: 25},
};

/// Shipping: cents for the first kilogramme, cents for each further one, and from which total it is free.
shipping = {
    DE: {base: 490, more: 100, free: 5_000},
    FR: {base: 990, more: 150, free: 9_000},
    DK: {base: 890, more: 120, free: null},
};

weights = {books: 0.4, food: 0.7, furniture: 12.0, other: 0.3};

/// The value of `key` in `table`, or of `other`.
pick = fn(table, key) => key in table ? table[key] : table.other;

/// `percent` of `cents`, rounded half up as accountants do.
share = fn(cents, percent) => int(cents * percent / 100 + 0.5);

/// Cents as an amount: `123456` is `1,234.56`.
money = fn(cents) => (cents < 0 ? "-" : "") + format(abs(cents) / 100, ",.2f");

/// Vouchers: what each takes off a basket, in cents. They throw where they do not hold.
vouchers = {
    SPRING: fn(basket, order) => share(basket.total, 10),
    READER: fn(basket, order) =>
        share(sum(basket.lines.filter(fn(l) => l.category == "books").map(fn(l) => l.total)), 20),
    WELCOME: fn(basket, order) => {
        if (order.customer.since < 2024) {
            throw {message: "WELCOME is for new customers", type: "VoucherError"};
        }
        return min(500, basket.total);
    },
};

/// Discounts that need no voucher, each a name, a condition, and what it takes off.
discounts = [
    {
        name: "three for two on books",
        when: fn(basket, order) => sum(quantities(basket, "books")) >= 3,
        off: fn(basket, order) => {
            prices = basket.lines.filter(fn(l) => l.category == "books").map(
                fn(l) => [l.price] * l.quantity,
            ).flat();
            return sum(sorted(prices)[0:prices.length ~/ 3]);
        },
    },
    {
        name: "loyalty",
        when: fn(basket, order) => 2024 - order.customer.since >= 5 && basket.total >= 10_000,
        off: fn(basket, order) => share(basket.total, 3),
    },
];

quantities = fn(basket, category) =>
    basket.lines.filter(fn(l) => l.category == category).map(fn(l) => l.quantity);

/// Refuses orders that make no sense, with all that is wrong at once.
function validate(order) {
    problems = [];
    if (!(order.country in taxes)) { problems.append(`we do not deliver to ${order.country}`); }
    if (order.lines.length == 0) { problems.append("the order is empty"); }
    for (i, {title, quantity, price} in order.lines) {
        if (quantity < 1) {
            problems.append(`line ${i + 1} (${title}): the quantity is ${quantity}`);
        }
        if (price < 0) { problems.append(`line ${i + 1} (${title}): the price is negative`); }
    }
    if (problems.length > 0) {
        throw {message: problems.join("; "), type: "InvalidOrder", problems: problems};
    }
}

/// All that comes off: `[{name, cents}]`, and notes on what did not apply.
function reductions(basket, order) {
    found = [];
    notes = [];
    for ({name, when, off} in discounts) {
        if (when(basket, order)) { found.append({name: name, cents: off(basket, order)}); }
    }
    code = order.voucher;
    if (code != null) {
        try {
            if (!(code in vouchers)) {
                throw {message: `there is no voucher ${code}`, type: "VoucherError"};
            }
            found.append({name: `voucher ${code}`, cents: vouchers[code](basket, order)});
        } except (e) {
            if (e.type != "VoucherError") { throw e; }
            notes.append(e.message);
        }
    }
    return {found: found.filter(fn(r) => r.cents > 0), notes: notes};
}

/// Cents for the parcel.
function shippingFor(basket, order, total) {
    {base, more, free} = shipping[order.country];
    if (free != null && total >= free) { return 0; }
    kilogrammes = sum(basket.lines.map(fn(l) => pick(weights, l.category) * l.quantity));
    return base + more * max(0, int(kilogrammes + 0.999) - 1);
}

/// Tax by rate, after reductions have been spread over the lines in proportion: `{"19": cents, …}`.
function taxByRate(basket, order, total) {
    if (order.customer.business && order.country != "DE") { return {}; }
    rates = {};
    for ({category, total: gross} in basket.lines) {
        rate = pick(taxes[order.country], category);
        part = basket.total == 0 ? 0.0 : gross * total / basket.total;
        key = str(rate);
        rates[key] = (key in rates ? rates[key] : 0) + part * rate / (100 + rate);
    }
    for (rate, tax in rates) { rates[rate] = int(tax + 0.5); }
    return rates;
}

/// The invoice for an order: all numbers in cents, ready for the host to print or store.
function invoice(order: Order) {
    validate(order);
    lines = order.lines.map(fn(l) => ({...l, total: l.quantity * l.price}));
    basket = {lines: lines, total: sum(lines.map(fn(l) => l.total))};
    {found, notes} = reductions(basket, order);
    goods = max(0, basket.total - sum(found.map(fn(r) => r.cents)));
    parcel = shippingFor(basket, order, goods);
    return {
        number: order.number,
        customer: order.customer.name,
        lines: lines,
        reductions: found,
        shipping: parcel,
        total: goods + parcel,
        tax: taxByRate(basket, order, goods),
        notes: notes,
    };
}

/// The invoice as a page of text.
function render(inv) {
    width = 46;
    row = fn(left, cents) => left.padEnd(width - 12) + money(cents).padStart(12);
    page = [`Invoice ${inv.number} for ${inv.customer}`, "=" * width];
    for ({title, quantity, price, total} in inv.lines) {
        page.append(row(`${quantity} × ${title}`, total));
    }
    for ({name, cents} in inv.reductions) { page.append(row(name, -cents)); }
    page.append(row("shipping", inv.shipping));
    page.extend(["-" * width, row("total", inv.total)]);
    for (rate, cents in inv.tax) { page.append(row(`  of this tax at ${rate} %`, cents)); }
    if (!inv.tax) { page.append("  tax is owed by the customer (reverse charge)"); }
    return [...page, ...inv.notes.map(fn(note) => "note: " + note)].join("\n");
}

atlas = {sku: "B1", title: "Atlas of clouds", quantity: 1, price: 3_990, category: "books"};
novel = {sku: "B2", title: "A slow novel", quantity: 2, price: 1_450, category: "books"};
honey = {sku: "F1", title: "Heather honey", quantity: 3, price: 875, category: "food"};
chair = {sku: "C1", title: "Reading chair", quantity: 1, price: 24_900, category: "furniture"};
lamp = {sku: "L1", title: "Lamp", quantity: 2, price: 5_450, category: "other"};

orders = [
    {
        number: "2024-001",
        country: "DE",
        customer: {name: "Ada", since: 2016},
        lines: [atlas, novel, chair],
    },
    {
        number: "2024-002",
        country: "FR",
        customer: {name: "Blaise", since: 2024},
        lines: [honey, novel],
        voucher: "WELCOME",
    },
    {
        number: "2024-003",
        country: "DK",
        customer: {name: "Niels", since: 2020},
        lines: [lamp, honey],
        voucher: "WELCOME",
    },
    {
        number: "2024-004",
        country: "FR",
        customer: {name: "Maison Curie", since: 2019, business: true},
        lines: [{...lamp, quantity: 12}],
        voucher: "SPRING",
    },
    {
        number: "2024-005",
        country: "XX",
        customer: {name: "Nobody", since: 2024},
        lines: [{...honey, quantity: 0}],
    },
    {
        number: "2024-006",
        country: "DE",
        customer: {name: "Emmy", since: 2022},
        lines: [{...novel, quantity: 4}],
        voucher: "REEDER",
    },
];
for (order in orders) {
    try {
        print(render(invoice(order)));
    } except (e) {
        print(`Order ${order.number} is refused:`);
        for (problem in e.problems) { print("  -", problem); }
    }
    print();
}

simple = {
    number: "t",
    country: "DE",
    customer: {name: "T", since: 2024},
    lines: [{...lamp, quantity: 1}],
};

test "tax is contained in the total" {
    made = invoice(simple);
    assertEqual(made.total, 5_450);
    assertEqual(made.tax, {"19": 870});
}

test "the cheapest of three books is free" {
    made = invoice({...simple, lines: [atlas, novel]});
    assertEqual(made.reductions, [{name: "three for two on books", cents: 1_450}]);
}

test "an order is not changed by its invoice" {
    before = repr(simple);
    invoice(simple);
    assertEqual(repr(simple), before);
}

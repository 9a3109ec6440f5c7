// A shop's checkout in several files: what a basket costs, by the rules of two countries.

import checkout.basket as basket;
import checkout.rules as rules;

orders = [
    {
        customer: "Ada",
        country: "gb",
        lines: [{item: "gear", pieces: 12, price: 7.0}, {item: "tape", pieces: 1, price: 3.5}],
    },
    {customer: "Hedy", country: "at", lines: [{item: "roll", pieces: 88, price: 0.99}]},
    {customer: "Emmy", country: "fr", lines: []},
    {customer: "Alan", country: "gb", lines: []},
];

for (order in orders) {
    try {
        bill = basket.bill(order.lines, rules.of(order.country));
        print(`${order.customer}: ${format(bill.net, ".2f")} net, ${format(bill.tax, ".2f")} tax, ${format(bill.total, ".2f")} in all`);
        for (note in bill.notes) { print("    " + note); }
    } except (e) {
        print(`${order.customer}: ${e.message} (${e.type})`);
    }
}
print(rules.countries, modules());

test "a bill adds up" {
    bill = basket.bill([{item: "x", pieces: 2, price: 5.0}], {rate: 0.2, discount: fn(net) => 0});
    assertEqual([bill.net, bill.tax, bill.total], [10.0, 2.0, 12.0]);
}

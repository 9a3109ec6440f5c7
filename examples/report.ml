// A monthly report from exported orders: CSV goes into a database in memory, questions come out of it in SQL,
// and the answer is CSV again. What is odd about the orders is logged to the error stream.

import csv;
import datetime;
import log;
import sqlite;

exported = "order,date,customer,country,item,pieces,price
1001,2024-01-05,Ada Lovelace,GB,\"Punched cards, box\",4,19.50
1002,2024-01-17,Grace Hopper,US,Nanosecond of wire,30,0.25
1003,2024-02-02,Ada Lovelace,GB,Brass gear,12,7.00
1004,2024-02-30,Alan Turing,GB,Tape,1,3.00
1005,2024-02-11,Katherine Johnson,US,\"Slide rule, 10\"\"\",2,24.90
1006,2024-03-08,Grace Hopper,US,Moth,-1,1.00
1007,2024-03-15,Hedy Lamarr,AT,Piano roll,88,0.99
1008,2024-03-29,Ada Lovelace,GB,=HYPERLINK(A1),1,42.00
";

log.setTimestamp(false);
loading = log.createLogger("loading");

/// An order with numbers in place of texts, and its month; throws where one does not make sense.
function readOrder(row) {
    pieces = int(row.pieces);
    if (pieces < 1) { throw {type: "BadOrder", message: `${pieces} pieces`}; }
    return {
        ...row,
        order: int(row.order),
        month: datetime.parseISO(row.date).format("%Y-%m"),
        pieces: pieces,
        price: float(row.price),
    };
}

/// A database with all orders of a table that make sense; what does not is logged and left out.
function load(table) {
    db = sqlite.open(":memory:");
    db.execute("
        create table orders(
            id integer primary key, month text not null, customer text not null, country text not null,
            item text not null, pieces int check (pieces > 0), price real
        )
    ");
    db.transaction(fn() => {
        for (row in csv.readString(table)) {
            try {
                db.execute(
                    "insert into orders values (:order, :month, :customer, :country, :item, :pieces, :price)",
                    readOrder(row),
                );
            } except (e) {
                loading.warn("order left out", {order: row.order, reason: e.message});
            }
        }
    });
    loading.info(
        "loaded",
        db.query("select count(*) as orders, sum(pieces) as pieces from orders")[0],
    );
    return db;
}

/// Each month's turnover, its share of all, and the running total.
monthly = "
    select
        month,
        count(*) as orders,
        round(sum(pieces * price), 2) as turnover,
        round(100.0 * sum(pieces * price) / sum(sum(pieces * price)) over (), 1) as percent,
        round(sum(sum(pieces * price)) over (order by month), 2) as total
    from orders group by month order by month
";

best = "
    select customer, country, count(*) as orders, round(sum(pieces * price), 2) as turnover
    from orders group by customer having turnover >= :least order by turnover desc
";

db = load(exported);

print("month    orders  turnover  percent     total");
for ({month, orders, turnover, percent, total} in db.query(monthly)) {
    print(`${month}${format(orders, ">8d")}${format(turnover, ">10.2f")}${format(percent, ">9.1f")}${format(total, ">10.2f")}`);
}

print();
print("customers above 50:");
for ({customer, country, turnover} in db.query(best, {least: 50})) {
    print(`  ${customer.padEnd(20)}${country}${format(turnover, ">10.2f")}`);
}

print();
items = db.query("select item, sum(pieces) as pieces from orders group by item order by item");
print(csv.writeString(items, escapeFormulas: true).trim());

test "what is no order is left out as a whole" {
    few = load("order,date,customer,country,item,pieces,price\n1,2024-13-01,A,B,C,1,1\n2,2024-12-31,A,B,C,x,1\n");
    assertEqual(few.query("select * from orders"), []);
}

test "an order comes back as it was exported" {
    one = load("order,date,customer,country,item,pieces,price\n7,2024-12-31,\"O'Hara; drop table orders\",B,C,2,1.5\n");
    assertEqual(one.query("select customer, month, pieces * price as sum from orders"), [
        {customer: "O'Hara; drop table orders", month: "2024-12", sum: 3.0},
    ]);
}

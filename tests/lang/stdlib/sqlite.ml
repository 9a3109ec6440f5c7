// A database in memory: values in and out, transactions, what is refused.
import sqlite;

function attempt(f) {
    try { return f(); } except (e) { return `${e.type}: ${e.message}`; }
}

db = sqlite.open(":memory:");
print(db);
db.execute("create table stock(id integer primary key, item text unique not null, pieces int check (pieces >= 0), tag blob)");
print(db.execute("insert into stock(item, pieces, tag) values (?, ?, ?)", "bolts", 40, [1, 255]));
print(db.execute("insert into stock(item, pieces) values (:item, :pieces)", {item: "nuts", pieces: 7}));
print(db.query("select * from stock order by id"));
print(db.query("select count(*) as items, sum(pieces) as pieces, avg(pieces) as mean from stock")[0]);

/// Takes pieces of several items, all or none.
function take(wanted) {
    return db.transaction(fn() => {
        for (item, pieces in wanted) { db.execute("update stock set pieces = pieces - ? where item = ?", pieces, item); }
        return "taken";
    });
}

print(take({bolts: 10, nuts: 2}));
print(attempt(fn() => take({bolts: 10, nuts: 20})));
print(db.query("select item, pieces from stock").map(fn(row) => `${row.item} ${row.pieces}`).join(", "));

print(attempt(fn() => db.query("select * from stocks")));
print(attempt(fn() => db.query("selec 1")));
print(attempt(fn() => db.query("select ?, ?", 1)));
print(attempt(fn() => db.execute("insert into stock(item, pieces) values ('nuts', 1)")));
print(attempt(fn() => db.execute("attach 'other.db' as other")));
print(attempt(fn() => db.query("select load_extension('x')")));
print(attempt(fn() => db.execute("begin")));
print(attempt(fn() => sqlite.open("stock.db")));
db.close();
print(attempt(fn() => db.query("select 1")));

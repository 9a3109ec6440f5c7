// Tables in text: with and without a header, other dialects, mistakes with their line.
import csv;

function attempt(f) {
    try { return f(); } except (e) { return `${e.type}: ${e.message}`; }
}

table = "name,city,visits\nAda,\"London, UK\",3\r\n\n\"Grace \"\"Amazing\"\" Hopper\",New York,12\n";
rows = csv.readString(table);
print(rows.length, rows[1].name, rows[0].city);
for ({name, visits} in rows) { print(name.padEnd(24), int(visits) + 1); }

print(csv.readString("1;2\n'3;4';5", ";", quote: "'", header: false));
print(csv.readString("a|\"b\n", "|", quote: "", header: false));
print(csv.readString(""), csv.readString("a,b\n"));

print(csv.writeString(rows));
print(csv.writeString([{a: 1, b: null}, {b: true, c: 2.5}], "\t"));
print(csv.writeString([["x", "y"], ["", " "]], header: false), csv.writeString([[""]]));
print(csv.writeString([{n: 1, m: 2}], columns: ["m", "n", "o"]));
print(csv.writeString([["=SUM(A1:A9)", "-5", "+49 30 1234", "@here"]], escapeFormulas: true));
print(rows == csv.readString(csv.writeString(rows)));

print(attempt(fn() => csv.readString("a,b\n1,2\n3\n")));
print(attempt(fn() => csv.readString("a,a\n1,2\n")));
print(attempt(fn() => csv.readString("a\n\"b\" c\n")));
print(attempt(fn() => csv.readString("a\nb\n\"c\n")));
print(attempt(fn() => csv.writeString([{a: [1]}])));
print(attempt(fn() => csv.readString("a", "::")));

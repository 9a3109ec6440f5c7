// Reads the log of a web server with regular expressions and tells what happened: traffic, errors,
// slow pages, and visitors who try doors that are not there.

import regex;
import collections;
import functional;

log = r'
10.0.0.7 - ada [12/Mar/2024:09:00:01] "GET /index.html" 200 5120 12ms
10.0.0.9 - - [12/Mar/2024:09:00:03] "GET /catalogue?page=2" 200 20480 230ms
10.0.0.7 - ada [12/Mar/2024:09:00:09] "POST /cart/17" 302 0 48ms
172.16.4.2 - - [12/Mar/2024:09:01:15] "GET /admin.php" 404 320 3ms
172.16.4.2 - - [12/Mar/2024:09:01:15] "GET /wp-login.php" 404 320 2ms
172.16.4.2 - - [12/Mar/2024:09:01:16] "GET /.env" 404 320 2ms
10.0.0.9 - - [12/Mar/2024:09:02:44] "GET /catalogue/atlas-of-clouds" 200 9216 95ms
garbage that is not a line of the log
10.0.0.12 - bob [12/Mar/2024:10:15:00] "GET /index.html" 200 5120 14ms
10.0.0.12 - bob [12/Mar/2024:10:15:31] "GET /search?q=moon" 500 640 2890ms
10.0.0.12 - bob [12/Mar/2024:10:15:40] "GET /search?q=moon" 500 640 3010ms
10.0.0.12 - bob [12/Mar/2024:10:16:02] "GET /search?q=sun" 200 7168 640ms
10.0.0.7 - ada [12/Mar/2024:10:20:10] "GET /cart" 200 2048 31ms
10.0.0.7 - ada [12/Mar/2024:10:21:55] "POST /order" 201 512 410ms
172.16.4.2 - - [12/Mar/2024:11:40:00] "GET /../../etc/passwd" 400 256 1ms
10.0.0.31 - - [12/Mar/2024:11:45:12] "HEAD /index.html" 200 0 4ms
10.0.0.31 - - [12/Mar/2024:11:45:13] "GET /robots.txt" 200 64 3ms
10.0.0.9 - - [12/Mar/2024:11:59:59] "GET /catalogue?page=3" 200 19456 210ms
';

pattern = regex.compile(
    r"^(?P<host>[\d.]+) - (?P<user>\S+) \[(?P<day>[^:]+):(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)\] "
        + r'"(?P<method>[A-Z]+) (?P<path>\S+)" (?P<status>\d{3}) (?P<size>\d+) (?P<took>\d+)ms$',
);

/// A request from a line of the log, or null where the line is none.
function parseLine(line) {
    found = pattern.match(line);
    if (found == null) { return null; }
    fields = found.groupDict();
    return {
        ...fields,
        user: fields.user == "-" ? null : fields.user,
        page: regex.sub(r"\?.*$", "", fields.path),
        hour: int(fields.hour),
        status: int(fields.status),
        size: int(fields.size),
        took: int(fields.took),
    };
}

/// Groups of `records` by what `key` gives, as `[name, records]`, the largest group first.
function ranking(records, key) {
    return items(collections.groupBy(records, fn(r) => str(key(r))))
        |> sorted(fn(pair) => [-len(pair[1]), pair[0]]);
}

/// A bar chart of `[label, value]` pairs.
function chart(pairs, unit = "") {
    widest = max(pairs.map(fn(pair) => len(pair[0])));
    greatest = max(pairs.map(fn(pair) => pair[1]));
    for ([label, value] in pairs) {
        bar = "■" * max(1, round(24 * value / greatest));
        print(`  ${label.padEnd(widest)}  ${bar} ${value}${unit}`);
    }
}

/// Bytes for people.
function bytes(count) {
    for (unit in ["B", "kB", "MB"]) {
        if (count < 1024) { return unit == "B" ? `${count} B` : `${format(count, ".1f")} ${unit}`; }
        count /= 1024;
    }
    return `${format(count, ".1f")} GB`;
}

statusName = fn(status) => match (status ~/ 100) {
    2 => "fine",
    3 => "moved",
    4 => "refused",
    5 => "failed",
    _ => "odd",
};

/// Signs of a visitor with bad intentions; each is a name and a pattern for the path.
signs = [
    ["climbs out of the folder", r"\.\./"],
    ["looks for secrets", r"/\.(env|git|ssh)"],
    ["tries foreign software", r"\.php$|\.asp$"],
];

lines = log.strip().lines();
requests = lines.map(parseLine).filter(fn(r) => r != null);
print(`${lines.length} lines, ${requests.length} requests, ${lines.length - requests.length} not understood`);
print(`${bytes(sum(requests.map(fn(r) => r.size)))} sent to ${len(collections.unique(requests.map(fn(r) => r.host)))} hosts`);

print();
print("By hour:");
chart(
    ranking(requests, fn(r) => r.hour).map(fn(p) => [p[0].zfill(2) + " h", len(p[1])]) |> sorted(),
);

print("By outcome:");
chart(
    ranking(requests, fn(r) => `${r.status ~/ 100}xx ${statusName(r.status)}`).map(fn(p) => [
        p[0],
        len(p[1]),
    ]),
);

print("Pages:");
chart(
    ranking(requests.filter(fn(r) => r.status < 400), fn(r) => r.page)[0:4].map(fn(p) => [
        p[0],
        len(p[1]),
    ]),
);

print("Mean time of the slowest pages:");
means = ranking(requests, fn(r) => r.page).map(fn(p) => [
    p[0],
    sum(p[1].map(fn(r) => r.took)) ~/ len(p[1]),
]);
chart(sorted(means, key: fn(p) => -p[1])[0:3], unit: " ms");

print();
print("Failures:");
for (r in requests.filter(fn(r) => r.status >= 500)) {
    print(`  ${r.hour}:${r.minute}  ${r.method} ${r.path} for ${r.user ?? "somebody"} after ${r.took} ms`);
}

print();
print("Visitors with bad intentions:");
for ([host, theirs] in ranking(requests, fn(r) => r.host)) {
    seen = signs.filter(fn(sign) => theirs.some(fn(r) => regex.test(sign[1], r.path))).map(
        fn(sign) => sign[0],
    );
    if (seen.length > 0) {
        print(`  ${host} ${seen.join(", ")}: ${theirs.map(fn(r) => r.path).join(" ")}`);
    }
}

print();
print("Without their names:");
anonymous = functional.pipe(
    fn(line) => regex.sub(r"(\d+)\.(\d+)\.\d+\.\d+", r"\1.\2.x.x", line),
    fn(line) => regex.sub(r" - [a-z]+ \[", " - somebody [", line),
);
for (line in lines[:3]) { print(" ", anonymous(line)); }

test "a line is taken apart" {
    r = parseLine(r'1.2.3.4 - eve [01/Jan/2024:23:59:58] "GET /a?b=c" 200 10 7ms');
    assertEqual([r.host, r.user, r.hour, r.page, r.took], ["1.2.3.4", "eve", 23, "/a", 7]);
    assertEqual(parseLine("nonsense"), null);
}

test "bytes are readable" {
    assertEqual([bytes(10), bytes(2048), bytes(3 * 1024 ** 2)], ["10 B", "2.0 kB", "3.0 MB"]);
}

// A cache that forgets what was used least recently, as an object of closures over a doubly linked list;
// then memoising on top of it, and a comparison of cache sizes on a load with favourites.

/// A cache of at most `capacity` entries. `onEvict(key, value)` hears of each entry that is dropped for room.
function makeCache(capacity, onEvict = null) {
    if (capacity < 1) { throw {message: "a cache needs room for one entry", type: "ValueError"}; }
    index = {};
    size = 0;
    newest = null;
    oldest = null;
    stats = {hits: 0, misses: 0, evictions: 0};

    function unlink(node) {
        nonlocal newest, oldest;
        if (node.newer == null) { newest = node.older; } else { node.newer.older = node.older; }
        if (node.older == null) { oldest = node.newer; } else { node.older.newer = node.newer; }
    }

    function toFront(node) {
        nonlocal newest, oldest;
        node.newer = null;
        node.older = newest;
        if (newest == null) { oldest = node; } else { newest.newer = node; }
        newest = node;
    }

    /// The entry of `key`, or null.
    lookup = fn(key) => key in index ? index[key] : null;

    /// An object cannot lose a key, so a forgotten key maps to null until enough of them have gathered.
    function forget(key) {
        nonlocal index, size;
        index[key] = null;
        size -= 1;
        if (len(index) > 2 * capacity + 8) {
            live = items(index).filter(fn(entry) => entry[1] != null);
            index = {};
            for ([name, node] in live) { index[name] = node; }
        }
    }

    function drop(node) {
        unlink(node);
        forget(node.key);
    }

    function get(key, fallback = null) {
        node = lookup(key);
        if (node == null) {
            stats.misses += 1;
            return fallback;
        }
        stats.hits += 1;
        unlink(node);
        toFront(node);
        return node.value;
    }

    function put(key, value) {
        nonlocal size;
        node = lookup(key);
        if (node != null) {
            node.value = value;
            unlink(node);
            toFront(node);
            return;
        }
        if (size == capacity) {
            victim = oldest;
            drop(victim);
            stats.evictions += 1;
            if (onEvict != null) { onEvict(victim.key, victim.value); }
        }
        node = {key: key, value: value, newer: null, older: null};
        index[key] = node;
        size += 1;
        toFront(node);
    }

    /// The keys, the one used last first.
    function order() {
        found = [];
        node = newest;
        while (node != null) {
            found.append(node.key);
            node = node.older;
        }
        return found;
    }

    return {
        get: get,
        put: put,
        has: fn(key) => lookup(key) != null,
        remove: fn(key) => {
            node = lookup(key);
            if (node == null) { return false; }
            drop(node);
            return true;
        },
        order: order,
        size: fn() => size,
        stats: fn() => ({...stats}),
    };
}

/// `f` with its last `capacity` results remembered; `keyOf` makes the key from the arguments.
function memoize(f, capacity = 128, keyOf = fn(...args) => args.map(repr).join(", ")) {
    cache = makeCache(capacity);
    remembered = fn(...args) => {
        key = keyOf(...args);
        if (!cache.has(key)) { cache.put(key, {result: f(...args)}); }
        return cache.get(key).result;
    };
    return {call: remembered, stats: cache.stats};
}

print("A cache of three:");
cache = makeCache(3, onEvict: fn(key, value) => print(`    forgets ${key} (${value})`));
steps = [
    ["put", "apple", "red"],
    ["put", "plum", "blue"],
    ["put", "lime", "green"],
    ["get", "apple"],
    ["put", "lemon", "yellow"],
    ["get", "plum"],
    ["put", "apple", "rosy"],
    ["put", "fig", "violet"],
    ["remove", "apple"],
    ["remove", "apple"],
    ["put", "date", "brown"],
    ["put", "kiwi", "green"],
];
for ([what, ...args] in steps) {
    answer = cache[what](...args);
    shown = what == "put" ? "" : ` gives ${answer}`;
    print(`  ${(what + " " + args.join(" ")).padEnd(18)}${shown.padEnd(13)} [${cache.order().join(", ")}]`);
}
print(" ", cache.stats());

print();
calls = 0;
paths = memoize(
    fn(rows, columns) => {
        nonlocal calls;
        calls += 1;
        return rows == 0 || columns == 0
            ? 1
            : paths.call(rows - 1, columns) + paths.call(rows, columns - 1);
    },
    capacity: 400,
);
print(`ways through a grid of 16 × 16: ${paths.call(16, 16)} (${calls} evaluations)`);

/// Pages of a site, asked for as people do: a few favourites, many that are rarely seen.
function requests(count, pages, seed = 99) {
    asked = [];
    state = seed;
    for (_i in range(count)) {
        state = (state * 69_069 + 1) % 2 ** 32;
        share = state / 2 ** 32;
        asked.append(`/page/${int(pages * share ** 3)}`);
    }
    return asked;
}

load = requests(3_000, pages: 200);
print();
print("size  hits   evictions");
for (size in [5, 20, 50, 100, 200]) {
    pages = makeCache(size);
    for (page in load) {
        if (pages.get(page) == null) { pages.put(page, "contents of " + page); }
    }
    {hits, misses, evictions} = pages.stats();
    rate = 100 * hits / (hits + misses);
    print(
        format(size, ">4d"),
        format(rate, ">5.1f") + " %",
        format(evictions, ">9d"),
        " ",
        "█" * int(rate / 4),
    );
}

/// The same cache done the simple way, slow but certain; the test below compares the two.
function makeSimpleCache(capacity) {
    entries = [];
    return {
        get: fn(key) => {
            for (i, entry in entries) {
                if (entry[0] == key) {
                    entries.insert(0, entries.pop(i));
                    return entry[1];
                }
            }
            return null;
        },
        put: fn(key, value) => {
            kept = entries.filter(fn(entry) => entry[0] != key);
            entries[:] = [[key, value], ...kept][:capacity];
        },
        order: fn() => entries.map(fn(entry) => entry[0]),
    };
}

test "both caches agree on a long random load" {
    [fast, simple] = [makeCache(4), makeSimpleCache(4)];
    state = 5;
    for (step in range(500)) {
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        key = "k" + state ~/ 65_536 % 7;
        if (state ~/ 2 ** 20 % 3 == 0) {
            fast.put(key, step);
            simple.put(key, step);
        } else {
            assertEqual(fast.get(key), simple.get(key));
        }
        assertEqual(fast.order(), simple.order());
    }
}

test "a cache of one" {
    one = makeCache(1);
    one.put("a", 1);
    one.put("b", 2);
    assert !one.has("a") && one.get("b") == 2 && one.size() == 1;
}

test "no room at all is refused" {
    assertThrows(fn() => makeCache(0), "ValueError");
}

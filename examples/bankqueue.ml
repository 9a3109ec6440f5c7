// A discrete event simulation: customers arrive at a bank, wait for one of several tellers, and leave.
// Events are kept in order of time; everything random comes from one seeded generator.

import math;

/// A generator of pseudo-random numbers with the draws that a simulation needs.
function makeRandom(seed) {
    state = seed;

    /// A number in [0, 1).
    function uniform() {
        nonlocal state;
        state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2 ** 64;
        return (state ~/ 2 ** 11) / 2 ** 53;
    }

    return {
        uniform: uniform,
        exponential: fn(mean) => -mean * math.ln(1 - uniform()),
        pick: fn(weights) => {
            mark = uniform() * sum(values(weights));
            for (name, weight in weights) {
                mark -= weight;
                if (mark < 0) { return name; }
            }
            return keys(weights)[-1];
        },
    };
}

/// What customers come for: how often, and how many minutes it takes on average.
errands = {
    deposit: {weight: 5, minutes: 3},
    exchange: {weight: 2, minutes: 5},
    loan: {weight: 1, minutes: 14},
};

/// An agenda keeps events sorted by time; equal times stay in the order of scheduling.
function makeAgenda() {
    events = [];
    return {
        schedule: fn(time, kind, ...details) => {
            [low, high] = [0, events.length];
            while (low < high) {
                middle = (low + high) ~/ 2;
                if (events[middle].time <= time) { low = middle + 1; } else { high = middle; }
            }
            events.insert(low, {time: time, kind: kind, details: details});
        },
        next: fn() => events.pop(0),
        isEmpty: fn() => events.length == 0,
    };
}

/// Simulates one day. Customers who see more than `patience` people in the line walk away again.
function simulate(tellers = 2, mean_gap = 2.4, closing = 240, patience = 8, seed = 7, trace = 0) {
    random = makeRandom(seed);
    agenda = makeAgenda();
    line = [];
    free = range(tellers)[::-1];
    stats = {
        served: 0,
        lost: 0,
        waits: [],
        busy: [0.0] * tellers,
        longest_line: 0,
        byErrand: {},
        closed_at: 0.0,
    };
    clock = 0.0;
    traced = 0;

    function say(message) {
        nonlocal traced;
        traced += 1;
        if (traced <= trace) {
            hours = 9 + int(clock) ~/ 60;
            print(`  ${format(hours, "02d")}:${format(int(clock) % 60, "02d")}  ${message}`);
        }
    }

    function begin(customer) {
        teller = free.pop();
        stats.waits.append(clock - customer.arrived);
        stats.busy[teller] += customer.minutes;
        say(`teller ${teller + 1} takes ${customer.name} (${customer.errand})`);
        agenda.schedule(clock + customer.minutes, "leave", customer, teller);
    }

    handlers = {
        arrive: fn(number) => {
            errand = random.pick(weights);
            customer = {
                name: `customer ${number}`,
                errand: errand,
                arrived: clock,
                minutes: random.exponential(errands[errand].minutes),
            };
            gap = random.exponential(mean_gap);
            if (clock + gap < closing) { agenda.schedule(clock + gap, "arrive", number + 1); }
            if (line.length >= patience) {
                stats.lost += 1;
                say(`${customer.name} sees the line and leaves`);
            } elif (free.length > 0) {
                begin(customer);
            } else {
                line.append(customer);
                stats.longest_line = max(stats.longest_line, line.length);
                say(`${customer.name} waits, ${line.length} in line`);
            }
        },
        leave: fn(customer, teller) => {
            stats.served += 1;
            stats.byErrand[customer.errand] =
                (customer.errand in stats.byErrand ? stats.byErrand[customer.errand] : 0) + 1;
            free.append(teller);
            say(`${customer.name} is done`);
            if (line.length > 0) { begin(line.pop(0)); }
        },
    };

    weights = {};
    for (name, {weight} in errands) { weights[name] = weight; }
    agenda.schedule(random.exponential(mean_gap), "arrive", 1);
    while (!agenda.isEmpty()) {
        event = agenda.next();
        clock = event.time;
        handlers[event.kind](...event.details);
    }
    stats.closed_at = clock;
    return stats;
}

/// The value below which `share` of the sorted `numbers` lie.
function quantile(numbers, share) {
    ordered = sorted(numbers);
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))];
}

print("The first minutes of the day:");
simulate(trace: 14);

print();
print("tellers  served  lost  mean wait  95 % wait  longest line  tellers busy");
for (tellers in range(1, 6)) {
    {served, lost, waits, busy, longest_line, closed_at} = simulate(tellers: tellers);
    mean = sum(waits) / len(waits);
    load = 100 * sum(busy) / (tellers * closed_at);
    print(
        format(tellers, ">7d"),
        format(served, ">7d"),
        format(lost, ">5d"),
        format(mean, ">10.1f"),
        format(quantile(waits, 0.95), ">10.1f"),
        format(longest_line, ">13d"),
        format(load, ">11.0f"),
        "%",
    );
}

print();
days = range(1, 21).map(fn(seed) => simulate(tellers: 3, seed: seed));
waits = days.map(fn(day) => day.waits).flat();
print(`20 days with 3 tellers: ${len(waits)} customers, mean wait ${format(sum(waits) / len(waits), ".2f")} minutes`);
histogram = range(8).map(fn(i) => len(waits.filter(fn(w) => w >= 2 * i && w < 2 * i + 2)));
for (i, count in histogram) {
    print(`${format(2 * i, "2d")}–${format(2 * i + 2, "<2d")} min ${"#" * (count ~/ 20)} ${count}`);
}
reasons = {};
for ({byErrand} in days) {
    for (errand, count in byErrand) {
        reasons[errand] = (errand in reasons ? reasons[errand] : 0) + count;
    }
}
print("they came for:", reasons);

test "nobody waits where there are enough tellers" {
    day = simulate(tellers: 60);
    assertEqual(max(day.waits), 0.0);
    assertEqual(day.lost, 0);
}

test "the same seed gives the same day" {
    assertEqual(simulate(seed: 3), simulate(seed: 3));
    assert simulate(seed: 3) != simulate(seed: 4);
}

test "the agenda is stable" {
    agenda = makeAgenda();
    for ([time, kind] in [[2, "c"], [1, "a"], [2, "d"], [1, "b"]]) { agenda.schedule(time, kind); }
    order = "";
    while (!agenda.isEmpty()) { order += agenda.next().kind; }
    assertEqual(order, "abcd");
}

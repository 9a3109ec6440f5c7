// The travelling salesman: nearest neighbour for a first tour, then 2-opt and or-opt until nothing helps.
// The cities come from a generator of its own, so every run prints the same tour.

import math;

/// A linear congruential generator (the constants of Numerical Recipes); `next(n)` is in 0 … n - 1.
function makeRandom(seed) {
    state = seed;
    return {
        next: fn(bound) => {
            nonlocal state;
            state = (1_664_525 * state + 1_013_904_223) % 2 ** 32;
            return state ~/ 65_536 % bound;
        },
    };
}

/// `count` cities on a map of `width` × `height`, no two in one place, named A, B, C, …
function scatter(count, width, height, seed) {
    random = makeRandom(seed);
    taken = {};
    cities = [];
    while (cities.length < count) {
        [x, y] = [random.next(width), random.next(height)];
        place = `${x},${y}`;
        if (place in taken) { continue; }
        taken[place] = true;
        cities.append({name: chr(ord("A") + cities.length), x: x, y: y});
    }
    return cities;
}

/// Rows of a terminal are about twice as high as its columns are wide.
distance = fn(a, b) => math.hypot(a.x - b.x, 2 * (a.y - b.y));

/// All distances, looked up by the cities' positions in the list.
distances = fn(cities) => cities.map(fn(a) => cities.map(fn(b) => distance(a, b)));

/// Length of the closed tour `tour`, an array of positions.
function tourLength(tour, table) {
    total = 0.0;
    for (i, city in tour) {
        total += table[city][tour[(i + 1) % tour.length]];
    }
    return total;
}

/// Always goes to the nearest city that is left.
function nearestNeighbour(table, start = 0) {
    tour = [start];
    left = range(table.length).filter(fn(city) => city != start);
    while (left.length > 0) {
        here = tour[-1];
        nearest = left[0];
        for (city in left) {
            if (table[here][city] < table[here][nearest]) { nearest = city; }
        }
        tour.append(nearest);
        left.remove(nearest);
    }
    return tour;
}

/// What a tour gains when the piece from `i` to `j` is walked backwards.
function reversalGain(tour, table, i, j) {
    [before, first] = [tour[i - 1], tour[i]];
    [last, after] = [tour[j], tour[(j + 1) % tour.length]];
    return table[before][first] + table[last][after] - table[before][last] - table[first][after];
}

/// Undoes crossings until there are none; gives the number of changes.
function twoOpt(tour, table) {
    changes = 0;
    better = true;
    while (better) {
        better = false;
        for (i in range(1, tour.length - 1)) {
            for (j in range(i + 1, tour.length)) {
                if (reversalGain(tour, table, i, j) > 1e-9) {
                    tour[i:j + 1] = tour[i:j + 1][::-1];
                    changes += 1;
                    better = true;
                }
            }
        }
    }
    return changes;
}

/// Moves pieces of one to three cities to where they fit better; gives the number of moves.
function orOpt(tour, table) {
    moves = 0;
    for (size in [3, 2, 1]) {
        i = 1;
        while (i + size <= tour.length) {
            piece = tour[i:i + size];
            rest = [...tour[:i], ...tour[i + size:]];
            current = tourLength(tour, table);
            best = null;
            for (at in range(1, rest.length + 1)) {
                trial = [...rest[:at], ...piece, ...rest[at:]];
                total = tourLength(trial, table);
                if (total < (best?.total ?? current) - 1e-9) {
                    best = {tour: trial, total: total};
                }
            }
            if (best != null) {
                tour[:] = best.tour;
                moves += 1;
            }
            i += 1;
        }
    }
    return moves;
}

/// Both improvements in turns until neither finds anything.
function improve(tour, table) {
    log = [];
    while (true) {
        done = {crossings: twoOpt(tour, table), moves: orOpt(tour, table)};
        if (done.crossings + done.moves == 0) { return log; }
        log.append(done);
    }
}

/// The tour as a map: cities as letters, the roads between them as dots.
function draw(cities, tour, width, height) {
    grid = range(height).map(fn(_row) => [" "] * width);
    for (i, city in tour) {
        [from, to] = [cities[city], cities[tour[(i + 1) % tour.length]]];
        steps = max(abs(to.x - from.x), abs(to.y - from.y));
        for (step in range(1, steps)) {
            x = from.x + (to.x - from.x) * step / steps;
            y = from.y + (to.y - from.y) * step / steps;
            grid[round(y)][round(x)] = ".";
        }
    }
    for (city in cities) {
        grid[city.y][city.x] = city.name;
    }
    return grid.map(fn(cells) => cells.join("").rstrip());
}

/// The names along a tour, beginning and ending with the same city.
route = fn(cities, tour) => [...tour, tour[0]].map(fn(i) => cities[i].name).join("-");

[width, height] = [64, 16];
cities = scatter(18, width, height, seed: 2024);
table = distances(cities);

tour = nearestNeighbour(table);
greedy = tourLength(tour, table);
print("nearest neighbour:", format(greedy, ".1f"), route(cities, tour));

for (i, {crossings, moves} in improve(tour, table)) {
    print(`round ${i + 1}: ${crossings} crossings undone, ${moves} pieces moved`);
}
final = tourLength(tour, table);
print("improved:         ", format(final, ".1f"), route(cities, tour));
print(`saved ${format(100 * (greedy - final) / greedy, ".1f")} %`);
print();
for (line in draw(cities, tour, width, height)) {
    print("  |" + line);
}

starts = range(cities.length).map(fn(start) => {
    other = nearestNeighbour(table, start);
    improve(other, table);
    return {start: cities[start].name, total: round(tourLength(other, table), 6)};
});
lengths = starts.map(fn(s) => s.total);
print();
print(
    "from every city: best",
    format(min(lengths), ".1f"),
    "worst",
    format(max(lengths), ".1f"),
    "mean",
    format(sum(lengths) / lengths.length, ".1f"),
);

test "the corners of a square are visited in a circle" {
    square = [[0, 0], [9, 9], [9, 0], [0, 9]].map(fn(p) => {x: p[0], y: p[1] / 2});
    crossed = [0, 1, 2, 3];
    assertEqual(twoOpt(crossed, distances(square)), 1);
    assert abs(tourLength(crossed, distances(square)) - 36) < 1e-9;
}

test "no two cities share a place" {
    places = scatter(20, 6, 6, seed: 1).map(fn(c) => `${c.x},${c.y}`);
    assertEqual(len(places), 20);
    for (i, place in places) {
        assertEqual(places.index(place), i);
    }
}

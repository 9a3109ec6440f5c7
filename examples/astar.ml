// A* search over a map of terrain, with a binary heap written in ML.
// Prints the way that the search found, what it cost, and how much of the map it had to look at.

/// Cost of entering a cell of each kind of terrain; water cannot be entered.
costs = {".": 1, ",": 3, "^": 8, "S": 1, "G": 1};

terrain = [
    "S...,,,....~~~......",
    ".~~~.,,..~~~~~...^^.",
    ".~~~.....~~.....^^^.",
    "......~~~~~...^^^^..",
    ",,,,....~~....^^....",
    ",,,^^^^.......^..~~~",
    "..,^^^^^^..,,.^..~~~",
    "..,,,^^^^..,,....~~.",
    "~~.,,,,....,,,,.....",
    "~~~~.....~~~~~~..,,G",
];

/// A priority queue: `push(priority, item)`, `pop()` gives the item of the lowest priority, ties by insertion.
function makeHeap() {
    entries = [];
    stamp = 0;

    function before(a, b) {
        return a.priority < b.priority || a.priority == b.priority && a.stamp < b.stamp;
    }

    function swap(i, j) {
        [entries[i], entries[j]] = [entries[j], entries[i]];
    }

    function rise(i) {
        while (i > 0) {
            parent = (i - 1) ~/ 2;
            if (!before(entries[i], entries[parent])) { return; }
            swap(i, parent);
            i = parent;
        }
    }

    function sink(i) {
        while (true) {
            child = 2 * i + 1;
            if (child >= entries.length) { return; }
            if (child + 1 < entries.length && before(entries[child + 1], entries[child])) {
                child += 1;
            }
            if (!before(entries[child], entries[i])) { return; }
            swap(i, child);
            i = child;
        }
    }

    return {
        push: fn(priority, item) => {
            nonlocal stamp;
            stamp += 1;
            entries.append({priority: priority, stamp: stamp, item: item});
            rise(entries.length - 1);
        },
        pop: fn() => {
            top = entries[0];
            last = entries.pop();
            if (entries.length > 0) {
                entries[0] = last;
                sink(0);
            }
            return top.item;
        },
        size: fn() => entries.length,
    };
}

/// The position of the first `symbol` on the map as `[row, column]`; throws when there is none.
function locate(grid, symbol) {
    for (row, line in grid) {
        column = line.find(symbol);
        if (column >= 0) { return [row, column]; }
    }
    throw {message: `the map has no ${symbol}`, type: "MapError"};
}

/// The cells beside `cell` that can be entered.
function neighbours(grid, cell) {
    [row, column] = cell;
    found = [];
    for ([down, right] in [[-1, 0], [0, 1], [1, 0], [0, -1]]) {
        [r, c] = [row + down, column + right];
        inside = 0 <= r && r < grid.length && 0 <= c && c < grid[r].length;
        if (inside && grid[r][c] in costs) {
            found.append([r, c]);
        }
    }
    return found;
}

/// A cell as the key of an object.
cellKey = fn(cell) => cell.join(",");

/// Manhattan distance: never more than the true cost, so the first way found is the cheapest.
function estimate(from, to) {
    return abs(from[0] - to[0]) + abs(from[1] - to[1]);
}

/// Walks back through `origin` from `goal`; gives the cells in the order of the walk.
function retrace(origin, goal) {
    way = [goal];
    cell = goal;
    while (origin[cellKey(cell)] != null) {
        cell = origin[cellKey(cell)];
        way.append(cell);
    }
    return way[::-1];
}

/// Finds the cheapest way. `heuristic` may be replaced: with `fn(a, b) => 0` this is Dijkstra's algorithm.
function search(grid, start, goal, heuristic = estimate) {
    open = makeHeap();
    open.push(0, start);
    cost = {[cellKey(start)]: 0};
    origin = {[cellKey(start)]: null};
    closed = {};
    while (open.size() > 0) {
        cell = open.pop();
        if (cell == goal) {
            return {way: retrace(origin, goal), cost: cost[cellKey(goal)], explored: len(closed)};
        }
        if (cellKey(cell) in closed) { continue; }
        closed[cellKey(cell)] = true;
        for (next_cell in neighbours(grid, cell)) {
            name = cellKey(next_cell);
            total = cost[cellKey(cell)] + costs[grid[next_cell[0]][next_cell[1]]];
            if (!(name in cost) || total < cost[name]) {
                cost[name] = total;
                origin[name] = cell;
                open.push(total + heuristic(next_cell, goal), next_cell);
            }
        }
    }
    throw {message: "there is no way from S to G", type: "NoWay", explored: len(closed)};
}

/// The map with the way drawn into it.
function draw(grid, way) {
    rows = grid.map(fn(line) => [...line]);
    for ([row, column] in way[1:-1]) {
        rows[row][column] = "o";
    }
    return rows.map(fn(cells) => cells.join(" "));
}

[start, goal] = [locate(terrain, "S"), locate(terrain, "G")];
answer = search(terrain, start, goal);
blind = search(terrain, start, goal, heuristic: fn(a, b) => 0);

for (line in draw(terrain, answer.way)) {
    print(line);
}
print();
print(`steps ${answer.way.length - 1}, cost ${answer.cost}`);
print(`A* looked at ${answer.explored} cells, Dijkstra at ${blind.explored}`);
print("same cost:", answer.cost == blind.cost);

island = terrain.map(fn(line) => line.replace("G", "~")).concat([
    "~~~~~~~~~~~~~~~~~~~~", "...................G",
]);
try {
    search(island, start, locate(island, "G"));
} except (e) {
    print(`${e.type}: ${e} (after ${e.explored} cells)`);
}

test "the heap gives items by priority, then by insertion" {
    heap = makeHeap();
    for (i, priority in [5, 1, 4, 1, 3]) {
        heap.push(priority, `${priority}#${i}`);
    }
    order = [];
    while (heap.size() > 0) { order.append(heap.pop()); }
    assertEqual(order, ["1#1", "1#3", "3#4", "4#2", "5#0"]);
}

test "a straight corridor" {
    corridor = ["S....G"];
    assertEqual(search(corridor, [0, 0], [0, 5]).cost, 5);
}

test "the corner of a map has two neighbours" {
    assertEqual(neighbours(["..", ".."], [0, 0]), [[0, 1], [1, 0]]);
}

// Conway's game of life on an endless plane: only living cells are kept, in an object from "x,y" to the cell.
// Shows a glider, two oscillators and an explosion, and recognises still lifes, oscillators and spaceships.

patterns = {
    block: ["##", "##"],
    blinker: ["###"],
    toad: [".###", "###."],
    beacon: ["##..", "##..", "..##", "..##"],
    glider: [".#.", "..#", "###"],
    "lightweight spaceship": [".#..#", "#....", "#...#", "####."],
    "r-pentomino": [".##", "##.", ".#."],
    pulsar: [
        "..###...###..", ".............", "#....#.#....#", "#....#.#....#", "#....#.#....#",
        "..###...###..", ".............", "..###...###..", "#....#.#....#", "#....#.#....#",
        "#....#.#....#", ".............", "..###...###..",
    ],
};

cellKey = fn(x, y) => `${x},${y}`;

/// The living cells of a drawing, with its corner at `(left, top)`.
function world(drawing, left = 0, top = 0) {
    cells = {};
    for (y, row in drawing) {
        for (x, symbol in row) {
            if (symbol == "#") { cells[cellKey(left + x, top + y)] = [left + x, top + y]; }
        }
    }
    return cells;
}

/// The next generation: each living cell adds one to the count of its eight neighbours.
function advance(cells) {
    counts = {};
    for ([x, y] in values(cells)) {
        for (dx in [-1, 0, 1]) {
            for (dy in [-1, 0, 1]) {
                if (dx == 0 && dy == 0) { continue; }
                key = cellKey(x + dx, y + dy);
                if (key in counts) {
                    counts[key].near += 1;
                } else {
                    counts[key] = {near: 1, cell: [x + dx, y + dy]};
                }
            }
        }
    }
    born = {};
    for (key, {near, cell} in counts) {
        if (near == 3 || near == 2 && key in cells) { born[key] = cell; }
    }
    return born;
}

/// The box round all living cells as `[left, top, right, bottom]`; an empty world has none.
function bounds(cells) {
    if (!cells) { return null; }
    [xs, ys] = zip(...values(cells));
    return [min(xs), min(ys), max(xs), max(ys)];
}

/// The part of the plane from `(left, top)` as lines of text.
function draw(cells, left, top, width, height) {
    return range(top, top + height).map(
        fn(y) =>
            range(left, left + width).map(fn(x) => cellKey(x, y) in cells ? "#" : ".").join(""),
    );
}

/// The cells moved so that their box begins at the origin: equal for equal shapes anywhere.
function shape(cells) {
    box = bounds(cells);
    if (box == null) { return []; }
    return sorted(values(cells).map(fn(cell) => [cell[0] - box[0], cell[1] - box[1]]));
}

/// What becomes of a pattern: `{kind, period, moved}`, looking ahead no more than `horizon` generations.
function classify(cells, horizon = 40) {
    first = shape(cells);
    start = bounds(cells);
    for (period in range(1, horizon + 1)) {
        cells = advance(cells);
        if (!cells) { return {kind: "dies", period: period, moved: [0, 0]}; }
        if (shape(cells) == first) {
            [left, top, ..._size] = bounds(cells);
            moved = [left - start[0], top - start[1]];
            kind = match ([period, moved]) {
                [1, [0, 0]] => "still life",
                [_, [0, 0]] => "oscillator",
                _ => "spaceship",
            };
            return {kind: kind, period: period, moved: moved};
        }
    }
    return {kind: "unsettled", period: null, moved: null};
}

/// Several drawings side by side, under their titles.
function gallery(frames, gap = "    ") {
    height = max(frames.map(fn(frame) => frame.lines.length));
    print(frames.map(fn(frame) => frame.title.padEnd(frame.lines[0].length)).join(gap).rstrip());
    for (row in range(height)) {
        print(frames.map(fn(frame) => frame.lines[row]).join(gap));
    }
}

frames = [];
cells = world(patterns.glider, 1, 1);
for (generation in range(5)) {
    frames.append({title: `gen ${generation}`, lines: draw(cells, 0, 0, 7, 6)});
    cells = advance(cells);
}
print("A glider needs four generations to move one cell down and to the right:");
gallery(frames);

print();
for (name, drawing in patterns) {
    {kind, period, moved} = classify(world(drawing));
    details = match (kind) {
        "still life" => "",
        "oscillator" => `with period ${period}`,
        "spaceship" => `moving by ${moved} in ${period} generations`,
        _ => "within forty generations",
    };
    print(`${name.padEnd(22)} ${kind} ${details}`.rstrip());
}

print();
print("The r-pentomino, five cells, takes long to settle:");
cells = world(patterns["r-pentomino"]);
for (generation in range(201)) {
    if (generation % 40 == 0) {
        [left, top, right, bottom] = bounds(cells);
        print(
            `  generation ${format(generation, ">3d")}: ${format(len(cells), ">3d")} cells in ${right - left + 1} × ${bottom - top + 1}`,
            "▪" * (len(cells) ~/ 4),
        );
    }
    cells = advance(cells);
}

print();
print("Two gliders meet head-on, and nothing is left:");
meeting = {
    ...world(patterns.glider, 0, 0),
    ...world(patterns.glider.map(fn(row) => row[::-1])[::-1], 9, 8),
};
frames = [];
for (generation in range(17)) {
    if (generation % 4 == 0) {
        frames.append({title: `gen ${generation}`, lines: draw(meeting, -1, -1, 15, 13)});
    }
    meeting = advance(meeting);
}
gallery(frames, gap: "   ");

test "a block stays" {
    block = world(patterns.block);
    assertEqual(shape(advance(block)), shape(block));
}

test "an empty world stays empty" {
    assertEqual(advance({}), {});
    assertEqual(bounds({}), null);
}

test "a lonely cell dies" {
    assertEqual(classify(world(["#"])).kind, "dies");
}

test "a world is drawn as it was written" {
    for (name in ["pulsar", "toad"]) {
        drawing = patterns[name];
        assertEqual(draw(world(drawing), 0, 0, drawing[0].length, drawing.length), drawing);
    }
}

// Sudoku: constraint propagation as far as it goes, then a search that guesses where there is least choice.
// A board is an array of 81 strings, each holding the digits that are still possible in its cell.

digits = "123456789";

rowOf = fn(cell) => cell ~/ 9;
columnOf = fn(cell) => cell % 9;
boxOf = fn(cell) => cell ~/ 27 * 3 + cell % 9 ~/ 3;

/// The 27 units: rows, columns and boxes, as arrays of nine cells.
units = [rowOf, columnOf, boxOf].map(
    fn(of) => range(9).map(fn(n) => range(81).filter(fn(cell) => of(cell) == n)),
).flat();

unitsOf = range(81).map(fn(cell) => units.filter(fn(unit) => cell in unit));

/// The twenty cells that must differ from each cell.
peers = range(81).map(
    fn(cell) =>
        range(81).filter(
            fn(other) =>
                other != cell
                    && (
                        rowOf(other) == rowOf(cell)
                            || columnOf(other) == columnOf(cell)
                            || boxOf(other) == boxOf(cell)
                    ),
        ),
);

/// Takes `digit` away from `cell` and follows what that implies; false when the board became impossible.
function eliminate(board, cell, digit) {
    if (!(digit in board[cell])) { return true; }
    board[cell] = board[cell].replace(digit, "");
    left = board[cell];
    if (left == "") { return false; }
    if (left.length == 1) {
        for (peer in peers[cell]) {
            if (!eliminate(board, peer, left)) { return false; }
        }
    }
    for (unit in unitsOf[cell]) {
        places = unit.filter(fn(other) => digit in board[other]);
        if (places.length == 0 || places.length == 1 && !place(board, places[0], digit)) {
            return false;
        }
    }
    return true;
}

/// Leaves nothing but `digit` in `cell`; false when that is impossible.
function place(board, cell, digit) {
    return [...board[cell]].every(fn(other) => other == digit || eliminate(board, cell, other));
}

/// Reads 81 characters, `.` or `0` for an empty cell; white space does not matter. Null if the puzzle contradicts itself.
function read(puzzle) {
    symbols = puzzle.split().join("");
    if (symbols.length != 81) {
        throw {message: `a sudoku has 81 cells, this one ${symbols.length}`, type: "ValueError"};
    }
    board = [digits] * 81;
    for (cell, symbol in symbols) {
        if (symbol in digits && !place(board, cell, symbol)) { return null; }
    }
    return board;
}

/// Searches from `board`; `stats.guesses` counts. Gives a solved board or null.
function search(board, stats) {
    if (board == null) { return null; }
    open = range(81).filter(fn(cell) => board[cell].length > 1);
    if (open.length == 0) { return board; }
    cell = sorted(open, key: fn(c) => board[c].length)[0];
    for (digit in board[cell]) {
        stats.guesses += 1;
        trial = board.copy();
        found = place(trial, cell, digit) ? search(trial, stats) : null;
        if (found != null) { return found; }
    }
    return null;
}

/// Solves a puzzle: `{board, open, guesses}`, where `open` says how many cells propagation alone left open.
function solve(puzzle) {
    board = read(puzzle);
    stats = {guesses: 0};
    open = board == null ? 81 : board.filter(fn(cell) => cell.length > 1).length;
    return {board: search(board, stats), open: open, guesses: stats.guesses};
}

/// Whether each unit holds each digit once.
isSolved = fn(board) =>
    units.every(fn(unit) => sorted(unit.map(fn(cell) => board[cell])).join("") == digits);

/// The board as text with lines between the boxes.
function show(board) {
    lines = [];
    for (row in range(9)) {
        if (row % 3 == 0 && row > 0) { lines.append("------+-------+------"); }
        cells = board[9 * row:9 * row + 9];
        lines.append(
            [cells[0:3], cells[3:6], cells[6:9]].map(fn(part) => part.join(" ")).join(" | "),
        );
    }
    return lines.join("\n");
}

puzzles = {
    easy: "
        53. .7. ...   6.. 195 ...   .98 ... .6.
        8.. .6. ..3   4.. 8.3 ..1   7.. .2. ..6
        .6. ... 28.   ... 419 ..5   ... .8. .79",
    hard: "
        4.. ... 8.5   .3. ... ...   ... 7.. ...
        .2. ... .6.   ... .8. 4..   ... .1. ...
        ... 6.3 .7.   5.. 2.. ...   1.4 ... ...",
    diagonal: "
        ..5 3.. ...   8.. ... .2.   .7. .1. 5..
        4.. ..5 3..   .1. .7. ..6   ..3 2.. .8.
        .6. 5.. ..9   ..4 ... .3.   ... ..9 7..",
    impossible: "
        55. ... ...   ... ... ...   ... ... ...
        ... ... ...   ... ... ...   ... ... ...
        ... ... ...   ... ... ...   ... ... ...",
};

for (name, puzzle in puzzles) {
    {board, open, guesses} = solve(puzzle);
    givens = [...puzzle].filter(fn(symbol) => symbol in digits).length;
    if (board == null) {
        print(`${name}: ${givens} givens, no solution`);
        continue;
    }
    how = open == 0 ? "by propagation alone" : `${open} cells left to search, ${guesses} guesses`;
    print(`${name}: ${givens} givens, ${how}${isSolved(board) ? "" : ", WRONG"}`);
    print(show(board));
    print();
}

test "units and peers" {
    assertEqual([units.length, unitsOf[0].length, peers[0].length], [27, 3, 20]);
    assertEqual(peers[40].length, 20);
    assertEqual(boxOf(80), 8);
}

test "a puzzle of the wrong size" {
    assertThrows(fn() => read("123"), "ValueError");
}

test "an empty board has a solution" {
    assert isSolved(solve("." * 81).board);
}

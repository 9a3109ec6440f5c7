// A text adventure as a state machine: rooms and things are data, commands are functions from state to text.
// The game plays a script, so that its output is always the same.

import string as text;

rooms = {
    hall: {
        title: "Hall of the lighthouse",
        about: "A spiral stair winds up into the dark. The door to the yard is in the west.",
        exits: {up: "gallery", west: "yard", down: "cellar"},
    },
    yard: {
        title: "Yard",
        about: "Wind, gulls, and a shed in the north with a rusty lock.",
        exits: {east: "hall", north: "shed"},
    },
    shed: {title: "Shed", about: "It smells of oil.", exits: {south: "yard"}},
    cellar: {title: "Cellar", about: "Water drips somewhere.", exits: {up: "hall"}, dark: true},
    gallery: {
        title: "Gallery",
        about: "The great lamp stands here under its dome of glass.",
        exits: {down: "hall"},
    },
};

/// Everything that can be taken, and where it lies at the beginning.
things = {
    lantern: {label: "a lantern", at: "hall", about: "A brass lantern; it wants matches."},
    matches: {label: "a tin of matches", at: "yard", about: "Three matches in a dry tin."},
    key: {label: "a key", at: "cellar", about: "A rusty key."},
    oil: {label: "a can of oil", at: "shed", about: "A can of whale oil."},
};

shortcuts = {
    n: "north",
    s: "south",
    e: "east",
    w: "west",
    u: "up",
    d: "down",
    i: "inventory",
    l: "look",
    x: "examine",
    get: "take",
};

/// The state of a new game: nothing in it but plain data, so that it can be saved and compared.
function newGame() {
    places = {};
    for (name, {at} in things) { places[name] = at; }
    return {
        room: "hall",
        places: places,
        lit: 0,
        unlocked: false,
        oiled: false,
        moves: 0,
        over: false,
        score: 0,
    };
}

has = fn(state, thing) => state.places[thing] == "you";

/// Names of the things that lie in `place`.
lyingIn = fn(state, place) => keys(state.places).filter(fn(name) => state.places[name] == place);

isDark = fn(state) => rooms[state.room].dark && state.lit <= 0;

/// "a, b and c"
function listed(words, none = "nothing") {
    return match (words) {
        [] => none,
        [one] => one,
        [...most, last] => `${most.join(", ")} and ${last}`,
    };
}

label = fn(thing) => things[thing].label;

/// What the player sees.
function look(state) {
    if (isDark(state)) { return "It is pitch dark."; }
    {title, about, exits} = rooms[state.room];
    lines = [title, about, `You can go ${listed(keys(exits))}.`];
    here = lyingIn(state, state.room);
    if (here.length > 0) { lines.append(`There is ${listed(here.map(label))} here.`); }
    return lines.join("\n");
}

function go(state, direction) {
    target = direction in rooms[state.room].exits ? rooms[state.room].exits[direction] : null;
    match (target) {
        null => { return "There is no way there."; }
        "shed" if !state.unlocked => { return "The shed is locked."; }
        "cellar" if state.room == "hall" && state.lit <= 0 => {
            state.room = target;
            return "You feel your way down. " + look(state);
        }
        _ => {
            state.room = target;
            return look(state);
        }
    }
}

function take(state, thing) {
    if (isDark(state)) { return "You grope about and find nothing."; }
    if (!(thing in lyingIn(state, state.room))) { return `There is no ${thing} here.`; }
    state.places[thing] = "you";
    state.score += 5;
    return `Taken: ${thing}.`;
}

function drop(state, thing) {
    if (!(thing in state.places) || !has(state, thing)) { return `You have no ${thing}.`; }
    state.places[thing] = state.room;
    return `Dropped: ${thing}.`;
}

/// Using one thing: each rule says what must be in hand, where, and what happens.
uses = [
    {
        thing: "lantern",
        needs: ["lantern", "matches"],
        act: fn(state) => {
            state.lit = 6;
            return "The lantern burns with a small warm light.";
        },
    },
    {
        thing: "key",
        needs: ["key"],
        room: "yard",
        act: fn(state) => {
            state.unlocked = true;
            state.score += 10;
            return "The lock groans, and gives way.";
        },
    },
    {
        thing: "oil",
        needs: ["oil"],
        room: "gallery",
        act: fn(state) => {
            state.oiled = true;
            state.places.oil = "nowhere";
            return "You fill the reservoir of the great lamp.";
        },
    },
    {
        thing: "matches",
        needs: ["matches"],
        room: "gallery",
        act: fn(state) => {
            if (!state.oiled) { return "The wick is dry; the match burns down for nothing."; }
            state.over = true;
            state.score += 50;
            return "The great lamp flares. Out at sea a ship turns away from the rocks.";
        },
    },
];

function use(state, thing) {
    for ({thing: name, needs, room, act} in uses) {
        if (name != thing || room != null && room != state.room) { continue; }
        missing = needs.filter(fn(need) => !has(state, need));
        return missing.length > 0 ? `You need the ${listed(missing)} for that.` : act(state);
    }
    return `Nothing happens with the ${thing}.`;
}

function examine(state, thing) {
    near = [...lyingIn(state, state.room), ...lyingIn(state, "you")];
    return thing in near && !isDark(state) ? things[thing].about : `You see no ${thing}.`;
}

/// The verbs: how many words each takes, and what it does.
verbs = {
    look: {words: 0, act: look},
    inventory: {
        words: 0,
        act: fn(state) => `You carry ${listed(lyingIn(state, "you").map(label))}.`,
    },
    score: {words: 0, act: fn(state) => `${state.score} points in ${state.moves} moves.`},
    go: {words: 1, act: go},
    take: {words: 1, act: take},
    drop: {words: 1, act: drop},
    use: {words: 1, act: use},
    examine: {words: 1, act: examine},
};

/// The verb closest to a mistyped one, or null.
function guess(word) {
    near = sorted(keys(verbs), key: fn(verb) => text.levenshtein(verb, word));
    return text.levenshtein(near[0], word) <= 2 ? near[0] : null;
}

/// Carries out one line and gives the answer; the state changes in place.
function command(state, line) {
    words = line.lower().split().filter(fn(word) => !(word in ["the", "a", "to", "at"]));
    words = words.map(fn(word) => word in shortcuts ? shortcuts[word] : word);
    if (words.length == 1 && words[0] in ["north", "south", "east", "west", "up", "down"]) {
        words = ["go", ...words];
    }
    [verb, ...objects] = words.length > 0 ? words : ["look"];
    if (!(verb in verbs)) {
        meant = guess(verb);
        return meant == null
            ? `I do not know how to ${verb}.`
            : `I do not know \`${verb}\`; did you mean \`${meant}\`?`;
    }
    if (objects.length != verbs[verb].words) { return `${verb.capitalize()} what?`; }
    state.moves += 1;
    answer = verbs[verb].act(state, ...objects);
    if (state.lit > 0) {
        state.lit -= 1;
        if (state.lit == 0) { answer += "\nThe lantern goes out."; }
    }
    return answer;
}

/// Plays a script and prints it like a session.
function play(state, script) {
    print(look(state));
    for (line in script) {
        print();
        print("> " + line);
        print(command(state, line));
        if (state.over) {
            print();
            print(`*** You have won with ${state.score} points in ${state.moves} moves ***`);
            return;
        }
    }
}

script = [
    "take the lantern", "d", "get key", "up", "use lantern", "dance", "tkae matches", "w",
    "get matches", "north", "use lantern", "e", "down", "look", "take key", "x key", "take",
    "inventory", "u", "w", "use the key", "n", "take oil", "drop sword", "s", "e", "up",
    "use matches", "use oil", "score", "use matches", "look",
];
play(newGame(), script);

test "a new game is not changed by playing another" {
    [first, second] = [newGame(), newGame()];
    command(first, "take lantern");
    command(first, "w");
    assertEqual(second, newGame());
    assertEqual(first.room, "yard");
}

test "the shed opens with the key only" {
    state = newGame();
    state.room = "yard";
    assertEqual(command(state, "n"), "The shed is locked.");
    state.places.key = "you";
    command(state, "use key");
    command(state, "n");
    assertEqual(state.room, "shed");
}

test "the lantern lasts six moves" {
    state = newGame();
    state.places = {...state.places, lantern: "you", matches: "you"};
    command(state, "use lantern");
    for (_i in range(4)) { assert !("goes out" in command(state, "look")); }
    assert "goes out" in command(state, "look");
}

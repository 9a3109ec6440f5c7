// Counts the words of a text in an object and ranks them.

words = "the quick brown fox jumps over the lazy dog and then the fox runs away from the angry dog into the dark green wood".split(" ");

function makeText(n) {
    state = 1;
    out = [];
    for (_i in range(n)) {
        state = (state * 69069 + 1) % 4294967296;
        out.append(words[state ~/ 65536 % len(words)]);
    }
    return out.join(" ");
}

function run(n) {
    counts = {};
    for (word in makeText(n).split(" ")) {
        if (word in counts) { counts[word] += 1; } else { counts[word] = 1; }
    }
    ranked = sorted(items(counts), key: fn(pair) => [-pair[1], pair[0]]);
    return ranked[0:5];
}

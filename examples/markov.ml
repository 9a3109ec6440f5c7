// Markov text: learns which word follows which two from a short text, then makes up sentences that sound
// like it. The generator is seeded, so the nonsense is always the same nonsense.

import math;

source = "
The sea was calm and the moon was high, and the keeper of the light was not asleep.
The keeper of the light was old, and the stair was long, and the lamp was bright.
The lamp was bright and the night was long, and the sea was loud under the stair.
A ship came over the sea, and the ship was old, and the crew of the ship was asleep.
The moon was bright over the ship, and the light of the lamp came over the sea.
The crew of the ship was not afraid of the night, and the keeper was not afraid of the sea.
Under the moon the ship came home, and the keeper of the light was asleep at last.
The night was calm, and the lamp was high, and a bird came over the water and was loud.
";

punctuation = ",.";

/// Words and punctuation marks of `text`, each a token.
function tokens(text) {
    for (mark in punctuation) {
        text = text.replace(mark, ` ${mark} `);
    }
    return text.split();
}

/// Sentences as arrays of tokens, each ending with its full stop.
function sentences(words) {
    found = [];
    current = [];
    for (word in words) {
        current.append(word);
        if (word == ".") {
            found.append(current);
            current = [];
        }
    }
    return found;
}

/// A chain of `order`: for each run of so many words, the words that were seen after it and how often.
function learn(all, order = 2) {
    table = {};
    for (sentence in all) {
        padded = [...["^"] * order, ...sentence];
        for (i in range(order, padded.length)) {
            state = padded[i - order:i].join(" ");
            if (!(state in table)) { table[state] = {}; }
            followers = table[state];
            word = padded[i];
            followers[word] = (word in followers ? followers[word] : 0) + 1;
        }
    }
    return {order: order, table: table};
}

/// A seeded source of choices, each as likely as its weight.
function makeChooser(seed) {
    state = seed;
    return fn(weights) => {
        nonlocal state;
        state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
        mark = state ~/ 65_536 % sum(values(weights));
        for (choice, weight in weights) {
            mark -= weight;
            if (mark < 0) { return choice; }
        }
    };
}

/// Walks the chain until a full stop, or for `longest` words at most.
function babble(chain, choose, longest = 40) {
    words = ["^"] * chain.order;
    while (words.length < longest && words[-1] != ".") {
        words.append(choose(chain.table[words[-chain.order:].join(" ")]));
    }
    return words[chain.order:];
}

/// Tokens as a sentence: no space before punctuation.
function write(words) {
    out = "";
    for (word in words) {
        out += word in punctuation || out == "" ? word : " " + word;
    }
    return out;
}

/// How surprising the chain finds a sentence, in bits a word; null where something was never seen.
function surprise(chain, words) {
    bits = 0.0;
    padded = [...["^"] * chain.order, ...words];
    for (i in range(chain.order, padded.length)) {
        state = padded[i - chain.order:i].join(" ");
        followers = state in chain.table ? chain.table[state] : {};
        if (!(padded[i] in followers)) { return null; }
        bits -= math.log2(followers[padded[i]] / sum(values(followers)));
    }
    return bits / words.length;
}

corpus = sentences(tokens(source));
words = corpus.flat();
vocabulary = {};
for (word in words) { vocabulary[word.lower()] = true; }
print(`learned from ${corpus.length} sentences, ${words.length} tokens, ${len(vocabulary)} different words`);

for (order in [1, 2, 3]) {
    chain = learn(corpus, order);
    choose = makeChooser(seed: 1851);
    branching = sum(values(chain.table).map(len)) / len(chain.table);
    print();
    print(`order ${order}: ${len(chain.table)} states, ${format(branching, ".2f")} ways on from each`);
    for (_i in range(4)) {
        sentence = babble(chain, choose);
        copied = sentence in corpus ? "   (word for word from the text)" : "";
        print("  " + write(sentence) + copied);
    }
}

print();
chain = learn(corpus, 1);
for (line in [
    "The moon was asleep.", "The keeper of the sea was bright.", "A bird was afraid.",
    "The lamp sang.",
]) {
    bits = surprise(chain, tokens(line));
    print(line.padEnd(36), bits == null ? "never!" : `${format(bits, ".2f")} bits a word`);
}

print();
after = items(chain.table["the"]) |> sorted(fn(pair) => [-pair[1], pair[0]]);
print("after `the`:", after.map(fn(pair) => `${pair[0]} ${"|" * pair[1]}`).join("  "));

test "tokens and write are inverse" {
    for (sentence in corpus) {
        assertEqual(tokens(write(sentence)), sentence);
    }
}

test "a chain of the longest order can only repeat" {
    only = learn([["a", "b", "c", "."]], 2);
    assertEqual(babble(only, makeChooser(1)), ["a", "b", "c", "."]);
    assertEqual(surprise(only, ["a", "b", "c", "."]), 0.0);
}

test "choices follow their weights" {
    choose = makeChooser(3);
    counts = {rare: 0, common: 0};
    for (_i in range(1_000)) {
        choice = choose({rare: 1, common: 9});
        counts[choice] += 1;
    }
    assert counts.rare > 60 && counts.rare < 140, str(counts);
}

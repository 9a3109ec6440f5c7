"""Counts the words of a text in a dict and ranks them."""

words = "the quick brown fox jumps over the lazy dog and then the fox runs away from the angry dog into the dark green wood".split(" ")


def make_text(n):
    state = 1
    out = []
    for _ in range(n):
        state = (state * 69069 + 1) % 4294967296
        out.append(words[state // 65536 % len(words)])
    return " ".join(out)


def run(n):
    counts = {}
    for word in make_text(n).split(" "):
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [list(pair) for pair in ranked[0:5]]

// Language models of this machine. Put one into the cache with `mlpy models pull`, then run
//   mlpy run --allow model.list --allow 'model.generate:mlx-community/**,tokens=500' examples/models.ml
import models;

CHAT = "tiny-llama";
EMBEDDER = "tiny-embed";

for (model in models.list()) {
    print(`${model.name}: ${model.framework}, ${model.model_type}, ${model.health}`);
}

// the same seed gives the same answer
answer = models.generate(CHAT, "Where is the answer?", maxTokens: 12, seed: 7);
print(
    "the same again:",
    answer == models.generate(CHAT, "Where is the answer?", maxTokens: 12, seed: 7),
);

// an answer comes piece by piece, and no more of it is made than is asked for
messages = [
    {role: "system", content: "Answer in one word."},
    {role: "user", content: "Where is the answer?"},
];
pieces = 0;
for (piece in models.stream(CHAT, messages, maxTokens: 12, temperature: 0)) {
    pieces += 1;
    if (pieces == 5) { break; }
}
print("pieces:", pieces);

// texts that are alike have vectors that point the same way
function closeness(a: array<float>, b: array<float>): float {
    return sum(range(a.length).map(fn(at) => a[at] * b[at]));
}

texts = ["the river is round and white", "the river is round and smooth", "What was the question?"];
vectors = models.embed(EMBEDDER, texts);
print("dimensions:", vectors[0].length);
print(
    "the first two are closest:",
    closeness(vectors[0], vectors[1]) > closeness(vectors[0], vectors[2]),
);

// what is not granted is refused, and the error says how to grant it
try {
    models.generate("elsewhere/model", "Hi");
} except (e) {
    print(`${e.type}: ${e.message}`);
}

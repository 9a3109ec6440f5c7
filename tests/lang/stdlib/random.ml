import random;
random.setSeed(42);
print(random.getSeed(), random.random(), random.nextInt(), random.randomInt(), random.randomInt(1, 7), random.randomInt(-5, max: 0));
print(random.randomBool(), random.randomBoolWeighted(0), random.randomBoolWeighted(1), random.randomFloat(), random.random_float(10, 20));
random.setSeed("a text");
print(random.getSeed(), random.uniform(2, 1), random.triangular(), random.triangular(0, 10, 9), random.randomNormal(), random.gaussian(10, 2));
letters = ["a", "b", "c", "d", "e"];
random.setSeed(-7);
print(random.choice(letters), random.shuffle(letters), random.sample(letters, 2), random.randomIndices(1000000, 3), random.sample([], 0));
print(letters);
// The same seed, the same sequence; half of a pair of gaussians is forgotten too.
random.setSeed(1);
first = [random.gaussian(), random.random()];
random.setSeed(1);
print(first == [random.gaussian(), random.random()]);
for (attempt in [
    fn() => random.setSeed(true), fn() => random.setSeed("x" * 10001), fn() => random.randomInt(5, 5), fn() => random.choice([]),
    fn() => random.sample([1], 2), fn() => random.randomIndices(-1, 0), fn() => random.randomIndices(2 ** 64, 1), fn() => random.randomBoolWeighted(2),
    fn() => random.uniform(0, 2 ** 2000), fn() => random.uniform(-1e308, 1e308), fn() => random.triangular(0, 1, 2), fn() => random.gaussian(0, -1)
]) {
    try { print("got", attempt()); } except (e) { print(e.type, e.message); }
}

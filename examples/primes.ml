// Counts primes below a limit, a stretch for each worker: `mlpy run examples/primes.ml -- --limit 200000 --parts 8`.
import args;
import parallel;

function isPrime(n) {
    if (n < 2) { return false; }
    i = 2;
    while (i * i <= n) {
        if (n % i == 0) { return false; }
        i += 1;
    }
    return true;
}

function primesIn(stretch) {
    found = 0;
    for (n in range(stretch.start, stretch.end)) {
        if (isPrime(n)) { found += 1; }
    }
    print(`${stretch.start} to ${stretch.end - 1}: ${found}`);
    return found;
}

parser = args.createParser("primes", "Counts the primes below a limit.");
parser.addOption("limit", type: "int", short: "l", default: 20000, help: "where to stop");
parser.addOption(
    "parts",
    type: "int",
    short: "p",
    default: 4,
    help: "stretches to divide the work into",
);
options = parser.parse();

if (options != null) {
    size = (options.limit + options.parts - 1) ~/ options.parts;
    stretches = map(
        fn(k) => {start: k * size, end: min((k + 1) * size, options.limit)},
        range(options.parts),
    );
    print(`${sum(parallel.map(primesIn, stretches))} primes below ${options.limit}`);
}

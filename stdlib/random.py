"""Random numbers and choices from a generator that each run has for itself: the Mersenne Twister, drawn from as CPython's `random` does.

The same seed gives the same sequence as there, function by function. Python's own module is not imported: it costs milliseconds
and keeps one generator for the whole process.
"""

from __future__ import annotations

from _random import Random as Twister
from math import ceil, cos, exp, log, pi, sin, sqrt

from mlpy.errors import MLError
from mlpy.runtime.values import MAX_ITEMS, NUMBERS, too_many_items
from mlpy.sdk import ml_function, ml_module, wrong_type

MAX_FLOAT = 1.7976931348623157e308
MAX_SEED = 10_000  # characters; Python would take any number, in one step that cannot be stopped
MAX_INDEX = 2**63 - 1  # as far as Python counts places
SEED_BITS = 63
TURN = 2 * pi
WIDTH = 4 * exp(-0.5) / sqrt(2)  # of the box that normal deviates are picked from


@ml_module("random", version="1.0.0", interruptible=True)
class Random:
    """Random numbers, choices and samples that a seed can repeat.

    ```ml
    import random;
    random.setSeed("tournament");
    players = random.shuffle(["Ada", "Bo", "Cy", "Di"]);
    print(players.length, random.randomInt(1, 7) <= 6, random.choice(players) in players);
    ```

    Each run has a generator of its own, which no other run and nothing in the host can move: the Mersenne Twister, drawn from in the
    way of CPython's `random`. So a seed, a whole number or a text, gives the numbers that `random.seed` gives there: `random` those
    of `random`, `randomInt` of `randrange`, `randomBool` of `getrandbits(1)`, `nextInt` of `getrandbits(32)`, `randomNormal` of
    `normalvariate`, `gaussian` of `gauss`, `randomIndices` of `sample(range(n), k)`, the others those of their own name. Without
    `setSeed` the system chooses the seed, and `getSeed` tells which. `math.random` has another generator, which no seed moves.

    The numbers can be foretold from a few hundred of them, so they are none for passwords and keys. Arrays that are given stay as
    they were. Nothing can be chosen from an empty array (`IndexError`); a range without numbers and a sample larger than its array
    are a `ValueError`, an argument of another type is a `TypeError`.
    """

    def __init__(self) -> None:
        self.twister = Twister()  # seeded by the system
        self.plant(self.twister.getrandbits(SEED_BITS))

    def plant(self, seed: int | str) -> None:
        """Begins the sequence of a seed."""
        self.seed = seed
        self.spare: float | None = None  # gaussians are made in twos
        self.twister.seed(seed if type(seed) is int else number_of(str(seed)))

    def below(self, n: int) -> int:
        """A whole number from 0 up to, but not, n."""
        draw = self.twister.getrandbits
        size = n.bit_length()
        while (drawn := draw(size)) >= n:
            pass
        return drawn

    # ── the seed ──

    @ml_function
    def set_seed(self, seed: int | str) -> None:
        """Begins the sequence of a seed, a whole number or a text. Example: `random.setSeed(42); random.randomInt(0, 100)` → `81`."""
        if type(seed) not in (int, str):
            raise wrong_type(seed, "seed", "a whole number or a string")
        if type(seed) is str and len(seed) > MAX_SEED:
            raise MLError(f"`seed` must have at most {MAX_SEED:,} characters", "ValueError")
        self.plant(seed)

    @ml_function
    def get_seed(self) -> int | str:
        """The seed of the sequence, also where none was set, so that a run can be repeated. Example: `random.setSeed(7); random.getSeed()` → `7`."""
        return self.seed

    # ── numbers ──

    @ml_function
    def next_int(self) -> int:
        """The generator's next whole number, from 0 up to, but not, 2 ** 32. Example: `random.setSeed(42); random.nextInt()` → `2746317213`."""
        return self.twister.getrandbits(32)

    @ml_function
    def random(self) -> float:
        """A number from 0 up to, but not, 1. Example: `random.setSeed(42); random.random()` → `0.6394267984578837`."""
        return self.twister.random()

    @ml_function
    def random_float(self, min: float = 0, max: float = 1) -> float:  # noqa: A002  the names in the language
        """A number between two others. Example: `random.setSeed(42); random.randomFloat(10, 20)` → `16.39426798457884`."""
        return min + span(min, max, "min", "max") * self.twister.random()

    @ml_function
    def random_int(self, min: int = 0, max: int = 100) -> int:  # noqa: A002  the names in the language
        """A whole number from min up to, but not, max. Example: `random.setSeed(42); random.randomInt(1, 7)` → `6`."""
        if whole(min, "min") >= whole(max, "max"):
            raise MLError("`min` must be below `max`", "ValueError", hint="`max` itself is never drawn")
        return min + self.below(max - min)

    @ml_function
    def random_bool(self) -> bool:
        """True or false, as a coin falls. Example: `random.setSeed(42); random.randomBool()` → `true`."""
        return self.twister.getrandbits(1) == 1

    @ml_function
    def random_bool_weighted(self, probability: float = 0.5) -> bool:
        """True with a probability from 0 to 1. Example: `random.randomBoolWeighted(1)` → `true`."""
        if not 0 <= number(probability, "probability") <= 1:
            raise MLError("`probability` must be from 0 to 1", "ValueError")
        return self.twister.random() < probability

    # ── distributions ──

    @ml_function
    def uniform(self, a: float, b: float) -> float:
        """A number between a and b, whichever is larger. Example: `random.setSeed(42); random.uniform(0, 2)` → `1.2788535969157675`."""
        return a + span(a, b, "a", "b") * self.twister.random()

    @ml_function
    def triangular(self, low: float = 0, high: float = 1, mode: float | None = None) -> float:
        """A number from low to high, most often near the mode, which is halfway if none is given.

        Example: `random.setSeed(42); random.triangular(0, 10, 5)` → `5.753983033817951`.
        """
        width = span(low, high, "low", "high")
        if mode is not None and not (low <= number(mode, "mode") <= high or high <= mode <= low):
            raise MLError("`mode` must lie between `low` and `high`", "ValueError")
        drawn = self.twister.random()
        if width == 0:
            return low + 0.0
        peak = 0.5 if mode is None else (mode - low) / width
        if drawn > peak:
            return high + (low - high) * sqrt((1 - drawn) * (1 - peak))
        return low + width * sqrt(drawn * peak)

    @ml_function
    def random_normal(self, mean: float = 0, deviation: float = 1) -> float:
        """A number of the normal distribution: Python's `normalvariate`. Example: `random.setSeed(42); random.randomNormal(100, 15)` → `103.67989512561795`."""
        check_normal(mean, deviation)
        draw = self.twister.random
        while True:
            first = draw()
            second = 1 - draw()
            found = WIDTH * (first - 0.5) / second
            if found * found / 4 <= -log(second):
                return mean + found * deviation

    @ml_function
    def gaussian(self, mean: float = 0, deviation: float = 1) -> float:
        """A number of the normal distribution, found faster: Python's `gauss`. Example: `random.setSeed(42); random.gaussian()` → `-0.14409032957792836`."""
        check_normal(mean, deviation)
        found, self.spare = self.spare, None
        if found is None:
            angle = self.twister.random() * TURN
            radius = sqrt(-2 * log(1 - self.twister.random()))
            found = cos(angle) * radius
            self.spare = sin(angle) * radius
        return mean + found * deviation

    # ── choices ──

    @ml_function
    def choice(self, xs: list[object]) -> object:
        """One of the items. Example: `random.setSeed(42); random.choice(["red", "green", "blue"])` → `"blue"`."""
        if not array(xs):
            raise MLError("the array is empty, so that nothing can be chosen", "IndexError")
        return xs[self.below(len(xs))]

    @ml_function
    def shuffle(self, xs: list[object]) -> list[object]:
        """A new array of the items in random order; the one given stays as it was. Example: `random.setSeed(42); random.shuffle([1, 2, 3, 4])` → `[3, 2, 4, 1]`."""
        mixed = array(xs).copy()
        for at in range(len(mixed) - 1, 0, -1):
            other = self.below(at + 1)
            mixed[at], mixed[other] = mixed[other], mixed[at]
        return mixed

    @ml_function
    def sample(self, xs: list[object], k: int) -> list[object]:
        """K different places of an array, their items in random order. Example: `random.setSeed(42); random.sample([1, 2, 3, 4, 5], 2)` → `[1, 5]`."""
        items = array(xs).copy()
        return [items[at] for at in self.places(len(items), k)]

    @ml_function
    def random_indices(self, n: int, k: int) -> list[int]:
        """K different whole numbers from 0 up to, but not, n, in random order. Example: `random.setSeed(42); random.randomIndices(10, 3)` → `[1, 0, 4]`."""
        if not 0 <= whole(n, "n") <= MAX_INDEX:
            raise MLError(f"`n` must be {'at most 2 ** 63 - 1' if n > 0 else 'at least 0'}", "ValueError")
        return self.places(n, k)

    def places(self, n: int, k: int) -> list[int]:
        """K different places below n, by Python's way for as many: from a pool that shrinks, or again where one comes twice."""
        if not 0 <= whole(k, "k") <= n:
            raise MLError(f"`k` must be from 0 to {n}, as there are no more to choose from", "ValueError")
        if k > MAX_ITEMS:
            too_many_items()
        small = 21 + (4 ** ceil(log(k * 3, 4)) if k > 5 else 0)
        return self.from_pool(n, k) if n <= small else self.unrepeated(n, k)

    def from_pool(self, n: int, k: int) -> list[int]:
        """Draws from all n places, each time moving the last into the gap; only what was moved is kept."""
        found: list[int] = []
        moved: dict[int, int] = {}
        for last in range(n - 1, n - 1 - k, -1):
            at = self.below(last + 1)
            found.append(moved.get(at, at))
            moved[at] = moved.get(last, last)
        return found

    def unrepeated(self, n: int, k: int) -> list[int]:
        """Draws from all n places, once more for each that was drawn before."""
        found: dict[int, None] = {}
        while len(found) < k:
            found[self.below(n)] = None
        return [*found]


def number_of(text: str) -> int:
    """The number that Python makes of a text as a seed."""
    from hashlib import sha512  # noqa: PLC0415  costs a millisecond, and most seeds are numbers

    data = text.encode()
    return int.from_bytes(data + sha512(data).digest())


# ── arguments ──


def whole(value: object, name: str) -> int:
    """The value, or a TypeError unless it is a whole number."""
    if type(value) is not int:
        raise wrong_type(value, name, "a whole number")
    return value


def number(value: object, name: str) -> float:
    """The value, or an error unless it is a number that a float can hold."""
    if type(value) not in NUMBERS:
        raise wrong_type(value, name, "a number")
    if not -MAX_FLOAT <= value <= MAX_FLOAT:  # type: ignore[operator]  # a number
        raise MLError(f"`{name}` must be finite", "ValueError")
    return value  # type: ignore[return-value]  # a number


def span(low: object, high: object, first: str, second: str) -> float:
    """How far it is from one number to another."""
    start = number(low, first)
    width = number(high, second) - start
    if not -MAX_FLOAT <= width <= MAX_FLOAT:
        raise MLError(f"`{first}` and `{second}` are too far apart", "ValueError")
    return width


def check_normal(mean: object, deviation: object) -> None:
    """Refuses what describes no normal distribution."""
    number(mean, "mean")
    if number(deviation, "deviation") < 0:
        raise MLError("`deviation` must not be negative", "ValueError")


def array(value: object) -> list[object]:
    """The value, or a TypeError unless it is an array."""
    if type(value) is not list:
        raise wrong_type(value, "xs", "an array")
    return value

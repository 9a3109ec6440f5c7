"""Numbers: constants, roots, trigonometry, rounding, and whole-number arithmetic.

A result that is not a number is a ValueError; arguments so large that one call would not end in reasonable time are refused.
"""

from __future__ import annotations

import math
from _random import Random

from mlpy.errors import MLError
from mlpy.runtime import builtins
from mlpy.runtime.values import MAX_BITS, NUMBERS, too_many_bits
from mlpy.sdk import ml_function, ml_module, wrong_type

MAX_FACTORIAL = 10_000  # its factorial has 118,458 bits; the check of the result's bits comes first
GCD_BITS = 400_000


@ml_module("math", version="1.0.0", interruptible=True)
class Math:
    """Numbers: constants, roots, trigonometry, rounding, whole-number arithmetic.

    ```ml
    import math;
    hypotenuse = math.sqrt(3 ** 2 + 4 ** 2);
    print(hypotenuse, math.log(1000), math.round(math.pi, 2));
    ```

    A result that is no number, such as `math.sqrt(-1)`, is an error of type `ValueError`; an argument of another type is a
    `TypeError`. Results of `factorial`, `comb`, `perm` and `lcm` may have 100,000 bits, the arguments of `gcd` 400,000 together: what
    would be larger ends the program with the size limit. Roots, powers,
    angles and the like take their arguments by position only.
    """

    pi: float = math.pi
    "The ratio of a circle's circumference to its diameter."
    e: float = math.e
    "The base of the natural logarithm."
    tau: float = math.tau
    "Two pi: a full turn in radians."
    inf: float = math.inf
    "Positive infinity."
    nan: float = math.nan
    "Not a number; it equals nothing, itself included."

    def __init__(self) -> None:
        self.generator = Random()  # seeded by the system, one for each run: no program can foretell another's numbers

    @ml_function
    def random(self) -> float:
        """A random number from 0 up to, but not, 1. Example: `x = math.random(); 0 <= x && x < 1` → `true`."""
        return self.generator.random()


# ── roots, powers, logarithms ──


@ml_function(bare=math.sqrt)
def sqrt(x: float, /) -> float:
    """The square root. Example: `math.sqrt(9)` → `3.0`."""
    return math.sqrt(x)


@ml_function(bare=math.cbrt)
def cbrt(x: float, /) -> float:
    """The cube root, also of negative numbers. Example: `math.round(math.cbrt(-27), 9)` → `-3.0`."""
    return math.cbrt(x)


@ml_function(bare=math.exp)
def exp(x: float, /) -> float:
    """E to the power of x. Example: `math.exp(0)` → `1.0`."""
    return math.exp(x)


@ml_function(bare=math.pow)
def pow_(x: float, y: float, /) -> float:
    """X to the power of y, as a float. Example: `math.pow(2, 10)` → `1024.0`."""
    return math.pow(x, y)


@ml_function
def ln(x: float) -> float:
    """The natural logarithm. Example: `math.ln(math.e)` → `1.0`."""
    return math.log(x)


@ml_function
def log(x: float, base: float = 10) -> float:
    """The logarithm to a base, 10 if none is given. Example: `math.log(1000)` → `3.0` Example: `math.log(8, 2)` → `3.0`."""
    if base == 10:
        return math.log10(x)
    if base == 2:
        return math.log2(x)
    if base == 1:
        raise MLError("a logarithm to the base 1 does not exist", "ValueError")
    return math.log(x, base)


@ml_function
def log2(x: float) -> float:
    """The logarithm to the base 2. Example: `math.log2(8)` → `3.0`."""
    return math.log2(x)


@ml_function
def hypot(*values: float) -> float:
    """The square root of the sum of the squares. Example: `math.hypot(3, 4)` → `5.0`."""
    return math.hypot(*values)


# ── trigonometry ──


@ml_function(bare=math.sin)
def sin(x: float, /) -> float:
    """The sine of an angle in radians. Example: `math.sin(0)` → `0.0`."""
    return math.sin(x)


@ml_function(bare=math.cos)
def cos(x: float, /) -> float:
    """The cosine of an angle in radians. Example: `math.cos(0)` → `1.0`."""
    return math.cos(x)


@ml_function(bare=math.tan)
def tan(x: float, /) -> float:
    """The tangent of an angle in radians. Example: `math.tan(0)` → `0.0`."""
    return math.tan(x)


@ml_function(bare=math.asin)
def asin(x: float, /) -> float:
    """The angle in radians whose sine is x, from -1 to 1. Example: `math.asin(0)` → `0.0`."""
    return math.asin(x)


@ml_function(bare=math.acos)
def acos(x: float, /) -> float:
    """The angle in radians whose cosine is x, from -1 to 1. Example: `math.acos(1)` → `0.0`."""
    return math.acos(x)


@ml_function(bare=math.atan)
def atan(x: float, /) -> float:
    """The angle in radians whose tangent is x. Example: `math.atan(0)` → `0.0`."""
    return math.atan(x)


@ml_function(bare=math.atan2)
def atan2(y: float, x: float, /) -> float:
    """The angle in radians of the point (x, y). Example: `math.atan2(0, 1)` → `0.0`."""
    return math.atan2(y, x)


@ml_function(bare=math.sinh)
def sinh(x: float, /) -> float:
    """The hyperbolic sine. Example: `math.sinh(0)` → `0.0`."""
    return math.sinh(x)


@ml_function(bare=math.cosh)
def cosh(x: float, /) -> float:
    """The hyperbolic cosine. Example: `math.cosh(0)` → `1.0`."""
    return math.cosh(x)


@ml_function(bare=math.tanh)
def tanh(x: float, /) -> float:
    """The hyperbolic tangent. Example: `math.tanh(0)` → `0.0`."""
    return math.tanh(x)


@ml_function(bare=math.radians)
def deg_to_rad(x: float, /) -> float:
    """Degrees as radians. Example: `math.degToRad(180)` → `3.141592653589793`."""
    return math.radians(x)


@ml_function(bare=math.degrees)
def rad_to_deg(x: float, /) -> float:
    """Radians as degrees. Example: `math.radToDeg(math.pi)` → `180.0`."""
    return math.degrees(x)


# ── rounding and comparison ──


@ml_function(bare=math.floor)
def floor(x: float, /) -> int:
    """The nearest whole number below or at x. Example: `math.floor(-1.5)` → `-2`."""
    return math.floor(x)


@ml_function(bare=math.ceil)
def ceil(x: float, /) -> int:
    """The nearest whole number above or at x. Example: `math.ceil(1.2)` → `2`."""
    return math.ceil(x)


@ml_function(bare=math.trunc)
def trunc(x: float, /) -> int:
    """The number without its fraction. Example: `math.trunc(-1.7)` → `-1`."""
    return math.trunc(x)


@ml_function
def round_(x: float, digits: int | None = None) -> int | float:
    """Rounds to a number of digits, to a whole number if none is given; halves go to the even side.

    Example: `math.round(2.7)` → `3` Example: `math.round(3.14159, 2)` → `3.14`.
    """
    return builtins.round_(x, digits)


@ml_function(bare=abs)
def abs_(x: float, /) -> int | float:
    """The number without its sign. Example: `math.abs(-3)` → `3`."""
    return abs(x)


@ml_function
def sign(x: float) -> int:
    """-1, 0 or 1 as the number is below, at or above zero. Example: `math.sign(-0.5)` → `-1`."""
    number(x, "x")
    return (x > 0) - (x < 0)


@ml_function
def min_(*values: object) -> object:
    """The least of the values, or of those in one array; null if there are none. Example: `math.min(3, 1, 2)` → `1`."""
    return builtins.min_(*values)


@ml_function
def max_(*values: object) -> object:
    """The greatest of the values, or of those in one array; null if there are none. Example: `math.max([3, 1, 2])` → `3`."""
    return builtins.max_(*values)


@ml_function
def clamp(x: float, low: float, high: float) -> int | float:
    """The number, moved into the range from low to high. Example: `math.clamp(12, 0, 10)` → `10`."""
    for value, name in ((x, "x"), (low, "low"), (high, "high")):
        number(value, name)
    if low > high:
        raise MLError("`low` must not be above `high`", "ValueError")
    return low if x < low else min(x, high)


@ml_function(bare=math.isnan)
def is_nan(x: float, /) -> bool:
    """Whether a number is nan. Example: `math.isNan(math.nan)` → `true`."""
    return math.isnan(x)


@ml_function(bare=math.isfinite)
def is_finite(x: float, /) -> bool:
    """Whether a number is neither infinite nor nan. Example: `math.isFinite(1 / 3)` → `true`."""
    return math.isfinite(x)


# ── whole numbers ──


@ml_function
def factorial(n: int) -> int:
    """The product of the whole numbers from 1 to n. Example: `math.factorial(5)` → `120`."""
    if whole(n, "n") < 0:
        raise MLError("a factorial needs a number that is not negative", "ValueError")
    if n > MAX_FACTORIAL or math.lgamma(n + 1) / math.log(2) > MAX_BITS:
        too_many_bits()
    return math.factorial(n)


@ml_function
def comb(n: int, k: int) -> int:
    """In how many ways k of n things can be chosen. Example: `math.comb(5, 2)` → `10`."""
    size_choice(n, k, ordered=False)
    return math.comb(n, k)


@ml_function
def perm(n: int, k: int | None = None) -> int:
    """In how many ways k of n things can be put in order, all of them if k is not given. Example: `math.perm(5, 2)` → `20`."""
    k = n if k is None else k
    size_choice(n, k, ordered=True)
    return math.perm(n, k)


@ml_function
def gcd(*values: int) -> int:
    """The greatest common divisor. Example: `math.gcd(12, 18)` → `6`."""
    if bits(values) > GCD_BITS:
        too_many_bits()
    return math.gcd(*values)


@ml_function
def lcm(*values: int) -> int:
    """The least common multiple. Example: `math.lcm(4, 6)` → `12`."""
    if bits(values) > MAX_BITS:
        too_many_bits()
    return math.lcm(*values)


# ── checks ──


def number(value: object, name: str) -> None:
    """Raises a TypeError unless the value is a number."""
    if type(value) not in NUMBERS:
        raise wrong_type(value, name, "a number")


def whole(value: object, name: str) -> int:
    """The value, or a TypeError unless it is a whole number."""
    if type(value) is int or type(value) is bool:
        return value
    raise wrong_type(value, name, "a whole number")


def bits(values: tuple[object, ...]) -> int:
    """The size of some whole numbers together."""
    return sum([whole(value, "values").bit_length() for value in values])


def size_choice(n: object, k: object, *, ordered: bool) -> None:
    """Refuses a choice of k out of n whose number of ways would be too large."""
    things, chosen = whole(n, "n"), whole(k, "k")
    if things < 0 or chosen < 0:
        raise MLError("`n` and `k` must not be negative", "ValueError")
    if not ordered:
        chosen = min(chosen, things - chosen)
    if chosen > 0 and (chosen > MAX_BITS or chosen * things.bit_length() > 2 * MAX_BITS):
        too_many_bits()

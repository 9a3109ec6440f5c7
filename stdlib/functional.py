"""Functions that make functions, and the usual tools on arrays with the function first.

What is handed out are plain closures; callbacks are called from Python loops over a copy, never from C. A memoized function
keeps its results only while no `with capability` block is in force that was not when it was made: a result that was
computed under wide authority is not served to code that has less.
"""

from __future__ import annotations

from mlpy.stdlib import collections

from mlpy.capabilities import narrowing
from mlpy.errors import MLError
from mlpy.runtime import builtins, members
from mlpy.runtime.values import MAX_ITEMS, UNSET, too_many_items
from mlpy.sdk import ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Hashable

    Function = Callable[..., object]

MAX_KEPT = 1_000_000
MAX_PARTS, MAX_NESTED = 1000, 20  # what one argument in a key may be made of
KEYS = frozenset((type(None), bool, str))
need_function, need_whole, need_count = collections.need_function, collections.need_whole, collections.need_count


@ml_module("functional", version="1.0.0", interruptible=True)
class Functional:
    """Functions that make functions, and tools on arrays with the function first.

    ```ml
    import functional;
    shout = functional.pipe(fn(s) => s.upper(), fn(s) => s + "!");
    fib = functional.memoize(fn(n) => n < 2 ? n : fib(n - 1) + fib(n - 2));
    print(shout("hello"), fib(80));
    ```

    `memoize` keys its results by type and value, so 1, 1.0 and true differ. Inside a `with capability` block that was not in force
    when the function was made it calls through: what was computed with more authority is not served to code that has less.
    """


# ── functions from functions ──


@ml_function
def identity(x: object) -> object:
    """The value itself. Example: `functional.identity(3)` → `3`."""
    return x


@ml_function
def constant(value: object) -> Function:
    """A function that gives a value whatever it is called with. Example: `functional.constant(1)("a")` → `1`."""

    def always(*_: object) -> object:
        return value

    return always


@ml_function
def compose(*functions: Function) -> Function:
    """A function that applies functions from the last to the first. Example: `functional.compose(str, abs)(-2)` → `"2"`."""
    return chained(listed(functions)[::-1], "composed")


@ml_function
def compose_all(*functions: Function | list[Function]) -> Function:
    """Like compose; the functions may come in an array. Example: `functional.composeAll([str, abs])(-2)` → `"2"`."""
    return chained(listed(functions)[::-1], "composed")


@ml_function
def pipe(*functions: Function) -> Function:
    """A function that applies functions from the first to the last. Example: `functional.pipe(abs, str)(-2)` → `"2"`."""
    return chained(listed(functions), "piped")


@ml_function
def pipe_all(*functions: Function | list[Function]) -> Function:
    """Like pipe; the functions may come in an array. Example: `functional.pipeAll([abs, str])(-2)` → `"2"`."""
    return chained(listed(functions), "piped")


def listed(functions: tuple[object, ...]) -> list[Function]:
    """The functions given, or those in the one array given."""
    given = functions[0] if len(functions) == 1 and type(functions[0]) is list else functions
    return [need_function(one, "functions") for one in given]


def chained(functions: list[Function], name: str) -> Function:
    """A function that hands its arguments to the first of some functions, and each result to the next."""
    if not functions:
        return identity
    head, *rest = functions

    def chain(*args: object) -> object:
        value = head(*args)
        for function in rest:
            value = function(value)
        return value

    chain.__name__ = name
    return chain


@ml_function
def curry(f: Function, arity: int | None = None) -> Function:
    """A function that takes its arguments in as many calls as one likes, until it has so many as f needs.

    Example: `functional.curry(fn(a, b, c) => a + b + c)(1)(2, 3)` → `6`.
    """
    need_function(f)
    count = required(f) if arity is None else need_count(arity)
    return collecting(f, count, ()) if count else f


def required(f: Function) -> int:
    """How many arguments a function must be given."""
    code = getattr(f, "__code__", None)
    if code is None:
        raise MLError("`curry` needs an arity for this function", "ValueError", hint="give it: `curry(f, 2)`")
    return int(code.co_argcount) - len(getattr(f, "__defaults__", None) or ())


def collecting(f: Function, count: int, given: tuple[object, ...]) -> Function:
    """A function that calls f once there are enough arguments, else gives one that waits for the rest."""

    def curried(*args: object) -> object:
        found = (*given, *args)
        return f(*found) if len(found) >= count else collecting(f, count, found)

    return curried


@ml_function
def curry2(f: Function) -> Function:
    """A function of two arguments as one that takes them in two calls. Example: `functional.curry2(fn(a, b) => a - b)(5)(2)` → `3`."""
    need_function(f)

    def first(a: object) -> Function:
        def second(b: object) -> object:
            return f(a, b)

        return second

    return first


@ml_function
def partial(f: Function, *args: object) -> Function:
    """A function that has its first arguments already. Example: `functional.partial(fn(a, b) => a - b, 5)(2)` → `3`."""
    need_function(f)

    def applied(*more: object) -> object:
        return f(*args, *more)

    return applied


@ml_function
def if_else(test: Function, then: Function, otherwise: Function) -> Function:
    """A function that calls one of two, as a test of its arguments says. Example: `functional.ifElse(fn(x) => x > 0, fn(x) => "plus", fn(x) => "minus")(3)` → `"plus"`."""
    for one, name in ((test, "test"), (then, "then"), (otherwise, "otherwise")):
        need_function(one, name)

    def choose(*args: object) -> object:
        return then(*args) if test(*args) else otherwise(*args)

    return choose


@ml_function
def cond(cases: list[list[Function]]) -> Function:
    """A function that calls the second of the first pair whose first is true of its arguments; null if none is.

    Example: `functional.cond([[fn(x) => x < 0, fn(x) => "minus"], [fn(x) => true, fn(x) => "plus"]])(3)` → `"plus"`.
    """
    pairs = []
    for case in collections.need_array(cases, "cases"):
        if type(case) is not list or len(case) != 2:
            raise wrong_type(case, "cases", "made of pairs of functions")
        pairs.append((need_function(case[0], "cases"), need_function(case[1], "cases")))

    def choose(*args: object) -> object:
        for test, then in pairs:
            if test(*args):
                return then(*args)
        return None

    return choose


@ml_function
def juxt(*functions: Function | list[Function]) -> Function:
    """A function that gives an array of what each function gives. Example: `functional.juxt(min, max)([3, 1, 2])` → `[1, 3]`."""
    each = listed(functions)

    def apply(*args: object) -> list[object]:
        return [function(*args) for function in each]

    return apply


@ml_function
def memoize(f: Function, size: int | None = 128) -> Function:
    """A function that remembers what f gave for its latest arguments, as many as size says; null for all.

    Example: `slow = fn(n) => n * n; fast = functional.memoize(slow); fast(4) + fast(4)` → `32`.
    """
    need_function(f)
    most = MAX_KEPT if size is None else min(need_count(size), MAX_KEPT)
    kept: dict[Hashable, object] = {}
    made_under = narrowing.get(None)

    def memoized(*args: object) -> object:
        if narrowing.get(None) is not made_under:
            return f(*args)
        key = key_of(args)
        value = kept.pop(key, UNSET) if key is not None else UNSET
        if value is UNSET:
            value = f(*args)
            if key is None:
                return value
            if len(kept) >= most:
                kept.pop(next(iter(kept), None), None)
        if most:
            kept[key] = value  # the latest stands last
        return value

    return memoized


def key_of(args: tuple[object, ...]) -> Hashable:
    """A key that only arguments of the same types and values share; None where they are too large to be compared."""
    try:
        return tuple([(type(one), one) if type(one) in KEYS else exact(one, [MAX_PARTS], 0) for one in args])
    except MLError:
        return None


def exact(value: object, left: list[int], depth: int) -> Hashable:
    """The key of one argument, of at most `left` parts: unlike for `==`, 1, 1.0 and true differ, and so do 0.0 and -0.0."""
    kind = type(value)
    if kind is float:
        return kind, value.hex()  # type: ignore[attr-defined]  # a float
    if kind is int:
        return kind, collections.number_key(value)  # type: ignore[arg-type]  # an int
    if kind is not list and kind is not dict:
        return kind, value
    left[0] -= len(value) + 1  # type: ignore[arg-type]  # a list or dict
    if left[0] < 0 or depth > MAX_NESTED:
        raise MLError("too large for a key", "ValueError")
    if kind is list:
        return (kind, *[exact(item, left, depth + 1) for item in value])  # type: ignore[attr-defined]  # a list
    return (kind, *[(key, exact(item, left, depth + 1)) for key, item in value.items()])  # type: ignore[attr-defined]  # a dict


# ── arrays ──


@ml_function
def map_(f: Function, xs: list[object]) -> list[object]:
    """What f gives for each item. Example: `functional.map(fn(x) => x * 10, [1, 2])` → `[10, 20]`."""
    return collections.map_(xs, f)


@ml_function
def filter_(f: Function, xs: list[object]) -> list[object]:
    """The items for which f is true. Example: `functional.filter(fn(x) => x > 1, [1, 2, 3])` → `[2, 3]`."""
    return collections.filter_(xs, f)


@ml_function
def reduce(f: Function, xs: list[object], init: object) -> object:
    """Folds the items from the left with f(result, item). Example: `functional.reduce(fn(sum, x) => sum + x, [1, 2, 3], 0)` → `6`."""
    return collections.reduce(xs, f, init)


@ml_function
def for_each(f: Function, xs: list[object]) -> None:
    """Calls f with each item. Example: `functional.forEach(fn(x) => x, [1, 2])` → `null`."""
    members.for_each(collections.need_array(xs), f)


@ml_function
def find(f: Function, xs: list[object]) -> object:
    """The first item for which f is true, null if there is none. Example: `functional.find(fn(x) => x > 3, [1, 4, 6])` → `4`."""
    return collections.find(xs, f)


@ml_function
def some(f: Function, xs: list[object]) -> bool:
    """Whether f is true for an item. Example: `functional.some(fn(x) => x > 1, [1, 2])` → `true`."""
    return collections.some(xs, f)


@ml_function
def every(f: Function, xs: list[object]) -> bool:
    """Whether f is true for all items. Example: `functional.every(fn(x) => x > 1, [1, 2])` → `false`."""
    return collections.every(xs, f)


@ml_function
def take(n: int, xs: list[object]) -> list[object]:
    """The first n items. Example: `functional.take(2, [1, 2, 3])` → `[1, 2]`."""
    return collections.take(xs, n)


@ml_function
def drop(n: int, xs: list[object]) -> list[object]:
    """All but the first n items. Example: `functional.drop(2, [1, 2, 3])` → `[3]`."""
    return collections.drop(xs, n)


@ml_function
def take_while(f: Function, xs: list[object]) -> list[object]:
    """The items before the first for which f is not true. Example: `functional.takeWhile(fn(x) => x < 3, [1, 2, 3, 1])` → `[1, 2]`."""
    need_function(f)
    taken: list[object] = []
    for item in collections.need_array(xs)[:]:
        if not f(item):
            break
        taken.append(item)
    return taken


@ml_function
def flatten(xs: list[object], depth: int = 1) -> list[object]:
    """The items with those of inner arrays in their place, to a depth. Example: `functional.flatten([1, [2, [3]]])` → `[1, 2, [3]]`."""
    return collections.flatten(xs, depth)


@ml_function
def chunk(size: int, xs: list[object]) -> list[list[object]]:
    """Arrays of so many items each, the last of what is left. Example: `functional.chunk(2, [1, 2, 3])` → `[[1, 2], [3]]`."""
    return collections.chunk(xs, size)


@ml_function
def group_by(f: Function, xs: list[object]) -> dict[str, list[object]]:
    """An object with the items under what f gives for them, as text. Example: `functional.groupBy(fn(s) => s.upper(), ["a", "b", "A"])` → `{A: ["a", "A"], B: ["b"]}`."""
    return collections.group_by(xs, f)


@ml_function
def unique(xs: list[object]) -> list[object]:
    """The items without those that equal an earlier one. Example: `functional.unique([1, 2, 1])` → `[1, 2]`."""
    return collections.unique(xs)


@ml_function
def reverse(xs: list[object]) -> list[object]:
    """The items in reverse order. Example: `functional.reverse([1, 2])` → `[2, 1]`."""
    return collections.reverse(xs)


@ml_function
def partition(f: Function, xs: list[object]) -> list[list[object]]:
    """The items for which f is true, and the others. Example: `functional.partition(fn(x) => x > 1, [1, 2, 3])` → `[[2, 3], [1]]`."""
    return collections.partition(xs, f)


@ml_function
def zip_(*arrays: list[object]) -> list[list[object]]:
    """Arrays of the items at the same places, as many as the shortest has. Example: `functional.zip([1, 2], ["a", "b"])` → `[[1, "a"], [2, "b"]]`."""
    return collections.zip_(*arrays)


@ml_function
def zip_with(f: Function, *arrays: list[object]) -> list[object]:
    """What f gives for the items at the same places. Example: `functional.zipWith(fn(a, b) => a + b, [1, 2], [10, 20])` → `[11, 22]`."""
    need_function(f)
    return [f(*items) for items in collections.zip_(*arrays)]


@ml_function
def times(f: Function, n: int) -> list[object]:
    """What f gives for 0, 1, … up to, but not, n. Example: `functional.times(fn(i) => i * i, 4)` → `[0, 1, 4, 9]`."""
    need_function(f)
    if need_count(n) > MAX_ITEMS:
        too_many_items()
    return [f(at) for at in range(n)]


@ml_function
def range_(start: int, stop: int | None = None, step: int = 1) -> list[int]:
    """The whole numbers from a start, 0 if only one number is given, up to, but not, a stop. Example: `functional.range(2, 5)` → `[2, 3, 4]`."""
    return builtins.range_(start, stop, step)


@ml_function
def repeat(value: object, n: int) -> list[object]:
    """An array of a value, n times over. Example: `functional.repeat("a", 3)` → `["a", "a", "a"]`."""
    if need_count(n) > MAX_ITEMS:
        too_many_items()
    return [value] * n

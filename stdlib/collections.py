"""Arrays without change in place, the array first; and the host classes Set, Queue and Heap.

Callbacks are called from Python loops over a copy, never from C, so that recursion through them does not grow the C stack.
Items are equal as `==` says, for sets too.
"""

from __future__ import annotations

from _heapq import heappop, heappush
from itertools import count

from mlpy.errors import MLError
from mlpy.runtime import builtins, members
from mlpy.runtime.operators import position
from mlpy.runtime.values import MAX_ITEMS, NUMBERS, display, equal, precedes, quoted, too_many_items
from mlpy.sdk import handle, hosted, ml_class, ml_function, ml_module, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable, Hashable, Iterator
    from typing import Any

    Function = Callable[..., object]

MAX_PARTS, MAX_NESTED = 100_000, 50  # what a key of a set may be made of
SCALARS = frozenset((type(None), bool, int, float, str))
PLAIN = frozenset((type(None), bool, str))  # these are keys as they are
UNHASHED = 2**61 - 1  # a smaller whole number is its own hash


@ml_module("collections", version="1.0.0", interruptible=True)
class Collections:
    """Arrays without change in place; sets, queues and heaps.

    ```ml
    import collections;
    people = [{name: "Ada", team: "red"}, {name: "Bo", team: "blue"}, {name: "Cy", team: "red"}];
    print(collections.groupBy(people, fn(p) => p.team).red.length);
    todo = collections.Heap();
    todo.push([2, "write"]);
    todo.push([1, "think"]);
    print(todo.pop());
    ```

    The array comes first and stays as it was. Items are equal as `==` says. `Set`, `Queue` and `Heap` do change in place; `for`, `len`
    and `str` work on sets and queues.
    """


# ── looking ──


@ml_function
def length(xs: list[object]) -> int:
    """The number of items. Example: `collections.length([1, 2])` → `2`."""
    return len(need_array(xs))


@ml_function
def is_empty(xs: list[object]) -> bool:
    """Whether there are no items. Example: `collections.isEmpty([])` → `true`."""
    return not need_array(xs)


@ml_function
def get(xs: list[object], index: int, default: object = None) -> object:
    """The item at an index, which may count from the end, or the default. Example: `collections.get([1, 2], 5, 0)` → `0`."""
    need_whole(index, "index")
    return xs[index] if -len(need_array(xs)) <= index < len(xs) else default


@ml_function
def first(xs: list[object], default: object = None) -> object:
    """The first item, or the default. Example: `collections.first([1, 2])` → `1`."""
    return xs[0] if need_array(xs) else default


@ml_function
def last(xs: list[object], default: object = None) -> object:
    """The last item, or the default. Example: `collections.last([1, 2])` → `2`."""
    return xs[-1] if need_array(xs) else default


@ml_function
def contains(xs: list[object], value: object) -> bool:
    """Whether an item equals a value. Example: `collections.contains([1, 2], 2)` → `true`."""
    return position(value, need_array(xs)) >= 0


@ml_function
def index_of(xs: list[object], value: object) -> int:
    """The index of the first item that equals a value, -1 if none does. Example: `collections.indexOf(["a", "b"], "b")` → `1`."""
    return position(value, need_array(xs))


@ml_function
def find(xs: list[object], f: Function) -> object:
    """The first item for which f is true, null if there is none. Example: `collections.find([1, 4, 6], fn(x) => x > 3)` → `4`."""
    return members.find(need_array(xs), f)


@ml_function
def every(xs: list[object], f: Function) -> bool:
    """Whether f is true for all items. Example: `collections.every([1, 2], fn(x) => x > 0)` → `true`."""
    return members.every(need_array(xs), f)


@ml_function
def some(xs: list[object], f: Function) -> bool:
    """Whether f is true for an item. Example: `collections.some([1, 2], fn(x) => x > 1)` → `true`."""
    return members.some(need_array(xs), f)


# ── new arrays ──


@ml_function
def append(xs: list[object], value: object) -> list[object]:
    """A new array with a value at its end. Example: `collections.append([1], 2)` → `[1, 2]`."""
    return members.concat(need_array(xs), [value])


@ml_function
def prepend(xs: list[object], value: object) -> list[object]:
    """A new array with a value at its start. Example: `collections.prepend([2], 1)` → `[1, 2]`."""
    return members.concat([value], need_array(xs))


@ml_function
def concat(xs: list[object], *others: list[object]) -> list[object]:
    """A new array with the items of all. Example: `collections.concat([1], [2, 3])` → `[1, 2, 3]`."""
    return members.concat(need_array(xs), *[need_array(other, "others") for other in others])


@ml_function
def slice_(xs: list[object], start: int = 0, end: int | None = None) -> list[object]:
    """The items from a start up to, but not, an end; negative ones count from the end. Example: `collections.slice([1, 2, 3, 4], 1, -1)` → `[2, 3]`."""
    return members.slice_(need_array(xs), start, end)


@ml_function
def take(xs: list[object], n: int) -> list[object]:
    """The first n items. Example: `collections.take([1, 2, 3], 2)` → `[1, 2]`."""
    return need_array(xs)[: need_count(n)]


@ml_function
def drop(xs: list[object], n: int) -> list[object]:
    """All but the first n items. Example: `collections.drop([1, 2, 3], 2)` → `[3]`."""
    return need_array(xs)[need_count(n) :]


@ml_function
def remove_at(xs: list[object], index: int) -> list[object]:
    """A new array without the item at an index. Example: `collections.removeAt(["a", "b"], 0)` → `["b"]`."""
    made = need_array(xs).copy()
    members.pop(made, index)
    return made


@ml_function
def reverse(xs: list[object]) -> list[object]:
    """The items in reverse order. Example: `collections.reverse([1, 2])` → `[2, 1]`."""
    return need_array(xs)[::-1]


@ml_function
def filter_(xs: list[object], f: Function) -> list[object]:
    """The items for which f is true. Example: `collections.filter([1, 2, 3], fn(x) => x > 1)` → `[2, 3]`."""
    return members.filter_(need_array(xs), f)


@ml_function
def map_(xs: list[object], f: Function) -> list[object]:
    """What f gives for each item. Example: `collections.map([1, 2], fn(x) => x * 10)` → `[10, 20]`."""
    return members.map_(need_array(xs), f)


@ml_function
def reduce(xs: list[object], f: Function, init: object) -> object:
    """Folds the items from the left with f(result, item). Example: `collections.reduce([1, 2, 3], fn(sum, x) => sum + x, 0)` → `6`."""
    return members.reduce(need_array(xs), f, init)


@ml_function
def sort(xs: list[object], reverse: bool = False) -> list[object]:
    """The items in order. Example: `collections.sort([3, 1, 2])` → `[1, 2, 3]`."""
    return members.sort_items(need_array(xs), None, reverse, "sort")


@ml_function
def sort_by(xs: list[object], f: Function, reverse: bool = False) -> list[object]:
    """The items in the order of what f gives for them. Example: `collections.sortBy(["bbb", "a"], fn(s) => s.length)` → `["a", "bbb"]`."""
    return members.sort_items(need_array(xs), need_function(f), reverse, "sortBy")


@ml_function
def unique(xs: list[object]) -> list[object]:
    """The items without those that equal an earlier one. Example: `collections.unique([1, 2, 1])` → `[1, 2]`."""
    return list(by_content(need_array(xs)).values())


@ml_function
def flatten(xs: list[object], depth: int = 1) -> list[object]:
    """The items with those of inner arrays in their place, to a depth. Example: `collections.flatten([1, [2, [3]]])` → `[1, 2, [3]]`."""
    return members.flat(need_array(xs), depth)


@ml_function
def zip_(*arrays: list[object]) -> list[list[object]]:
    """Arrays of the items at the same places, as many as the shortest has. Example: `collections.zip([1, 2], ["a", "b"])` → `[[1, "a"], [2, "b"]]`."""
    return builtins.zip_(*[need_array(xs, "arrays") for xs in arrays])


@ml_function
def chunk(xs: list[object], size: int) -> list[list[object]]:
    """Arrays of so many items each, the last of what is left. Example: `collections.chunk([1, 2, 3], 2)` → `[[1, 2], [3]]`."""
    if need_whole(size, "size") < 1:
        raise MLError("`size` must be at least 1", "ValueError")
    return [xs[at : at + size] for at in range(0, len(need_array(xs)), size)]


@ml_function
def partition(xs: list[object], f: Function) -> list[list[object]]:
    """The items for which f is true, and the others. Example: `collections.partition([1, 2, 3], fn(x) => x > 1)` → `[[2, 3], [1]]`."""
    need_function(f)
    chosen: list[object] = []
    others: list[object] = []
    for item in need_array(xs)[:]:
        (chosen if f(item) else others).append(item)
    return [chosen, others]


# ── objects ──


@ml_function
def group_by(xs: list[object], f: Function) -> dict[str, list[object]]:
    """An object with the items under what f gives for them, as text. Example: `collections.groupBy([1, 2, 3], fn(x) => x > 1)` → `{false: [1], true: [2, 3]}`."""
    need_function(f)
    groups: dict[str, list[object]] = {}
    for item in need_array(xs)[:]:
        groups.setdefault(group_key(f(item)), []).append(item)
    return groups


@ml_function
def count_by(xs: list[object], f: Function) -> dict[str, int]:
    """How many items f gives the same for. Example: `collections.countBy(["a", "bb", "c"], fn(s) => s.length)` → `{"1": 2, "2": 1}`."""
    need_function(f)
    counts: dict[str, int] = {}
    for item in need_array(xs)[:]:
        key = group_key(f(item))
        counts[key] = counts.get(key, 0) + 1
    return counts


def group_key(value: object) -> str:
    """The key of an object for what a function gave."""
    if type(value) is str:
        return value
    if type(value) not in SCALARS:
        raise MLError(f"the function must give a string, number, boolean or null to group by, not {quoted(value)[:60]}", "TypeError")
    return display(value)


# ── sets ──


@ml_class("Set")
class Set:
    """Values without repetition, in the order that they came in; an array or object counts by what it holds when it is added."""

    def __init__(self, held: dict[Hashable, object]) -> None:
        self.held = held

    def __iter__(self) -> Iterator[object]:
        return iter(list(self.held.values()))

    def __len__(self) -> int:
        return len(self.held)

    def __str__(self) -> str:
        return f"Set({quoted(list(self.held.values()))})"

    @ml_function
    def add(self, value: object) -> bool:
        """Puts a value in; false if it was there. Example: `collections.Set([1]).add(1)` → `false`."""
        key = freeze(value)
        if key in self.held:
            return False
        if len(self.held) >= MAX_ITEMS:
            too_many_items()
        self.held[key] = value
        return True

    @ml_function
    def remove(self, value: object) -> bool:
        """Takes a value out; false if it was not there. Example: `collections.Set([1]).remove(1)` → `true`."""
        key = freeze(value)
        found = key in self.held
        if found:
            del self.held[key]
        return found

    @ml_function
    def has(self, value: object) -> bool:
        """Whether a value is in it. Example: `collections.Set([1, 2]).has(2)` → `true`."""
        return freeze(value) in self.held

    @ml_function
    def size(self) -> int:
        """How many values there are. Example: `collections.Set([1, 2, 1]).size()` → `2`."""
        return len(self.held)

    @ml_function
    def is_empty(self) -> bool:
        """Whether there are none. Example: `collections.Set().isEmpty()` → `true`."""
        return not self.held

    @ml_function
    def clear(self) -> None:
        """Takes all values out. Example: `s = collections.Set([1]); s.clear(); s.size()` → `0`."""
        self.held.clear()

    @ml_function
    def values(self) -> list[object]:
        """The values as an array. Example: `collections.Set([2, 1, 2]).values()` → `[2, 1]`."""
        return list(self.held.values())

    @ml_function
    def copy(self) -> Set:
        """A new set with the same values. Example: `collections.Set([1]).copy().size()` → `1`."""
        return handle(Set(self.held.copy()))

    @ml_function
    def union(self, other: Set | list[object]) -> Set:
        """The values of both. Example: `collections.Set([1]).union([2]).values()` → `[1, 2]`."""
        held = {**self.held, **{key: value for key, value in keyed(other).items() if key not in self.held}}
        if len(held) > MAX_ITEMS:
            too_many_items()
        return handle(Set(held))

    @ml_function
    def intersection(self, other: Set | list[object]) -> Set:
        """The values that are in both. Example: `collections.Set([1, 2]).intersection([2, 3]).values()` → `[2]`."""
        theirs = keyed(other)
        return handle(Set({key: value for key, value in self.held.items() if key in theirs}))

    @ml_function
    def difference(self, other: Set | list[object]) -> Set:
        """The values that the other lacks. Example: `collections.Set([1, 2]).difference([2, 3]).values()` → `[1]`."""
        theirs = keyed(other)
        return handle(Set({key: value for key, value in self.held.items() if key not in theirs}))

    @ml_function
    def is_subset(self, other: Set | list[object]) -> bool:
        """Whether the other has all values of this one. Example: `collections.Set([1]).isSubset([1, 2])` → `true`."""
        return self.held.keys() <= keyed(other).keys()


@ml_function(name="Set")
def make_set(items: Set | list[object] | None = None) -> Set:
    """A set of the items of an array. Example: `collections.Set([1, 2, 1])` → `Set([1, 2])`."""
    return handle(Set(keyed(items) if items is not None else {}))


def keyed(other: object) -> dict[Hashable, object]:
    """A copy of what a set holds, or the items of an array in the same form."""
    found = hosted(other, Set)
    return found.held.copy() if found is not None else by_content(need_array(other, "items"))


def by_content(items: list[object]) -> dict[Hashable, object]:
    """The items that equal no earlier one, each under a key that equal values share."""
    found: dict[Hashable, object] = {}
    for item in items:
        found.setdefault(item if type(item) in PLAIN else freeze(item), item)
    return found


def freeze(value: object) -> Hashable:
    """A key that is equal for equal values: an array or object by what it holds, a large number by its digits, anything else itself."""
    return value if type(value) in PLAIN else frozen(value, [MAX_PARTS], 0)


def number_key(value: float) -> Hashable:
    """A key that equal numbers share. Python's hashes of large ones can be made alike, and then a dict takes quadratic time (F25)."""
    if -UNHASHED < value < UNHASHED or value - value != 0:  # infinite, or no number
        return value
    return int, hex(int(value))


def frozen(value: object, left: list[int], depth: int) -> Hashable:
    """The key of a part of a value; `left` is how many more parts there may be."""
    if type(value) is int or type(value) is float:
        return number_key(value)
    if type(value) is not list and type(value) is not dict:
        return value
    left[0] -= len(value) + 1
    if left[0] < 0 or depth > MAX_NESTED:
        raise MLError("the value is too large or too deeply nested to be told apart by what it holds", "ValueError")
    if type(value) is dict:
        return dict, frozenset([(key, frozen(item, left, depth + 1)) for key, item in value.items()])
    return (list, *[frozen(item, left, depth + 1) for item in value])


# ── queues and heaps ──


@ml_class("Queue")
class Queue:
    """Values that leave in the order that they came in."""

    def __init__(self, items: list[object]) -> None:
        self.items = items
        self.head = 0

    def __iter__(self) -> Iterator[object]:
        return iter(self.items[self.head :])

    def __len__(self) -> int:
        return len(self.items) - self.head

    def __str__(self) -> str:
        return f"Queue({quoted(self.items[self.head :])})"

    @ml_function
    def push(self, value: object) -> None:
        """Puts a value at the end. Example: `q = collections.Queue(); q.push(1); q.size()` → `1`."""
        if len(self.items) >= MAX_ITEMS:
            too_many_items()
        self.items.append(value)

    @ml_function
    def pop(self) -> object:
        """Takes the first value out and gives it. Example: `collections.Queue([1, 2]).pop()` → `1`."""
        items, head = self.items, self.head
        if head >= len(items):
            raise MLError("the queue is empty", "IndexError", hint="`isEmpty` tells")
        value = items[head]
        items[head] = None
        self.head = head + 1
        if head > COMPACT and head * 2 > len(items):
            del items[: self.head]
            self.head = 0
        return value

    @ml_function
    def peek(self, default: object = None) -> object:
        """The value that leaves next, or the default. Example: `collections.Queue([1, 2]).peek()` → `1`."""
        return self.items[self.head] if self.head < len(self.items) else default

    @ml_function
    def size(self) -> int:
        """How many values there are. Example: `collections.Queue([1, 2]).size()` → `2`."""
        return len(self)

    @ml_function
    def is_empty(self) -> bool:
        """Whether there are none. Example: `collections.Queue().isEmpty()` → `true`."""
        return self.head >= len(self.items)

    @ml_function
    def clear(self) -> None:
        """Takes all values out. Example: `q = collections.Queue([1]); q.clear(); q.size()` → `0`."""
        self.items, self.head = [], 0

    @ml_function
    def values(self) -> list[object]:
        """The values as an array, first to last. Example: `collections.Queue([1, 2]).values()` → `[1, 2]`."""
        return self.items[self.head :]


@ml_function(name="Queue")
def make_queue(items: list[object] | None = None) -> Queue:
    """A queue of the items of an array. Example: `collections.Queue([1, 2])` → `Queue([1, 2])`."""
    return handle(Queue(need_array(items, "items").copy() if items is not None else []))


COMPACT = 32


@ml_class("Heap")
class Heap:
    """Values that leave smallest first, by themselves or by what a function gives for them; equal ones in the order they came."""

    def __init__(self, key: Function | None) -> None:
        self.key = key
        self.entries: list[tuple[Ordered | int | float | str, int, object]] = []
        self.numbers = count()

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        return f"<Heap of {len(self.entries)}>"

    @ml_function
    def push(self, value: object) -> None:
        """Puts a value in. Example: `h = collections.Heap(); h.push(2); h.push(1); h.pop()` → `1`."""
        rank = value if self.key is None else self.key(value)
        entries = self.entries
        if entries:
            top = entries[0][0]
            known = top.value if type(top) is Ordered else top
            if type(rank) is not type(known):
                precedes(rank, known, "<")  # the fault for kinds that have no order
            if len(entries) >= MAX_ITEMS:
                too_many_items()
        elif type(rank) not in RANKS:
            precedes(rank, rank, "<")
        entry: Any = (rank if type(rank) in RANKS else Ordered(rank), next(self.numbers), value)
        heappush(entries, entry)

    @ml_function
    def pop(self) -> object:
        """Takes the smallest value out and gives it. Example: `collections.Heap([3, 1, 2]).pop()` → `1`."""
        if not self.entries:
            raise MLError("the heap is empty", "IndexError", hint="`isEmpty` tells")
        return heappop(self.entries)[2]

    @ml_function
    def peek(self, default: object = None) -> object:
        """The smallest value, or the default. Example: `collections.Heap([3, 1]).peek()` → `1`."""
        return self.entries[0][2] if self.entries else default

    @ml_function
    def size(self) -> int:
        """How many values there are. Example: `collections.Heap([3, 1]).size()` → `2`."""
        return len(self.entries)

    @ml_function
    def is_empty(self) -> bool:
        """Whether there are none. Example: `collections.Heap().isEmpty()` → `true`."""
        return not self.entries

    @ml_function
    def clear(self) -> None:
        """Takes all values out. Example: `h = collections.Heap([1]); h.clear(); h.size()` → `0`."""
        self.entries.clear()

    @ml_function
    def values(self) -> list[object]:
        """The values as an array, smallest first. Example: `collections.Heap([2, 3, 1]).values()` → `[1, 2, 3]`."""
        left = self.entries.copy()
        return [heappop(left)[2] for _ in range(len(left))]


@ml_function(name="Heap")
def make_heap(items: list[object] | None = None, key: Function | None = None) -> Heap:
    """A heap of the items of an array, smallest first by what key gives for them.

    Example: `collections.Heap(["bb", "a"], fn(s) => s.length).pop()` → `"a"`.
    """
    made = Heap(None if key is None else need_function(key, "key"))
    for item in need_array(items, "items").copy() if items is not None else ():
        Heap.push(made, item)
    return handle(made)


class Ordered:
    """A rank that is no number or string, compared as the language does."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __lt__(self, other: Ordered) -> bool:
        return precedes(self.value, other.value, "<")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ordered) and equal(self.value, other.value)

    __hash__ = None  # type: ignore[assignment]  # never a key


RANKS = NUMBERS | {str}


# ── arguments ──


def need_array(value: object, name: str = "xs") -> list[object]:
    """The value, or a TypeError unless it is an array."""
    if type(value) is not list:
        raise wrong_type(value, name, "an array")
    return value


def need_function(value: object, name: str = "f") -> Function:
    """The value, or a TypeError unless it can be called."""
    if not callable(value):
        raise wrong_type(value, name, "a function")
    return value


def need_whole(value: object, name: str) -> int:
    """The value, or a TypeError unless it is a whole number."""
    if type(value) is not int:
        raise wrong_type(value, name, "a whole number")
    return value


def need_count(n: object) -> int:
    """A number of items, at least 0."""
    return max(need_whole(n, "n"), 0)

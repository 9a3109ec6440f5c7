"""Iterators that stay in the parent: a `Supply` there hands out items, a `Stream` in the worker asks for them.

What is at hand in the parent anyway, as its `__length_hint__` says, goes there together; nothing is waited for that the program has not asked for.
"""

from __future__ import annotations

from operator import length_hint

from mlpy.workers.frames import BrokenFrame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlpy.runtime.values import Value
    from mlpy.workers.outside import Outside

TOGETHER = 512  # items that go there at once
ROOM = 1 << 16  # characters and parts of them, which the last one may exceed


class Supply:
    """The items of an iterator. Those that the worker gives back unread come again."""

    __slots__ = ("error", "given", "items", "left")

    def __init__(self, items: Iterable[Value]) -> None:
        self.items: Iterator[Value] = iter(items)
        self.left: list[Value] = []  # that came back, last first
        self.given: list[Value] = []  # at the last time
        self.error: Exception | None = None  # that came up behind them

    def __iter__(self) -> Supply:
        return self

    def __next__(self) -> Value:
        if self.left:
            return self.left.pop()
        error, self.error = self.error, None
        if error is not None:
            raise error
        return next(self.items)

    def __length_hint__(self) -> int:
        return len(self.left) + length_hint(self.items)

    def take(self, most: int) -> list[object]:
        """Some items, and whether these are all; raises what the first one raises."""
        self.given = found = []
        size = 0
        try:
            found.append(next(self))
            for _ in range(min(most - 1, length_hint(self))):
                size += weight(found[-1])
                if size >= ROOM:
                    break
                found.append(next(self))
        except StopIteration:
            return [found, True]
        except Exception as error:
            if not found:
                raise
            self.error = error
        return [found, False]

    def put_back(self, count: int) -> None:
        """Takes the last items of those that were given last; raises BrokenFrame."""
        if not 0 < count <= len(self.given):
            raise BrokenFrame("there are no such items")
        self.left += self.given[: -count - 1 : -1]
        self.given = []


def weight(item: Value) -> int:
    """How much an item is, roughly."""
    if type(item) is dict:
        item = [*item.values()]
    return sum([len(one) if type(one) is str else 1 for one in item], 1) if type(item) is list else len(item) if type(item) is str else 1


class Stream:
    """An iterator of the parent, by its number."""

    __slots__ = ("__weakref__", "ended", "here", "most", "number", "outside")

    def __init__(self, outside: Outside, number: int) -> None:
        self.outside = outside
        self.number = number
        self.here: list[Value] = []  # last first
        self.most = 1
        self.ended = False

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Value:
        if not self.here:
            if self.ended:
                raise StopIteration
            found, self.ended = self.outside.request("next", self.number, self.most)
            if not found:
                raise StopIteration
            self.most = min(2 * self.most, TOGETHER)
            self.here = found[::-1]
        return self.here.pop()

    def return_unread(self) -> None:
        """Gives back what nobody has taken, as somebody else goes on with it."""
        if self.here:
            self.outside.request("unread", self.number, len(self.here))
        self.here, self.most, self.ended = [], 1, False

    def __del__(self) -> None:
        self.outside.dropped.append(self.number)

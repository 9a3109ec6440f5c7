"""Did-you-mean: the known name that a misspelt one most likely stands for.

Bounded work per question (F42): at most 500 candidates of similar length, one table row of at most 40 cells each.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Iterable

CANDIDATES = 500
LONGEST = 40


def distance(a: str, b: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) from `a` to `b`; anything above `limit` stops early as `limit + 1`."""
    before: list[int] = []
    row: list[int] = [*range(len(b) + 1)]
    for i, letter in enumerate(a, 1):
        last, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and other == a[i - 2]:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The closest of the known names, or None where none is close; spelling in another case or with `_` counts as equal."""
    if not 0 < len(name) <= LONGEST:
        return None
    folded = fold(name)
    limit = 1 if len(name) < 6 else 2 if len(name) < 10 else 3
    best, found, seen = limit + 1, None, 0
    for candidate in known:
        if candidate == name or abs(len(candidate) - len(name)) > limit + 2:
            continue
        seen += 1
        if seen > CANDIDATES:
            break
        other = fold(candidate)
        cost = 0 if other == folded else max(1, distance(folded, other, limit))
        if cost < best and cost < len(name):
            best, found = cost, candidate
    return found


def fold(name: str) -> str:
    """A name without case and underscores."""
    return name.replace("_", "").lower()

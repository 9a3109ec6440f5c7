"""Work that is spread over the processors: isolated worker processes call a function for many items.

What the function captured is copied into each worker, and what it changes there stays there. What demands a capability is done
by the program itself, under the authority of the caller.
"""

from __future__ import annotations

from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.sdk import ml_function, ml_module, wrong_type
from mlpy.workers import inside

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

MOST = 16


@ml_module("parallel", description="Functions over many items, on all processors", version="1.0.0")
class Parallel: ...


@ml_function
def map(f: Callable[..., object], xs: list[object], workers: int | None = None) -> list[object]:  # noqa: A001  the name in the language
    """What a function gives for each item, in their order; the items are spread over worker processes, by default one for each processor.

    The error of the first item that fails is raised. Example: `parallel.map(fn(x) => x * x, [1, 2, 3])` → `[1, 4, 9]`.
    """
    if not callable(f):
        raise wrong_type(f, "f", "a function")
    if type(xs) is not list:
        raise wrong_type(xs, "xs", "an array")
    if workers is not None and type(workers) is not int:
        raise wrong_type(workers, "workers", "a whole number")
    if workers is not None and not 1 <= workers <= MOST:
        raise MLError(f"`workers` must be from 1 to {MOST}", "ValueError")
    items = xs.copy()
    if not items:
        return []
    if inside.get():  # workers have no workers: one level of processes is all that a run gets
        return [f(item) for item in items]
    from mlpy.workers.pool import Map, cores  # noqa: PLC0415  in a worker there is none

    return Map(current.get(), f, items, min(workers or min(cores(), MOST), len(items))).call()

"""Work that is spread over the processors: isolated worker processes call a function for many items.

What the function captured is copied into each worker, and what it changes there stays there. What demands a capability is done
by the program itself, under the authority of the caller.
"""

from __future__ import annotations

from mlpy.errors import MLError
from mlpy.runtime.current import current
from mlpy.sdk import ml_function, ml_module, wrong_type
from mlpy.workers import cores, inside

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from collections.abc import Callable

MOST = 16


@ml_module("parallel", version="1.0.0")
class Parallel:
    """Functions over many items, on all processors.

    ```ml
    import parallel;
    function weigh(n) {
        sum = 0;
        for (i in range(n)) { sum += i % 7; }
        return sum;
    }
    print(parallel.map(weigh, [10000, 20000, 30000]));
    ```

    Each worker is a process of its own, one for each processor or as many as `workers` says, up to 16. The results stand in the order
    of the items, and so does what they print. When items fail, the error of the first of them is raised, with its place in the program,
    as if the items had been done one after the other. Workers are kept for the next `map` and end with the program.

    A function takes along what it uses: variables, other functions, modules. All that is **copied** into each worker. What it changes in its
    variables stays in that worker, which does several items in turn, so a function should not count on it. Items and results are
    data: null, booleans, numbers, strings, arrays and objects, nested up to 200 levels, and items may be functions too. A result has at most 16 MB. A
    host object, such as a date or a set, is a `TypeError` that names its place: hand over an ISO text or an array instead. One that demands
    capabilities itself, such as a logger, stays in the program, and all workers use that one.

    What demands a capability is done by the program itself when a worker asks for it, under the authority and the `with capability`
    blocks of the caller: a grant with `count=100` allows 100 uses, whatever the number of workers. Workers wait for such calls
    side by side. What such a call gives, a response or a connection, stays in the program too and can be used in the worker as
    usual, but takes no functions of the worker. What such a module writes itself, as [log](log.md) does, appears at once.

    Workers run under the limits of the program: its time, its steps and its output in sum, and a share of its memory each. `parallel.map`
    within a worker does its items one after the other.
    """


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
    from mlpy.workers.pool import Map  # noqa: PLC0415  in a worker there is none

    return Map(current.get(), f, items, min(workers or min(cores(), MOST), len(items))).call()

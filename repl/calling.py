"""What it costs a Python program to call a function of the session: the callback is made, called once, then as often as a while allows."""

from __future__ import annotations

from inspect import signature
from time import perf_counter

from mlpy.repl.display import Pages, Shape, Table

from mlpy import ast
from mlpy.cli import Mistake
from mlpy.cli.bench import shown
from mlpy.compiler import located
from mlpy.crossing import is_ml_function
from mlpy.errors import CheckFailed
from mlpy.runtime.run import execute
from mlpy.source import Source
from mlpy.syntax.parser import parse_expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mlpy.repl.display import Shown
    from mlpy.repl.shell import Shell

    from mlpy.runtime.values import Value

SPAN = 0.1  # seconds of each of the two measurements
ROUNDS = 5


def callback(shell: Shell, text: str) -> Shown:
    """The report for `NAME` or `NAME(ARGUMENTS)`. Raises Mistake, and MLError for whatever the function does."""
    shell.need_values("its functions are called in its worker")
    name, given = understood(text)
    session = shell.session
    function = session.held().get(name)
    if not is_ml_function(function):
        raise Mistake(f"`{name}` is no function of this session", "`.vars` lists what there is")
    arguments: list[Value] = session.perform(Source(f"[{given}]", "<input>")).value  # type: ignore[assignment]  # an array
    called: Callable[..., object] = session[name]  # type: ignore[assignment]  # a function
    try:
        signature(called).bind(*arguments)
    except TypeError:
        raise Mistake(f"`{name}{signature(called)}` takes other arguments", f"write them behind the name: `.callback {name}(…)`") from None
    value = called(*arguments)
    from_python = best(lambda count: repeat(called, arguments, count))
    inside = best(lambda count: execute(session.run, repeat, function, arguments, count))
    rows = [("a call from Python", shown(from_python)), ("of that the function itself", shown(min(inside, from_python)))]
    return Pages(f"{name}{signature(called)}", Shape(value), Table((), rows, right=(1,)))


def understood(text: str) -> tuple[str, str]:
    """The name of the function, and the text of its arguments."""
    source = Source(text, "<input>")
    node, problems = parse_expression(source)
    if node is None:
        raise CheckFailed(located(problems, source))
    if type(node) is ast.Name:
        return node.id, ""
    if type(node) is ast.Call and type(node.callee) is ast.Name:
        opening = text.index("(", node.callee.end)
        return node.callee.id, text[opening + 1 : node.end - 1].rstrip().removesuffix(",")
    raise Mistake(f"`{text}` names no function", "write `.callback area(2, 3)`")


def repeat(function: Callable[..., object], arguments: list[Value], count: int) -> float:
    """Seconds of so many calls."""
    began = perf_counter()
    for _ in range(count):
        function(*arguments)
    return perf_counter() - began


def best(measure: Callable[[int], float]) -> float:
    """Seconds of one call: the best of a few rounds, each as long as it takes to be sure."""
    count = 1
    while (took := measure(count)) < SPAN / ROUNDS and count < 1_000_000:
        count *= 4 if took < SPAN / ROUNDS / 8 else 2
    return min([took, *(measure(count) for _ in range(ROUNDS - 1))]) / count

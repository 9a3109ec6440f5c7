"""Recursion ends as an error of the program on small threads of the host, and where the host has raised Python's limit (F15)."""

from __future__ import annotations

import subprocess
import sys

import pytest

RECURSION = [
    "function f(n) { return f(...[n]); }",
    "o = {f: null}; function f(n) { return o.f(...[n]); } o.f = f;",
    "function f(n) { return call(f, n); }",
    "function f(n) { return sorted([n, n], f); }",
    "function f(n) { return [n].map(f); }",
    "import functional; function f(n) { return functional.partial(f, n)(); }",
    "import functional; function f(n) { return functional.memoize(f)(n + 1); }",
    "import regex; function f(n) { return regex.sub('a', f, 'a'); }",
    "import collections; function f(n) { return collections.Heap([1, 2], f); }",
    "import collections; function f(n) { s = null; for (i in range(20000)) { s = collections.Set([s]); } return str(s); }",
]
NARROWING = "function f(n) { with capability('file.read:./x') { return f(n); } }"  # each level looks at all round it
# Compiled on the thread itself.
DEEP = ["x ? " * 190 + "x" + " : x" * 190, "[" * 190 + "x" + "]" * 190, "!" * 190 + "x", "`${" * 90 + "x" + "}`" * 90, "match (x) { _ => " * 90 + "x" + "}" * 90, "x" + ".concat([])" * 95]

PROGRAM = """
import sys, threading
import mlpy
recursion, size, programs, expressions = {arguments!r}
sys.setrecursionlimit(recursion)

def go():
    kinds = set()
    for text in expressions:
        mlpy.compile("x = [1]; y = " + text)
    for text in programs:
        try:
            mlpy.compile(text).function("f")(1)
        except mlpy.MLError as error:
            kinds.add(error.type)
        native = mlpy.run(text + " import functional; functional.partial(f, 1)")
        try:
            native()
        except mlpy.MLError as error:
            kinds.add(error.type)
    print(*sorted(kinds))

if size:
    threading.stack_size(size * 1024)
    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    assert threading.stack_size() == size * 1024
else:
    go()
"""


def ran(environment, *arguments):
    program = PROGRAM.format(arguments=arguments)
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("size", [256, 512, 2048])
def test_f15_small_threads(environment, size):
    done = ran(environment, 1000, size, [*RECURSION, NARROWING], DEEP)
    assert (done.returncode, done.stdout, done.stderr) == (0, "RecursionError\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(("recursion", "size"), [(20_000, 0), (20_000, 8192), (50_000, 0)])
def test_f15_a_raised_recursion_limit(environment, recursion, size):
    done = ran(environment, recursion, size, RECURSION, DEEP)
    assert (done.returncode, done.stdout, done.stderr) == (0, "RecursionError\n", "")


def test_f15_a_recursion_limit_that_no_stack_holds_is_refused(environment):
    done = ran(environment, 10_000_000, 0, RECURSION[:1], ())
    assert (done.returncode, done.stdout) == (1, "")
    assert "the recursion limit of this process is above" in done.stderr

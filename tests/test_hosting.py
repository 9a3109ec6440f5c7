"""A host's function is called by a program as it would be called in Python: by position, by name, with what is left out left out."""

from __future__ import annotations

import pytest

import mlpy
from mlpy.sdk import ml_function

SENTINEL = object()


def plain(a=1, b=2, *, k=3):
    return [a, b, k]


def rest(a=1, b=2, *others, k=3):
    return [a, b, list(others), k]


def positional(a, b=2, /, c=3, d=4):
    return [a, b, c, d]


def required(a, *others, k):
    return [a, list(others), k]


def left_out(a=SENTINEL, *, k=SENTINEL):
    return [a is SENTINEL, k is SENTINEL]


def anything(**named):
    return named


FUNCTIONS = {"plain": plain, "rest": rest, "positional": positional, "required": required, "leftOut": left_out, "anything": anything}
CALLS = [
    ("plain()", "plain()"),
    ("plain(b: 5)", "plain(b=5)"),
    ("plain(7)", "plain(7)"),
    ("plain(7, k: 1)", "plain(7, k=1)"),
    ("plain(a: 1, b: 9)", "plain(a=1, b=9)"),
    ("rest()", "rest()"),
    ("rest(b: 5)", "rest(b=5)"),
    ("rest(7)", "rest(7)"),
    ("rest(7, 8, 9, 10)", "rest(7, 8, 9, 10)"),
    ("rest(7, k: 4)", "rest(7, k=4)"),
    ("positional(1)", "positional(1)"),
    ("positional(1, 5)", "positional(1, 5)"),
    ("positional(1, d: 9)", "positional(1, d=9)"),
    ("positional(1, 5, 6, 7)", "positional(1, 5, 6, 7)"),
    ("required(1, k: 2)", "required(1, k=2)"),
    ("required(1, 2, 3, k: 4)", "required(1, 2, 3, k=4)"),
    ("leftOut()", "left_out()"),
    ("leftOut(k: null)", "left_out(k=None)"),
    ("anything(x: 1)", "anything(x=1)"),
]


@pytest.mark.parametrize(("ml", "python"), CALLS)
def test_a_call_means_what_it_means_in_python(ml, python):
    assert mlpy.run(ml, functions=FUNCTIONS) == eval(python)


@ml_function(capability=("desk.book:{account}", "desk.note:{note}"))
def book(account: str = "main", *, note: str = "n", extra: object = SENTINEL) -> list:
    return [account, note, extra is SENTINEL]


def test_help_shows_what_is_declared_of_a_function():
    @ml_function
    def book(account: str, amount: float = 1.0, *, note: str | None = None) -> None:
        """Books an amount."""

    result = mlpy.Engine(functions={"book": book}).run("help(book)")
    assert result.output == "book(account: string, amount?: float, note?: string | null): null\n  Books an amount.\n"


@pytest.mark.parametrize(("call", "value"), [("book()", ["main", "n", True]), ("book(note: 'x')", ["main", "x", True]), ("book('a', extra: 1)", ["a", "n", False])])
def test_a_capability_knows_what_is_meant_by_leaving_an_argument_out(call, value):
    engine = mlpy.Engine(functions={"book": book})
    allowed = [f"desk.book:{value[0]}", f"desk.note:{value[1]}"]
    assert engine.run(call, grants=allowed).value == value
    for one in allowed:
        with pytest.raises(mlpy.MLError) as caught:
            engine.run(call, grants=[one])
        assert caught.value.type == "CapabilityError"

"""What a host does wrong in a call of the API is said where it does it, in words that name what is right."""

from __future__ import annotations

import asyncio

import pytest

import mlpy
from mlpy import CheckFailed, Engine, Grants, Limits, MLError

PROGRAM = mlpy.compile("function f(a) { return a; }")
MISTAKES = {
    "a program that is no text": (lambda: mlpy.run(None), "a program is a `str`, not `NoneType`"),
    "a program in bytes": (lambda: mlpy.compile(b"1"), "a program is a `str`, not `bytes`: decode it first"),
    "a program that is a number": (lambda: Engine().run(5), "a program is a `str`, not `int`"),
    "a program that is no text, for a loop": (lambda: asyncio.run(Engine().run_async(5)), "a program is a `str`, not `int`"),
    "a cell that is no text": (lambda: Engine().session().evaluate(None), "a program is a `str`, not `NoneType`"),
    "a name that is no text": (lambda: mlpy.compile("1", name=1), "the name of a program is a `str`, not `int`"),
    "a single name of an input": (lambda: mlpy.compile("user", inputs="user"), "inputs are a list such as `['user', 'order']`, not `str`"),
    "names that are a number": (lambda: mlpy.compile("user", inputs=5), "inputs are a list such as `['user', 'order']`, not `int`"),
    "inputs in a list": (lambda: mlpy.run("1", inputs=["user"]), "inputs are written `{'user': 'Ada'}`, not as `list`"),
    "inputs of a cell in a list": (lambda: Engine().session().evaluate("1", inputs=["user"]), "inputs are written `{'user': 'Ada'}`, not as `list`"),
    "functions in a list": (lambda: Engine(functions=[len]), "functions are written `{'notify': notify}`, not as `list`"),
    "functions of a run in a list": (lambda: PROGRAM.run(functions=[len]), "functions are written `{'notify': notify}`, not as `list`"),
    "limits in a text": (lambda: mlpy.run("1", limits="2s"), "limits are written `mlpy.Limits(time=2)`, not `str`"),
    "limits of an engine": (lambda: Engine(limits=0), "limits are written `mlpy.Limits(time=2)`, not `int`"),
    "limits of a function": (lambda: PROGRAM.function("f", limits=2), "limits are written `mlpy.Limits(time=2)`, not `int`"),
    "a sink that takes nothing": (lambda: PROGRAM.run(output=5), "`output` is a callable or a list, not `int`"),
    "a single extension path": (lambda: Engine(extension_paths="modules"), "extension paths are a list such as `['./modules']`, not `str`"),
    "a callback of no program": (lambda: Engine().callback("f", "f"), "a callback is made of a `Program`, not `str`"),
    "a single grant": (lambda: mlpy.run("1", grants="file.read:./a"), "grants are a list such as `['file.read:./data/**']`, not `str`"),
    "grants in an object": (lambda: Engine(grants={"file.read": "./data/**"}), "grants are a list such as `['file.read:./data/**']`, not `dict`"),
    "grants that are a number": (lambda: Grants(5), "grants are a list such as `['file.read:./data/**']`, not `int`"),
    "a grant that is no text": (lambda: Grants([5]), "a grant is a text such as `file.read:./data/**`, not `int`"),
}


@pytest.mark.parametrize(("wrong", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_of_the_host_is_a_type_error(wrong, message):
    with pytest.raises(TypeError) as caught:
        wrong()
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["file.read:", "file.read: ", "env.read:"])
def test_a_grant_whose_resource_is_missing_does_not_allow_all(text):
    with pytest.raises(ValueError, match=r"names no resource: `\w+\.\w+` without `:` stands for all of them"):
        Grants([text])


def test_unknown_kinds_say_how_kinds_are_written():
    with pytest.raises(ValueError, match=r"^`bogus` is not a kind of capability: write it like `file.read`$"):
        Grants(["bogus"])
    with pytest.raises(ValueError, match=r"^`nobody.demands` is not a kind of capability: no module that `mlpy modules` finds demands it$"):
        Grants(["nobody.demands:acme"])
    with pytest.raises(ValueError, match=r"^`file.raed` is not a kind of capability: did you mean `file.read`$"):
        Grants(["file.raed:./x"])


@pytest.mark.parametrize("inputs", [None, ["user"]])
def test_an_input_that_nobody_gave_is_shown_with_what_gives_it(inputs):
    program = mlpy.compile("\nuser + 1", inputs=inputs)
    with pytest.raises(CheckFailed) as caught:
        program.run()
    (found,) = caught.value.diagnostics
    assert (found.title, found.hint) == ("unknown name `user`", "give it with `inputs={'user': …}`")
    assert program.run(inputs={"user": 1}).value == 2


def test_what_is_right_is_taken_in_every_form():
    assert mlpy.compile("user", inputs=(one for one in ["user"])).inputs == ("user",)
    assert mlpy.run("1", grants=(one for one in ["file.read:./a"]), limits=Limits(time=5)) == 1
    assert Engine(extension_paths=("a", "b")).extension_paths == ("a", "b")


async def later() -> int:
    return 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (later, "the result of `f` is a Python coroutine, which a program cannot hold", "give a function that is not `async`"),
        (lambda: range(3), "the result of `f` is a Python range, which a program cannot hold", "make a `list` of it"),
        (lambda: (one for one in "ab"), "the result of `f` is a Python generator, which a program cannot hold", "make a `list` of it"),
    ],
    ids=["coroutine", "range", "generator"],
)
def test_results_that_a_program_cannot_hold_say_what_to_give(value, message, hint):
    with pytest.raises(MLError) as caught:
        mlpy.run("f()", functions={"f": value})
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_data_that_contains_itself_is_told_without_its_two_hundred_steps():
    loop: list[object] = []
    loop.append({"again": loop})
    with pytest.raises(MLError, match=r"^the input `rows` is nested deeper than 200 levels, or contains itself$"):
        mlpy.run("rows", inputs={"rows": loop})

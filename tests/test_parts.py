"""A program gets the helpers that it names, and a short one imports little for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mlpy
from mlpy.runtime import parts
from mlpy.runtime.namespace import HELPERS


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 1", ()),
        ('print("hello");', ("printing",)),
        ("function f() { return fn() => print(1); } f()();", ("printing",)),
        ("for (i in [1, 2]) { print(`${i * 2}`); }", ("printing",)),
        ("function f(a, b) { return a + b; } print(f(1, 2));", ("printing", "operators")),
        ("print(sorted([2, 1]));", ("printing", "builtins")),
        ("try { throw 1; } except (e) { print(e.message); }", ("printing", "traceback")),
        ('"a".padStart(3);', ("members",)),
    ],
)
def test_what_a_program_needs(source, expected):
    assert mlpy.compile(source).compiled().parts == expected


def test_the_parts_are_everything():
    assert parts.helpers(parts.PARTS) == HELPERS
    assert set(HELPERS) == {*parts.BASE, *(name for part in parts.PARTS for name in parts.table_of(part))}


def test_no_two_parts_mean_different_things_by_a_name():
    seen = dict(parts.BASE)
    for part in parts.PARTS:
        for name, value in parts.table_of(part).items():
            assert seen.setdefault(name, value) is value


def test_every_part_can_be_the_only_one(environment):
    for part in parts.PARTS:
        program = f"from mlpy.runtime import parts; print(len(parts.helpers([{part!r}])) > len(parts.BASE))"
        assert subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout == "True\n"

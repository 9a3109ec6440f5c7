"""Did-you-mean: what it finds, and that it stays cheap."""

from __future__ import annotations

import time

import pytest

from mlpy.nearest import distance, nearest


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("pritn", ["print", "point"], "print"),
        ("lenght", ["length", "len"], "length"),
        ("starts_with", ["startswith", "startsWith"], "startswith"),
        ("NAME", ["name"], "name"),
        ("x", ["y"], None),
        ("", ["a"], None),
        ("color", ["flavour"], None),
        ("a" * 41, ["a" * 40], None),
        ("seperator", ["separator", "limit"], "separator"),
    ],
)
def test_nearest(name, known, found):
    assert nearest(name, known) == found


def test_distance_stops_at_its_limit():
    assert distance("kitten", "sitting", 3) == 3
    assert distance("ab", "ba", 2) == 1
    assert distance("abcdef", "uvwxyz", 2) == 3


def test_f42_a_question_over_many_names_is_cheap():
    known = [f"name{at}" for at in range(100_000)]
    began = time.process_time()
    for _ in range(20):
        nearest("nmae99999x", known)
    assert time.process_time() - began < 5

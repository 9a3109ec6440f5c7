"""Arrays without change in place; sets, queues and heaps."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlpy.stdlib import collections

import mlpy
from mlpy.errors import MLError
from mlpy.runtime.values import display, equal

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5]) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=12))
def test_unique_goes_by_the_equality_of_the_language(items):
    expected = []
    for item in items:
        if not any(equal(item, other) for other in expected):
            expected.append(item)
    assert collections.unique(items) == expected
    held = collections.make_set(items)
    assert held.get("values")() == expected
    assert all(held.get("has")(item) for item in items)


@given(st.lists(st.integers(0, 5)), st.lists(st.integers(0, 5)))
def test_sets_are_those_of_python(first, second):
    ours, other = collections.make_set(first), collections.make_set(second)
    for name, python in (("union", set.union), ("intersection", set.intersection), ("difference", set.difference)):
        expected = python(set(first), set(second))
        assert set(ours.get(name)(other).get("values")()) == expected
        assert set(ours.get(name)(second).get("values")()) == expected
    assert ours.get("isSubset")(other) == (set(first) <= set(second))


@given(st.lists(st.sampled_from(["push", "pop"]), max_size=300))
def test_a_queue_gives_back_in_order(steps):
    queue = collections.make_queue()
    expected = []
    for number, step in enumerate(steps):
        if step == "push":
            queue.get("push")(number)
            expected.append(number)
        elif expected:
            assert queue.get("peek")() == expected[0]
            assert queue.get("pop")() == expected.pop(0)
        assert queue.get("values")() == expected
        assert queue.get("size")() == len(expected)


def test_a_long_queue_does_not_grow():
    queue = collections.make_queue()
    for number in range(10_000):
        queue.get("push")(number)
        assert queue.get("pop")() == number
    assert len(queue.host.items) < 200


@given(st.lists(st.integers() | st.floats(allow_nan=False)))
def test_a_heap_sorts(items):
    heap = collections.make_heap(items)
    assert [heap.get("pop")() for _ in items] == sorted(items)


@given(st.lists(st.tuples(st.integers(0, 3), st.text("ab", max_size=2)).map(list)))
def test_a_heap_of_arrays_keeps_the_order_of_equals(items):
    heap = collections.make_heap(items)
    expected = list(map(tuple, items))
    heapq.heapify(expected)
    assert [tuple(heap.get("pop")()) for _ in items] == sorted(expected)
    keyed = collections.make_heap(items, lambda item: item[0])
    assert [keyed.get("pop")() for _ in items] == sorted(items, key=lambda item: item[0])


def test_a_heap_refuses_what_has_no_order():
    heap = collections.make_heap([1])
    for value in ("a", None, [1], {}, len):
        with pytest.raises(MLError) as caught:
            heap.get("push")(value)
        assert caught.value.type == "TypeError"
    assert heap.get("values")() == [1]
    with pytest.raises(MLError):
        collections.make_heap([{}])


@pytest.mark.parametrize("make", [collections.make_queue, collections.make_heap])
def test_taking_from_an_empty_one(make):
    with pytest.raises(MLError) as caught:
        make().get("pop")()
    assert caught.value.type == "IndexError"
    assert make().get("peek")() is None
    assert make().get("peek")(0) == 0


def test_they_are_walked_counted_and_shown():
    code = "import collections as c;\ns = c.Set([1, 2]); q = c.Queue([3]); out = []; for (x in s) { out.push(x); } for (x in q) { out.push(x); } out.push(len(s), str(s), str(q), typeof(c.Heap())); out"
    assert mlpy.run(code) == [1, 2, 3, 2, "Set([1, 2])", "Queue([3])", "Heap"]
    assert display(collections.make_heap([1])) == "<Heap of 1>"


def test_what_was_given_stays_as_it_was():
    items = [3, 1, 2]
    for call in (
        collections.sort,
        collections.reverse,
        collections.unique,
        lambda xs: collections.append(xs, 1),
        lambda xs: collections.remove_at(xs, 0),
        lambda xs: collections.sort_by(xs, lambda x: -x),
    ):
        call(items)
        assert items == [3, 1, 2]
    collections.make_queue(items).get("pop")()
    collections.make_set(items).get("add")(9)
    assert items == [3, 1, 2]


def test_a_callback_may_change_the_array():
    assert mlpy.run("import collections as c;\nxs = [1, 2, 3]; c.map(xs, fn(x) => { xs.push(x); return x; })") == [1, 2, 3]


def test_f15_recursion_through_callbacks_is_an_error():
    assert (
        mlpy.run("import collections as c;\nfunction f(n) { return c.map([n], fn(x) => f(x + 1)); }\nout = null; try { f(0); } except (e) { out = e.type; }\nout")
        == "RecursionError"
    )


@pytest.mark.parametrize("value", ["self", "shared"])
def test_values_that_cannot_be_told_apart_are_refused(value):
    item = []
    if value == "self":
        item.append(item)
    else:
        for _ in range(60):
            item = [item, item]
    with pytest.raises(MLError) as caught:
        collections.make_set([item])
    assert caught.value.type == "ValueError"


@pytest.mark.parametrize(
    "call",
    [
        "length(1)",
        "first({})",
        "map(1, str)",
        "map([], 1)",
        "chunk([1], 0)",
        "chunk([1], 1.5)",
        'take([1], "1")',
        "groupBy([1], fn(x) => [x])",
        "Set(1)",
        "Queue({})",
        "Heap([], 1)",
        "zip([1], 2)",
        "get([1], null)",
    ],
)
def test_arguments_that_do_not_fit(call):
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.run(f"import collections;\ncollections.{call}")
    assert caught.value.type in ("TypeError", "ValueError")

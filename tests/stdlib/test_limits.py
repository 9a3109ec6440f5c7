"""A time limit ends whatever a module is doing, and recursion through callbacks is an error that can be caught."""

from __future__ import annotations

import time

import pytest

import mlpy

ENDLESS = {
    "callback": "import collections;\ncollections.map([1], fn(x) => { while (true) {} });",
    "memoized": "import functional;\nfunctional.memoize(fn(n) => { while (true) {} })(1);",
    "replacement": 'import regex;\nregex.sub("a", fn(m) => { while (true) {} }, "a");',
    "distance": 'import string;\nstring.levenshtein("a".repeat(30000), "b".repeat(30000));',
    "wrap": 'import string;\nwhile (true) { string.wrap("a ".repeat(100000)); }',
    "matches": 'import regex;\nregex.count("(a*b|a)", "a".repeat(1000000));',
    "marks": r"import regex;" + '\nregex.findall("\\\\bé|a", "aé ".repeat(2000000));',
    "json": 'import json;\nx = ["a"]; for (i in range(15)) { x = [x, x]; } while (true) { json.stringify(x); }',
    "heap": "import collections;\nh = collections.Heap(); while (true) { h.push([1]); }",
    "moments": "import datetime;\na = datetime.utc(); b = datetime.create(2024); xs = [a] * 5000000; while (true) { b in xs; }",
    "format": 'import datetime;\ndatetime.today().format("%y".repeat(30000000));',
    "table": 'import csv;\ntext = "a,b,c,d,e\\n".repeat(1500000); while (true) { csv.readString(text); }',
    "quotes": 'import csv;\ntext = "\\"a\\",\\"b\\"\\n".repeat(1500000); while (true) { csv.readString(text, header: false); }',
    "cells": 'import csv;\nrow = [["a,"] * 100]; rows = row * 30000; while (true) { csv.writeString(rows); }',
    "messages": 'import log;\nlog.setLevel("off"); while (true) { log.info("x"); }',
    "statements": 'import sqlite;\ndb = sqlite.open(":memory:"); while (true) { db.query("select 1"); }',
    "rows": 'import sqlite;\ndb = sqlite.open(":memory:"); db.query("with recursive r(x) as (select 1 union all select x + 1 from r) select x from r");',
    "transaction": 'import sqlite;\ndb = sqlite.open(":memory:"); db.transaction(fn() => { while (true) {} });',
    "set": "import collections;\ns = collections.Set(); i = 0; while (true) { i += 1; s.add([i]); }",
}


@pytest.mark.parametrize("code", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_time_limit_holds_inside_of_modules(code):
    started = time.perf_counter()
    with pytest.raises(mlpy.MLError) as caught:
        mlpy.compile(code).run(limits=mlpy.Limits(time=0.3))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 5  # a slow machine; 0.1 s over the limit is usual


@pytest.mark.parametrize(
    "code",
    [
        "import collections as c;\nfunction f(n) { return c.map([n], fn(x) => f(x + 1)); }",
        "import collections as c;\nfunction f(n) { return c.sortBy([n], f); }",
        "import functional as p;\nfunction f(n) { return p.compose(f, f)(n); }",
        "import functional as p;\nm = p.memoize(fn(n) => m(n + 1)); f = m;",
        'import sqlite;\ndb = sqlite.open(":memory:"); function f(n) { return db.transaction(fn() => f(n)); }',
        'import regex;\nfunction f(n) { return regex.sub("a", fn(m) => f(n), "a"); }',
    ],
)
def test_f15_recursion_through_natives_can_be_caught(code):
    assert mlpy.run(f"{code}\nout = null; try {{ f(0); }} except (e) {{ out = e.type; }} out") == "RecursionError"

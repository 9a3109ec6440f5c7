"""Module parallel: the same results as one after the other, from isolated processes that end with the program."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import mlpy
from mlpy.errors import CapabilityDenied, MLError
from mlpy.source import Source
from mlpy.workers import child, pool

ECHO = "import parallel;\nparallel.map(fn(x) => x, xs)"


def value(code: str, grants: object = None, **options) -> object:
    return mlpy.compile(f"import parallel;\n{code}", inputs=options.get("inputs", {})).run(grants=grants, **options).value


def workers_of(parent: int | None = None) -> list[int]:
    """The worker processes of a process that are not dead."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and b"mlpy.workers.child" in (folder / "cmdline").read_bytes():
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z" and int(fields[1]) == (parent or os.getpid()):
                    found.append(int(folder.name))
        except OSError:
            continue
    return found


def all_gone() -> bool:
    """Whether this process has no more workers than before the test, within two seconds."""
    for _ in range(200):
        if set(workers_of()) <= BEFORE:
            return True
        time.sleep(0.01)
    return False


BEFORE: set[int] = set()


@pytest.fixture(autouse=True)
def before():
    gc.collect()  # what other tests left in cycles holds idle workers
    BEFORE.clear()
    BEFORE.update(workers_of())


linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")


# ── values ──


@pytest.mark.parametrize(
    "items",
    [
        [],
        [1],
        [
            None,
            True,
            False,
            0,
            -1,
            1.5,
            -0.0,
            1e308,
            float("inf"),
            float("-inf"),
            2**53,
            -(2**53),
            2**64,
            -(2**3000),
            "",
            "é😀",
            0.00012345678901234567,
            5e-324,
            123456789012345.67,
            "\x00\x1f\u2028",
            '"\\{}[],:',
        ],
        [[], {}, [[]], {"a": {}}, {"$": 1}, {"$": {"$": ["int", "1"]}}, {"": [1, {"a": None}]}, [{"$": 2**70, "b": [float("inf")]}]],
        [{"x": [{"y": [{"z": list(range(50))}]}]}] * 7,
        ["[" * 300, "{" * 300, ",:" * 300, '"' * 300, "\\" * 301],
    ],
)
def test_values_come_back_as_they_went(items):
    found = value("parallel.map(fn(x) => x, xs)", inputs={"xs": items})
    assert found == items
    assert repr(found) == repr(items)  # types and the sign of zero too


def test_a_number_that_is_none_comes_back():
    assert repr(value("parallel.map(fn(x) => [x, {a: x}], xs)", inputs={"xs": [float("nan")]})) == "[[nan, {'a': nan}]]"


@pytest.mark.parametrize("workers", [None, 1, 2, 3, 16])
@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_results_stand_in_the_order_of_the_items(count, workers):
    assert value("parallel.map(fn(x) => x * 2 + 1, xs, workers)", inputs={"xs": list(range(count)), "workers": workers}) == [2 * x + 1 for x in range(count)]


def test_a_quick_item_does_not_overtake_a_slow_one():
    assert value("import time;\nparallel.map(fn(x) => { time.sleep(x); return x; }, [0.2, 0, 0.1, 0], 4)") == [0.2, 0, 0.1, 0]


def test_a_function_takes_what_it_reaches_along():
    code = """
import math; import string as s;
factor = 3; table = {a: [1, 2], b: {c: "x"}};
function twice(x) { return 2 * x; }
function even(n) { return n == 0 ? true : odd(n - 1); }
function odd(n) { return n == 0 ? false : even(n - 1); }
function with_default(x, by = factor, ...rest) { return x * by + rest.length; }
compose = fn(f, g) => fn(x) => f(g(x));
show = print; size = len;
parallel.map(fn(x) => [twice(x) * factor, table.b.c, even(x), with_default(x), with_default(x, 1, 2, 3), compose(twice, twice)(x), math.sqrt(x * x), s.repeat("-", x), size(table), x |> twice], [1, 2])
"""
    assert value(code) == [[6, "x", False, 3, 3, 4, 1.0, "-", 2, 2], [12, "x", True, 6, 4, 8, 2.0, "--", 2, 4]]


def test_a_variable_that_two_functions_share_stays_shared_in_a_worker():
    code = "count = 0;\nfunction bump() { nonlocal count; count += 1; }\nfunction read() { return count; }\nparallel.map(fn(x) => { bump(); bump(); return read(); }, [1])"
    assert value(code) == [2]


def test_what_a_worker_changes_stays_there():
    code = "xs = [1]; seen = {n: 0};\nfunction f(x) { xs.push(x); seen.n += 1; return xs.length; }\nfound = parallel.map(f, [5]);\n[found, xs, seen]"
    assert value(code) == [[2], [1], {"n": 0}]


def test_what_is_the_same_stays_the_same_and_cycles_are_none_the_wiser():
    assert value("a = [1]; pair = {x: a, y: a}; pair.self = pair;\nparallel.map(fn(i) => { pair.x.push(2); return [pair.y, pair.self.self.x.length]; }, [0])") == [[[1, 2], 2]]


def test_long_chains_of_functions_go_along():
    lines = ["f0 = fn(x) => x;"] + [f"f{n} = fn(x) => f{n - 1}(x) + 1;" for n in range(1, 300)]
    assert value("\n".join(lines) + "\nparallel.map(f299, [0, 1])") == [299, 300]


def test_functions_and_builtins_can_be_items():
    assert value('k = "2";\nparallel.map(fn(f) => f("ab"), [len, str, fn(x) => x + k, fn(x) => x.upper()])') == [2, "ab", "ab2", "AB"]


def test_a_builtin_and_a_module_s_function_can_be_mapped():
    assert value('import math; import json;\n[parallel.map(len, ["a", [1, 2]]), parallel.map(math.sqrt, [4, 9]), parallel.map(json.stringify, [[1], {a: 2}])]') == [
        [1, 2],
        [2.0, 3.0],
        ["[1]", '{"a": 2}'],
    ]


def test_a_session_and_a_function_of_a_host_s_can_fan_out():
    session = mlpy.Engine().session()
    session.evaluate("import parallel;\nk = 4;\nfunction times(x) { return x * k; }")
    assert session.evaluate("parallel.map(times, [1, 2])").value == [4, 8]
    assert session.evaluate("k = 5; parallel.map(fn(x) => times(x) + k, [1, 2])").value == [10, 15]
    function = mlpy.compile("import parallel;\nfunction f(xs) { return parallel.map(fn(x) => x + 1, xs); }").function("f")
    assert [function([1]), function([2, 3])] == [[2], [3, 4]]


def test_functions_of_other_files_go_along(tmp_path):
    (tmp_path / "shapes.ml").write_text(
        "import math;\nside = 2;\nfunction area(x) { return helper(x) * side; }\nfunction helper(x) { return math.floor(x); }\nfunction fails(x) {\n  return x.a.b;\n}\n"
    )
    main = tmp_path / "main.ml"
    main.write_text("import parallel; import shapes;\nparallel.map(fn(x) => shapes.area(x) + shapes.side, [1.5, 2.5])\n")
    engine = mlpy.Engine()
    assert engine.run(engine.compile(Source(main.read_text(), "main.ml", str(main)))).value == [4, 6]
    main.write_text("import parallel; import shapes;\nparallel.map(shapes.fails, [{}])\n")
    with pytest.raises(MLError) as caught:
        engine.run(engine.compile(Source(main.read_text(), "main.ml", str(main))))
    assert [(os.path.basename(one.file), one.line, one.function) for one in caught.value.stack] == [("main.ml", 2, "main"), ("shapes.ml", 6, "fails")]


EXTENSION = '''
from mlpy.sdk import handle, ml_class, ml_function, ml_module

calls = []

@ml_module("shop")
class Shop:
    def __init__(self): self.total = 0

    @ml_function(capability="shop.sell:{item}")
    def sell(self, item: str, count: int = 1) -> int:
        """Sells. Example: `shop.sell("a")` → `1`."""
        self.total += count
        return self.total

    @ml_function
    def sold(self) -> int:
        """Sold. Example: `shop.sold()` → `0`."""
        return self.total

    @ml_function(capability="shop.open:{name}")
    def till(self, name: str) -> "Till":
        """Opens. Example: `shop.till("a").count()` → `0`."""
        return handle(Till(name))

@ml_class("Till")
class Till:
    def __init__(self, name): self.name = name; self.coins = []
    def __len__(self): return len(self.coins)
    def __iter__(self): return iter(self.coins)
    def __str__(self): return f"Till {self.name}"

    @ml_function
    def put(self, coin: int) -> int:
        """Puts. Example: `shop.till("a").put(1)` → `1`."""
        self.coins.append(coin)
        return len(self.coins)
'''


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "extensions"
    folder.mkdir()
    (folder / "shop.py").write_text(EXTENSION)
    return mlpy.Engine(extension_paths=[str(folder)], grants=["shop.sell:apple", "shop.open"])


def test_a_module_with_state_and_capabilities_is_the_program_s_one(shop):
    found = shop.run('import parallel; import shop;\nparallel.map(fn(x) => shop.sell("apple", x), [1, 2, 3]);\n[shop.sold(), parallel.map(fn(x) => shop.sold(), [0])]').value
    assert found == [6, [6]]


def test_a_host_object_stays_in_the_program_and_answers_from_there(shop):
    code = """
import parallel; import shop;
function work(n) {
  t = shop.till("n" + str(n));
  for (i in range(n)) { t.put(i); }
  return [len(t), [...t], str(t), typeof(t), t.nothing, t == t, hasattr(t, "put"), methods(t)];
}
parallel.map(work, [0, 3])
"""
    assert shop.run(code).value == [
        [0, [], "Till n0", "Till", None, True, True, ["put"]],
        [3, [0, 1, 2], "Till n3", "Till", None, True, True, ["put"]],
    ]


def test_a_host_object_can_be_the_result_where_it_came_from_the_program(shop):
    assert shop.run(
        'import parallel; import shop;\ntills = parallel.map(fn(n) => { t = shop.till(n); t.put(1); return t; }, ["a", "b"]);\n[tills[0].put(5), str(tills[1])]'
    ).value == [2, "Till b"]


def test_a_host_object_that_stands_for_something_outside_stays_there_and_is_shared(shop):
    found = shop.run(
        'import parallel; import shop;\nt = shop.till("t");\nparallel.map(fn(n) => { for (i in range(5)) { t.put(n); } return typeof(t); }, [1, 2, 3], 3);\n[len(t), sum([...t])]'
    ).value
    assert found == [15, 30]


def test_a_logger_of_the_program_logs_for_its_workers(tmp_path):
    code = 'import parallel; import log;\nlogger = log.createLogger("w"); logger.addFile("out.log"); log.setTimestamp(false);\nparallel.map(fn(n) => { logger.info("item " + str(n)); log.warn("w" + str(n)); return n; }, [1, 2, 3], 2)'
    result = mlpy.compile(code).run(grants=mlpy.Grants(["file.append:out.log"], root=str(tmp_path)))
    assert sorted(line.split("item")[1].strip() for line in (tmp_path / "out.log").read_text().splitlines()) == ["1", "2", "3"]
    assert all(f"w{n}" in result.output for n in (1, 2, 3))


def test_a_host_object_that_nobody_holds_answers_all_the_same(shop):
    assert shop.run('import parallel; import shop;\nparallel.map(fn(n) => { s = 0; for (i in range(n)) { s += shop.till("t").put(i); } return s; }, [300, 300], 2)').value == [
        300,
        300,
    ]


def test_an_answer_that_cannot_go_to_a_worker_leaves_it_able_to_go_on():
    box = []

    def keep(value):
        box.append(value)

    def give():
        return box[0]

    code = """
import parallel; import collections;
s = collections.Set([1]); k = 2;
keep(fn(x) => s.size() + k);
function work(i) {
  found = [];
  for (j in range(3)) { try { found.push(give()(1)); } except (e) { found.push(e.message); } }
  return [...found, k];
}
parallel.map(work, [0])
"""
    refusal = "`s`, which the function uses, is a Set, which cannot go to a worker"
    assert mlpy.compile(code, functions={"keep": keep, "give": give}).run().value == [[refusal, refusal, refusal, 2]]


def test_a_module_that_cannot_be_imported_in_a_worker_is_an_error(tmp_path):
    (tmp_path / "once.py").write_text(
        'import sys\nfrom mlpy.sdk import ml_function, ml_module\n\nif "mlpy.workers.child" in sys.modules:\n    raise OSError("only once")\n\n@ml_module("once")\nclass Once: ...\n\n'
        '@ml_function\ndef one() -> int:\n    """One. Example: `once.one()` → `1`."""\n    return 1\n'
    )
    with pytest.raises(MLError, match="module `once` cannot be loaded") as caught:
        mlpy.Engine(extension_paths=[str(tmp_path)]).run("import parallel; import once;\nparallel.map(fn(x) => once.one(), [1])")
    assert caught.value.type == "ImportError"


def test_functions_of_the_host_are_called_in_the_host():
    seen = []

    def notify(text, times=1):
        seen.append((text, times, os.getpid()))
        return text * times

    found = mlpy.compile('import parallel;\nparallel.map(fn(x) => notify(x) + notify(x, times: 2), ["a", "b"])', functions={"notify": notify}).run().value
    assert found == ["aaa", "bbb"]
    assert sorted({one[:2] for one in seen}) == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    assert {one[2] for one in seen} == {os.getpid()}


def test_the_frozen_clock_and_the_arguments_hold_in_workers_too():
    assert (
        mlpy.Engine(frozen_clock="2024-05-01T12:00:00Z")
        .run("import parallel; import datetime;\nparallel.map(fn(x) => datetime.now().toISOString(), [1])")
        .value[0]
        .startswith("2024-05-01T12:00:00")
    )


def test_a_worker_fans_out_no_further():
    before = time.perf_counter()
    assert value("parallel.map(fn(x) => parallel.map(fn(y) => x * y, [1, 2, 3]), [1, 2])") == [[1, 2, 3], [2, 4, 6]]
    assert time.perf_counter() - before < 30  # a slow machine


# ── what cannot cross ──


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        (
            "import datetime;\nd = datetime.now();\nfunction f(x) { return d.year(); }\nparallel.map(f, [1])",
            "TypeError",
            "`d`, which `f` uses, is a DateTime, which cannot go to a worker",
        ),
        (
            "import collections;\ns = [{a: collections.Set([1])}];\nparallel.map(fn(x) => s, [1])",
            "TypeError",
            "`s`, which the function uses,[0].a is a Set, which cannot go to a worker",
        ),
        ("import datetime;\nparallel.map(fn(x) => 1, [1, [datetime.now()]])", "TypeError", "item 1[0] is a DateTime, which cannot go to a worker"),
        ("import datetime;\nparallel.map(fn(x) => {a: [datetime.now()]}, [1])", "TypeError", "the result of item 0.a[0] is a DateTime, which cannot leave a worker"),
        ("parallel.map(fn(x) => fn(y) => y, [1])", "TypeError", "the result of item 0 is a function, which cannot leave a worker"),
        ("parallel.map(fn(x) => { a = []; a.push(a); return a; }, [1])", "ValueError", None),
        ("parallel.map(fn(x) => { a = []; for (i in range(300)) { a = [a]; } return a; }, [1])", "ValueError", None),
        ('parallel.map(fn(x) => "x".repeat(17000000), [1])', "ValueError", "the result of item 0 has more than 16,000,000 bytes"),
        ("parallel.map(fn(x) => range(1000001), [1])", "ValueError", "the result of item 0 has more than 1,000,000 parts"),
        ("parallel.map(3, [1])", "TypeError", "`f` must be a function, not a number"),
        ("parallel.map(fn(x) => x, 3)", "TypeError", "`xs` must be an array, not a number"),
        ("parallel.map(fn(x) => x, [1], 0)", "ValueError", "`workers` must be from 1 to 16"),
        ("parallel.map(fn(x) => x, [1], 17)", "ValueError", "`workers` must be from 1 to 16"),
        ("parallel.map(fn(x) => x, [1], 1.0)", "TypeError", "`workers` must be a whole number, not a number"),
        ("parallel.map(fn(x) => x)", "ArityError", None),
    ],
)
def test_what_cannot_cross_is_an_error_that_names_the_place(code, kind, message):
    with pytest.raises(MLError) as caught:
        value(code)
    assert caught.value.type == kind
    assert message is None or caught.value.message == message


def test_what_could_not_cross_leaves_the_program_able_to_go_on():
    assert value(
        "import datetime;\nkind = null;\ntry { parallel.map(fn(x) => datetime.now(), [1, 2]); } except (e) { kind = e.type; }\n[kind, parallel.map(fn(x) => x, [1, 2])]"
    ) == ["TypeError", [1, 2]]


# ── errors ──

FAILING = """import parallel;
function check(x) {
  if (x == 3 || x == 500) {
    throw {type: "Broken", message: "item " + str(x), code: x, data: [x, {a: 1}]};
  }
  return x;
}
"""


def test_an_error_keeps_its_type_message_fields_and_place():
    with pytest.raises(MLError) as caught:
        mlpy.run(FAILING + "parallel.map(check, range(10))")
    error = caught.value
    assert (error.type, error.message, error.fields) == ("Broken", "item 3", {"code": 3, "data": [3, {"a": 1}]})
    assert [(one.function, one.line) for one in error.stack] == [("main", 8), ("check", 4)]
    assert error.source.text[error.span.start :].startswith("throw {")


def test_an_error_can_be_caught_with_all_that_belongs_to_it():
    code = (
        FAILING
        + "found = null;\ntry { parallel.map(check, range(10)); } except (e) { found = [e.type, e.message, e.code, e.data, e.line, e.stack.map(fn(s) => s.function)]; }\nfound"
    )
    assert mlpy.run(code) == ["Broken", "item 3", 3, [3, {"a": 1}], 4, ["main", "check"]]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_first_item_that_fails_decides_whichever_is_quicker(workers):
    code = "import time;\nparallel.map(fn(x) => { if (x == 1) { time.sleep(0.2); throw 'slow'; } if (x == 2) { throw 'quick'; } return x; }, range(20), workers)"
    with pytest.raises(MLError, match="slow"):
        value(code.replace("'", '"'), inputs={"workers": workers})


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("null.a", "TypeError", "cannot read `a`"),
        ("[1][5]", "IndexError", None),
        ("1 / 0", "ZeroDivisionError", None),
        ('int("x")', "ValueError", None),
        ("assertEqual(x, 5)", "AssertionError", None),
        ("f(x)", "RecursionError", None),
        ("len()", "ArityError", None),
    ],
)
def test_faults_read_as_they_do_in_the_program(code, kind, text):
    program = f"function f(n) {{ return f(n + 1); }}\nfunction g(x) {{ return {code}; }}\n"
    with pytest.raises(MLError) as here:
        value(program + "map(g, [1])")
    with pytest.raises(MLError) as there:
        value(program + "parallel.map(g, [1])")
    assert (there.value.type, there.value.message, there.value.hint) == (here.value.type, here.value.message, here.value.hint)
    assert there.value.type == kind
    assert text is None or text in there.value.message
    assert (there.value.stack[-1].line, there.value.stack[-1].column) == (here.value.stack[-1].line, here.value.stack[-1].column)


def test_a_caught_error_of_a_worker_can_be_a_result():
    assert value("parallel.map(fn(x) => { try { return x.a.b; } except (e) { return {kind: e.type, error: e}; } }, [{}])")[0]["kind"] == "TypeError"


# ── output ──


def test_what_is_printed_stands_in_the_order_of_the_items():
    code = 'import parallel; import time; import console;\nparallel.map(fn(x) => { print("a", x); time.sleep((8 - x) * 0.01); print("b", x); console.warn("c", x); }, range(8), 4);'
    assert mlpy.compile(code).run().output == "".join(f"a {x}\nb {x}\nc {x}\n" for x in range(8))


def test_of_what_failed_is_printed_what_came_before():
    program = mlpy.compile('import parallel;\nparallel.map(fn(x) => { print(x); if (x >= 5) { throw "no"; } }, range(100), 3);')
    printed: list[str] = []
    with pytest.raises(MLError, match="no"):
        program.run(output=printed.append)
    assert "".join(printed) == "0\n1\n2\n3\n4\n5\n"


def test_much_output_of_an_item_whose_turn_has_not_come_waits():
    code = (
        "import parallel; import time;\nparallel.map(fn(x) => { if (x == 0) { time.sleep(0.3); } for (i in range(40)) { print(str(x).repeat(100000)); } return x; }, range(6), 3)"
    )
    result = mlpy.compile(code).run(limits=mlpy.Limits(output="30MB"))
    assert result.output == "".join((str(x) * 100_000 + "\n") * 40 for x in range(6))
    assert result.usage.output == len(result.output)


# ── limits ──


@pytest.mark.parametrize(
    "body", ["while (true) {}", "try { while (true) {} } except (e) {} finally { while (true) {} }", 'while (true) { "x".repeat(10000000); }', "time.sleep(100);"]
)
@linux
def test_the_time_limit_ends_the_workers(body):
    program = mlpy.compile(f"import parallel; import time;\ntry {{ parallel.map(fn(x) => {{ {body} }}, range(4), 2); }} finally {{ while (true) {{}} }}")
    started = time.perf_counter()
    with pytest.raises(MLError) as caught:
        program.run(limits=mlpy.Limits(time=0.5))
    assert caught.value.limit == "time"
    assert time.perf_counter() - started < 3  # a slow machine
    assert all_gone()


@linux
def test_a_cancelled_program_ends_its_workers():
    engine = mlpy.Engine()
    program = engine.compile("import parallel;\nparallel.map(fn(x) => { while (true) {} }, range(4), 2)")
    run = engine.new_run(program.source)

    def cancel() -> None:
        while len(set(workers_of()) - BEFORE) < 2:
            time.sleep(0.01)
        run.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(MLError) as caught:
        engine.start(program, run, inputs={})
    thread.join()
    assert caught.value.limit == "cancelled"
    assert all_gone()


def test_steps_of_all_workers_are_one_budget():
    program = mlpy.compile("import parallel;\nfunction f(n) { for (i in range(n)) {} return n; }\nparallel.map(f, xs, 3)", inputs=["xs"])
    result = program.run(inputs={"xs": [1000] * 50}, limits=mlpy.Limits(steps=60_000))
    assert 50_000 <= result.usage.steps <= 51_000
    with pytest.raises(MLError) as caught:
        program.run(inputs={"xs": [1000] * 50}, limits=mlpy.Limits(steps=40_000))
    assert caught.value.limit == "steps"
    assert caught.value.message == "the program took more than its limit of 40,000 steps"


def test_steps_before_and_after_a_map_count_too():
    program = mlpy.compile("import parallel;\nfor (i in range(500)) {}\nparallel.map(fn(n) => { for (i in range(n)) {} }, [500]);\nwhile (true) {}")
    with pytest.raises(MLError) as caught:
        program.run(limits=mlpy.Limits(steps=2_000))
    assert caught.value.limit == "steps"


@pytest.mark.parametrize("workers", [1, 2])
def test_the_output_of_all_workers_is_one_budget(workers):
    program = mlpy.compile('import parallel;\nparallel.map(fn(x) => { while (true) { print("x".repeat(1000)); } }, range(4), workers)', inputs=["workers"])
    printed: list[str] = []
    with pytest.raises(MLError) as caught:
        program.run(inputs={"workers": workers}, limits=mlpy.Limits(output=50_000), output=printed.append)
    assert caught.value.limit == "output"
    assert sum(map(len, printed)) <= 50_000


@linux
def test_memory_of_a_worker_is_limited():
    program = mlpy.compile('import parallel;\nparallel.map(fn(x) => { a = []; while (true) { a.push("x".repeat(100000) + str(a.length)); } }, range(2), 2)')
    with pytest.raises(MLError) as caught:
        program.run(limits=mlpy.Limits(memory="200MB", time=30))
    assert caught.value.limit == "memory"
    assert all_gone()


def test_a_result_that_is_too_large_to_make_ends_the_program():
    with pytest.raises(MLError) as caught:
        value('try { parallel.map(fn(x) => "x".repeat(10 ** 9), [1]); } except (e) {}')
    assert caught.value.limit == "size"


def test_the_processor_time_of_workers_counts():
    result = mlpy.compile("import parallel;\nparallel.map(fn(n) => { s = 0; for (i in range(n)) { s += i; } return s; }, [1000000, 1000000])").run()
    assert result.usage.cpu > 0.02


# ── processes ──


@linux
def test_workers_are_kept_for_the_next_map_and_end_with_the_program():
    seen: list[tuple[int, ...]] = []

    def look() -> None:
        seen.append(tuple(sorted(set(workers_of()) - BEFORE)))

    mlpy.compile("import parallel;\nfor (i in range(3)) { parallel.map(fn(x) => x, range(8), 2); look(); }\nnull", functions={"look": look}).run()
    assert len(seen[0]) == 2
    assert len(set(seen)) == 1
    assert all_gone()


@linux
def test_a_worker_whose_item_failed_does_the_next_map():
    seen: list[set[int]] = []

    def look() -> None:
        seen.append(set(workers_of()) - BEFORE)

    code = 'import parallel;\nfor (i in range(3)) { try { parallel.map(fn(x) => { print(x); throw "no"; }, range(4), 1); } except (e) {} look(); }\nparallel.map(fn(x) => x, range(4), 1)'
    result = mlpy.compile(code, functions={"look": look}).run()
    assert (result.value, result.output) == ([0, 1, 2, 3], "0\n" * 3)
    assert len(seen[0]) == 1
    assert seen == [seen[0]] * 3


@linux
def test_workers_of_a_failed_map_are_gone_or_idle():
    code = 'try { parallel.map(fn(x) => { if (x == 1) { throw "no"; } while (true) {} }, range(8), 2); } except (e) {}'
    with pytest.raises(MLError) as caught:  # item 0 never ends, and it comes before the one that failed
        value(code, limits=mlpy.Limits(time=0.5))
    assert caught.value.limit == "time"
    assert all_gone()
    value('try { parallel.map(fn(x) => { if (x == 0) { throw "no"; } while (true) {} }, range(8), 2); } except (e) {}', limits=mlpy.Limits(time=10))
    assert all_gone()


@linux
def test_a_worker_that_is_killed_is_an_error(tmp_path):
    code = "import parallel; import time;\nfound = null;\ntry { parallel.map(fn(x) => { kill(); time.sleep(5); }, [1]); } except (e) { found = [e.type, e.message]; }\n[found, parallel.map(fn(x) => x, [7])]"

    def kill() -> None:
        for pid in set(workers_of()) - BEFORE:
            os.kill(pid, 9)

    assert mlpy.compile(code, functions={"kill": kill}).run().value == [["Error", "a worker ended before its work was done"], [7]]


@linux
@pytest.mark.parametrize("seen", [True, False])
def test_idle_workers_that_left_are_replaced(seen, monkeypatch):
    if not seen:  # it leaves just after it was looked at
        monkeypatch.setattr(pool.Process, "alive", lambda _: True)

    def kill() -> None:
        for pid in set(workers_of()) - BEFORE:
            os.kill(pid, 9)

    code = "import parallel;\nparallel.map(fn(x) => x, range(4), 2); kill(); parallel.map(fn(x) => x + 1, range(4), 2)"
    assert mlpy.compile(code, functions={"kill": kill}).run().value == [1, 2, 3, 4]


def test_many_runs_at_once_keep_apart():
    program = mlpy.compile("import parallel;\nk = n;\nparallel.map(fn(x) => { print(k); return x * k; }, range(20), 2)", inputs=["n"])
    found = {}

    def work(n: int) -> None:
        result = program.run(inputs={"n": n})
        found[n] = result.value, set(result.output.split())

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: ([x * n for x in range(20)], {str(n)}) for n in range(4)}


def test_the_command_ends_though_workers_are_idle(command, tmp_path):
    program = tmp_path / "p.ml"
    program.write_text("import parallel;\nprint(parallel.map(fn(x) => x + 1, [1, 2, 3]));\n")
    started = time.perf_counter()
    done = command("run", str(program))
    assert (done.code, done.stdout, done.stderr) == (0, "[2, 3, 4]\n", "")
    assert time.perf_counter() - started < child.PATIENCE


@linux
def test_workers_end_with_a_program_that_is_killed(environment, tmp_path):
    program = tmp_path / "p.ml"
    program.write_text("import parallel;\nparallel.map(fn(x) => { while (true) {} }, range(2), 2);\n")
    process = subprocess.Popen([sys.executable, "-m", "mlpy", "run", str(program)], env=environment)
    try:
        workers = wait_for(lambda: workers_of(process.pid), 2)
    finally:
        process.kill()
        process.wait()
    assert wait_for(lambda: [pid for pid in workers if not ended(pid)], 0) == []


def wait_for(look, count: int) -> list[int]:
    """What a function gives when it has so many items, or after ten seconds."""
    for _ in range(1000):
        found = look()
        if len(found) == count:
            break
        time.sleep(0.01)
    return found


def ended(pid: int) -> bool:
    """Whether a process is gone, but for what its parent has to collect."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_denial_in_a_worker_ends_the_command_as_one(command, tmp_path):
    program = tmp_path / "p.ml"
    program.write_text('import parallel; import env;\nparallel.map(fn(x) => env.get("HOME"), [1]);\n')
    done = command("run", str(program))
    assert done.code == 3
    assert "`env.read:HOME` is not granted" in done.stderr
    assert "--allow env.read:HOME" in done.stderr
    assert "p.ml:2:23" in done.stderr
    with pytest.raises(CapabilityDenied):
        mlpy.run(program.read_text())


def test_workers_wait_for_the_outside_side_by_side(tmp_path):
    meeting = f"touch {tmp_path}/$1; while [ $(ls {tmp_path} | wc -l) -lt 4 ]; do sleep 0.02; done"
    code = f'import parallel; import process;\nparallel.map(fn(x) => process.run("sh", "-c", "{meeting}", "sh", x, timeout: 60).status, range(4), 4)'
    assert mlpy.compile(code).run(grants=["process.run:sh"]).value == [0] * 4  # each waits until all of them are there


def test_the_numbers_on_both_sides_agree():
    assert pool.MOST == 16

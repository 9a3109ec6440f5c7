"""Modules are found by reading, loaded on first use, and one that is broken harms no other."""

from __future__ import annotations

import gc
import inspect
import os
import subprocess
import sys
import threading
import time

import pytest

import mlpy
from mlpy import cache, sdk
from mlpy.capabilities import Grants, declare_kind
from mlpy.index import Root
from mlpy.metrics import KEPT, Calls
from mlpy.registry import Registry
from mlpy.runtime.run import Run

PAYMENTS = '''
from __future__ import annotations
from mlpy.sdk import ml_class, ml_function, ml_module, handle

@ml_module("payments", description="Payment processing", version="1.2.0")
class Payments:
    rate: float = 0.029
    "What a charge costs."
    label = "pay"

    def __init__(self) -> None:
        self.total = 0.0

    @ml_function(capability="payment.charge:{account}")
    def charge(self, account: str, amount: float = 10) -> dict[str, float]:
        """Charges an account.

        Example: `payments.charge("acme", 10)`.
        """
        self.total += amount
        return {"total": self.total}

    @ml_function
    def total_so_far(self) -> float:
        """What was charged."""
        return self.total

@ml_class("Receipt")
class Receipt:
    @ml_function
    def line_count(self) -> int:
        """How many lines."""
        return 3

@ml_function
def receipt(lines: list[str] | None = None, *more: int | float) -> Receipt:
    """A receipt."""
    return handle(Receipt())

@ml_function
def version_of() -> int:
    """The version."""
    return 1

raise_on_import = None
'''


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "extensions"
    made.mkdir()
    (made / "payments.py").write_text(PAYMENTS)
    return made


def pure(version: int = 1, name: str = "pure", more: str = "") -> str:
    return f"""
from mlpy.sdk import ml_function, ml_module
@ml_module("{name}")
class Pure:
    number = {version}
@ml_function
def version() -> int:
    "The version."
    return {version}
{more}
"""


def write(path, text):
    path.write_text(text)
    later = time.time_ns() + 10**9
    os.utime(path, ns=(later, later))


def test_a_file_is_a_module_as_soon_as_it_declares_one(folder):
    found = Registry([folder])
    assert {"math", "json", "payments"} <= set(found.names())
    info = found.info("payments")
    assert (info.name, info.version, info.description) == ("payments", "1.2.0", "Payment processing")
    assert [one.signature for one in info.members.values()] == [
        "rate: float",
        "label: string",
        "charge(account: string, amount: number = 10): object",
        "totalSoFar(): float",
        "receipt(lines: array<string> | null = null, ...more: number): Receipt",
        "versionOf(): int",
    ]
    charge = info.members["charge"]
    assert (charge.capabilities, charge.doc, charge.examples) == (("payment.charge:{account}",), "Charges an account.", ('`payments.charge("acme", 10)`',))
    assert info.members["rate"].doc == "What a charge costs."
    assert [one.signature for one in info.classes["Receipt"].values()] == ["lineCount(): int"]
    assert info.member("total_so_far").name == "totalSoFar"
    assert info.member("nothing") is None
    assert found.info("nothing") is None


def test_reading_imports_nothing(folder):
    (folder / "loud.py").write_text("from mlpy.sdk import ml_module\nraise SystemExit\n@ml_module('loud')\nclass Loud: ...\n")
    assert Registry([folder]).info("loud").name == "loud"


def test_what_a_program_holds(folder):
    handle = Registry([folder]).load("payments", Run(), Grants())
    assert handle.get("rate") == 0.029
    assert handle.get("totalSoFar")() == 0.0
    assert handle.get("total_so_far") is handle.get("totalSoFar")
    assert handle.get("nothing") is None
    assert handle.get("receipt")().get("lineCount")() == 3
    assert handle.get("receipt")().get("line_count")() == 3
    assert handle.get("receipt")().get("__class__") is None


def test_runs_share_no_state(folder):
    found = Registry([folder])
    grants = Grants()
    first, second = Run(), Run()
    one, again, other = found.load("payments", first, grants), found.load("payments", first, grants), found.load("payments", second, grants)
    assert one is again
    assert one is not other
    first.modules[next(key for key in first.modules if type(key).__name__ == "Module")].total = 5.0
    assert (one.get("totalSoFar")(), other.get("totalSoFar")()) == (5.0, 0.0)


def test_a_pure_module_is_one_handle_for_all():
    found = Registry()
    assert found.load("json", Run(), Grants()) is found.load("json", Run(), Grants())


def test_authority_is_bound_at_import(folder):
    found = Registry([folder])
    run = Run()
    handle = found.load("payments", run, Grants())
    with pytest.raises(mlpy.MLError) as caught:
        handle.get("charge")("acme", 3)
    assert caught.value.type == "CapabilityError"
    granted = found.load("payments", run, Grants(["payment.charge:acme"])).get("charge")
    assert granted("acme", amount=3) == {"total": 3}
    assert granted("acme") == {"total": 13}
    with pytest.raises(mlpy.MLError) as caught:
        granted("other", 3)
    assert caught.value.type == "CapabilityError"


def test_what_comes_from_elsewhere_is_checked(folder):
    (folder / "odd.py").write_text(
        pure(
            name="odd",
            more="@ml_function\ndef pair() -> list[int]:\n    return (1, 2)\n@ml_function\ndef fail():\n    open('/no/such/file')\n@ml_function\ndef leak():\n    return open",
        )
    )
    handle = Registry([folder]).load("odd", Run(), Grants())
    assert handle.get("pair")() == [1, 2]
    with pytest.raises(mlpy.MLError) as caught:
        handle.get("fail")()
    assert (caught.value.message, caught.value.type) == ("`fail` failed", "IOError")
    with pytest.raises(mlpy.MLError):
        handle.get("leak")()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from mlpy.sdk import ml_module\n@ml_module('broken')\nclass Broken:\n    x = \n", "invalid syntax"),
        ("from mlpy.sdk import ml_module\nname = 'broken'\n@ml_module(name)\nclass Broken: ...\n", "written out"),
        ("from mlpy.sdk import ml_module\n@ml_module('broken')\nclass A: ...\n@ml_module('b')\nclass B: ...\n", "one module"),
    ],
)
def test_a_broken_file_is_reported_and_harmless(folder, text, says):
    (folder / "broken.py").write_text(text)
    found = Registry([folder])
    assert "broken" not in found.names()
    assert "payments" in found.names()
    (problem,) = found.problems()
    assert (problem.name, problem.path) == ("broken", str(folder / "broken.py"))
    assert says in problem.message
    assert problem.line > 1


def test_a_module_that_fails_to_import_is_reported_without_its_paths(folder):
    (folder / "failing.py").write_text(pure(name="failing", more="import no_such_thing_at_all"))
    found = Registry([folder])
    with pytest.raises(mlpy.MLError) as caught:
        found.load("failing", Run(), Grants())
    assert (caught.value.type, caught.value.message) == ("ImportError", "module `failing` cannot be loaded")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
    (problem,) = found.problems()
    assert (problem.name, problem.line) == ("failing", 10)
    assert "no_such_thing_at_all" in problem.message
    assert found.load("payments", Run(), Grants()).get("label") == "pay"


@pytest.mark.parametrize(
    ("declaration", "says"),
    [
        ("@ml_function\ndef f(**named): ...", "any named argument"),
        ("@ml_function\ndef f(_hidden): ...", "`_hidden`"),
        ("@ml_function(capability='file.read:{path}')\ndef f(x): ...", "`path`, which is not a parameter"),
        ("@ml_function(capability='file.read:{paths}')\ndef f(*paths): ...", "`paths`, which takes any number of arguments"),
        ("@ml_function(name='version')\ndef f(): ...", "`version` is declared twice"),
    ],
)
def test_a_declaration_that_no_program_could_use_is_refused_with_its_line(folder, declaration, says):
    (folder / "wrong.py").write_text(pure(name="wrong", more=declaration))
    found = Registry([folder])
    with pytest.raises(mlpy.MLError):
        found.load("wrong", Run(), Grants())
    (problem,) = found.problems()
    assert says in problem.message
    assert problem.line in (10, 11)


def test_an_unknown_module_has_a_suggestion():
    with pytest.raises(mlpy.MLError) as caught:
        Registry().load("maths", Run(), Grants())
    assert (caught.value.message, caught.value.hint) == ("no module `maths`", "did you mean `math`?")


def test_the_standard_library_cannot_be_shadowed(folder, tmp_path):
    (folder / "mine.py").write_text(pure(name="math"))
    second = tmp_path / "second"
    second.mkdir()
    (second / "payments.py").write_text(PAYMENTS)
    found = Registry([folder, second])
    assert found.load("math", Run(), Grants()).get("sqrt") is not None
    assert found.info("math").path.endswith(os.path.join("stdlib", "math.py"))
    assert sorted((one.name, os.path.basename(one.path)) for one in found.problems()) == [("math", "mine.py"), ("payments", "payments.py")]


def test_a_package_is_a_module(folder):
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text(pure(name="pack", more="from . import inner\nfrom .inner import VALUE"))
    (folder / "pack" / "inner.py").write_text("VALUE = 7\n")
    assert Registry([folder]).load("pack", Run(), Grants()).get("version")() == 1


def test_the_index_spares_reading(folder, monkeypatch):
    Registry([folder]).names()
    monkeypatch.setattr("mlpy.reading.read_module", lambda path: pytest.fail(f"{path} was read again"))
    assert "payments" in Registry([folder]).names()


def test_a_changed_file_is_read_again(folder):
    Registry([folder]).names()
    write(folder / "payments.py", PAYMENTS.replace('"payments"', '"billing"'))
    names = Registry([folder]).names()
    assert "billing" in names
    assert "payments" not in names


def test_a_spoilt_index_is_made_again(folder, tmp_path):
    Registry([folder]).names()
    entries = list((tmp_path / "cache").glob("*.code"))
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-5] + b"spoil")
    assert "payments" in Registry([folder]).names()


def test_a_foreign_index_is_not_trusted(folder):
    key = cache.key(os.fsencode(str(folder)), "modules")
    cache.store(key, [1, 2])
    assert "payments" in Registry([folder]).names()


def test_a_folder_that_is_not_there_is_empty(tmp_path):
    assert "math" in Registry([tmp_path / "nowhere"]).names()


# ── reload ──


def test_reload_reaches_the_handles_that_programs_hold(folder):
    (folder / "pure.py").write_text(pure(1))
    found = Registry([folder])
    run, grants = Run(), Grants()
    handle = found.load("pure", run, grants)
    old = handle.get("version")
    write(folder / "pure.py", pure(2))
    found.reload("pure")
    assert (handle.get("version")(), handle.get("number")) == (2, 2)
    assert old() == 1
    assert found.load("pure", run, grants) is handle
    assert found.info("pure").members["number"].result == "int"


def test_reload_gives_each_run_a_fresh_instance(folder):
    found = Registry([folder])
    run = Run()
    handle = found.load("payments", run, Grants())
    write(folder / "payments.py", PAYMENTS.replace("self.total = 0.0", "self.total = 1.5"))
    found.reload("payments")
    assert handle.get("totalSoFar")() == 1.5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from mlpy.sdk import ml_module\nx = (\n", "line 2: '(' was never closed"),
        (pure(2, more="1 / 0"), "line 10: ZeroDivisionError: division by zero"),
        (pure(2, name="other"), "called `other`"),
        (pure(2, more="@ml_function\nasync def later(): ..."), "line 11: `later` is `async`"),
        (pure(2, more="@ml_function\ndef lazy():\n    yield 1"), "line 10: `lazy` is a generator"),
        (pure(2).replace("@ml_function", "@ml_function(capability='file.read:./x')"), "`version` demands `file.read:./x`"),
    ],
)
def test_a_failed_reload_changes_nothing(folder, text, says):
    (folder / "pure.py").write_text(pure(1))
    found = Registry([folder])
    handle = found.load("pure", Run(), Grants())
    write(folder / "pure.py", text)
    with pytest.raises(mlpy.MLError) as caught:
        found.reload("pure")
    assert says in caught.value.message
    assert caught.value.message.startswith("module `pure` was not reloaded: ")
    assert handle.get("version")() == 1
    assert [one.name for one in found.problems()] == ["pure"]
    write(folder / "pure.py", pure(3))
    found.reload("pure")
    assert (handle.get("version")(), found.problems()) == (3, [])


def test_a_reload_may_not_demand_more(folder):
    found = Registry([folder])
    handle = found.load("payments", Run(), Grants())
    write(folder / "payments.py", PAYMENTS.replace("@ml_function\n    def total_so_far", '@ml_function(capability="payment.read:all")\n    def total_so_far'))
    with pytest.raises(mlpy.MLError) as caught:
        found.reload("payments")
    assert "`totalSoFar` demands `payment.read:all`" in caught.value.message
    assert handle.get("totalSoFar")() == 0.0


def test_a_new_function_may_demand_what_it_likes(folder):
    """Nobody calls it yet, and its gate has the grants of the import."""
    found = Registry([folder])
    declare_kind("payment.refund")
    run, grants = Run(), Grants(["payment.refund:acme"])
    handle = found.load("payments", run, grants)
    more = "@ml_function(capability='payment.refund:{account}')\ndef refund(account: str) -> str:\n    return account\n"
    write(folder / "payments.py", PAYMENTS + more)
    found.reload("payments")
    assert handle.get("refund")("acme") == "acme"
    with pytest.raises(mlpy.MLError) as caught:
        handle.get("refund")("other")
    assert caught.value.type == "CapabilityError"


def test_f36_new_closures_have_the_grants_of_the_import(folder):
    found = Registry([folder])
    run = Run()
    narrow, wide = Grants(["payment.charge:acme"]), Grants.everything()
    first, second = found.load("payments", run, narrow), found.load("payments", run, wide)
    run.grants = wide
    write(folder / "payments.py", PAYMENTS.replace("0.029", "0.03"))
    found.reload("payments")
    assert (first.get("rate"), second.get("rate")) == (0.03, 0.03)
    assert second.get("charge")("other", 1) == {"total": 1}
    assert first.get("charge")("acme", 1) == {"total": 2}
    with pytest.raises(mlpy.MLError) as caught:
        first.get("charge")("other", 1)
    assert caught.value.type == "CapabilityError"


@pytest.mark.parametrize(
    ("before", "after", "member"),
    [
        ("@ml_function\n    def line_count", "@ml_function(capability='payment.read:all')\n    def line_count", "Receipt.lineCount"),
        ("payment.charge:{account}", "payment.charge:all", "charge"),
        ('capability="payment.charge:{account}"', 'capability=("payment.charge:{account}", "payment.look:all")', "charge"),
        ("@ml_function\ndef receipt", "@ml_function(capability='payment.read:all')\ndef receipt", "receipt"),
    ],
)
def test_f36_what_a_held_function_demands_does_not_grow(folder, before, after, member):
    assert before in PAYMENTS
    found = Registry([folder])
    run, grants = Run(), Grants.everything()
    table = found.load("payments", run, grants).table
    write(folder / "payments.py", PAYMENTS.replace(before, after))
    with pytest.raises(mlpy.MLError) as caught:
        found.reload("payments")
    assert f"the new version of `{member}` demands `payment." in caught.value.message
    assert found.load("payments", run, grants).table is table


def test_a_reload_whose_instance_cannot_be_made_changes_nothing(folder):
    found = Registry([folder])
    runs, grants = [Run(), Run()], Grants()
    handles = [found.load("payments", run, grants) for run in runs]
    made = "        self.total = 0.0\n"
    failing = "        import mlpy_count\n        mlpy_count.made += 1\n        if mlpy_count.made == 2:\n            raise ValueError('no more')\n"
    counter = type(sys)("mlpy_count")
    counter.made = 0
    sys.modules["mlpy_count"] = counter
    write(folder / "payments.py", PAYMENTS.replace(made, made + failing).replace("0.029", "0.5"))
    try:
        with pytest.raises(mlpy.MLError) as caught:
            found.reload("payments")
    finally:
        del sys.modules["mlpy_count"]
    assert "ValueError: no more" in caught.value.message
    assert [one.get("rate") for one in handles] == [0.029, 0.029]
    assert all(sum(type(key).__name__ == "Module" for key in run.modules) == 1 for run in runs)


def test_a_reload_forgets_no_failure_of_another(folder):
    (folder / "pure.py").write_text(pure(1))
    (folder / "failing.py").write_text(pure(1, name="failing", more="1 / 0"))
    found = Registry([folder])
    run, grants = Run(), Grants()
    found.load("pure", run, grants)
    for name in ("failing", "failing"):
        with pytest.raises(mlpy.MLError):
            found.load(name, run, grants)
    found.reload("pure")
    assert [one.name for one in found.failures] == ["failing"]
    write(folder / "failing.py", pure(1, name="failing"))
    found.reload("failing")
    assert found.failures == []


def test_a_file_that_is_gone_leaves_the_old_version(folder):
    (folder / "pure.py").write_text(pure(1))
    found = Registry([folder])
    run, grants = Run(), Grants()
    handle = found.load("pure", run, grants)
    (folder / "pure.py").unlink()
    with pytest.raises(mlpy.MLError) as caught:
        found.reload("pure")
    assert "FileNotFoundError" in caught.value.message
    assert handle.get("version")() == 1


def test_an_edit_that_no_clock_shows_counts(folder):
    """The same size, the same time of change as far as it can be set back, within a moment."""
    path = folder / "pure.py"
    path.write_text(pure(1))
    state = path.stat()
    found = Registry([folder])
    run, grants = Run(), Grants()
    handle = found.load("pure", run, grants)
    assert found.info("pure").members["number"].doc == ""
    for version in range(2, 9):
        path.write_text(pure(version))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        found.reload("pure")
        assert handle.get("version")() == version
    path.write_text(pure(9).replace("number", "numbre"))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert "numbre" in Registry([folder]).info("pure").members
    assert Registry([folder]).load("pure", run, grants).get("numbre") == 9


def test_a_package_is_reloaded_as_a_whole(folder):
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text(
        pure(
            name="pack",
            more="from .inner import VALUE\n@ml_function\ndef value() -> int:\n    return VALUE\n@ml_function\ndef later() -> int:\n    from . import late\n    return late.VALUE",
        )
    )
    (folder / "pack" / "inner.py").write_text("VALUE = 7\n")
    (folder / "pack" / "late").mkdir()
    (folder / "pack" / "late" / "__init__.py").write_text("VALUE = 1\n")
    found = Registry([folder])
    run, grants = Run(), Grants()
    handle = found.load("pack", run, grants)
    assert (handle.get("value")(), handle.get("later")()) == (7, 1)
    for value in (8, 9):
        (folder / "pack" / "inner.py").write_text(f"VALUE = {value}\n")
        (folder / "pack" / "late" / "__init__.py").write_text(f"VALUE = {value}\n")
        found.reload("pack")
        assert (handle.get("value")(), handle.get("later")()) == (value, value)
    (folder / "pack" / "inner.py").write_text("VALUE = = 3\n")
    with pytest.raises(mlpy.MLError) as caught:
        found.reload("pack")
    assert "invalid syntax" in caught.value.message
    assert (handle.get("value")(), handle.get("later")()) == (9, 9)
    assert [str(path) for path in folder.rglob("__pycache__")] == []


def test_a_live_session_sees_the_new_version(folder):
    (folder / "pure.py").write_text(pure(1))
    engine = mlpy.Engine(extension_paths=[str(folder)])
    session = engine.session()
    session.evaluate("import pure; kept = pure.version; function ask() { return pure.version(); }")
    ask = session["ask"]
    write(folder / "pure.py", pure(2, more="@ml_function\ndef added() -> str:\n    return 'new'"))
    engine.registry.reload("pure")
    assert session.evaluate("[pure.version(), ask(), pure.added(), kept()]").value == [2, 2, "new", 1]
    assert ask() == 2
    write(folder / "pure.py", pure(3) + "def broken(:\n")
    with pytest.raises(mlpy.MLError) as caught:
        engine.registry.reload("pure")
    assert caught.value.message == "module `pure` was not reloaded: line 11: invalid syntax"
    assert session.evaluate("[pure.version(), ask()]").value == [2, 2]


def test_a_shipped_module_can_be_reloaded():
    found = Registry()
    run, grants = Run(), Grants()
    handle = found.load("string", run, grants)
    old = handle.get("repeat")
    found.reload("string")
    assert found.load("string", run, grants) is handle
    assert handle.get("repeat") is not old
    assert handle.get("repeat")("a", 2) == "aa"


# ── state ──


def test_runs_share_no_constants(folder):
    """A program may change an array that it holds, and nobody else sees that."""
    (folder / "pure.py").write_text(pure().replace("number = 1", "numbers = [1, {'a': [2]}]"))
    engine = mlpy.Engine(extension_paths=[str(folder)])
    code = "import pure; pure.numbers[1].a.push(3); pure.numbers.push(4); str(pure.numbers)"
    assert [engine.run(code).value for _ in range(2)] == ["[1, {a: [2, 3]}, 4]"] * 2


def test_a_constant_that_no_program_can_hold_is_a_problem(folder):
    (folder / "pure.py").write_text(pure().replace("number = 1", "numbers = [open]"))
    found = Registry([folder])
    with pytest.raises(mlpy.MLError):
        found.load("pure", Run(), Grants())
    assert [one.message for one in found.problems()] == ["the constant `numbers`[0] is a Python function: begin its name with `_`"]


BOXES = """
from mlpy.sdk import handle, ml_class, ml_function, ml_module

@ml_class("Box", fields=("n",))
class Box:
    n: int

    def __init__(self, n):
        self.n = n

@ml_module("boxes", interruptible=True)
class Boxes:
    pass

@ml_function
def box(n: int) -> Box:
    return handle(Box(n + {number}))
"""


def test_what_a_reload_replaces_goes_when_nobody_holds_it(folder):
    (folder / "boxes.py").write_text(BOXES.format(number=0))
    session = mlpy.Engine(extension_paths=[str(folder)]).session()
    session.evaluate("import boxes; old = boxes.box(1); make = boxes.box;")
    for number in range(1, 9):
        write(folder / "boxes.py", BOXES.format(number=number) + "broken = nope\n" * (number % 3 == 0))
        try:
            session.reload("boxes")
        except mlpy.MLError:
            assert number % 3 == 0
    asked = "[boxes.box(1).n, old.n, make(1).n, typeof(old), str(make(2))]"
    assert session.evaluate(asked).value == [9, 1, 1, "Box", "<Box>"]
    gc.collect()
    assert count_boxes() == 2
    session.evaluate("old = null; make = null;")
    gc.collect()
    assert count_boxes() == 1


def count_boxes():
    return sum(type(one) is type and one.__name__ == "Box" and one.__module__.endswith("_boxes") for one in gc.get_objects())


# ── measuring ──


def test_measuring_is_free_until_somebody_asks(folder):
    found = Registry([folder])
    run, grants = Run(), Grants()
    assert found.load("json", run, grants) is found.load("json", Run(), Grants())
    assert type(found.load("math", run, grants).get("sqrt")) is type(len)
    assert found.metrics() == {}


def test_what_a_module_costs(folder):
    (folder / "pure.py").write_text(
        "import time\ntime.sleep(0.02)\nbig = bytearray(500_000)\n"
        + pure(1, more="@ml_function\ndef add(a: int, /, b: int = 2, *rest: int, key: int = 0) -> int:\n    return a + b + sum(rest) + key")
    )
    found = Registry([folder])
    found.measure(memory=True)
    run, grants = Run(), Grants.everything()
    pure_, math_, crypto = (found.load(name, run, grants) for name in ("pure", "math", "crypto"))
    assert [pure_.get("add")(1), pure_.get("add")(1, 2, 3, key=4), pure_.get("version")()] == [3, 10, 1]
    assert [math_.get("sqrt")(4.0), math_.get("is_nan")(1), math_.get("isNan")(2)] == [2.0, False, False]
    assert len(crypto.get("randomBytes")(4)) == 4
    taken = found.metrics()
    assert {name: one.calls for name, one in taken.items()} == {"pure": {"add": 2, "version": 1}, "math": {"sqrt": 1, "isNan": 2}, "crypto": {"randomBytes": 1}}
    assert taken["pure"].total == 3
    assert taken["pure"].load_time > 0.02
    assert 500_000 < taken["pure"].memory < 5_000_000
    write(folder / "pure.py", pure(2))
    found.reload("pure")
    assert pure_.get("version")() == 2
    assert found.metrics()["pure"].calls == {"add": 2, "version": 2}
    assert taken["pure"].calls == {"add": 2, "version": 1}


def test_measuring_begins_and_ends_for_programs_that_hold_a_module_already(folder):
    (folder / "pure.py").write_text("import time\n" + pure(1, more="@ml_function\ndef slow(seconds: float) -> int:\n    time.sleep(seconds)\n    return 1"))
    engine = mlpy.Engine(extension_paths=[str(folder)])
    session = engine.session()
    session.evaluate("import pure; import math; kept = pure.version; pure.slow(0); math.sqrt(4)")
    session.measure()
    session.evaluate("for (i in range(20)) { pure.slow(0.001); } pure.slow(0.05); kept(); math.sqrt(9)")
    taken = session.metrics()
    assert {name: one.calls for name, one in taken.items()} == {"pure": {"slow": 21}, "math": {"sqrt": 1}}
    slow = taken["pure"].functions["slow"]
    assert slow.total == slow.own == taken["pure"].time > 0.07
    assert 0.001 <= slow.first <= slow.total
    assert 0.001 <= slow.p50 <= slow.p95 <= slow.total
    assert taken["pure"].first_call == slow.first
    assert (taken["pure"].p50, taken["pure"].p95) == (slow.p50, slow.p95)
    assert taken["pure"].load_time > 0
    assert taken["pure"].discovery > 0
    session.stop_measuring()
    session.evaluate("pure.slow(0); math.sqrt(4)")
    assert session.metrics() == {}
    assert type(session.run.registry.load("math", Run(), Grants()).get("sqrt")) is type(len)


def test_methods_of_host_objects_are_measured_too_while_somebody_asks(folder):
    more = "    @ml_function\n    def more(self, by: int = 1) -> int:\n        return self.n + by\n\n@ml_module("
    (folder / "boxes.py").write_text(BOXES.format(number=0).replace("@ml_module(", more))
    session = mlpy.Engine(extension_paths=[str(folder)]).session()
    session.evaluate("import boxes; import datetime; old = boxes.box(1); old.more(); t = datetime.now(); t.addDays(1); more = old.more;")
    session.measure()
    assert session.evaluate("[old.more(), old.more(by: 2), boxes.box(3).more(), more(), t.addDays(2) == t]").value == [2, 3, 4, 2, False]
    assert {name: one.calls for name, one in session.metrics().items()} == {"boxes": {"box": 1, "Box.more": 3}, "datetime": {"DateTime.addDays": 1}}
    session.stop_measuring()
    session.evaluate("old.more()")
    session.measure()
    assert session.metrics()["boxes"].calls == {}
    session.stop_measuring()
    assert session.run.registry not in [each() for each in sdk.observers]


def test_the_time_of_a_function_is_told_apart_from_that_of_what_it_calls(folder):
    (folder / "outer.py").write_text(pure(1, "outer", more="@ml_function\ndef call(what: object, count: int) -> int:\n    return sum(what() for _ in range(count))"))
    (folder / "inner.py").write_text("import time\n" + pure(1, "inner", more="@ml_function\ndef slow() -> int:\n    time.sleep(0.01)\n    return 1"))
    session = mlpy.Engine(extension_paths=[str(folder)]).session()
    session.measure()
    assert session.evaluate("import outer; import inner; outer.call(inner.slow, 5)").value == 5
    outer, inner = (session.metrics()[name].functions[function] for name, function in (("outer", "call"), ("inner", "slow")))
    assert outer.total >= inner.total > 0.05
    assert inner.own == inner.total
    assert outer.own < outer.total - 0.04


def test_all_calls_count_and_percentiles_are_of_all(folder):
    numbers = Calls()
    for at in range(20_000):
        numbers.numbers.extend((float(at), float(at % 100), 0.5))
        if at % 777 == 0:
            numbers.settle()
    began, taken, _ = numbers.taken()
    assert (began, taken.calls, taken.total, taken.own, taken.first) == (0.0, 20_000, 990_000.0, 10_000.0, 0.0)
    assert (abs(taken.p50 - 50), abs(taken.p95 - 95)) <= (2, 2)
    assert len(numbers._times) <= KEPT
    numbers.forget()
    assert numbers.taken() is None


def test_f19_a_counted_function_takes_exactly_what_it_declares():
    found = Registry()
    found.measure()
    run, grants = Run(), Grants()
    for name in ("math", "json", "collections"):
        info, handle = found.info(name), found.load(name, run, grants)
        for one in info.members.values():
            if one.kind == "function":
                assert [parameter[0] for parameter in one.params] == list(inspect.signature(handle.get(one.name)).parameters)
                with pytest.raises(TypeError):
                    handle.get(one.name)(øfunction=1, øclock=2)


def test_calls_are_counted_in_all_threads(folder):
    (folder / "pure.py").write_text(pure())
    found = Registry([folder])
    found.measure()
    version = found.load("pure", Run(), Grants()).get("version")
    threads = [threading.Thread(target=lambda: [version() for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.metrics()["pure"].calls == {"version": 4000}


# ── threads, speed, start-up ──


def test_threads_load_one_module(folder):
    (folder / "pure.py").write_text("import time\ntime.sleep(0.05)\n" + pure(1))
    found = Registry([folder])
    handles = []
    run, grants = Run(), Grants()
    threads = [threading.Thread(target=lambda: handles.append(found.load("pure", run, grants))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(handle) for handle in handles}) == 1


def test_a_reload_while_a_module_is_bound_to_a_run_reaches_it(folder):
    (folder / "pure.py").write_text(pure(1))
    found = Registry([folder])
    found.load("pure", Run(), Grants())

    class Late(dict):
        """What is loaded, as it was before a reload on another thread."""

        def get(self, name):
            old = super().get(name)
            found._loaded = dict(self)
            write(folder / "pure.py", pure(2))
            found.reload("pure")
            return old

    found._loaded = Late(found._loaded)
    assert found.load("pure", Run(), Grants()).get("version")() == 2


def test_threads_load_and_reload(folder):
    """Eight threads, three of which reload: each call gives a whole version, and in the end all have the last."""
    (folder / "pure.py").write_text(pure(1))
    found = Registry([folder])
    wrong, done = [], threading.Event()

    def use():
        run, grants = Run(), Grants()
        handle = found.load("pure", run, grants)
        last = 0
        while not done.is_set():
            table = handle.table
            if table["version"]() != table["number"]:
                wrong.append("torn")
            seen = found.load("pure", run, grants).get("version")()
            if seen < last:
                wrong.append(f"{seen} after {last}")
            last = seen
        if handle.get("version")() != 30:
            wrong.append("old")

    def change():
        for _ in range(10):
            with lock:
                versions[0] += 1
                write(folder / "pure.py", pure(versions[0]))
                found.reload("pure")

    lock, versions = threading.Lock(), [0]
    users, changers = [threading.Thread(target=use) for _ in range(5)], [threading.Thread(target=change) for _ in range(3)]
    for thread in [*users, *changers]:
        thread.start()
    for thread in changers:
        thread.join()
    done.set()
    for thread in users:
        thread.join()
    assert wrong == []


def test_a_thousand_modules(tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(1000):
        (many / f"module{number}.py").write_text(pure(number, f"module{number}"))
    assert len(Registry([many]).names()) > 1000
    assert Root(str(many)).scan().keys() == {str(many / f"module{number}.py") for number in range(1000)}


@pytest.mark.parametrize(
    "name",
    ["math", "json", "string", "console", "collections", "functional", "random", "crypto", "datetime", "time", "csv", "log", "file", "path", "env", "args", "parallel", "http"],
)
def test_a_warm_import_reads_no_index_and_imports_nothing_heavy(name):
    code = (
        "import sys, mlpy; from mlpy.registry import Registry; from mlpy.runtime.run import Run; from mlpy.capabilities import Grants\n"
        f"Registry().load('{name}', Run(), Grants())\n"
        "heavy = {'ast', 'inspect', 're', 'typing', 'mlpy.reading', 'importlib.machinery', 'json', 'random', 'functools', 'collections', 'enum'} & set(sys.modules)\n"
        "print(sorted(heavy), {'stdlib', 'extensions', 'repl'} & set(sys.modules))"
    )
    shown = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(mlpy.__file__))}
    )
    assert shown.stdout.strip() == "[] set()", shown.stderr

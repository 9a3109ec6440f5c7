"""What a class from elsewhere does never reaches a program but as a value or an error of the language, and its demands are checked."""

from __future__ import annotations

import textwrap
import threading

import pytest

import mlpy

MODULE = """
from __future__ import annotations
import os
from mlpy.sdk import handle, ml_class, ml_function, ml_module

@ml_module("vault")
class Vault: ...

class Text(str):
    def upper(self):
        os._exit(3)

@ml_class("Box", fields=("label", "paid_at", "odd", "broken", "os"))
class Box:
    label: str
    paid_at: float
    odd: object
    os: object

    def __init__(self, label="box"):
        self.label = label
        self.paid_at = 1.5
        self.odd = (1, [Text("x")])
        self.os = os
        self.secret = "secret"

    @property
    def broken(self) -> int:
        return open("/no/such/place/on/the/host")

    def __iter__(self):
        yield (1, 2)
        yield self

    def __len__(self):
        raise RuntimeError("/host/path")

    def __str__(self):
        return Text(self.label)

    def __eq__(self, other):
        return open(self.label) if "/" in self.label else self is other

    def __hash__(self):
        return hash(open("/no/such/place/on/the/host"))

    @ml_function
    def pair(self) -> list:
        return (self.label, Text("y"))

    @ml_function
    def leak(self):
        return os

    @ml_function
    def fail(self):
        raise ValueError("/host/path")

    @ml_function
    def child(self) -> Box:
        return Box("child")

    @ml_function(capability="vault.open:{name}")
    def open(self, name: str) -> str:
        return f"{self.label}:{name}"

    @ml_function
    def each(self, f):
        return [f(one) for one in ("a", "b")]

    def hidden(self):
        return self.secret

@ml_function
def box(label: str = "box") -> Box:
    return handle(Box(label))

@ml_function
def bare() -> Box:
    return Box("bare")
"""


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPY_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "vault.py").write_text(MODULE, encoding="utf-8")
    return mlpy.Engine(extension_paths=[str(tmp_path)])


def run(engine, code, **options):
    return engine.run("import vault;\n" + textwrap.dedent(code), **options).value


def test_fields_are_read_as_they_are_now_and_never_written(engine):
    assert run(engine, "b = vault.box(); [b.label, b.paidAt, b.paid_at]") == ["box", 1.5, 1.5]
    assert run(engine, "b = vault.bare(); b.label") == "bare"
    for code in ("b.label = 1;", "b['label'] = 1;", "b.label += 'x';"):
        with pytest.raises(mlpy.MLError):
            run(engine, "b = vault.box(); " + code)


@pytest.mark.parametrize("name", ["secret", "hidden", "host", "get", "__class__", "__dict__", "functions", "bound", "kind"])
def test_what_is_not_declared_is_not_there(engine, name):
    assert run(engine, f"getattr(vault.box(), '{name}', 7)") == 7
    if not name.startswith("__"):  # which no program can write as a member
        assert run(engine, f"vault.box().{name}") is None


def test_the_builtins_that_look_know_fields(engine):
    assert run(engine, "b = vault.box(); [hasattr(b, 'label'), hasattr(b, 'paid_at'), hasattr(b, 'secret'), getattr(b, 'paidAt')]") == [True, True, False, 1.5]
    assert run(engine, "methods(vault.box())") == ["pair", "leak", "fail", "child", "open", "each"]
    assert run(engine, "hasattr(vault.box(null), 'label')")


def test_values_are_converted_or_refused(engine):
    assert run(engine, "vault.box('a').pair()") == ["a", "y"]
    assert run(engine, "vault.box().odd") == [1, ["x"]]
    assert run(engine, "vault.box().odd[1][0].upper()") == "X"
    assert run(engine, "str(vault.box('q')).upper()") == "Q"
    for code in ("vault.box().leak()", "vault.box().os"):
        with pytest.raises(mlpy.MLError) as caught:
            run(engine, code)
        assert "a Python module, which a program cannot hold" in caught.value.message
    assert run(engine, "got = []; for (x in vault.box('w')) { got.append(x); } [got[0], typeof(got[1]), got[1].label]") == [[1, 2], "Box", "w"]


COMPARED = ["vault.box('/host') == vault.box()", "[vault.box('/host')] == [vault.box()]", "[vault.box('/host')].indexOf(vault.box())", "vault.box() in [vault.box('/host')]"]


@pytest.mark.parametrize("code", ["vault.box().fail()", "vault.box().broken", "len(vault.box())", *COMPARED])
def test_e1_no_words_of_the_host_cross(engine, code):
    said = run(
        engine,
        f"""
        said = null;
        try {{ x = {code}; }} except (e) {{ said = str(e) + e.type + str(e.stack); }}
        said
    """,
    )
    assert "host" not in said.replace("<host>", "")
    assert "/" not in said
    assert "failed" in said


def test_a_method_demands_of_the_authority_under_which_its_object_was_made(engine):
    with pytest.raises(mlpy.MLError) as caught:
        run(engine, "vault.box().open('a')")
    assert (caught.value.type, caught.value.message) == ("CapabilityError", "`vault.open:a` is not granted")
    granted = {"grants": ["vault.open:a"]}
    assert run(engine, "vault.box('b').open('a')", **granted) == "b:a"
    assert run(engine, "vault.box('b').child().open('a')", **granted) == "child:a"
    assert run(engine, "vault.bare().open('a')", **granted) == "bare:a"
    assert run(engine, "open = vault.box().open; ['a', 'a'].map(open)", **granted) == ["box:a", "box:a"]
    for code in (
        "vault.box().child().open('b')",
        "b = vault.box(); with capability('vault.open:c') { b.open('a'); }",
        "open = vault.box().open; with capability('vault.open:c') { ['a'].map(open); }",
    ):
        with pytest.raises(mlpy.MLError) as caught:
            run(engine, code, **granted)
        assert caught.value.type == "CapabilityError"


def test_the_audit_names_the_module(engine):
    result = engine.run("import vault; vault.box().open('a')", grants=["vault.open:a"])
    assert [(one.module, one.capability, one.decision) for one in result.audit] == [("vault", "vault.open:a", "allowed")]


def test_a_constraint_counts_across_objects_and_threads(engine):
    held = engine.run("import vault; open = vault.box().open; other = vault.box().open;", grants=["vault.open:a,count=100"]).exports
    allowed, refused = [], []

    def take(function):
        for _ in range(50):
            try:
                allowed.append(function("a"))
            except mlpy.MLError as error:
                refused.append(error.type)

    threads = [threading.Thread(target=take, args=(held[name],)) for name in ("open", "other") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), refused) == (100, ["CapabilityError"] * 100)


def test_f19_a_method_takes_exactly_what_it_declares(engine):
    for code in (
        "vault.box().open('a', _owner: 1)",
        "vault.box().open('a', _method: 1)",
        "vault.box().open('a', _function: 1)",
        "vault.box().pair(_binding: 1)",
        "vault.box().open(self: 1, name: 'a')",
    ):
        with pytest.raises(mlpy.MLError) as caught:
            run(engine, code, grants=["vault.open:a"])
        assert caught.value.type == "ArityError"


def test_functions_of_the_program_work_in_methods(engine):
    assert run(engine, "vault.box().each(fn(x) => x + '!')") == ["a!", "b!"]
    with pytest.raises(mlpy.MLError) as caught:
        run(engine, "function bad(x) { throw 'mine'; } vault.box().each(bad)")
    assert caught.value.message == "mine"

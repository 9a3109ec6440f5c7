"""Module env: names as resources, an overlay for each run, and values that show nowhere."""

from __future__ import annotations

import os

import pytest

import mlpy
from mlpy.errors import CapabilityDenied, MLError

ALL = ["env.read", "env.write"]


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("COLOUR", "blue")
    monkeypatch.setenv("PORT", " 8080 ")
    monkeypatch.setenv("RATE", "0.25")
    monkeypatch.setenv("API_TOKEN", "s3cret-value")
    monkeypatch.delenv("NOTHING", raising=False)


def value(code: str, grants: list[str] | None = None) -> object:
    return mlpy.compile(f"import env;\n{code}").run(grants=ALL if grants is None else grants).value


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('env.get("COLOUR")', "blue"),
        ('env.get("NOTHING")', None),
        ('env.get("NOTHING", 3)', 3),
        ('env.get("COLOUR", 3)', "blue"),
        ('env.get(name: "NOTHING", default: "x")', "x"),
        ('env.has("COLOUR")', True),
        ('env.has("NOTHING")', False),
        ('env.require("COLOUR")', "blue"),
        ('env.getInt("PORT")', 8080),
        ('env.get_int("PORT")', 8080),
        ('env.getInt("NOTHING")', None),
        ('env.getInt("NOTHING", 5)', 5),
        ('env.getFloat("RATE")', 0.25),
        ('env.getFloat("PORT")', 8080.0),
        ('env.set("B", "Yes"); env.getBool("B")', True),
        ('env.set("B", "0"); env.getBool("B")', False),
        ('env.set("B", ""); env.getBool("B", true)', False),
        ('env.getBool("NOTHING", true)', True),
    ],
)
def test_a_variable_is_read(code, expected):
    found = value(code)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ('env.require("NOTHING")', "KeyError", "the environment variable `NOTHING` is not set"),
        ('env.getInt("API_TOKEN")', "ValueError", "the environment variable `API_TOKEN` is not a whole number"),
        ('env.getFloat("API_TOKEN")', "ValueError", "the environment variable `API_TOKEN` is not a number"),
        ('env.getBool("API_TOKEN")', "ValueError", "the environment variable `API_TOKEN` is not true or false"),
        ('env.set("N", "nan"); env.getFloat("N")', "ValueError", "the environment variable `N` is not a number"),
        ('env.set("N", "1e999"); env.getFloat("N")', "ValueError", "the environment variable `N` is not a number"),
        ('env.set("N", "1_0"); env.getInt("N")', "ValueError", "the environment variable `N` is not a whole number"),
        ('env.set("N", "9".repeat(5000)); env.getInt("N")', "ValueError", "the environment variable `N` is not a whole number"),
        ("env.get(3)", "TypeError", None),
        ('env.get("")', "ValueError", None),
        ("env.get(null)", "TypeError", None),
        ('env.get("A=B")', "ValueError", None),
        ('env.set("A=B", "x")', "ValueError", None),
        ('env.set("A", 3)', "TypeError", "`value` must be a string, not a number"),
        ('env.set("A", "x" + chr(0))', "ValueError", None),
        ('env.set("A", "x".repeat(200000))', "ValueError", None),
        ("env.get()", "ArityError", None),
    ],
)
def test_what_cannot_be_is_an_error_that_tells_no_value(code, kind, message):
    with pytest.raises(MLError) as caught:
        value(code)
    assert caught.value.type == kind
    assert message is None or caught.value.message == message
    assert "s3cret" not in f"{caught.value.message}{caught.value.hint}"


def test_what_is_set_only_this_run_sees():
    program = mlpy.compile('import env;\nbefore = env.get("COLOUR"); env.set("COLOUR", "red"); env.delete("PORT"); [before, env.get("COLOUR"), env.has("PORT")]')
    assert [program.run(grants=ALL).value for _ in range(2)] == [["blue", "red", False]] * 2
    assert (os.environ["COLOUR"], os.environ["PORT"]) == ("blue", " 8080 ")


def test_deleting_says_whether_there_was_something():
    assert value('[env.delete("COLOUR"), env.delete("COLOUR"), env.delete("NOTHING"), env.get("COLOUR")]') == [True, False, False, None]


def test_modules_and_functions_of_a_run_share_what_was_set():
    assert value('function read() { return env.get("MODE"); }\nenv.set("MODE", "x"); read()') == "x"


def test_a_value_that_is_no_text_is_one_all_the_same(monkeypatch):
    monkeypatch.setitem(os.environ, "ODD", os.fsdecode(b"a\xffb"))
    assert value('env.get("ODD")') == "a�b"


# ── authority ──


@pytest.mark.parametrize(
    "code",
    [
        'env.get("API_TOKEN")',
        'env.get("API_TOKEN", "default")',
        'env.has("API_TOKEN")',
        'env.require("API_TOKEN")',
        'env.getInt("API_TOKEN", 3)',
        'env.get("NO_SUCH")',
        'env.get("*")',
        'env.get("CO*")',
        'env.set("API_TOKEN", "x")',
        'env.delete("COLOUR")',
        'env.set("COLOUR", "x")',
    ],
)
def test_what_is_not_granted_is_denied_whether_it_is_set_or_not(code):
    with pytest.raises(CapabilityDenied):
        value(code, ["env.read:COLOUR", "env.write:MINE"])


def test_all_gives_what_may_be_read_and_leaves_no_denials():
    result = mlpy.compile('import env;\nenv.set("MINE", "x"); env.set("COLOURS", "many"); env.delete("PORT"); env.all()').run(
        grants=["env.read:COLOUR*", "env.read:PORT", "env.read:MINE", "env.write"]
    )
    assert result.value == {"COLOUR": "blue", "COLOURS": "many", "MINE": "x"}
    assert [(one.capability, one.count) for one in result.audit if one.decision == "denied"] == []
    assert {one.capability for one in result.audit if one.capability.startswith("env.read")} == {"env.read:COLOUR", "env.read:COLOURS", "env.read:MINE"}


def test_all_is_empty_without_grants_and_within_a_narrower_block():
    assert value("env.all()", []) == {}
    assert value('found = null;\nwith capability("env.read:PORT") { found = env.all(); }\nfound') == {"PORT": " 8080 "}


def test_a_denied_variable_is_not_among_all():
    grants = mlpy.Grants(["env.read"], deny=["env.read:API_TOKEN"])
    assert "API_TOKEN" not in mlpy.compile("import env;\nenv.all()").run(grants=grants).value


def test_all_counts_like_reading_one_by_one():
    code = "import env;\nfirst = env.all().COLOUR;\nsecond = env.all().COLOUR;\n[first, second]"
    assert mlpy.compile(code).run(grants=["env.read:COLOUR,count=1"]).value == ["blue", None]


def test_values_are_in_no_audit_record():
    audit = mlpy.compile('import env;\nenv.get("API_TOKEN"); env.set("API_TOKEN", "n3w-value"); env.all()').run(grants=ALL).audit
    assert "s3cret" not in repr([one.record() for one in audit])
    assert "n3w" not in repr([one.record() for one in audit])
    assert {"env.read:API_TOKEN", "env.write:API_TOKEN"} <= {one.capability for one in audit}

"""`mlpy sandbox status` tells which layers this machine has, and `--json` in the form that the schema describes."""

from __future__ import annotations

import json
from pathlib import Path

from mlpy.cli import sandbox
from mlpy.sandbox import lockdown
from mlpy.sandbox.lockdown import LAYERS, LEVELS, Status

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "schemas" / "sandbox.json").read_text(encoding="utf-8"))
WHOLE = Status(dict.fromkeys(LAYERS))
PARTIAL = Status(dict.fromkeys(LAYERS) | dict.fromkeys(lockdown.NAMESPACES, "it is not allowed here (EPERM)"))
NOTHING = Status(dict.fromkeys(LAYERS, "only Linux has it"))


def test_every_layer_is_told(command):
    done = command("sandbox", "status")
    assert (done.code, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first.removeprefix("level ") in (*LEVELS, "none")
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(LAYERS)
    assert ("hint:" in done.stdout) is ("missing:" in done.stdout)


def test_the_record_says_the_same(command):
    done = command("sandbox", "status", "--json")
    assert (done.code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert {layer["name"]: layer["reason"] for layer in found["layers"]} == lockdown.status().layers
    assert found["level"] == (lockdown.status().level or None)


def test_records_are_as_the_schema_says():
    properties = SCHEMA["properties"]
    item = properties["layers"]["items"]
    assert item["properties"]["name"]["enum"] == list(LAYERS)
    for status in (WHOLE, PARTIAL, NOTHING):
        made = sandbox.record(status)
        assert list(made) == SCHEMA["required"] == list(properties)
        assert made["level"] in properties["level"]["enum"]
        assert isinstance(made["layers"], list)
        for layer in made["layers"]:
            assert list(layer) == item["required"] == list(item["properties"])
            assert layer["present"] is (layer["reason"] is None)


def test_a_machine_that_lacks_a_layer_is_told_what_to_do():
    text = sandbox.described(PARTIAL)
    assert text.startswith("level filtered\n  rlimits     memory, CPU time")
    assert "  net         missing: it is not allowed here (EPERM)\n" in text
    assert "\nhint: allow user namespaces (`sysctl user.max_user_namespaces`" in text
    assert "hint" not in sandbox.described(WHOLE)
    assert sandbox.described(NOTHING).startswith("level none\n")


def test_a_word_that_it_does_not_know(command):
    done = command("sandbox", "statos")
    assert done.code == 2
    assert done.stderr == "error: unknown action `statos`\n  = hint: it is one of `status`\n"

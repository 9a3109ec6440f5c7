"""`mlpy sandbox status` tells which layers this machine has, and `--json` in the form that the schema describes; `mlpy run --sandbox` has limits of its own."""

from __future__ import annotations

import json
from pathlib import Path

from mlpy.cli import sandbox
from mlpy.sandbox import lockdown
from mlpy.sandbox.lockdown import LAYERS, LEVELS, Status
from mlpy.settings import settings

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


# ── mlpy run --sandbox ──

GREEDY = "x = []; while (true) { x.append('a' * 1000000 + str(len(x))); }"


def test_memory_is_limited_whoever_says_nothing(command):
    done = command("run", "--sandbox", "-c", GREEDY)
    assert done.code == 4
    assert done.stderr.startswith("error[E0703]: the program used more than its limit of 256,000,000 bytes of memory\n")
    assert done.stderr.endswith(" = hint: `--memory 1GB` lets it have more\n")


def test_the_flag_decides_about_memory(command):
    done = command("run", "--sandbox", "--memory", "48MB", "-c", GREEDY)
    assert (done.code, "48,000,000 bytes" in done.stderr, "hint" in done.stderr) == (4, True, False)
    more = command("run", "--sandbox", "--memory", "1GB", "-c", "x = []; for (n in range(6)) { x.append('a' * 60000000 + str(n)); }")
    assert (more.code, more.stderr) == (0, "")


def test_a_project_can_only_lower_it(tmp_path):
    (tmp_path / "mlpy.toml").write_text('[limits]\nmemory = "8GB"\n')
    assert settings(str(tmp_path), sandbox=True).limits.memory == 256_000_000
    (tmp_path / "mlpy.toml").write_text('[limits]\nmemory = "8MB"\n')
    assert settings(str(tmp_path), sandbox=True).limits.memory == 8_000_000


def test_a_record_does_not_fill_the_memory_of_who_writes_it(command):
    done = command("run", "--sandbox", "--json", "-c", "while (true) { print('x' * 10000); }")
    assert done.code == 4
    found = json.loads(done.stdout)
    assert (found["error"]["limit"], len(found["output"]) <= 1_000_000) == ("output", True)


def test_a_word_that_it_does_not_know(command):
    done = command("sandbox", "statos")
    assert done.code == 2
    assert done.stderr == "error: unknown action `statos`\n  = hint: it is one of `status`\n"

"""`mlpy modules` tells what there is, from where, with all that is declared, and `--json` in the form that the schema describes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "schemas" / "modules.json").read_text(encoding="utf-8"))
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
PAYMENTS = '''
from mlpy.sdk import ml_class, ml_function, ml_module

@ml_module("payments", version="1.2.0")
class Payments:
    """Charges accounts.

    More of it.
    """

    rate: float = 0.029
    "What a charge costs."

@ml_class("Receipt", fields=("total",))
class Receipt:
    """What was paid."""

    total: float

@ml_function(capability=("payment.charge:{account}", "file.append:{log}"))
def charge(account: str, amount: float = 10, *, log: str = "log.txt") -> Receipt:
    """Charges an account. Example: `payments.charge("acme")` → `<Receipt>`."""
    raise SystemExit("modules are not imported to be listed")
'''


def faults(value, schema, place="$"):
    """Where a value is not as a schema says, for the keywords that ours uses."""
    known = {"$defs", "$ref", "$schema", "additionalProperties", "const", "description", "enum", "if", "items", "minimum", "properties", "required", "then", "title", "type"}
    assert set(schema) <= known
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], place)
    kinds = schema.get("type", [])
    kinds = tuple(TYPES[one] for one in ([kinds] if isinstance(kinds, str) else kinds))
    if (kinds and (not isinstance(value, kinds) or isinstance(value, bool))) or value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return [f"{place} is {value!r}"]
    found = [f"{place} is {value!r}"] if isinstance(value, int) and value < schema.get("minimum", value) else []
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{place}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        found += [f"{place}.{name} is too many" for name in value if not schema.get("additionalProperties", True) and name not in properties]
        found += [one for name, each in properties.items() if name in value for one in faults(value[name], each, f"{place}.{name}")]
    if isinstance(value, list):
        found += [one for at, each in enumerate(value) for one in faults(each, schema.get("items", {}), f"{place}[{at}]")]
    if "if" in schema and not faults(value, schema["if"]):
        found += faults(value, schema["then"], place)
    return found


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "extensions"
    made.mkdir()
    (made / "payments.py").write_text(PAYMENTS, encoding="utf-8")
    return made


def test_the_record_is_as_the_schema_says(command, folder):
    done = command("modules", "--json", "-E", str(folder))
    assert (done.code, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    assert faults(record, SCHEMA) == []
    assert {"math", "json", "regex", "payments"} <= {one["name"] for one in record["modules"]}
    (payments,) = [one for one in record["modules"] if one["name"] == "payments"]
    assert payments == {
        "name": "payments",
        "version": "1.2.0",
        "description": "Charges accounts",
        "doc": "More of it.",
        "origin": "path",
        "path": str(folder / "payments.py"),
        "distribution": None,
        "members": [
            {"name": "rate", "kind": "constant", "signature": "rate: float", "type": "float", "line": 11, "doc": "What a charge costs."},
            {
                "name": "charge",
                "kind": "function",
                "signature": 'charge(account: string, amount: number = 10, log: string = "log.txt"): Receipt',
                "type": "Receipt",
                "line": 21,
                "doc": "Charges an account.",
                "parameters": [
                    {"name": "account", "type": "string", "default": None, "kind": "normal"},
                    {"name": "amount", "type": "number", "default": "10", "kind": "normal"},
                    {"name": "log", "type": "string", "default": '"log.txt"', "kind": "named"},
                ],
                "capabilities": ["payment.charge:{account}", "file.append:{log}"],
                "examples": [{"code": 'payments.charge("acme")', "result": "<Receipt>"}],
            },
        ],
        "classes": [
            {"name": "Receipt", "doc": "What was paid.", "members": [{"name": "total", "kind": "field", "signature": "total: float", "type": "float", "line": 18, "doc": ""}]}
        ],
    }


def test_the_validator_sees_what_is_wrong():
    module = {
        "name": 3,
        "version": "",
        "description": "",
        "doc": "",
        "origin": "moon",
        "path": "",
        "distribution": None,
        "members": [{"kind": "function"}],
        "classes": [],
        "more": 1,
    }
    assert faults({"modules": [module], "problems": [{"name": "", "message": "", "path": "", "line": 0}]}, SCHEMA) == [
        "$.modules[0].more is too many",
        "$.modules[0].name is 3",
        "$.modules[0].origin is 'moon'",
        *(f"$.modules[0].members[0].{name} is missing" for name in ("name", "signature", "type", "line", "doc", "parameters", "capabilities", "examples")),
        "$.problems[0].line is 0",
    ]


def test_a_module_in_words(command, folder):
    done = command("modules", "payments", "-E", str(folder))
    assert (done.code, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"""\
payments 1.2.0: Charges accounts
from {folder}/payments.py

  rate: float
      What a charge costs.
  charge(account: string, amount: number = 10, log: string = "log.txt"): Receipt   [payment.charge:{{account}}]   [file.append:{{log}}]
      Charges an account.

class Receipt: What was paid.
  total: float
"""
    )


def test_the_list_says_where_what_is_not_ours_is_from(command, folder):
    lines = command("modules", "-E", str(folder)).stdout.splitlines()
    assert [line for line in lines if line.startswith("payments ")] == [f"payments     Charges accounts   ({folder}/payments.py)"]
    assert [line for line in lines if line.startswith("math ")] == ["math         Numbers: constants, roots, trigonometry, rounding, whole-number arithmetic"]


def test_problems_are_told_and_harm_nothing_else(command, folder):
    (folder / "broken.py").write_text('from mlpy.sdk import ml_module\n@ml_module("broken")\nclass Broken:\n    x = \n', encoding="utf-8")
    (folder / "zweite.py").write_text(PAYMENTS, encoding="utf-8")
    done = command("modules", "-E", str(folder))
    assert done.code == 1
    assert "payments " in done.stdout
    assert done.stderr.splitlines() == [
        f"module `broken`: invalid syntax ({folder}/broken.py:4)",
        f"module `payments`: the name is taken by {folder}/payments.py ({folder}/zweite.py:1)",
    ]
    record = json.loads(command("modules", "--json", "-E", str(folder)).stdout)
    assert faults(record, SCHEMA) == []
    assert record["problems"][0] == {"name": "broken", "message": "invalid syntax", "path": f"{folder}/broken.py", "line": 4}
    assert command("modules", "broken", "-E", str(folder)).stderr == f"module `broken`: invalid syntax ({folder}/broken.py:4)\n"


def test_what_modules_cost(command, folder, tmp_path):
    program = tmp_path / "x.ml"
    program.write_text("import math;\nimport json;\nfor (i in range(20)) { math.sqrt(i); }\nmath.floor(json.parse('1.5'));\n", encoding="utf-8")
    done = command("run", "--metrics", str(program))
    assert (done.code, done.stdout) == (0, "")
    head, *rows = [line.split() for line in done.stderr.splitlines()]
    assert head == ["module", "load", "calls", "time"]
    assert [(row[0], row[2:4], row[5:]) for row in rows] == [("math", ["ms", "21"], ["ms", "sqrt", "20,", "floor", "1"]), ("json", ["ms", "1"], ["ms", "parse", "1"])]
    assert "memory" in command("run", "--metrics-memory", str(program)).stderr
    record = json.loads(command("run", "--metrics-memory", "--json", str(program)).stdout)["modules"]
    assert record["math"]["calls"] == {"sqrt": 20, "floor": 1}
    assert record["math"]["load_time"] > 0
    assert record["math"]["memory"] > 1000
    assert command("run", "--metrics", "-c", "1").stderr == "no module was imported\n"
    assert command("run", str(program)).stderr == ""


def test_a_program_whose_module_is_broken_says_where(command, folder, tmp_path):
    program = tmp_path / "x.ml"
    program.write_text("import broken;\n", encoding="utf-8")
    (folder / "broken.py").write_text('from mlpy.sdk import ml_module\n@ml_module("broken")\nclass Broken: ...\n1 / 0\n', encoding="utf-8")
    done = command("run", "-E", str(folder), str(program))
    assert done.code == 1
    assert "error[E0610]: ImportError: module `broken` cannot be loaded" in done.stderr
    assert done.stderr.splitlines()[-1] == f"note: module `broken`: ZeroDivisionError: division by zero ({folder}/broken.py:4)"
    (folder / "broken.py").write_text("from mlpy.sdk import ml_module\n@ml_module(broken)\nclass Broken: ...\n", encoding="utf-8")
    program.write_text("import broken;\n1;\n", encoding="utf-8")  # one that no cache knows
    for verb in ("run", "check"):
        done = command(verb, "-E", str(folder), str(program))
        assert done.code == 1
        assert "error[E0501]: cannot import `broken`" in done.stderr
        assert "this module has a mistake in its own file" in done.stderr
        assert "hint: `mlpy modules broken` says which" in done.stderr
    assert "(" + str(folder) + "/broken.py:3)" in command("modules", "broken", "-E", str(folder)).stderr


def test_what_a_file_says_is_no_command_to_a_terminal(command, folder):
    (folder / "payments.py").write_text(
        PAYMENTS.replace('version="1.2.0"', r'version="1\x1b[2K", description="Charges\x1b[31m\nmath  forged"').replace('"What a', r'"\u202eWhat a'), encoding="utf-8"
    )
    (folder / "odd.py").write_text('from mlpy.sdk import ml_module\n@ml_module("odd\\x1b[2J")\nclass Odd: ...\n', encoding="utf-8")
    listed, told = command("modules", "-E", str(folder)), command("modules", "-E", str(folder), "payments")
    for text in (listed.stdout, listed.stderr, told.stdout):
        assert text.replace("\n", "").isprintable()
        assert "forged" not in text
    assert r"Charges\x1b[31m" in listed.stdout
    assert r"`odd\x1b[2J`" in listed.stderr

"""What a program that uses the standard library has Python import, and what it does not."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from mlpy.engine import THREADLESS
from mlpy.registry import Registry

REGISTRY = Registry()
CODE = re.compile(r"`(.+?)`(?: → | prints |$)", re.DOTALL)
HEAVY = {"datetime", "hashlib", "hmac", "re2", "threading"}


def imported(program, folder, environment):
    """What the second run of a program imports, which compiles nothing."""
    (folder / "p.ml").write_text(program, encoding="utf-8")
    for _ in range(2):
        done = subprocess.run([sys.executable, "-X", "importtime", "-m", "mlpy", "run", "--allow-all", "p.ml"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}, done.stdout


def examples(name):
    """The code of each example of a module's functions, but for those that need another module."""
    info = REGISTRY.info(name)
    members = [*info.members.values(), *(one for each in info.classes.values() for one in each.values())]
    found = [match[1] for one in members for text in one.examples if (match := CODE.match(text)) and "import" not in match[1]]
    return [one for one in found if "await" not in one]


@pytest.mark.parametrize("name", sorted(THREADLESS))
def test_no_function_of_it_imports_threading(name, tmp_path, environment):
    """Nobody has imported it first, on the thread that Python takes for the main one from then on."""
    codes = examples(name)
    assert len(codes) >= 5
    tried = "".join(f"try {{\n    {code.rstrip(';')};\n    done += 1;\n}} except (e) {{\n    print(e);\n}}\n" for code in codes)
    found, printed = imported(f"import {name};\ndone = 0;\n{tried}print('done', done);\n", tmp_path, environment)
    assert f"mlpy.stdlib.{name}" in found
    assert "threading" not in found
    assert int(printed.rpartition("done ")[2]) >= len(codes) * 0.8, printed


def test_a_start_imports_no_engine_before_its_first_use(tmp_path, environment):
    found, printed = imported("".join(f"import {name};\n" for name in sorted(THREADLESS)) + "print(math.sqrt(4));\n", tmp_path, environment)
    assert printed == "2.0\n"
    assert not found & HEAVY
    found, _ = imported('import crypto;\nimport regex;\nprint(crypto.hmac("a", "b"), regex.test("a+", "aa"));\n', tmp_path, environment)
    assert {"hashlib", "hmac", "re2"} <= found
    assert "threading" not in found

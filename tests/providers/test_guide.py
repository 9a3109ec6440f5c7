"""The sessions of docs/guide/witness.md, in their order and in one home: what the commands and the programs print is what the page says."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from mlpy.extensions.providers import failures, verifying
from mlpy.extensions.providers.failures import ProviderError

from mlpy.failures import Failure

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "witness.md"
BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What is another from run to run: hashes, ids and moments.
VARIES = re.compile(r"\b[0-9a-f]{12,64}\b|\d{4}-\d\d-\d\dT[\d:.]+Z|\d+\.\d+ s\b")


def plain(text: str) -> str:
    return VARIES.sub("VARIES", text)


def test_the_guide(tmp_path, command, golden):
    """`--regold` writes into the page what comes."""
    pytest.importorskip("cryptography", reason="`pip install 'mlpy[providers]'` installs what signs records")
    paths = {name: os.environ[name] for name in ("MLPY_CONFIG_DIR", "MLPY_STATE_DIR")}
    text = GUIDE.read_text(encoding="utf-8")

    def real(match: re.Match[str]) -> str:
        kind, name, block = match.groups()
        if name:
            (tmp_path / name).write_text(block, encoding="utf-8")
        if kind == "console":
            block = "".join(session(line) for line in block.splitlines() if line.startswith("$ "))
        return f"```{kind}{' ' if name else ''}{name}\n{block}```"

    def session(line: str) -> str:
        program, *words = shlex.split(line)[1:]
        if program == "python":
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
            return f"{line}\n{subprocess.run([sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout}"
        done = command(*words, cwd=tmp_path, env=paths)
        return f"{line}\n{done.stdout}{done.stderr}"

    made = BLOCK.sub(real, text)
    if plain(made) != plain(text):
        golden(GUIDE, made)


def raised(name: str) -> set[str]:
    """The first arguments of all calls of that name in the sources, as far as they are texts."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(failures.__file__).parent.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name and node.args]
    chosen = [one for call in calls for one in ((call.args[0].body, call.args[0].orelse) if isinstance(call.args[0], ast.IfExp) else (call.args[0],))]
    return {one.value for one in chosen if isinstance(one, ast.Constant)}


def test_the_guide_names_every_type_of_error():
    named = re.search(r"The `type` of an error is stable: (.*?)\. `retryable`", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert sorted(re.findall(r"`(\w+)`", named[1])) == sorted(ProviderError.CODES)
    assert raised("ProviderError") | {*Failure.CODES} == {*ProviderError.CODES}


def test_the_guide_names_every_kind_of_flaw():
    rows = re.search(r"\| kind \| what was done \|\n.*?\n(.*?)\n\n", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    named = {kind for row in rows[1].splitlines() for kind in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == raised("Broken") | raised("Flaw") | {verifying.CHECKPOINT, verifying.HEAD}

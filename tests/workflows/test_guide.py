"""The sessions of docs/guide/workflows.md: what the commands and the programs print is what the page says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from mlpy.extensions.workflows import failures
from mlpy.extensions.workflows.failures import WorkflowError

from mlpy.failures import Failure
from mlpy.sandbox import lockdown

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "workflows.md"
# What is another from run to run: moments, and how long something took.
VARIES = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z|just now|\d+ \w+ ago|\d+\.\d s\b")


def test_the_guide(command, beside, golden, tmp_path):
    """`--regold` writes into the page what comes."""
    if lockdown.status().level not in ("filtered", "locked"):
        pytest.skip("this machine has no sandbox: `mlpy sandbox status` tells why")
    folder = tmp_path / "here"
    folder.mkdir()
    environment = {"MLPY_STATE_DIR": str(tmp_path / "state"), "MLPY_WORKFLOWS": "", "HOME": str(tmp_path)}
    text = GUIDE.read_text(encoding="utf-8")
    made = beside("pages.py").real(text, folder, lambda *words, cwd: command(*words, cwd=cwd, env=environment)).replace(str(folder), "/home/ada")
    if VARIES.sub("VARIES", made) != VARIES.sub("VARIES", text):
        golden(GUIDE, made)


def test_the_guide_names_every_type_of_error_and_every_exit_code():
    text = GUIDE.read_text(encoding="utf-8")
    named = re.search(r"The `type` of an error is stable: (.*?)\. `retryable`", text, re.DOTALL)
    assert sorted(one for one in re.findall(r"`(\w+)`", named[1]) if one != "matches") == sorted(WorkflowError.CODES)
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {0, *WorkflowError.CODES.values()}


def test_every_type_of_error_is_raised_and_listed():
    """The types stand in the sources as they are."""
    files = [path for path in Path(failures.__file__).parent.rglob("*.py") if path.name != "failures.py"]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    raised = {node.args[0].value for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "WorkflowError" and isinstance(node.args[0], ast.Constant)}
    assert raised - {*WorkflowError.CODES} == set()
    assert {*WorkflowError.CODES} - {*Failure.CODES} - {node.value for node in nodes if isinstance(node, ast.Constant)} == set()

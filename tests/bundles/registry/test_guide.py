"""The sessions of docs/guide/bundles.md: what the commands and the programs print is what the page says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from mlpy.extensions.bundles import failures
from mlpy.extensions.bundles.failures import BundleError

from mlpy.failures import Failure

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "bundles.md"
WRITTEN = "localhost:5000"
VARIES = re.compile(r"sha256:[0-9a-f]+|\b\d[\d.]* k?B")  # the address of the registry stands in the settings, so digests and sizes are others each time


def test_the_guide(command, beside, small, golden, tmp_path):
    """`--regold` writes into the page what comes."""
    pytest.importorskip("pathspec", reason="needs the extra `bundles`")
    pytest.importorskip("tomlkit", reason="needs the extra `bundles`")
    folder = tmp_path / "here"
    folder.mkdir()
    environment = {"MLPY_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path / "docker")}
    text = GUIDE.read_text(encoding="utf-8")
    made = beside("pages.py").real(text.replace(WRITTEN, small.address), folder, lambda *words, cwd: command(*words, cwd=cwd, env=environment))
    made = made.replace(small.address, WRITTEN).replace(str(folder), "/home/ada")
    if VARIES.sub("VARIES", made) != VARIES.sub("VARIES", text):
        golden(GUIDE, made)


def test_the_guide_names_every_type_of_error_and_every_exit_code():
    text = GUIDE.read_text(encoding="utf-8")
    named = re.search(r"The `type` of an error is stable: (.*?)\. `retryable`", text, re.DOTALL)
    assert sorted(one for one in re.findall(r"`(\w+)`", named[1]) if one != "matches") == sorted(BundleError.CODES)
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {0, *BundleError.CODES.values()}


def test_every_type_of_error_is_raised_and_listed():
    """The types stand in the sources as they are."""
    files = [path for path in Path(failures.__file__).parent.rglob("*.py") if path.name != "failures.py"]
    nodes = [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    raised = {node.args[0].value for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "BundleError" and isinstance(node.args[0], ast.Constant)}
    assert raised - {*BundleError.CODES} == set()
    assert {*BundleError.CODES} - {*Failure.CODES} - {node.value for node in nodes if isinstance(node, ast.Constant)} == set()

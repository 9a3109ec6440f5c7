"""The sessions of docs/guide/models.md, on tiny models and the loopback hub: what the commands and the programs print is what the page says."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mlpy.extensions.models import failures
from mlpy.extensions.models.failures import ModelError

from mlpy.failures import Failure

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "models.md"
# What is another from run to run or from machine to machine: hashes, moments, measures, and the words of a model without sense.
VARIES = re.compile(r'\b[0-9a-f]{12,40}\b|\d{4}-\d\d-\d\dT[\d:]+Z|just now|\d+ \w+ ago|(?<=_seconds": )[\d.]+|(?<=_per_second": )[\d.]+|(?<="text": )".*"|(?<=max-tokens 8 --seed 7\n).+')


def plain(text: str) -> str:
    return VARIES.sub("VARIES", text)


@pytest.fixture
def served(cache, tmp_path):
    """`served(…)` starts a server for the length of a test."""
    spec = importlib.util.spec_from_file_location("served_for_the_guide", Path(__file__).with_name("served.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    started = []

    def start(*arguments):
        started.append(module.Served(cache, tmp_path / "state", *arguments))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def here(cache, hub, tiny, tmp_path):
    """A cache with the model of embeddings, a hub with the other, and a folder for files."""
    tiny.install(cache, "mlx-community/tiny-embed", "embedding")
    hub.add("mlx-community/tiny-llama", {str(path.relative_to(tiny.folder())): path.read_bytes() for path in tiny.folder().rglob("*") if path.is_file()})
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def test_the_guide(here, cache, hub, command, served, beside, golden):
    """`--regold` writes into the page what comes."""
    environment = {"HF_HUB_CACHE": str(cache), "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_TELEMETRY": "1"}
    text = GUIDE.read_text(encoding="utf-8")

    def printed(program: str) -> str:
        server = served("--model", "tiny-llama")
        return subprocess.run([sys.executable, "-c", program.replace("http://127.0.0.1:8080", server.url)], capture_output=True, text=True, check=True).stdout

    made = beside("pages.py").real(text, here, lambda *words, cwd: command(*words, cwd=cwd, env=environment), printed)
    if plain(made) != plain(text):
        golden(GUIDE, made)


def test_the_guide_names_every_type_of_error_and_every_exit_code():
    text = GUIDE.read_text(encoding="utf-8")
    named = re.search(r"The `type` of an error is stable: (.*?)\. `retryable`", text, re.DOTALL)
    assert sorted(one for one in re.findall(r"`(\w+)`", named[1]) if one != "matches") == sorted(ModelError.CODES)
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)} == {0, *ModelError.CODES.values()}


def test_every_type_of_error_is_raised_and_listed():
    """The types stand in the sources as they are; the schema takes any text for one."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(failures.__file__).parent.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ModelError"]
    raised = {kind for call in calls for kind in chosen(call.args[0])}
    assert raised - {*ModelError.CODES} == set()
    assert {*ModelError.CODES} - raised - {*Failure.CODES} == {"rate_limited"}  # which stands in a variable


def chosen(node: ast.expr) -> list[str]:
    """The texts that an expression may give."""
    if isinstance(node, ast.IfExp):
        return [*chosen(node.body), *chosen(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) else []


def test_the_schema_is_where_the_guide_says():
    import mlpy.extensions.models

    schema = json.loads(Path(mlpy.extensions.models.__file__).with_name("schema.json").read_text(encoding="utf-8"))
    assert schema["$schema"].startswith("https://json-schema.org/")

"""Where the extra `models` is not installed: what needs none of it works, and the rest names it. These are the tests of models that the wheel and every Python run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import mlpy.extensions.models
import pytest

EXTRA = ("fastapi", "httpx2", "huggingface_hub", "mlx", "mlx_lm", "numpy", "openai", "tokenizers", "transformers", "uvicorn")
LEAN = f"import sys; sys.modules.update(dict.fromkeys({EXTRA!r})); from mlpy.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def lean(environment, cache):
    """`lean("models", "list")` runs mlpy as it is without the extra, on a cache with one model of which only the configuration is there."""
    repo = cache / "models--org--half"
    snapshot = repo / "snapshots" / "0123456789abcdef0123456789abcdef01234567"
    for folder in (snapshot, repo / "refs"):
        folder.mkdir(parents=True)
    (repo / "refs" / "main").write_text(snapshot.name)
    (snapshot / "config.json").write_text('{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}')

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", LEAN, *arguments], env=environment | {"HF_HUB_CACHE": str(cache)}, capture_output=True, text=True, check=False, timeout=60)

    return run


@pytest.mark.parametrize("line", ["list", "show half", "health", "ps"])
def test_what_only_looks_works_without_the_extra(line, lean):
    done = lean("models", *line.split(), "--json")
    record = json.loads(done.stdout)
    assert (record["status"], record["error"], done.stderr) == ("success", None, "")
    if line == "list":
        assert [(one["name"], one["health"]) for one in record["data"]["models"]] == [("org/half", "unhealthy")]


@pytest.mark.parametrize("line", ["convert half me/half", "pull org/other", "rm org/half", "serve --port 0"])
def test_what_needs_the_extra_names_it(line, lean):
    done = lean("models", *line.split(), "--json")
    record = json.loads(done.stdout)
    assert (record["status"], record["error"]["type"], record["error"]["detail"]["extra"], done.returncode) == ("error", "missing_extra", "models", 1)
    told = lean("models", *line.split())
    assert told.stderr.endswith("= hint: `pip install 'mlpy[models]'` installs what models need\n")


def test_a_model_that_is_whole_is_said_to_need_it(lean, cache):
    header = b'{"__metadata__":{"format":"mlx"}}'
    snapshot = next((cache / "models--org--half" / "snapshots").iterdir())
    (snapshot / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    (snapshot / "tokenizer.json").write_text("{}")
    done = lean("models", "run", "half", "text")
    assert done.returncode == 1
    assert "pip install 'mlpy[models]'" in done.stderr


def test_programs_hear_of_it_too(lean):
    done = lean("run", "--allow-all", "-c", "import models; print(models.list().length); models.generate('half', 'text');")
    assert done.stdout == "1\n"
    assert "ImportError" in done.stderr
    assert "pip install 'mlpy[models]'" in done.stderr


def test_what_ships_is_whole():
    folder = Path(mlpy.extensions.models.__file__).parent
    assert (folder / "schema.json").exists()
    assert {path.stem for path in (folder / "commands").glob("*.py")} >= {"bench", "chat", "convert", "embed", "health", "list", "prune", "ps", "pull", "rm", "run", "serve", "show"}

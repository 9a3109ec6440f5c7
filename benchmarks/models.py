"""What the store of models costs: a start of `mlpy models list` with fifty models, at first and once their tokenizers were looked at.

    python benchmarks/models.py [--json] [--smoke]

Each line has the bound that the project has set itself beside it. Times are CPU times and medians. The models have weights with headers as long as real ones,
and tokenizers of a megabyte. `--smoke` only checks, with a few models, that they are listed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import COMMAND, PACKAGE_PARENT, Figure, clock, interleaved, report

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "models"))
from plain import Plain, safetensors, tree

MODELS = 50
TENSORS = [f"model.layers.{layer}.self_attn.{part}_proj.weight" for layer in range(32) for part in ("q", "k", "v", "o", "gate", "up", "down")]
WORDS = 60_000


def fill(cache: Path, count: int) -> None:
    """Puts models into a cache, one of them with a name that other architectures run under."""
    plain = Plain(cache)
    weights = safetensors(*TENSORS, count=4)
    for number in range(count):
        tokenizer = {"version": "1.0", "model": {"type": "BPE", "vocab": {f"word{number}{word}": word for word in range(WORDS)}, "merges": []}}
        contents = plain.files(tokenizer__json=json.dumps(tokenizer).encode(), model__safetensors=weights)
        if number == 0:
            contents["config.json"] = contents["config.json"].replace(b"llama", b"mistral")
        snapshot = plain.install(f"mlx-community/model-{number:02}-4bit", contents)
        trees = snapshot.parent.parent / "trees"
        trees.mkdir()
        (trees / f"{plain.commit}.json").write_text(json.dumps(tree(contents)), encoding="utf-8")


def starts(count: int, times: int) -> list[Figure]:
    """Starts of the command with so many models."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder, "hub")
        fill(cache, count)
        environment = {**os.environ, "PYTHONPATH": PACKAGE_PARENT, "MLPY_CACHE_DIR": os.path.join(folder, "cache"), "HF_HUB_CACHE": str(cache)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [*([str(COMMAND)] if COMMAND.exists() else [sys.executable, "-m", "mlpy"]), "models", "list", "--json"]
        first = clock(command, environment)
        found = json.loads(subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE).stdout)["data"]
        if [one["health"] for one in found["models"]] != ["healthy"] * count:
            sys.exit("not all models are listed")
        warm, python = interleaved([lambda: clock(command, environment), lambda: clock([sys.executable, "-c", "pass"], environment)], times)
    return [
        Figure(f"mlpy models list with {count} models", warm * 1000, 150, "ms"),
        Figure("the same without Python's own start", (warm - python) * 1000, None, "ms"),
        Figure(f"the same when all {count} are new", first * 1000, None, "ms"),
    ]


def main() -> None:
    report("Measures what the store of models costs", "models are listed", lambda smoke: starts(3, 1) if smoke else starts(MODELS, 15))


if __name__ == "__main__":
    main()

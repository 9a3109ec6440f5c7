"""What answering together is worth: eight requests to `mlpy models serve` at once, beside the same eight one after another.

    python benchmarks/serving.py [--json]

Each line is a part of the time that one after another takes, with the bound that the project has set itself where batching can help: of the tiny model a step is nearly all
overhead, which answers share; of the larger one it is the multiplications, which mlx computes row by row on a CPU of its Linux build.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models import llama
from startup import Figure, options_of, tell

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "models"))
import tiny
from served import Served

TIMES = 5
AT_ONCE = 8
LARGER = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 32}


def make_larger(folder: Path) -> Path:
    """A model of 26 million random weights in bfloat16."""
    folder.mkdir()
    config = {**tiny.CONFIG, **LARGER, "vocab_size": len(tiny.write_tokenizer(folder, template=True))}
    network = llama.Model(llama.ModelArgs.from_dict(config))
    network.set_dtype(mx.bfloat16)
    mx.save_safetensors(str(folder / "model.safetensors"), dict(tree_flatten(network.parameters())), metadata={"format": "mlx"})
    tiny.write(folder / "config.json", config)
    return folder


def part(server: Served, model: str, tokens: int, **options: object) -> float:
    """The time of some requests at once, as a part of that of the same one after another."""
    client = server.client()

    def ask(number: int) -> int:
        messages = [{"role": "user", "content": f"question {number}"}]
        return client.chat.completions.create(model=model, messages=messages, max_completion_tokens=tokens, **options).usage.completion_tokens

    def seconds(threads: int) -> float:
        begun = time.perf_counter()
        with ThreadPoolExecutor(threads) as together:
            made = list(together.map(ask, range(AT_ONCE)))
        return (time.perf_counter() - begun) / sum(made)

    seconds(AT_ONCE)
    return statistics.median(seconds(AT_ONCE) / seconds(1) for _ in range(TIMES))


def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, made in (("tiny", tiny.make(root / "tiny")), ("quantized", tiny.make(root / "quantized", "quantized")), ("larger", make_larger(root / "larger"))):
            tiny.install(root / "hub", f"mlx-community/{name}", made)
        server = Served(root / "hub", root / "state")
        try:
            return [
                Figure("8 at once: tiny model, temperature 0", part(server, "tiny", 100, temperature=0), 0.5, "x"),
                Figure("8 at once: tiny model, seeds of their own", part(server, "tiny", 100, seed=1), 0.5, "x"),
                Figure("8 at once: tiny model in 4 bits, seeds of their own", part(server, "quantized", 100, seed=1), 0.5, "x"),
                Figure("8 at once: 26 million weights in bfloat16, on this CPU", part(server, "larger", 24, temperature=0), None, "x"),
            ]
        finally:
            server.kill()


def main() -> None:
    options = options_of("Measures what answering together is worth").parse_args()
    tell(figures(), as_json=options.json)


if __name__ == "__main__":
    main()

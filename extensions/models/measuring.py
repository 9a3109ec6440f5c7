"""How fast a model is: a prompt of random tokens, an answer of a fixed length, several times. Medians are told, each run beside them."""

from __future__ import annotations

import random
from statistics import median
from time import perf_counter

from mlpy.extensions.models.loading import limits_kept
from mlpy.extensions.models.memory import Memory
from mlpy.extensions.models.runner import Options, load
from mlpy.extensions.models.worker import drop, work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlpy.extensions.models.runner import Runner
    from mlpy.extensions.models.store import Model

RATES = ("first_token_seconds", "generation_tokens_per_second", "prompt_tokens_per_second")


def measure(model: Model, *, prompt_tokens: int, max_tokens: int, runs: int) -> dict[str, object]:
    """Loads a model and measures it. Lengths are cut to what its context has room for; a first run is not counted, as it compiles."""
    import mlx.core as mx  # noqa: PLC0415  of the extra

    with limits_kept():
        import mlx_lm.generate  # noqa: F401, PLC0415  the seconds that it takes are not the model's
    started = perf_counter()
    runner = load(model)
    loaded = perf_counter() - started
    prompt_tokens = min(prompt_tokens, max(runner.context_length - max_tokens, runner.context_length // 2))
    max_tokens = min(max_tokens, runner.context_length - prompt_tokens)
    prompt = prompt_of(runner, prompt_tokens)
    work(mx.reset_peak_memory)
    timed(runner, prompt, min(max_tokens, 2))
    found = [timed(runner, prompt, max_tokens) for _ in range(runs)]
    return {
        "prompt_tokens": prompt_tokens,
        "generation_tokens": max_tokens,
        **{name: middle([run[name] for run in found]) for name in RATES},
        "load_seconds": round(loaded, 4),
        "weights_bytes": runner.size_bytes,
        "peak_memory_bytes": work(mx.get_peak_memory),
        "runs": found,
    }


def middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(median(known), 4) if known else None


def prompt_of(runner: Runner, length: int) -> list[int]:
    """Tokens that mean nothing, always the same ones, of which none ends a text."""
    chance = random.Random(length)  # noqa: S311  not for secrets
    ends = runner.loaded.markers.ends | runner.loaded.markers.hidden
    usable = [token for token in range(len(runner.loaded.tokenizer)) if token not in ends]
    return chance.choices(usable, k=length)


def timed(runner: Runner, prompt: Sequence[int], length: int) -> dict[str, float | None]:
    """One run: the answer goes on to its length, whatever the model wants."""
    started = perf_counter()
    tokens = steps(runner, prompt, length)
    next(tokens)
    first = perf_counter()
    rest = sum(1 for _ in tokens)
    ended = perf_counter()
    return {
        "first_token_seconds": round(first - started, 6),
        "generation_tokens_per_second": round(rest / (ended - first), 2) if rest else None,
        "prompt_tokens_per_second": round(len(prompt) / (first - started), 2),
    }


def steps(runner: Runner, prompt: Sequence[int], length: int) -> Iterator[int]:
    """The tokens of an answer that nothing ends."""
    made = work(runner.steps, prompt, length, Options(temperature=0), lambda *_: None, Memory())
    try:
        for _ in range(length):
            yield work(next, made)
    finally:
        drop(made)

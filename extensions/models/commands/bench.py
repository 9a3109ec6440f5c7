"""`mlpy models bench MODEL`: how fast a model reads and writes, and the memory that it takes."""

from __future__ import annotations

from mlpy.extensions.models.commands import asking
from mlpy.extensions.models.failures import ModelError

from mlpy.cli.tables import fields, one_line, paint, size

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help=asking.MODEL)
    parser.add_argument("--prompt-tokens", metavar="N", type=int, default=256, help="the length of the prompt (default: 256, or what fits)")
    parser.add_argument("--max-tokens", metavar="N", type=int, default=64, help="the length of the answer (default: 64, or what fits)")
    parser.add_argument("--runs", metavar="N", type=int, default=3, help="how often to measure; the median counts (default: 3)")


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.models.measuring import measure  # noqa: PLC0415  `--help` needs none of it

    for name in ("prompt_tokens", "max_tokens", "runs"):
        if getattr(options, name) < 1:
            raise ModelError("usage", f"`--{name.replace('_', '-')}` is at least 1", hint="`mlpy models bench --help` shows how it is used")
    model = asking.runnable(options.MODEL)
    return {"model": model.name, "hash": model.hash, **measure(model, prompt_tokens=options.prompt_tokens, max_tokens=options.max_tokens, runs=options.runs)}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    lines = [
        ("prompt", f"{data['prompt_tokens_per_second']} tokens/s ({data['prompt_tokens']} tokens)"),
        ("generation", f"{data['generation_tokens_per_second']} tokens/s ({data['generation_tokens']} tokens)"),
        ("first token", f"{data['first_token_seconds']} s"),
        ("loading", f"{data['load_seconds']} s"),
        ("weights", size(int(str(data["weights_bytes"])))),
        ("peak memory", size(int(str(data["peak_memory_bytes"])))),
    ]
    return paint(one_line(str(data["model"])), "bold") + "\n" + fields(lines)

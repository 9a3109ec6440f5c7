"""`mlpy models embed MODEL [TEXT|-]`: a vector for a text, or for each line of standard input."""

from __future__ import annotations

import json

from mlpy.extensions.models.commands import asking
from mlpy.extensions.models.failures import ModelError

from mlpy.cli.bars import bars

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace

TOGETHER = 256  # texts between two moves of the bar
USAGE = "`mlpy models embed MODEL 'a text'`, or pipe texts in, one a line"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help=asking.MODEL)
    parser.add_argument("TEXT", nargs="?", help="the text; `-`, or nothing in a pipe: each line of standard input")


def perform(options: Namespace) -> dict[str, object]:
    model = asking.runnable(options.MODEL)
    given = asking.typed(options.TEXT, "text", USAGE)
    texts = [given] if options.TEXT not in (None, "-") else [line for line in given.split("\n") if line.strip()]
    if not texts:
        raise ModelError("usage", "there is no text", hint=USAGE)
    runner = asking.opened(model)
    vectors: list[list[float]] = []
    with bars() as shown:
        task = shown.task("embedding", len(texts), unit="texts")
        for start in range(0, len(texts), TOGETHER):
            vectors += runner.embed(texts[start : start + TOGETHER])
            task.advance(len(vectors) - task.done)
    tokens = sum(len(runner.embeddable(text)) for text in texts)
    return {
        "model": model.name,
        "hash": model.hash,
        "count": len(vectors),
        "dimensions": len(vectors[0]),
        "vectors": vectors,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  as every command's
    vectors = data["vectors"]
    assert isinstance(vectors, list)
    return "".join(json.dumps(vector) + "\n" for vector in vectors)

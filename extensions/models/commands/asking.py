"""What the commands that ask a model share: which model, how it is to answer, what it is asked."""

from __future__ import annotations

import sys

from mlpy.extensions.models import health
from mlpy.extensions.models.failures import ModelError
from mlpy.extensions.models.store import Store

from mlpy.cli import terminal
from mlpy.cli.bars import bars
from mlpy.render import printable

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from mlpy.extensions.models.runner import Options, Runner
    from mlpy.extensions.models.store import Model

SEEDS = 2**32
MODEL = "its name, or a part of it that no other has; `NAME@HASH` is one revision"


def define(parser: ArgumentParser) -> None:
    """The options of an answer."""
    parser.add_argument("--system", metavar="TEXT", help="what the model is to know and to obey beforehand")
    parser.add_argument("--max-tokens", metavar="N", type=int, help="end an answer after N tokens; without it, where the model ends it or its context is full")
    parser.add_argument("--temperature", metavar="T", type=float, default=0.7, help="0: always the likeliest token; up to 2: ever more chance (default: 0.7)")
    parser.add_argument("--top-p", metavar="P", type=float, default=1.0, help="choose from the likeliest tokens that make up this part of the probability (default: 1)")
    parser.add_argument("--seed", metavar="N", type=int, help="the same seed gives the same answer again")
    parser.add_argument("--stop", metavar="TEXT", action="append", default=[], help="end an answer before this text; may be given more than once")


def answering(options: Namespace, seed: int | None) -> Options:
    """The options of an answer, as the command line has them."""
    from mlpy.extensions.models.runner import Options  # noqa: PLC0415  `--help` needs none of it

    for name, texts in {"--stop": options.stop, "--system": [options.system or ""]}.items():
        for text in texts:
            sound(text, f"`{name}`")
    return Options(max_tokens=options.max_tokens, temperature=options.temperature, top_p=options.top_p, seed=seed, stop=tuple(options.stop))


def runnable(name: str) -> Model:
    """The model of a name, if it can be run.

    Raises:
        ModelError: `model_not_found` and the like, `unhealthy`, `not_runnable`.
    """
    return health.required(Store().find(name))


def opened(model: Model) -> Runner:
    """A model in memory; a terminal sees meanwhile that something happens."""
    from mlpy.extensions.models.runner import load  # noqa: PLC0415  `--help` needs none of it

    ModelError.need("mlx", "mlx_lm")
    with bars() as shown:
        shown.task(f"loading {model.name}", unit="model").say("…")
        return load(model)


def typed(text: str | None, what: str, usage: str) -> str:
    """What the command line gives, or standard input for `-` and where something is piped in."""
    if text is not None and text != "-":
        return sound(text, f"the {what}")
    if text is None and (sys.stdin is None or terminal.is_terminal(sys.stdin)):
        raise ModelError("usage", f"there is no {what}", hint=usage)
    try:
        return sound(sys.stdin.read().removesuffix("\n"), "standard input")
    except UnicodeDecodeError:
        raise garbled("standard input") from None


def sound(text: str, what: str) -> str:
    """A text from outside, if it is one: under some locales Python lets bytes through that are none in UTF-8, as halves of pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise garbled(what) from None
    return text


def garbled(what: str) -> ModelError:
    return ModelError("usage", f"{what} is no text in UTF-8", hint="`iconv -t UTF-8` makes it one")


def speaker() -> Callable[[str], None]:
    """What writes the pieces of an answer: at once, and on a terminal without what could control it."""
    safe = printable if terminal.is_terminal(sys.stdout) else str

    def say(text: str) -> None:
        terminal.write(safe(text))
        if sys.stdout is not None:
            sys.stdout.flush()

    return say

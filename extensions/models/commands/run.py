"""`mlpy models run MODEL [PROMPT|-]`: one answer, written as it comes."""

from __future__ import annotations

import secrets
from time import perf_counter

from mlpy.extensions.models.commands import asking
from mlpy.extensions.models.failures import ModelError

from mlpy.cli.bars import bars

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator

    from mlpy.extensions.models.runner import Message, Options, Piece, Runner

USAGE = "`mlpy models run MODEL 'Why is the sky blue?'`, or pipe the prompt in"


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help=asking.MODEL)
    parser.add_argument("PROMPT", nargs="?", help="what to ask; `-`, or nothing in a pipe: standard input")
    asking.define(parser)


def perform(options: Namespace) -> dict[str, object]:
    seed = secrets.randbelow(asking.SEEDS) if options.seed is None else options.seed
    wanted = asking.answering(options, seed)
    model = asking.runnable(options.MODEL)
    text = asking.typed(options.PROMPT, "prompt", USAGE)
    runner = asking.opened(model)
    say = silent if options.json else asking.speaker()
    data = Timed(runner, prompt_of(runner, text, options.system), wanted).record(say)
    if not options.json and not str(data["text"]).endswith("\n"):
        say("\n")
    return {"model": model.name, "hash": model.hash, **data, "seed": seed}


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  the answer is written already
    return ""


def silent(_text: str) -> None:
    return


def prompt_of(runner: Runner, text: str, system: str | None) -> str | list[Message]:
    """Messages for a model that chats, the text itself for one that continues it."""
    if runner.chats:
        return [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": text}]
    if system:
        raise ModelError("usage", f"`{runner.name}` has no chat template, and so no place for `--system`", hint="write it at the beginning of the prompt")
    return text


class Timed:
    """An answer with the seconds that it takes: to its first token, and from there on."""

    def __init__(self, runner: Runner, prompt: str | list[Message], options: Options) -> None:
        self.chat = not isinstance(prompt, str)
        self.runner = runner
        self.options = options
        self.prompt = runner.encode(prompt)

    def record(self, say: Callable[[str], None]) -> dict[str, object]:
        """Makes the answer, and tells all of it."""
        started = perf_counter()
        parts: list[str] = []
        last, first = None, started
        for last in self.pieces():
            first = first if parts else perf_counter()
            parts.append(last.text)
            say(last.text)
        ended = perf_counter()
        assert last is not None
        return {
            "text": "".join(parts),
            "finish_reason": last.finish_reason,
            "usage": {"prompt_tokens": len(self.prompt), "completion_tokens": last.tokens, "total_tokens": len(self.prompt) + last.tokens},
            "first_token_seconds": round(first - started, 6),
            "prompt_tokens_per_second": rate(len(self.prompt), first - started),
            "tokens_per_second": rate(len(parts) - 1, ended - first),
        }

    def pieces(self) -> Iterator[Piece]:
        """The pieces; a long prompt has a bar until the first one."""
        with bars() as shown:
            task = shown.task("reading the prompt", len(self.prompt), unit="tokens")
            made = self.runner.pieces(self.prompt, self.options, chat=self.chat, progress=lambda done, _: task.advance(done - task.done))
            first = next(made)
        yield first
        yield from made


def rate(count: int, seconds: float) -> float | None:
    """So many a second; None where there were too few to tell."""
    return round(count / seconds, 2) if count > 0 and seconds > 0 else None

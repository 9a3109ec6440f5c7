"""`mlpy models chat MODEL`: a conversation, on a terminal or in a pipe."""

from __future__ import annotations

import sys

from mlpy.extensions.models.commands import asking
from mlpy.extensions.models.failures import ModelError

from mlpy.cli import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs 5 ms at start-up
    from argparse import ArgumentParser, Namespace


def define(parser: ArgumentParser) -> None:
    parser.add_argument("MODEL", help=asking.MODEL)
    asking.define(parser)


def perform(options: Namespace) -> dict[str, object]:
    from mlpy.extensions.models.chat import Conversation, converse, piped, typed  # noqa: PLC0415  `--help` needs none of it

    wanted = asking.answering(options, options.seed)
    model = asking.runnable(options.MODEL)
    runner = asking.opened(model)
    if not runner.chats:
        raise ModelError("no_chat_template", f"`{model.name}` has no chat template: it continues a prompt and does not chat", hint=f"`mlpy models run {model.name} 'Once upon'`")
    talk = Conversation(runner, wanted, system=options.system, say=quiet if options.json else asking.speaker())
    person = terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout) and not options.json
    if person:
        talk.say(f"{model.name}: `/help` lists the commands, Ctrl-D ends\n")
    converse(talk, typed() if person else (asking.sound(line, "standard input") for line in piped()))
    return {"model": model.name, "hash": model.hash, "messages": talk.whole(), "answers": talk.answers, "completion_tokens": talk.tokens}


def quiet(_text: str) -> None:
    return


def show(data: dict[str, object], options: Namespace) -> str:  # noqa: ARG001  the answers are written already
    return ""
